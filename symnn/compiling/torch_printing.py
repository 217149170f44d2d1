"""The printer of torch code: the same operations on arrays, by torch's names.

What comes in are tensors; numbers and sizes are Python's own. A tensor that is made of nothing else
takes its type and its device from one that was given, called `like` here.
"""

# ruff: noqa: N802 - SymPy finds printing methods by class names

from __future__ import annotations

from typing import Any

from sympy import Expr, Function
from sympy.core.basic import Basic

from symnn.compiling.nodes import ArrayNode
from symnn.compiling.printing import ArrayPrinter
from symnn.compiling.torch_helpers import TORCH_HELPERS
from symnn.errors import CompileError


class TorchPrinter(ArrayPrinter):
    """Prints lowered expressions as torch code, for tensors of any type and on any device.

    Args:
        like: the name of a tensor of the type and on the device of what is computed.
    """

    def __init__(self, like: str) -> None:
        super().__init__("float64")
        self.like = like
        self.of_sizes = False

    def doprint(self, expr: Any, assign_to: Any = None) -> str:
        code = str(super().doprint(expr, assign_to))
        if "np." in code:
            raise CompileError(f"torch code for {type(expr).__name__} is not known ({code[:60]})")
        return code

    def _helper(self, name: str) -> str:
        if name not in TORCH_HELPERS:
            raise CompileError(f"torch code for '{name.strip('_')}' is not known")
        return super()._helper(name)

    def constant(self, code: str) -> str:
        """Return the code of a tensor that holds one number."""
        return f"{self.like}.new_tensor({code})"

    def _module_format(self, fqn: str, register: bool = True) -> str:
        module, _, name = fqn.rpartition(".")
        if module not in ("numpy", "math"):
            return fqn
        return f"{'math' if self.of_sizes else 'torch'}.{name}"

    def _print(self, expr: Any, **kwargs: Any) -> str:
        # torch's functions take tensors alone; what depends on sizes alone is a Python number.
        if isinstance(expr, Function) and not self.of_sizes and _is_number(expr):
            self.of_sizes = True
            try:
                return str(super()._print(expr, **kwargs))
            finally:
                self.of_sizes = False
        return str(super()._print(expr, **kwargs))

    def _print_Pow(self, expr: Any, rational: bool = False, sqrt: str = "torch.sqrt") -> str:
        return str(super()._print_Pow(expr, rational=rational, sqrt=sqrt))

    def _print_Abs(self, expr: Any) -> str:
        return f"abs({self._print(expr.args[0])})"

    def _print_Dot(self, expr: Any) -> str:
        return f"torch.sum({self._inner(expr.args[0])}*{self._inner(expr.args[1])})"

    def _print_VecDot(self, expr: Any) -> str:
        return f"torch.sum({self._inner(expr.args[0])}*{self._inner(expr.args[1])}, dim=-1)"

    def _print_TensorDot(self, expr: Any) -> str:
        left, right, places = expr.args
        axes = ", ".join(self._tuple(p) for p in places)
        return f"torch.tensordot({self._print(left)}, {self._print(right)}, dims=({axes}))"

    def _print_Einsum(self, expr: Any) -> str:
        left, right, subscripts = expr.args
        return f'torch.einsum("{subscripts.name}", {self._print(left)}, {self._print(right)})'

    def _print_Diagonal(self, expr: Any) -> str:
        return f'torch.einsum("{expr.args[1].name}", {self._print(expr.args[0])})'

    def _print_Transpose(self, expr: Any) -> str:
        array, order = expr.args
        if tuple(order) == (1, 0):
            return f"{self._atom(array)}.T"
        return f"{self._atom(array)}.permute({', '.join(map(self._print, order))})"

    def _print_Broadcast(self, expr: Any) -> str:
        return f"torch.broadcast_to({self._print(expr.args[0])}, {self._tuple(expr.args[1])})"

    def _print_Full(self, expr: Any) -> str:
        number, shape = expr.args
        if not shape:
            return self.constant(self._print(number))
        return f"{self.like}.new_full({self._tuple(shape)}, {self._print(number)})"

    def _print_Whole(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.to(torch.int64)"

    def _print_Placed(self, expr: Any) -> str:
        code = str(super()._print_Placed(expr))
        return f"torch.stack({self._tuple(expr.args[3])}, dim={expr.args[0]})" if code.startswith("np.stack(") else code

    def _print_Contiguous(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.contiguous()"

    def _print_Concatenate(self, expr: Any) -> str:
        return f"torch.cat({self._tuple(expr.args[1])}, dim={expr.args[0]})"

    def _print_Inv(self, expr: Any) -> str:
        return f"torch.linalg.inv({self._print(expr.args[0])})"

    def _print_Solve(self, expr: Any) -> str:
        return f"torch.linalg.solve({self._print(expr.args[0])}, {self._print(expr.args[1])})"

    def _print_Det(self, expr: Any) -> str:
        return f"torch.linalg.det({self._print(expr.args[0])})"

    def _print_CholeskyFactor(self, expr: Any) -> str:
        return f"torch.linalg.cholesky({self._print(expr.args[0])})"

    def _print_Places(self, expr: Any) -> str:
        return f"torch.arange({self._print(expr.args[0])}, device={self.like}.device)"

    def _print_Equal(self, expr: Any) -> str:
        return f"({self._print(expr.args[0])} == {self._print(expr.args[1])})"

    def _print_Positive(self, expr: Any) -> str:
        return f"({self._print(expr.args[0])} > 0).to({self.like}.dtype)"

    def _print_NotPositive(self, expr: Any) -> str:
        return f"({self._print(expr.args[0])} <= 0).to({self.like}.dtype)"

    def _print_Cast(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.to({self.like}.dtype)"

    def _print_LogOfTruth(self, expr: Any) -> str:
        return f"torch.log({self._atom(expr.args[0])}.to({self.like}.dtype))"

    def _print_Copy(self, expr: Any) -> str:
        return f"{self._atom(expr.args[0])}.clone()"

    def _print_ReduceSum(self, expr: Any) -> str:
        return f"torch.sum({self._print(expr.args[0])}, dim={self._axes(expr.args[1])})"

    def _print_ReduceMax(self, expr: Any) -> str:
        return f"torch.amax({self._print(expr.args[0])}, dim={self._axes(expr.args[1])})"

    def _print_TapSum(self, expr: Any) -> str:
        return self._print_ReduceSum(expr)

    def _print_TapMax(self, expr: Any) -> str:
        return self._print_ReduceMax(expr)

    def _print_ReduceLogSumExp(self, expr: Any) -> str:
        return f"torch.logsumexp({self._print(expr.args[0])}, dim={self._axes(expr.args[1])})"

    def _print_ExpOfMinus(self, expr: Any) -> str:
        return f"{self._helper('_exp_of_minus')}({self._print(expr.args[0])})"

    def _print_NegativePart(self, expr: Any) -> str:
        return f"torch.clamp({self._print(expr.args[0])}, max=0.0)"

    def _print_PositivePart(self, expr: Any) -> str:
        return f"torch.clamp({self._print(expr.args[0])}, min=0.0)"

    def _print_ExpMinusOne(self, expr: Any) -> str:
        return f"torch.expm1({self._print(expr.args[0])})"

    def _print_LogOnePlus(self, expr: Any) -> str:
        return f"torch.log1p({self._print(expr.args[0])})"

    def _print_Gaussian(self, expr: Any) -> str:
        return f"torch.exp(-0.5*{self._atom(expr.args[0])}**2)"

    def _print_NormalDistribution(self, expr: Any) -> str:
        return f"0.5*torch.erfc(-0.7071067811865476*{self._inner(expr.args[0])})"

    def _print_erf(self, expr: Any) -> str:
        return f"torch.erf({self._print(expr.args[0])})"

    def _print_Max(self, expr: Any) -> str:
        return self._extreme("max", expr)

    def _print_Min(self, expr: Any) -> str:
        return self._extreme("min", expr)

    def _extreme(self, word: str, expr: Any) -> str:
        """The largest or smallest of tensors and numbers: a number is a bound of the tensors."""
        numbers = [self._print(arg) for arg in expr.args if _is_number(arg)]
        tensors = [arg for arg in expr.args if not _is_number(arg)]
        code = self._fold(f"torch.{word}imum", tensors) if tensors else ""
        bound = numbers[0] if len(numbers) == 1 else f"{word}({', '.join(numbers)})"
        if not tensors:
            return bound
        return f"torch.clamp({code}, {'min' if word == 'max' else 'max'}={bound})" if numbers else code

    def _print_Piecewise(self, expr: Any) -> str:
        *others, (last, condition) = expr.args
        code = self._tensor(last)
        if condition != True:  # noqa: E712 - SymPy's own truth
            code = f"torch.where({self._print(condition)}, {code}, {self.constant('math.nan')})"
        for value, condition in reversed(others):
            code = f"torch.where({self._print(condition)}, {self._tensor(value)}, {code})"
        return code

    def _tensor(self, value: Expr) -> str:
        code = self._print(value)
        return self.constant(code) if _is_number(value) else code

    def _print_Relational(self, expr: Any) -> str:
        return f"({self._print(expr.lhs)} {expr.rel_op} {self._print(expr.rhs)})"

    def _print_And(self, expr: Any) -> str:
        return f"({' & '.join(self._print(arg) for arg in expr.args)})"

    def _print_Or(self, expr: Any) -> str:
        return f"({' | '.join(self._print(arg) for arg in expr.args)})"

    def _print_Not(self, expr: Any) -> str:
        return f"(~{self._print(expr.args[0])})"


def _is_number(expr: Basic) -> bool:
    """Whether an expression is a Python number when the code runs: it holds numbers and sizes alone."""
    return not expr.has(ArrayNode) and all(symbol.is_integer for symbol in expr.free_symbols)
