"""Which shapes operators and functions take and give."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from symnn.language.axes import ONE, SCALAR, Axis, Shape, Unknown
from symnn.language.syntax import Binary, Call, Name, Negative, Node, Number, refuse, refuse_shapes

if TYPE_CHECKING:
    from symnn.language.shapes import Inference

LARGEST_POWER = 10
"""Matrix powers are written out as products."""


def _added(shapes: Inference, node: Binary) -> Shape:
    left, right = shapes.shapes[node.left], shapes.shapes[node.right]
    if node.left in shapes.numbers or node.right in shapes.numbers:
        return right if node.left in shapes.numbers else left
    if not shapes.axes.unify_shapes(left, right):
        scalars = shapes.axes.is_scalar(left) != shapes.axes.is_scalar(right)
        shapes.disagree(node, "; only a number is added to every entry: multiply by vector(1)" if scalars else "")
    return left


def _multiplied(shapes: Inference, node: Binary) -> Shape:
    left, right = shapes.shapes[node.left], shapes.shapes[node.right]
    if shapes.axes.is_scalar(left):
        return right
    if shapes.axes.is_scalar(right):
        return left
    if not shapes.axes.unify(left[1], right[0]):
        alike = shapes.axes.resolve(left[0]) == shapes.axes.resolve(right[0])
        shapes.disagree(node, "; write .* for the product of each entry" if alike and left[1] == right[1] else "")
    return left[0], right[1]


def _divided(shapes: Inference, node: Binary) -> Shape:
    if not shapes.axes.is_scalar(shapes.shapes[node.right]):
        refuse_shapes(node.place, f"'/' divides by a scalar, and {shapes.said(node.right)}; write ./ for each entry")
    return shapes.shapes[node.left]


def _entrywise(shapes: Inference, node: Binary) -> Shape:
    left, right = shapes.shapes[node.left], shapes.shapes[node.right]
    if shapes.axes.is_scalar(left):
        return right
    if not shapes.axes.is_scalar(right) and not shapes.axes.unify_shapes(left, right):
        shapes.disagree(node)
    return left


def _power(shapes: Inference, node: Binary) -> Shape:
    base, exponent = shapes.shapes[node.left], node.right
    if isinstance(exponent, Name) and exponent.name == "T" and not shapes.axes.is_scalar(base):
        refuse(node.place, "write ' for the transpose, as in A'")
    if shapes.axes.is_scalar(base):
        if not shapes.axes.is_scalar(shapes.shapes[exponent]):
            refuse_shapes(node.place, f"'^' takes a scalar as exponent, and {shapes.said(exponent)}; write .^")
        return base
    if shapes.axes.is_one(base[0]) or shapes.axes.is_one(base[1]) or not shapes.axes.unify(*base):
        said = f"'^' is a power of a scalar or a square matrix, and {shapes.said(node.left)}"
        refuse_shapes(node.place, f"{said}; write .^ for each entry")
    if exponent not in shapes.numbers or integer_exponent(exponent) is None:
        refuse(
            exponent.place,
            f"the power of a matrix is a whole number from -{LARGEST_POWER} to {LARGEST_POWER}, "
            f"not '{exponent.place.text}'; write .^ for each entry",
        )
    return base


def integer_exponent(node: Node) -> int | None:
    """Return the exponent of a matrix power, or None where it is no small whole number."""
    negative = isinstance(node, Negative)
    number = node.operand if isinstance(node, Negative) else node
    if not isinstance(number, Number) or not number.value.is_Integer or abs(number.value) > LARGEST_POWER:
        return None
    return -int(number.value) if negative else int(number.value)


OPERATOR_SHAPES: dict[str, Callable[[Inference, Binary], Shape]] = {
    "+": _added,
    "-": _added,
    "*": _multiplied,
    "/": _divided,
    ".*": _entrywise,
    "./": _entrywise,
    "^": _power,
    ".^": _entrywise,
}


def _scalar_of_square(shapes: Inference, node: Call) -> Shape:
    shapes.count(node, 1)
    shapes.square(node, node.arguments[0])
    return SCALAR


def _square(shapes: Inference, node: Call) -> Shape:
    shapes.count(node, 1)
    shapes.square(node, node.arguments[0])
    return shapes.shapes[node.arguments[0]]


def _solved(shapes: Inference, node: Call) -> Shape:
    """solve(A, b) = A⁻¹ b"""
    shapes.count(node, 2)
    matrix, right = node.arguments
    shapes.square(node, matrix)
    if not shapes.axes.unify(shapes.shapes[matrix][1], shapes.shapes[right][0]):
        refuse_shapes(node.place, f"shapes cannot agree: {shapes.said(matrix)} and {shapes.said(right)}")
    return shapes.shapes[right]


def _total(shapes: Inference, node: Call) -> Shape:
    """A scalar made of all entries; over named indices, one made of scalars."""
    if node.bound and not shapes.axes.is_scalar(shapes.shapes[node.arguments[0]]):
        said = shapes.said(node.arguments[0])
        refuse_shapes(node.place, f"{node.function} over indices takes entries, such as x[j], and {said}")
    if not node.bound:
        shapes.count(node, 1)
    return SCALAR


def _vector(shapes: Inference, node: Call) -> Axis:
    """The axis of a vector, which may be a column or a row."""
    rows, columns = shapes.shapes[node.arguments[0]]
    if not shapes.axes.is_one(rows) and not shapes.axes.is_one(columns):
        refuse_shapes(node.place, f"{node.function} takes a vector, and {shapes.said(node.arguments[0])}")
    return columns if shapes.axes.is_one(rows) else rows


def _total_of_vector(shapes: Inference, node: Call) -> Shape:
    if not node.bound:
        shapes.count(node, 1)
        _vector(shapes, node)
    return _total(shapes, node)


def _softmax(shapes: Inference, node: Call) -> Shape:
    """Of a vector, or of each row of a matrix."""
    _by_rows(shapes, node)
    return shapes.shapes[node.arguments[0]]


def _by_rows(shapes: Inference, node: Call) -> Shape:
    """A scalar made of the entries of a vector; of a matrix, the column of what is made of each row."""
    rows, columns = shapes.shapes[node.arguments[0]]
    if node.bound or shapes.axes.is_one(rows) or shapes.axes.is_one(columns):
        return _total_of_vector(shapes, node)
    shapes.count(node, 1)
    return rows, ONE


def _choice(shapes: Inference, node: Call) -> Shape:
    """max(v) of a vector, or max(s, t, …) of scalars or of each entry."""
    shapes.count(node, 1, 6)
    if len(node.arguments) == 1:
        return _total_of_vector(shapes, node)
    others = [part for part in node.arguments if part not in shapes.numbers] or list(node.arguments)
    for part in others[1:]:
        if not shapes.axes.unify_shapes(shapes.shapes[others[0]], shapes.shapes[part]):
            refuse_shapes(node.place, f"shapes cannot agree: {shapes.said(others[0])} and {shapes.said(part)}")
    if others[0] in shapes.numbers:
        shapes.numbers.add(node)
    return shapes.shapes[others[0]]


def _row_sums(shapes: Inference, node: Call) -> Shape:
    shapes.count(node, 1)
    rows, columns = shapes.shapes[node.arguments[0]]
    return (rows, ONE) if node.function == "rowsum" else (ONE, columns)


def _diagonal(shapes: Inference, node: Call) -> Shape:
    """A vector becomes a diagonal matrix, a matrix the vector of its diagonal."""
    shapes.count(node, 1)
    rows, columns = shapes.shapes[node.arguments[0]]
    if shapes.axes.is_one(rows) or shapes.axes.is_one(columns):
        axis = _vector(shapes, node)
        return axis, axis
    return shapes.square(node, node.arguments[0]), ONE


def _filled(shapes: Inference, node: Call) -> Shape:
    """vector(1), vector(1, n), matrix(0), matrix(0, n, m): every entry is the number."""
    axes = 1 if node.function == "vector" else 2
    shapes.count(node, 1, 1 + axes)
    if not shapes.axes.is_scalar(shapes.shapes[node.arguments[0]]):
        refuse_shapes(node.place, f"{node.function} takes a scalar, and {shapes.said(node.arguments[0])}")
    if len(node.arguments) not in (1, 1 + axes):
        refuse(node.place, f"{node.function} takes a number, and no size or each size")
    given = [shapes.size(size) for size in node.sizes] or [Unknown(may_be_one=True) for _ in range(axes)]
    return given[0], given[1] if axes == 2 else ONE


def _identity(shapes: Inference, node: Call) -> Shape:
    shapes.count(node, 0, 1)
    size = shapes.size(node.arguments[0]) if node.arguments else Unknown(may_be_one=True)
    return size, size


def _kronecker(shapes: Inference, node: Call) -> Shape:
    shapes.count(node, 2)
    left, right = (shapes.shapes[part] for part in node.arguments)
    return (left[0], right[0]), (left[1], right[1])


def _stacked(shapes: Inference, node: Call) -> Shape:
    """vec(A): its columns below each other."""
    shapes.count(node, 1)
    rows, columns = shapes.shapes[node.arguments[0]]
    return (columns, rows), ONE


def _bracket(shapes: Inference, node: Call) -> Shape:
    """within(i + p - 1, n): 1 where the index is inside the axis, else 0."""
    shapes.count(node, 2)
    index, size = node.arguments
    shapes.in_brackets(index, shapes.scopes[node])
    shapes.size(size)
    return SCALAR


FUNCTION_SHAPES: dict[str, Callable[[Inference, Call], Shape]] = {
    **dict.fromkeys(("inv", "cholesky"), _square),
    **dict.fromkeys(("det", "logdet", "tr"), _scalar_of_square),
    **dict.fromkeys(("sum", "mean", "norm1", "norm2"), _total),
    "logsumexp": _by_rows,
    "maximum": _total_of_vector,
    **dict.fromkeys(("max", "min"), _choice),
    **dict.fromkeys(("rowsum", "colsum"), _row_sums),
    **dict.fromkeys(("vector", "matrix"), _filled),
    "softmax": _softmax,
    "solve": _solved,
    "diag": _diagonal,
    "eye": _identity,
    "kron": _kronecker,
    "vec": _stacked,
    "within": _bracket,
}
