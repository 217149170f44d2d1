"""A layer as a module that needs NumPy alone."""

from __future__ import annotations

from collections.abc import Mapping

from symnn.compiling.helpers import HELPERS
from symnn.training.layer_parts import LayerParts
from symnn.training.layer_sample import PLACES, POSITIVE, SUMMING, SYMMETRIC, Sample, samples
from symnn.training.layer_text import (
    EXPECT,
    blocks,
    composite_checks,
    gradient_meaning,
    header,
    lines_of,
    names_as_tuple,
    refuse_names,
    shapes_table,
)
from symnn.training.module_text import _wrapped

_OWN_WORDS = ("saved", "output_shape")


def numpy_text(parts: LayerParts, name: str, dtype: str) -> str:
    """Return the text of the module."""
    refuse_names(parts, _OWN_WORDS)
    usage = [
        f"{parts.output}, saved = forward({', '.join(parts.arguments)})",
        f"gradients = backward(saved, grad_output)    # {gradient_meaning(parts)}",
    ]
    doc = header(parts, name, needs="It needs NumPy alone.", usage=usage, arrays=f", of type {dtype}")
    table = [f"DTYPE = np.{dtype}", *shapes_table(parts)]
    return (
        f'"""{doc}\n"""\n\nimport numpy as np\n\n'
        + "\n".join(table)
        + "\n\n\n"
        + blocks(
            _forward(parts),
            _backward(parts),
            _CHECKED_PLACES if parts.places else _CHECKED,
            EXPECT,
            *(HELPERS[helper] for helper in parts.helpers),
            _main(parts, samples(parts)),
        )
    )


def _forward(parts: LayerParts) -> str:
    given = names_as_tuple(parts.arguments)
    names = ", ".join(parts.arguments)
    checked = ", ".join(f"{name}={name}" for name in parts.arguments)
    saved = ", ".join([f"np.shape({parts.output})", *parts.saved_sizes, *parts.saved])
    tuple_ = f"({saved},)" if saved.count(",") == 0 else f"({saved})"
    lines = [
        *_wrapped(f"def forward({names}):", ""),
        f'    """Return {parts.output}, and what `backward` needs of it: the forward equations."""',
        *_wrapped(f"{given} = _checked({checked})", "    "),
        *(f"    {size}" for size in parts.sizes),
        *composite_checks(parts, "    "),
        *lines_of(parts.forward, "    "),
        f"    saved = {tuple_}",
        f"    return {parts.output}, saved",
    ]
    return "\n".join(lines)


def _backward(parts: LayerParts) -> str:
    unpacked = names_as_tuple(["output_shape", *parts.saved_sizes, *parts.saved])
    returned = ", ".join(f'"{name}": {made}' for name, made in parts.gradients.items())
    upstream = parts.upstream
    lines = [
        f"def backward(saved, {upstream}):",
        f'    """Return a dict of derivatives, given {upstream} = dC/d{parts.output}: the backward equations."""',
        f"    {unpacked} = saved",
        f"    {upstream} = np.asarray({upstream}, DTYPE)[()]",
        f'    _expect("{upstream}", np.shape({upstream}), output_shape, {{}})',
        *lines_of(parts.backward, "    "),
        f"    return {{{returned}}}",
    ]
    return "\n".join(lines)


def _main(parts: LayerParts, given: Mapping[str, Sample]) -> str:
    symmetric = [name for name in parts.gradients if given[name].kind == SYMMETRIC]
    lines = [
        'if __name__ == "__main__":',
        "    # A check: the change of the output along a random direction, against what the derivatives say of it.",
        "    generator = np.random.default_rng(0)",
        "    given = {",
        *(f'        "{name}": {_drawn(sample)},' for name, sample in given.items()),
        "    }",
        "    output, saved = forward(**given)",
        "    grad_output = np.asarray(generator.standard_normal(np.shape(output)), DTYPE)",
        "    gradients, step, worst = backward(saved, grad_output), np.finfo(DTYPE).eps ** (1 / 3), 0.0",
        "    for name, gradient in gradients.items():",
        "        direction = generator.standard_normal(np.shape(gradient))",
    ]
    if symmetric:
        lines += [
            f"        if name in {symmetric}:",
            "            direction = (direction + direction.mT) / 2",
        ]
    lines += [
        "        ahead, behind = (forward(**{**given, name: given[name] + t * direction})[0] for t in (step, -step))",
        "        expected = np.sum((ahead - behind) * grad_output) / (2 * step)",
        "        found = np.sum(gradient * direction)",
        "        off = abs(found - expected) / max(1.0, abs(expected))",
        "        worst = max(worst, off) if np.isfinite(off) else np.inf",
        '        print(f"along a random change of {name}: {found:.10g}, by differences {expected:.10g}")',
        "    if worst > 100 * np.finfo(DTYPE).eps ** 0.5:",
        '        raise SystemExit(f"the derivatives are not those of forward: off by {worst:.2g}")',
    ]
    return "\n".join(lines)


def _drawn(sample: Sample) -> str:
    shape = f"({', '.join(map(str, sample.shape))}{',' if len(sample.shape) == 1 else ''})"
    if sample.kind == PLACES:
        return f"generator.integers({sample.most}, size={shape})"
    if sample.kind == POSITIVE:
        return f"generator.uniform(0.5, 1.5, size={shape})"
    if sample.kind == SYMMETRIC:
        size = sample.shape[-1]
        return f"np.full({shape}, 0.1) + np.diag(generator.uniform(1.0, 2.0, size={size}))"
    if sample.kind == SUMMING:
        return _summing(sample)
    return f"generator.standard_normal({shape})"


def _summing(sample: Sample) -> str:
    """Return the code of an array that sums to a number along an axis."""
    others = [str(size) for axis, size in enumerate(sample.shape) if axis != sample.axis]
    drawn = f"generator.dirichlet(np.full({sample.shape[sample.axis]}, 5.0)"
    drawn += f", size=({', '.join(others)}{',' if len(others) == 1 else ''}))" if others else ")"
    if sample.axis != len(sample.shape) - 1:
        drawn = f"np.moveaxis({drawn}, -1, {sample.axis})"
    return f"{drawn}{sample.from_one}"


_CHECKED = '''
def _checked(**arrays):
    """Return the arrays in one type; a shape that does not fit is an error that says which."""
    sizes, checked = {}, []
    for name, value in arrays.items():
        array = np.asarray(value, DTYPE)
        _expect(name, array.shape, SHAPES[name], sizes)
        checked.append(array[()])
    return checked
'''

_CHECKED_PLACES = '''
def _checked(**arrays):
    """Return the arrays in their types; a shape or a place that does not fit is an error that says which."""
    sizes, checked = {}, []
    for name, value in arrays.items():
        array = np.asarray(value) if name in PLACES else np.asarray(value, DTYPE)
        _expect(name, array.shape, SHAPES[name], sizes)
        checked.append(array[()])
    for name, (other, axis) in PLACES.items():
        places = np.asarray(arrays[name])
        if np.any((places != np.floor(places)) | (places < 0)) or np.any(places >= np.shape(arrays[other])[axis]):
            raise ValueError(f"{name} must hold whole numbers: places on axis {axis} of {other}")
    return checked
'''
