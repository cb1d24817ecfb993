"""Where the entropy changes its level: blank, settings and tables, program, compressed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .entropy import BANDS, random_ceiling

__all__ = ["Edge", "entropy_edges"]

Entropies = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Edge:
    """An address, and the median entropy of the stretch before it and of the one behind it."""

    at: int
    before: float
    after: float

    @property
    def rises(self) -> bool:
        return self.after > self.before


BLANK = BANDS[0].high  # below: all bytes of the block are the same

# Borders at 1 KiB and how far beyond one counts. Not at 5.8, between text and code: a program's
# constants cross it all the time; and not at 6.8 as in binwalk, which is the middle of ESP8266 code.
BORDERS = ((4.5, 0.3), (7.35, 0.15))
SMOOTHED = 5  # blocks in the median: shorter islands inside a program are no levels of their own


def entropy_edges(entropies: Entropies, block: int = 1024) -> tuple[Edge, ...]:
    """The edges in the block entropies of a dump, in the order of addresses; few tens in 1 MB of firmware.

    Blank counts to the block: a single block between blank ones has two edges. Elsewhere the
    level must change by more than the scatter of code, for three blocks or more. The borders
    are meant for 1 KiB and are scaled to what random bytes reach in other blocks.
    """
    if not len(entropies):
        return ()
    scale = random_ceiling(max(2, block)) / random_ceiling(1024)  # a single byte has no entropy at all
    bounds = list(_bounds(entropies, scale))
    levels = [float(np.median(entropies[start:end])) for start, end in pairwise(bounds)]
    return tuple(
        Edge(at * block, before, after) for at, (before, after) in zip(bounds[1:-1], pairwise(levels), strict=True)
    )


def _bounds(entropies: Entropies, scale: float) -> Iterator[int]:
    """Where stretches of one level begin, counted in blocks, and the end of the last."""
    blank = entropies < BLANK
    changes = np.flatnonzero(blank[1:] != blank[:-1]) + 1
    for start, end in pairwise([0, *changes.tolist(), len(entropies)]):
        yield start
        if end - start > 1 and not blank[start]:
            yield from (start + at for at in _level_changes(_smoothed(entropies[start:end]) / scale))
    yield len(entropies)


def _smoothed(entropies: Entropies) -> Entropies:
    """The median around each block; at both ends that of the outermost blocks."""
    width = min(SMOOTHED, len(entropies) - 1 | 1)
    medians = np.median(sliding_window_view(entropies, width), axis=1)
    return np.pad(medians, width // 2, mode="edge")


def _level_changes(entropies: Entropies) -> Iterator[int]:
    """Where the level changes, with hysteresis: a border counts when it is crossed by its margin."""
    level = sum(float(entropies[0]) > border for border, _ in BORDERS)
    for at, bits in enumerate(entropies.tolist()):
        before = level
        while level < len(BORDERS) and bits > sum(BORDERS[level]):
            level += 1
        while level and bits < BORDERS[level - 1][0] - BORDERS[level - 1][1]:
            level -= 1
        if level != before:
            yield at
