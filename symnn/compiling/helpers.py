"""What generated code needs beside NumPy's own functions, each printed only where it is used."""

from __future__ import annotations

HELPERS = {
    "_windows": '''
def _windows(array, axis, start, counts, steps, padding):
    """array[..., start + steps[0]*i + steps[1]*p, ...] for all i, p, as a view; zero outside the array"""
    before, after = max(0, -padding[0]), max(0, padding[1])
    if before or after:
        shape = list(array.shape)
        shape[axis] += before + after
        wide = np.zeros(shape, array.dtype)
        wide[(slice(None),) * axis + (slice(before, before + array.shape[axis]),)] = array
        array = wide
    first = array[(slice(None),) * axis + (slice(start + before, None),)]
    shape = array.shape[:axis] + counts + array.shape[axis + 1:]
    stride = array.strides[axis]
    strides = array.strides[:axis] + tuple(stride * step for step in steps) + array.strides[axis + 1:]
    return np.lib.stride_tricks.as_strided(first, shape, strides, writeable=False)
''',
    "_over_taps": '''
def _over_taps(function, array, axes):
    """a reduction over short axes, one slice after the other: each is one pass over long rows"""
    moved = np.moveaxis(array, axes, range(len(axes)))
    first, second, *others = (moved[place] for place in np.ndindex(moved.shape[:len(axes)]))
    whole = function(first, second)
    for other in others:
        function(whole, other, out=whole)
    return whole
''',
    "_window_product": '''
def _window_product(matrix, windows, taps):
    """matrix @ windows[n] for each n, with its first axes (taps) taken together, and its others; a few
    examples at a time, so that the copy stays in the cache"""
    count, (examples, *shape) = max(1, 2**19 * len(windows) // windows.nbytes), windows.shape
    result = np.empty((examples, len(matrix), int(np.prod(shape[taps:]))), windows.dtype)
    for n in range(0, examples, count):
        part = windows[n:n + count]
        np.matmul(matrix, part.reshape(len(part), matrix.shape[1], -1), out=result[n:n + count])
    return result
''',
    "_window_sum": '''
def _window_sum(windows, array):
    """the sum of windows[n] @ array[n].T over n, with axes taken together until they fit; a few examples at a time"""
    count, (examples, _, places) = max(1, 2**19 * len(windows) // windows.nbytes), array.shape
    total = 0
    for n in range(0, examples, count):
        part = windows[n:n + count]
        total += np.add.reduce(part.reshape(len(part), -1, places) @ array[n:n + count].transpose(0, 2, 1), axis=0)
    return total
''',
    "_overlap": '''
def _overlap(array, axes, size, start, steps):
    """zeros, with array[..., i, p] added at start + steps[0]*i + steps[1]*p, in place of axis i; what lies outside is
    dropped"""
    places, *taps = axes
    if taps:
        array = np.moveaxis(array, taps[0], 0)
        places -= taps[0] < places
    else:
        array = array[None]
    shape = list(array.shape[1:])
    count, step, shape[places] = shape[places], steps[0], size
    sums = np.zeros(shape, array.dtype)
    lead = (slice(None),) * places
    for tap, part in enumerate(array):
        first = start + tap * steps[1] if taps else start
        low = max(0, -(first // step))
        high = min(count, -((first - size) // step))
        if low < high:
            put = slice(first + step * low, first + step * (high - 1) + 1, step)
            sums[(*lead, put)] += part[(*lead, slice(low, high))]
    return sums
''',
    "_scatter_add": '''
def _scatter_add(size, places, array):
    """zeros of a size, with the rows of the array added at their places"""
    sums = np.zeros((size, *array.shape[np.ndim(places):]), array.dtype)
    np.add.at(sums, places, array)
    return sums
''',
    "_placed": '''
def _placed(axis, size, places, arrays):
    """zeros, with each array put down at its place of a new axis"""
    whole = np.zeros((*arrays[0].shape[:axis], size, *arrays[0].shape[axis:]), arrays[0].dtype)
    for place, array in zip(places, arrays):
        whole[(slice(None),) * axis + (place,)] += array
    return whole
''',
    "_log_determinant": '''
def _log_determinant(array):
    """log of the determinant, nan where that is not positive"""
    sign, value = np.linalg.slogdet(array)
    return np.where(sign > 0, value, np.nan)[()]
''',
    "_gather": '''
def _gather(array, *places):
    """array at index arrays; what lies outside is taken from the border (a bracket makes it zero)"""
    return array[tuple(np.clip(place, 0, size - 1) for place, size in zip(places, array.shape))]
''',
    "_inside": '''
def _inside(places, size):
    """whether each place lies on an axis of this size"""
    return (0 <= places) & (places < size)
''',
    "_logsumexp": '''
def _logsumexp(array, axis):
    """log of the sum of exp(array) over an axis, with the largest entry taken out first"""
    largest = np.max(array, axis=axis, keepdims=True)
    return np.log(np.add.reduce(np.exp(array - largest), axis=axis)) + np.squeeze(largest, axis=axis)
''',
    "_softplus": '''
def _softplus(z):
    """log(1 + exp(z)), without overflow"""
    return np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))
''',
    "_tanh_slope": '''
def _tanh_slope(z):
    """1 - tanh(z)**2, which keeps its digits where tanh is flat"""
    e = np.exp(-2*np.abs(z))
    return 4*e/(1 + e)**2
''',
    "_gaussian": '''
def _gaussian(z):
    """exp(-z**2/2), of z = head + rest with a head so short that its square is exact"""
    wide = np.clip(np.asarray(z, np.float64), -40.0, 40.0)
    head = wide.astype(np.float32).astype(np.float64)
    return (np.exp(-0.5*head*head)*np.exp(-0.5*(wide - head)*(wide + head))).astype(np.asarray(z).dtype)[()]
''',
    "_normal": '''
try:
    from scipy.special import erfcx as _erfcx
except ImportError:
    import math

    def _erfcx(z):
        """exp(z**2)*(1 - erf(z)), one number at a time (scipy has a faster one)"""
        return np.frompyfunc(lambda t: math.exp(t*t)*math.erfc(t) if t < 25 else 0.5641895835477563/t, 1, 1)(z)


def _normal(z):
    """the standard normal distribution function, from its smaller tail"""
    wide = np.asarray(z, np.float64)
    tail = 0.5*np.asarray(_erfcx(0.7071067811865476*np.abs(wide)), np.float64)*_gaussian(wide)
    return np.where(wide > 0, 1 - tail, tail).astype(np.asarray(z).dtype)[()]
''',
    "_erf": '''
try:
    from scipy.special import erf as _erf
except ImportError:
    import math

    def _erf(z):
        """the error function, one number at a time (scipy has a faster one)"""
        z = np.asarray(z)
        return np.array(np.frompyfunc(math.erf, 1, 1)(z), z.dtype)[()]
''',
}
