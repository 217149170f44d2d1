"""What each function of vectors and matrices is in index notation, and the named rewritings of linear algebra."""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Any

import sympy
from sympy import Abs, Expr, Idx, Mul, exp, log, sqrt

from symnn.language.expressions import LogSumExp, Maximum, free_indices, substitute
from symnn.language.functions import Within
from symnn.language.matrices import Cholesky, Determinant, Inverse, LogDeterminant, MatrixOperation
from symnn.language.shape_rules import integer_exponent
from symnn.language.syntax import Binary, Call, Name, Negative, Node, Transposed, refuse
from symnn.language.tensors import fresh_index, fresh_index_over, size_of
from symnn.language.values import (
    Indices,
    Value,
    combined,
    diagonal,
    diagonal_matrix,
    identity,
    kronecker,
    product,
    scalar,
    summed,
    total,
)

if TYPE_CHECKING:
    from symnn.language.translation import Translation


def inverse(translation: Translation, node: Node) -> Value:
    """A⁻¹, by a rule where the form of A has one."""
    if translation.is_scalar(node):
        return scalar(1 / translation.use(node).entry)
    match node:
        case Transposed():
            translation.note("inv(A') is inv(A)'")
            return inverse(translation, node.operand).transposed()
        case Negative():
            value = inverse(translation, node.operand)
            return value.with_entry(-value.entry)
        case Call(function="inv"):
            translation.note("inv(inv(A)) is A")
            return translation.use(node.arguments[0])
        case Call(function="kron") if all(map(translation.is_square, node.arguments)):
            translation.note("inv(kron(A, B)) is kron(inv(A), inv(B))")
            return kronecker(*(inverse(translation, part) for part in node.arguments))
        case Call(function="diag") if not _is_matrix(translation, node.arguments[0]):
            translation.note("inv(diag(v)) is diag(1 ./ v)")
            value = translation.use(node.arguments[0])
            return diagonal_matrix(value.with_entry(1 / value.entry))
        case Call(function="eye") | Name(name="eye"):
            return translation.use(node)
        case Binary(operator="*") if translation.is_scalar(node.left):
            translation.note("inv(s*A) is inv(A)/s")
            return combined(inverse(translation, node.right), inverse(translation, node.left), operator.mul)
    return _matrix_of(translation, Inverse, node, "V")


def determinant(translation: Translation, node: Node) -> Expr:
    """det A, by a rule where the form of A has one."""
    if translation.is_scalar(node):
        return translation.use(node).entry
    match node:
        case Transposed():
            translation.note("det(A') is det(A)")
            return determinant(translation, node.operand)
        case Call(function="inv"):
            translation.note("det(inv(A)) is 1/det(A)")
            return 1 / determinant(translation, node.arguments[0])
        case Call(function="kron") if all(map(translation.is_square, node.arguments)):
            translation.note("det(kron(A, B)) is det(A)^m*det(B)^n for A n×n and B m×m")
            left, right = node.arguments
            n, m = (translation.axes.size(translation.rows(part)) for part in (left, right))
            return determinant(translation, left) ** m * determinant(translation, right) ** n
        case Binary(operator="*", left=left, right=right) if _are_square_matrices(translation, left, right):
            translation.note("det(A*B) is det(A)*det(B)")
            return determinant(translation, left) * determinant(translation, right)
        case Binary(operator="^", left=base, right=exponent) if (power := integer_exponent(exponent)) is not None:
            translation.note("det(A^k) is det(A)^k")
            return determinant(translation, base) ** power
    return _scalar_of(translation, Determinant, node, "d")


def log_determinant(translation: Translation, node: Node) -> Expr:
    """log det A, for a positive determinant."""
    if translation.is_scalar(node):
        return log(translation.use(node).entry)
    match node:
        case Transposed():
            translation.note("logdet(A') is logdet(A)")
            return log_determinant(translation, node.operand)
        case Call(function="inv"):
            translation.note("logdet(inv(A)) is -logdet(A)")
            return -log_determinant(translation, node.arguments[0])
        case Call(function="kron") if all(map(translation.is_square, node.arguments)):
            translation.note(
                "logdet(kron(A, B)) is m*logdet(A) + n*logdet(B) for A n×n and B m×m of positive determinants"
            )
            left, right = node.arguments
            n, m = (translation.axes.size(translation.rows(part)) for part in (left, right))
            return m * log_determinant(translation, left) + n * log_determinant(translation, right)
    return _scalar_of(translation, LogDeterminant, node, "h")


def _is_matrix(translation: Translation, node: Node) -> bool:
    return not translation.axes.is_one(translation.rows(node)) and not translation.axes.is_one(
        translation.columns(node)
    )


def _are_square_matrices(translation: Translation, *nodes: Node) -> bool:
    return all(translation.is_square(node) and not translation.is_scalar(node) for node in nodes)


def _operation(translation: Translation, kind: type[MatrixOperation], node: Node) -> MatrixOperation:
    """Return the operation on a matrix that stands by its own name."""
    value = translation.use(node)
    operation = kind.__name__.lower()
    if len(value.rows) > 1 or len(value.columns) > 1:
        refuse(node.place, f"{operation} of '{node.place.text}': of a Kronecker product, take it of kron(A, B) alone")
    value = translation.named("M", value, node.place)
    if others := free_indices(value.entry) - {*value.rows, *value.columns}:
        names = ", ".join(sorted(index.name for index in others))
        refuse(node.place, f"{operation} of '{node.place.text}': the matrix may not depend on an index ({names})")
    return kind(value.entry, value.rows[0], value.columns[0])


def _key(kind: Any, node: Node) -> tuple[Any, str]:
    return kind, "".join(node.place.source.text[node.place.start : node.place.end].split())


def _matrix_of(translation: Translation, kind: type[MatrixOperation], node: Node, hint: str) -> Value:
    rows = translation.over(translation.rows(node), node.place)
    columns = tuple(fresh_index_over(size_of(index), "j") for index in rows)
    key = _key(kind, node)
    if key not in translation.known:
        operation = _operation(translation, kind, node)
        own = (*rows, *columns)
        translation.known[key] = translation.define(translation.fresh_name(hint), own, operation, node.place)
    made = Value(rows, columns, translation.known[key].base[(*rows, *columns)])
    return made.copy()


def _scalar_of(translation: Translation, kind: type[MatrixOperation], node: Node, hint: str) -> Expr:
    key = _key(kind, node)
    if key not in translation.known:
        operation = _operation(translation, kind, node)
        translation.known[key] = translation.define(translation.fresh_name(hint), (), operation, node.place)
    return translation.known[key]


def _inverse(translation: Translation, node: Call) -> Value:
    return inverse(translation, node.arguments[0])


def _determinant(translation: Translation, node: Call) -> Value:
    return scalar(determinant(translation, node.arguments[0]))


def _log_determinant(translation: Translation, node: Call) -> Value:
    return scalar(log_determinant(translation, node.arguments[0]))


def _solution(translation: Translation, node: Call) -> Value:
    translation.note("solve(A, b) is inv(A)*b")
    matrix, right = node.arguments
    return product(inverse(translation, matrix), translation.use(right))


def _factor(translation: Translation, node: Call) -> Value:
    if translation.is_scalar(node):
        return scalar(sqrt(translation.use(node.arguments[0]).entry))
    return _matrix_of(translation, Cholesky, node.arguments[0], "L")


def _trace(translation: Translation, node: Call) -> Value:
    (matrix,) = node.arguments
    if isinstance(matrix, Call) and matrix.function == "kron" and _are_square_matrices(translation, *matrix.arguments):
        translation.note("tr(kron(A, B)) is tr(A)*tr(B)")
        return scalar(Mul(*(total(diagonal(translation.use(part))) for part in matrix.arguments)))
    return scalar(total(diagonal(translation.use(matrix))))


def _value_and_indices(translation: Translation, node: Call) -> tuple[Expr, Indices]:
    """What a reduction reduces, and over what: all axes, or the indices that are named."""
    value = translation.use(node.arguments[0])
    return value.entry, (*value.rows, *value.columns, *_bound(translation, node))


def _bound(translation: Translation, node: Call) -> Indices:
    """The indices that a call names, as in sum(x[j], j)."""
    return tuple(translation.index(each, node.place) for each in translation.inference.bound.get(node, ()))


def _sum(translation: Translation, node: Call) -> Value:
    return scalar(summed(*_value_and_indices(translation, node)))


def _mean(translation: Translation, node: Call) -> Value:
    entry, indices = _value_and_indices(translation, node)
    return scalar(summed(entry, indices) / Mul(*map(size_of, indices)))


def _reduced(kind: Callable[..., Expr]) -> Callable[[Translation, Call], Value]:
    def translate(translation: Translation, node: Call) -> Value:
        entry, indices = _value_and_indices(translation, node)
        return scalar(kind(entry, *indices) if indices else entry)

    return translate


def _log_sum_exp(translation: Translation, node: Call) -> Value:
    """log Σ exp over a vector or the named indices; of a matrix, over each row."""
    value = translation.use(node.arguments[0])
    if not value.rows or not value.columns:
        indices = (*value.rows, *value.columns, *_bound(translation, node))
        return scalar(LogSumExp(value.entry, *indices) if indices else value.entry)
    translation.note("logsumexp of a matrix is taken of each row")
    return Value(value.rows, (), LogSumExp(value.entry, *value.columns))


def _least(entry: Expr, *indices: Idx) -> Expr:
    return -Maximum(-entry, *indices)


def _choice(largest: Any, of_vector: Callable[..., Expr]) -> Callable[[Translation, Call], Value]:
    """max or min: of a vector's entries, or of several values entry by entry."""

    def translate(translation: Translation, node: Call) -> Value:
        if len(node.arguments) == 1:
            return _reduced(of_vector)(translation, node)
        return reduce(lambda one, other: combined(one, other, largest), map(translation.use, node.arguments))

    return translate


def _softmax(translation: Translation, node: Call) -> Value:
    """exp(z − L), with L = log Σ exp z by a name of its own; named indices are free in the value."""
    value = translation.named("z", translation.use(node.arguments[0]), node.arguments[0].place)
    indices = (*value.rows, *value.columns, *_bound(translation, node))
    if value.rows and value.columns:
        translation.note("softmax of a matrix is taken of each row")
        indices = value.columns
    if not indices:
        return scalar(1)
    new = {index: fresh_index(index) for index in indices}
    reduction = LogSumExp(substitute(value.entry, new), *new.values())
    largest = translation.named("L", scalar(reduction), node.place).entry
    return value.with_entry(exp(value.entry - largest))


def _absolute_sum(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    if _is_matrix(translation, node.arguments[0]):
        translation.note("norm1 of a matrix is the sum of the absolute values of its entries")
    return scalar(total(value.with_entry(Abs(value.entry))))


def _euclidean_norm(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    if _is_matrix(translation, node.arguments[0]):
        translation.note("norm2 of a matrix is the Frobenius norm")
    return scalar(sqrt(total(value.with_entry(value.entry**2))))


def _row_sums(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    return Value(value.rows, (), summed(value.entry, value.columns))


def _column_sums(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    return Value((), value.columns, summed(value.entry, value.rows))


def _diagonal(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    return diagonal(value) if _is_matrix(translation, node.arguments[0]) else diagonal_matrix(value)


def _filled(translation: Translation, node: Call) -> Value:
    rows = translation.over(translation.rows(node), node.place)
    columns = translation.over(translation.columns(node), node.place, "j")
    return Value(rows, columns, translation.use(node.arguments[0]).entry)


def _identity(translation: Translation, node: Call) -> Value:
    rows = translation.over(translation.rows(node), node.place)
    return identity(rows, tuple(map(fresh_index, rows)))


def _kronecker(translation: Translation, node: Call) -> Value:
    return kronecker(*map(translation.use, node.arguments))


def _stacked(translation: Translation, node: Call) -> Value:
    value = translation.use(node.arguments[0])
    return Value(value.columns + value.rows, (), value.entry)


def _bracket(translation: Translation, node: Call) -> Value:
    index, size = node.arguments
    place = translation.in_brackets(index, translation.inference.scopes[node])
    return scalar(Within(place, translation.inference.size(size)))


FUNCTION_VALUES: dict[str, Callable[[Translation, Call], Value]] = {
    "inv": _inverse,
    "det": _determinant,
    "logdet": _log_determinant,
    "solve": _solution,
    "cholesky": _factor,
    "tr": _trace,
    "sum": _sum,
    "mean": _mean,
    "logsumexp": _log_sum_exp,
    "maximum": _reduced(Maximum),
    "max": _choice(sympy.Max, Maximum),
    "min": _choice(sympy.Min, _least),
    "softmax": _softmax,
    "norm1": _absolute_sum,
    "norm2": _euclidean_norm,
    "rowsum": _row_sums,
    "colsum": _column_sums,
    "diag": _diagonal,
    "vector": _filled,
    "matrix": _filled,
    "eye": _identity,
    "kron": _kronecker,
    "vec": _stacked,
    "within": _bracket,
}
