"""Shannon entropy along a dump, in bits per byte: block by block, in a sliding window, or of a whole."""

from __future__ import annotations

import functools
import math
import sys
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .classes import histogram
from .octets import Bytes, Octets, octets, slices

__all__ = ["BANDS", "Band", "band_of", "block_entropy", "random_ceiling", "shannon_entropy", "sliding_entropy"]

Entropies = NDArray[np.float64]
Counts = NDArray[np.int64]

VALUES = 256
ROWS = 128  # histograms made at once: 256 KiB, which stay in the cache
PART = 1 << 17  # bytes counted at once: their index is eight times as much
MOST_PIECES = 1024  # of a sliding window: more cost more memory than they save time
TABLE_LIMIT = 1 << 16  # up to this block size the table of k * log2(k) is worth its memory
NOISE = 1e-10  # bits: below is rounding; one odd byte in 64 MiB still makes 4e-7


class Band(NamedTuple):
    """Entropies with ``low <= bits < high`` and what they usually mean."""

    low: float
    high: float
    name: str


# For blocks of 1 KiB. Measured on 9,703 blocks of stock user1: p5 5.77, median 6.55, p95 6.87; sysparam 2.4;
# gzip 7.75-7.82; random 7.81. One odd byte in a blank block already makes 0.011 bits.
BANDS = (
    Band(0.0, 0.01, "blank"),
    Band(0.01, 4.5, "settings, tables"),
    Band(4.5, 5.8, "text"),
    Band(5.8, 7.2, "code"),
    Band(7.2, 7.5, "between"),
    Band(7.5, 8.01, "compressed, random"),
)


def band_of(bits: float) -> Band:
    """The band that an entropy of a 1 KiB block falls into."""
    return next((band for band in BANDS if bits < band.high), BANDS[-1])


def shannon_entropy(data: Bytes) -> float:
    """Bits per byte of all these bytes together; 0.0 where there are none."""
    found = _entropies(histogram(data)[None, :], max(1, len(octets(data))))
    return float(found[0])


def block_entropy(data: Bytes, block: int = 1024) -> Entropies:
    """Bits per byte of each block: float64[ceil(n / block)], 0..8.

    A shorter last block counts as it is. ValueError for a block below 1.
    """
    return sliding_entropy(data, block, block)


def sliding_entropy(data: Bytes, window: int = 1024, step: int = 256) -> Entropies:
    """Bits per byte of windows that overlap: number i covers ``data[i * step : i * step + window]``.

    float64[1 + ceil((n - window) / step)]: the last window is the first that reaches the end
    of the data and may be shorter; none where there are no bytes. Fastest where window is a
    multiple of step. ValueError for a window or a step below 1.
    """
    if window < 1 or step < 1:
        raise ValueError(f"a block, window or step has at least 1 byte, not {min(window, step)}")
    view = octets(data)
    if not len(view):
        return np.zeros(0)
    found = np.empty(1 + max(0, -(-(len(view) - window) // step)))
    whole = (len(view) - window) // step + 1 if len(view) >= window else 0
    if whole:
        _fill(found[:whole], view, window, step)
    if whole < len(found):
        found[-1] = shannon_entropy(view[whole * step :])
    return found


@functools.lru_cache(maxsize=64)
def random_ceiling(block: int) -> float:
    """The entropy that ``block`` uniformly random bytes have on average: 7.81, not 8, at 1024.

    Exact but for rounding: the count of each byte value is binomial(block, 1/256), so the mean is
    256 * E[-(k / block) * log2(k / block)]. ValueError for a block below 1.
    """
    if block < 1:
        raise ValueError(f"a block has at least 1 byte, not {block}")
    mean = block / VALUES
    reach = 40 * math.sqrt(mean) + 80  # beyond it the odds are below 1e-100
    low, high = max(0, int(mean - reach)), min(block, int(mean + reach))
    k = np.arange(low, high + 1, dtype=np.float64)
    # From odds to odds instead of by factorials, which would cost digits at large blocks.
    log_ratio = np.log((block - k[:-1]) / k[1:]) - math.log(VALUES - 1)
    log_odds = np.concatenate([[0.0], np.cumsum(log_ratio)])
    odds = np.exp(log_odds - log_odds.max())
    share = k / block
    bits = -share * np.log2(share, where=share > 0, out=np.zeros_like(share))
    return float(VALUES * (odds @ bits) / odds.sum())


class _Counter:
    """How often each value is in each row: uint8[r, n] to int64[r, 256]; what it gives counts until it is asked again.

    A byte's place in the counts is 256 * row + value. The rows' parts stay as they are, and the
    values are copied into the lowest bytes: that takes less than half the time of adding them up.
    Counting by ``add.at`` into counts that are there already takes 0.7 of bincount's time.
    """

    def __init__(self, rows: int, size: int) -> None:
        self._index = np.repeat(np.arange(0, VALUES * rows, VALUES, dtype=np.intp), size).reshape(rows, size)
        width = self._index.itemsize
        lowest = 0 if sys.byteorder == "little" else width - 1
        self._values = self._index.view(np.uint8)[:, lowest::width]
        self._counts = np.zeros(VALUES * rows, np.int64)

    def __call__(self, rows: Octets) -> Counts:
        self._values[: len(rows)] = rows
        counts = self._counts[: VALUES * len(rows)]
        counts[:] = 0
        np.add.at(counts, self._index[: len(rows)].reshape(-1), 1)
        return counts.reshape(-1, VALUES)


def _fill(found: Entropies, view: Octets, window: int, step: int) -> None:
    """The entropies of whole windows, by whichever way of counting fits."""
    ratio = window // step
    if window > PART:
        for number in range(len(found)):
            found[number] = shannon_entropy(view[number * step :][:window])
    elif window % step == 0 and 1 < ratio <= MOST_PIECES:
        _fill_by_pieces(found, view, window, step)
    else:
        windows = sliding_window_view(view, window)[::step]
        group = min(ROWS, PART // window)
        count = _Counter(min(group, len(found)), window)
        for first, last in slices(len(found), group):
            found[first:last] = _entropies(count(windows[first:last]), window)


def _fill_by_pieces(found: Entropies, view: Octets, window: int, step: int) -> None:
    """Count each piece of one step once; neighbouring pieces add up to a window."""
    ratio = window // step
    pieces = view[: (len(found) + ratio - 1) * step].reshape(-1, step)
    group = max(3 * ratio, min(ROWS, PART // step))
    count = _Counter(min(group + ratio, len(pieces)), step)
    for first, last in slices(len(found), group):
        found[first:last] = _entropies(_sums(count(pieces[first : last + ratio - 1]), ratio), window)


def _sums(counts: Counts, width: int) -> Counts:
    """The sums of ``width`` neighbouring rows, by halves: 1024 of them take ten additions."""
    if width == 1:
        return counts
    half = width // 2
    halves = _sums(counts, half)
    sums = halves[: len(halves) - half] + halves[half:]
    return sums if width % 2 == 0 else sums[:-1] + counts[width - 1 :]


def _entropies(counts: Counts, size: int) -> Entropies:
    """Of rows of counts that each add up to ``size``: log2(size) - sum(k * log2(k)) / size."""
    weighed = _weights(size).take(counts) if size <= TABLE_LIMIT else _weigh(counts)
    bits: Entropies = math.log2(size) - np.sum(weighed, axis=1) / size
    bits[bits < NOISE] = 0.0
    return np.minimum(bits, min(8.0, math.log2(size)), out=bits)


@functools.lru_cache(maxsize=16)
def _weights(size: int) -> NDArray[np.float64]:
    """k * log2(k) for all k up to a block's size: a look-up is far cheaper than a logarithm."""
    return _weigh(np.arange(size + 1))


def _weigh(counts: Counts) -> NDArray[np.float64]:
    weighed: NDArray[np.float64] = np.multiply(counts, np.log2(np.maximum(counts, 1)))
    return weighed
