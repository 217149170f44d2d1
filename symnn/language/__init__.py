"""What a network is written in: axes, indices, tensors, functions, equations and programs."""

from symnn.language.derivatives import Partial, Total
from symnn.language.equation import Equation, plain
from symnn.language.equations_file import parse_program
from symnn.language.expressions import (
    LogSumExp,
    Maximum,
    Reduction,
    body_and_bound,
    entries,
    free_indices,
    has_binder,
    index_bounds,
    is_binder,
    lookups,
    rebind,
    rebuild,
    refresh,
    substitute,
    sum_over,
    tensors,
    transform,
)
from symnn.language.formulas import Formula, parse_formula
from symnn.language.functions import (
    NAMED,
    Elementwise,
    Step,
    Within,
    formula,
    prime,
    undefined_function,
)
from symnn.language.layer_calls import LayerCall
from symnn.language.matrices import Cholesky, Determinant, Inverse, LogDeterminant, MatrixOperation
from symnn.language.parser import parse_expression
from symnn.language.program import Adjoint, Fact, Program
from symnn.language.shorthand import Architecture, parse_architecture, parse_assignments
from symnn.language.sympy_matrices import from_sympy_matrix
from symnn.language.syntax import FormulaError, FormulaShapeError, caret
from symnn.language.tensors import (
    Entry,
    Tensor,
    examples,
    fresh_index,
    fresh_index_over,
    index,
    same_size,
    size_of,
    sizes,
    tensor,
)

__all__ = [
    "NAMED",
    "Adjoint",
    "Architecture",
    "Cholesky",
    "Determinant",
    "Elementwise",
    "Entry",
    "Equation",
    "Fact",
    "Formula",
    "FormulaError",
    "FormulaShapeError",
    "Inverse",
    "LayerCall",
    "LogDeterminant",
    "LogSumExp",
    "MatrixOperation",
    "Maximum",
    "Partial",
    "Program",
    "Reduction",
    "Step",
    "Tensor",
    "Total",
    "Within",
    "body_and_bound",
    "caret",
    "entries",
    "examples",
    "formula",
    "free_indices",
    "fresh_index",
    "fresh_index_over",
    "from_sympy_matrix",
    "has_binder",
    "index",
    "index_bounds",
    "is_binder",
    "lookups",
    "parse_architecture",
    "parse_assignments",
    "parse_expression",
    "parse_formula",
    "parse_program",
    "plain",
    "prime",
    "rebind",
    "rebuild",
    "refresh",
    "same_size",
    "size_of",
    "sizes",
    "substitute",
    "sum_over",
    "tensor",
    "tensors",
    "transform",
    "undefined_function",
]
