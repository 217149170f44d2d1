"""A layer as a torch.autograd.Function, and the torch.nn.Module around it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sympy import Add, expand_mul

from symnn.compiling.torch_helpers import TORCH_HELPERS
from symnn.errors import InputError
from symnn.language import entries
from symnn.training.layer_parts import LayerParts, needs
from symnn.training.layer_sample import PLACES, POSITIVE, SUMMING, SYMMETRIC, Sample, samples
from symnn.training.layer_text import (
    EXPECT,
    blocks,
    composite_checks,
    header,
    lines_of,
    names_as_tuple,
    refuse_names,
    returned,
    shapes_table,
)
from symnn.training.module_text import _wrapped

_OWN_WORDS = ("torch", "ctx", "self")
_ATTRIBUTES = frozenset(
    """
    T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double dump_patches eval
    extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu load_state_dict modules
    mtia named_buffers named_children named_modules named_parameters parameters register_backward_hook register_buffer
    register_forward_hook register_forward_pre_hook register_full_backward_hook register_full_backward_pre_hook
    register_load_state_dict_post_hook register_load_state_dict_pre_hook register_module register_parameter
    register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state set_submodule
    share_memory state_dict to to_empty train training type xpu zero_grad
    """.split()  # noqa: SIM905 - a list of words reads better as words
)
"""What a torch.nn.Module has already: no parameter may be called so."""


def torch_text(parts: LayerParts, name: str) -> str:
    """Return the text of the module."""
    refuse_names(parts, (*_OWN_WORDS, name, f"{name}Function"))
    if taken := sorted(set(_parameters(parts)) & _ATTRIBUTES):
        raise InputError(f"bad name '{taken[0]}': a torch module has an attribute of that name; choose another")
    sizes, data = _letters(parts), _data(parts)
    usage = [
        f"layer = {name}({', '.join(sizes)})",
        f"{parts.output} = layer({', '.join(data)})",
        f"{parts.output} = {name}Function.apply({', '.join(parts.arguments)})",
    ]
    doc = header(parts, name, needs="It needs torch alone.", usage=usage, arrays=" are tensors, of one real type")
    helpers = [TORCH_HELPERS[helper] for helper in parts.helpers]
    body = blocks(
        _function(parts, name),
        _module(parts, name),
        _CHECK_PLACES if parts.places else _CHECK,
        EXPECT,
        *helpers,
        _main(parts, name, samples(parts)),
    )
    imported = "import math\n\nimport torch" if "math." in body else "import torch"
    table = "\n".join(shapes_table(parts))
    return f'"""{doc}\n"""\n\n{imported}\n\n{table}\n\n\n{body}'


def _function(parts: LayerParts, name: str) -> str:
    names = ", ".join(parts.arguments)
    checked = ", ".join(f"{n}={n}" for n in parts.arguments)
    lines = [
        f"class {name}Function(torch.autograd.Function):",
        f'    """{parts.output} from {names}, with the derived gradient. (It is not differentiable twice.)"""',
        "",
        "    @staticmethod",
        f"    def forward(ctx, {names}):",
        f'        """Return {parts.output}: the forward equations."""',
        *_wrapped(f"_check({checked})", "        "),
        *(f"        {size}" for size in parts.sizes),
        *composite_checks(parts, "        "),
        *lines_of(parts.forward, "        "),
        *_wrapped(f"ctx.save_for_backward({', '.join(parts.saved)})", "        "),
    ]
    if parts.saved_sizes:
        lines.append(f"        ctx.sizes = {_tuple(parts.saved_sizes)}")
    return "\n".join([*lines, f"        return {parts.output}", "", *_backward(parts)])


def _backward(parts: LayerParts) -> list[str]:
    made = [parts.gradients.get(name, "None") for name in parts.arguments]
    lines = [
        "    @staticmethod",
        "    @torch.autograd.function.once_differentiable",
        f"    def backward(ctx, {parts.upstream}):",
        f'        """Return the derivatives that are needed, given {parts.upstream} = dC/d{parts.output}."""',
    ]
    if parts.saved:
        lines += _wrapped(f"{names_as_tuple(parts.saved)} = ctx.saved_tensors", "        ")
    if parts.saved_sizes:
        lines.append(f"        {names_as_tuple(parts.saved_sizes)} = ctx.sizes")
    lines.append(f"        {' = '.join(parts.gradients.values())} = None")
    needed, guard = needs(parts), ""
    for statement in parts.backward:
        condition = _condition(parts, needed[statement.name])
        if condition != guard and condition:
            lines.append(f"        if {condition}:")
        guard = condition
        lines += lines_of([statement], " " * (12 if condition else 8))
    return [*lines, *returned(", ".join(made))]


def _condition(parts: LayerParts, names: frozenset[str]) -> str:
    """Return the code of whether a line is needed; empty where every derivative needs it."""
    if names == frozenset(parts.gradients):
        return ""
    wanted = [n for n, name in enumerate(parts.arguments) if name in names]
    return " or ".join(f"ctx.needs_input_grad[{n}]" for n in wanted)


def _module(parts: LayerParts, name: str) -> str:
    sizes, parameters, data = _letters(parts), _parameters(parts), _data(parts)
    factory = ", dtype=None, device=None" if parameters else ""
    arguments = ", ".join(["self", *sizes]) + factory
    given = ", ".join(f"self.{n}" if n in parameters else n for n in parts.arguments)
    lines = [
        f"class {name}(torch.nn.Module):",
        f'    """The layer with its parameters{_called(sizes)}."""' if parameters else '    """The layer."""',
        "",
    ]
    if parameters:
        lines += [
            f"    def __init__({arguments}):",
            '        """Draw first values: matrices normal, by 1/√(last axis); vectors 0, or 1 where they scale."""',
            "        super().__init__()",
            '        options = {"dtype": dtype, "device": device}',
            *(f"        self.{n} = torch.nn.Parameter({_first(parts, n)})" for n in parameters),
            "",
        ]
    lines += [
        f"    def forward({', '.join(['self', *data])}):",
        f'        """Return {parts.output}."""',
        *returned(f"{name}Function.apply({given})"),
    ]
    return "\n".join(lines)


def _called(sizes: Sequence[str]) -> str:
    return f"; its sizes are {', '.join(sizes)}" if sizes else ""


def _first(parts: LayerParts, name: str) -> str:
    """Return the code of a parameter's first values."""
    tensor = parts.tensor(name)
    shape = _tuple([str(size) for size in tensor.shape])
    if tensor.is_symmetric:
        return f"torch.eye({tensor.shape[-1]}, **options).expand({shape}).clone()"
    if tensor.rank > 1:
        last = tensor.shape[-1]
        return f"torch.randn({shape}, **options) / {last if last.is_Atom else f'({last})'} ** 0.5"
    return f"torch.{'ones' if _scales(parts, name) else 'zeros'}({shape}, **options)"


def _scales(parts: LayerParts, name: str) -> bool:
    """Whether a tensor is a factor somewhere, and not only added."""
    for equation in parts.derivation.forward_equations:
        for term in Add.make_args(expand_mul(equation.right)):
            if any(entry.base.name == name and entry != term for entry in entries(term)):
                return True
    return False


def _letters(parts: LayerParts) -> list[str]:
    """Return the sizes that the shapes of the parameters need."""
    shapes = [parts.tensor(name).shape for name in _parameters(parts)]
    found = [s.name for shape in shapes for size in reversed(shape) for s in sorted(size.free_symbols, key=str)]
    return list(dict.fromkeys(found))


def _parameters(parts: LayerParts) -> list[str]:
    return [name for name in parts.arguments if parts.tensor(name).role == "parameter"]


def _data(parts: LayerParts) -> list[str]:
    return [name for name in parts.arguments if parts.tensor(name).role != "parameter"]


def _tuple(names: Sequence[str]) -> str:
    return f"({', '.join(names)}{',' if len(names) == 1 else ''})"


def _main(parts: LayerParts, name: str, given: Mapping[str, Sample]) -> str:
    lines = [
        'if __name__ == "__main__":',
        "    # A check: torch compares the derivatives with differences.",
        "    torch.manual_seed(0)",
        "    given = (",
        *(f"        {_drawn(sample, n in parts.gradients)},  # {n}" for n, sample in given.items()),
        "    )",
        f"    torch.autograd.gradcheck({name}Function.apply, given, fast_mode=True)",
        '    print("torch.autograd.gradcheck: the derivatives are those of forward")',
    ]
    return "\n".join(lines)


def _drawn(sample: Sample, differentiated: bool) -> str:
    shape = _tuple([str(size) for size in sample.shape])
    if sample.kind == PLACES:
        return f"torch.randint({sample.most}, {shape})"
    if sample.kind == SYMMETRIC:
        # A derivative by a symmetric matrix is not that by each entry alone, which torch would compare it with.
        return f"torch.eye({sample.shape[-1]}, dtype=torch.float64).expand({shape}) + 0.1"
    drawn = f"torch.randn({shape}, dtype=torch.float64)"
    if sample.kind == SUMMING:
        return f"torch.softmax({drawn}, {sample.axis}){sample.from_one}"
    if sample.kind == POSITIVE:
        drawn = f"(torch.rand({shape}, dtype=torch.float64) + 0.5)"
    return f"{drawn}.requires_grad_()" if differentiated else drawn


_CHECK = '''
def _check(**tensors):
    """Compare the shapes with those that are needed: one that does not fit is an error that says which."""
    sizes = {}
    for name, tensor in tensors.items():
        _expect(name, tensor.shape, SHAPES[name], sizes)
'''

_CHECK_PLACES = '''
def _check(**tensors):
    """Compare shapes and places with those that are needed: what does not fit is an error that says which."""
    sizes = {}
    for name, tensor in tensors.items():
        _expect(name, tensor.shape, SHAPES[name], sizes)
    for name, (other, axis) in PLACES.items():
        if (tensors[name] < 0).any() or (tensors[name] >= tensors[other].shape[axis]).any():
            raise ValueError(f"{name} must hold whole numbers: places on axis {axis} of {other}")
'''
