"""What generated torch code needs beside torch's own functions, each printed only where it is used."""

from __future__ import annotations

TORCH_HELPERS = {
    "_windows": '''
def _windows(array, axis, start, counts, steps, padding):
    """array[..., start + steps[0]*i + steps[1]*p, ...] for all i, p; zero outside the array"""
    before, after = max(0, -padding[0]), max(0, padding[1])
    if before or after:
        around = [0, 0] * (array.ndim - 1 - axis) + [before, after]
        array = torch.nn.functional.pad(array, around)
    places = torch.full((), start + before, device=array.device)
    for count, step in zip(counts, steps):
        places = places[..., None] + step * torch.arange(count, device=array.device)
    shape = array.shape[:axis] + tuple(counts) + array.shape[axis + 1 :]
    return array.index_select(axis, places.reshape(-1)).reshape(shape)
''',
    "_window_product": '''
def _window_product(matrix, windows, taps):
    """matrix @ windows[n] for each n, with its first axes (taps) taken together, and its others"""
    return matrix @ windows.reshape(len(windows), matrix.shape[1], -1)
''',
    "_window_sum": '''
def _window_sum(windows, array):
    """the sum of windows[n] @ array[n].T over n, with axes taken together until they fit"""
    return torch.sum(windows.reshape(len(windows), -1, array.shape[2]) @ array.mT, dim=0)
''',
    "_overlap": '''
def _overlap(array, axes, size, start, steps):
    """zeros, with array[..., i, p] added at start + steps[0]*i + steps[1]*p, in place of axis i; what lies outside is
    dropped"""
    places, *taps = axes
    if taps:
        array = array.movedim(taps[0], 0)
        places -= taps[0] < places
    else:
        array = array[None]
    shape = list(array.shape[1:])
    count, step, shape[places] = shape[places], steps[0], size
    sums = array.new_zeros(shape)
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
    sums = array.new_zeros((size, *array.shape[places.ndim :]))
    return sums.index_put_((places,), array, accumulate=True)
''',
    "_placed": '''
def _placed(axis, size, places, arrays):
    """zeros, with each array put down at its place of a new axis"""
    whole = arrays[0].new_zeros((*arrays[0].shape[:axis], size, *arrays[0].shape[axis:]))
    for place, array in zip(places, arrays):
        whole[(slice(None),) * axis + (place,)] += array
    return whole
''',
    "_log_determinant": '''
def _log_determinant(array):
    """log of the determinant, nan where that is not positive"""
    sign, value = torch.linalg.slogdet(array)
    return torch.where(sign > 0, value, torch.full_like(value, torch.nan))
''',
    "_gather": '''
def _gather(array, *places):
    """array at index arrays; what lies outside is taken from the border (a bracket makes it zero)"""
    return array[tuple(torch.clamp(place, 0, size - 1) for place, size in zip(places, array.shape))]
''',
    "_inside": '''
def _inside(places, size):
    """whether each place lies on an axis of this size"""
    return (0 <= places) & (places < size)
''',
    "_softplus": '''
def _softplus(z):
    """log(1 + exp(z)), without overflow"""
    return torch.clamp(z, min=0.0) + torch.log1p(torch.exp(-torch.abs(z)))
''',
    "_tanh_slope": '''
def _tanh_slope(z):
    """1 - tanh(z)**2, which keeps its digits where tanh is flat"""
    e = torch.exp(-2 * torch.abs(z))
    return 4 * e / (1 + e) ** 2
''',
    "_exp_of_minus": '''
def _exp_of_minus(z):
    """exp(-z), with -z held below the overflow of the type"""
    return torch.exp(torch.clamp(-z, max=0.99 * math.log(torch.finfo(z.dtype).max)))
''',
}
