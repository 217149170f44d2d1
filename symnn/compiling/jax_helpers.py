"""What generated JAX code needs beside jax.numpy's own functions, each printed only where it is used.

JAX's arrays never change: what NumPy's helpers add up in place is a new array here.
"""

from __future__ import annotations

JAX_HELPERS = {
    "_windows": '''
def _windows(array, axis, start, counts, steps, padding):
    """array[..., start + steps[0]*i + steps[1]*p, ...] for all i, p; zero outside the array"""
    before, after = max(0, -padding[0]), max(0, padding[1])
    if before or after:
        array = jnp.pad(array, [(before, after) if n == axis else (0, 0) for n in range(array.ndim)])
    firsts = numpy.array(start + before)
    for count, step in zip(counts[:-1], steps[:-1]):
        firsts = firsts[..., None] + step * numpy.arange(count)
    count, step = counts[-1], steps[-1]
    if step < 0 or firsts.size > 64:
        return jnp.take(array, firsts[..., None] + step * numpy.arange(count), axis=axis)
    stop = step * (count - 1) + 1
    parts = [jax.lax.slice_in_dim(array, n, n + stop, step, axis) for n in firsts.ravel().tolist()]
    return jnp.stack(parts, axis).reshape(array.shape[:axis] + counts + array.shape[axis + 1:])
''',
    "_window_product": '''
def _window_product(matrix, windows, taps):
    """matrix @ windows[n] for each n, with its first axes (taps) taken together, and its others"""
    return matrix @ windows.reshape(len(windows), matrix.shape[1], -1)
''',
    "_window_sum": '''
def _window_sum(windows, array):
    """the sum of windows[n] @ array[n].T over n, with axes taken together until they fit"""
    return jnp.sum(windows.reshape(len(windows), -1, array.shape[2]) @ array.mT, axis=0)
''',
    "_overlap": '''
def _overlap(array, axes, size, start, steps):
    """zeros, with array[..., i, p] added at start + steps[0]*i + steps[1]*p, in place of axis i; what lies outside is
    dropped"""
    places, *taps = axes
    if taps:
        array = jnp.moveaxis(array, taps[0], 0)
        places -= taps[0] < places
    else:
        array = array[None]
    shape = list(array.shape[1:])
    count, step, shape[places] = shape[places], steps[0], size
    sums = jnp.zeros(shape, array.dtype)
    lead = (slice(None),) * places
    for tap, part in enumerate(array):
        first = start + tap * steps[1] if taps else start
        low = max(0, -(first // step))
        high = min(count, -((first - size) // step))
        if low < high:
            put = slice(first + step * low, first + step * (high - 1) + 1, step)
            sums = sums.at[(*lead, put)].add(part[(*lead, slice(low, high))])
    return sums
''',
    "_scatter_add": '''
def _scatter_add(size, places, array):
    """zeros of a size, with the rows of the array added at their places"""
    return jnp.zeros((size, *array.shape[jnp.ndim(places):]), array.dtype).at[places].add(array)
''',
    "_placed": '''
def _placed(axis, size, places, arrays):
    """zeros, with each array put down at its place of a new axis"""
    whole = jnp.zeros((*arrays[0].shape[:axis], size, *arrays[0].shape[axis:]), arrays[0].dtype)
    for place, array in zip(places, arrays):
        whole = whole.at[(slice(None),) * axis + (place,)].add(array)
    return whole
''',
    "_log_determinant": '''
def _log_determinant(array):
    """log of the determinant, nan where that is not positive"""
    sign, value = jnp.linalg.slogdet(array)
    return jnp.where(sign > 0, value, jnp.nan)
''',
    "_gather": '''
def _gather(array, *places):
    """array at index arrays; what lies outside is taken from the border (a bracket makes it zero)"""
    return array[tuple(jnp.clip(place, 0, size - 1) for place, size in zip(places, array.shape))]
''',
    "_inside": '''
def _inside(places, size):
    """whether each place lies on an axis of this size"""
    return (0 <= places) & (places < size)
''',
    "_logsumexp": '''
def _logsumexp(array, axis):
    """log of the sum of exp(array) over an axis, with the largest entry taken out first"""
    largest = jnp.max(array, axis=axis, keepdims=True)
    return jnp.log(jnp.sum(jnp.exp(array - largest), axis=axis)) + jnp.squeeze(largest, axis=axis)
''',
    "_softplus": '''
def _softplus(z):
    """log(1 + exp(z)), without overflow"""
    return jnp.maximum(z, 0) + jnp.log1p(jnp.exp(-jnp.abs(z)))
''',
    "_tanh_slope": '''
def _tanh_slope(z):
    """1 - tanh(z)**2, which keeps its digits where tanh is flat"""
    e = jnp.exp(-2*jnp.abs(z))
    return 4*e/(1 + e)**2
''',
}
