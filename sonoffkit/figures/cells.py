"""Bytes into cells: a dump has more bytes than a picture has room, so each cell stands for some of them.

The rule, which keeps what is small from vanishing:

- class: FF only where all bytes of the cell are FF; 00 only where all are FF or 00; of the other bytes
  three quarters must be text for the cell to be text: a third of any program's bytes would pass for it.
  Otherwise low or high, whichever are more (low in a tie).
- entropy: of the window in whose middle the cell lies.
- region: of those in the cell the most important one, the smaller one where two have the same kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..analysis import CLASSES, byte_classes, sliding_entropy
from ..firmware.layout import Region
from .regions import importance, within

__all__ = ["Grid", "class_cells", "entropy_cells", "region_cells", "window_for"]

COLUMNS = ROWS = 256
SLICE = 1 << 22  # bytes counted at once
BLANK, ZERO, TEXT, LOW, HIGH = (CLASSES.index(name) for name in ("FF", "00", "text", "low", "high"))


@dataclass(frozen=True)
class Grid:
    """Addresses from ``start`` to ``end`` in rows of ``columns`` cells of ``cell`` bytes."""

    start: int
    end: int
    cell: int
    columns: int

    @classmethod
    def linear(cls, start: int, end: int) -> Grid:
        """Rows of a power of two of bytes, at most 256 by 256 cells."""
        size = max(1, end - start)
        row = _power_of_two(max(size / ROWS, size**0.5))
        return cls(start, end, max(1, row // COLUMNS), min(row, COLUMNS))

    @classmethod
    def square(cls, start: int, end: int) -> Grid:
        """A square with a power of two of cells at each side, as Hilbert's curve needs it."""
        size = max(1, end - start)
        cell = _power_of_two(size / (COLUMNS * ROWS))
        side = 1
        while side * side * cell < size:
            side *= 2
        return cls(start, end, cell, side)

    @property
    def cells(self) -> int:
        return -(-(self.end - self.start) // self.cell)

    @property
    def row(self) -> int:
        """Bytes in a row."""
        return self.cell * self.columns

    @property
    def rows(self) -> int:
        return max(1, -(-self.cells // self.columns))


def class_cells(data: bytes, grid: Grid) -> NDArray[np.uint8]:
    """The class of each cell, as an index into CLASSES."""
    view = memoryview(data)[grid.start : grid.end]
    step = max(grid.cell, SLICE // grid.cell * grid.cell)
    parts = [_class_cells(view[at : at + step], grid.cell) for at in range(0, len(view), step)]
    return np.concatenate([np.zeros(0, np.uint8), *parts])


def _class_cells(data: memoryview, cell: int) -> NDArray[np.uint8]:
    classes = byte_classes(data)
    if cell == 1:
        return classes
    rest = -len(classes) % cell
    if rest:  # nothing is added to a shorter last cell but the blank, which gives way to all else
        classes = np.concatenate([classes, np.full(rest, BLANK, np.uint8)])
    table = classes.reshape(-1, cell)
    zero, text, low, high = (np.count_nonzero(table == kind, axis=1) for kind in (ZERO, TEXT, LOW, HIGH))
    found = np.where(low >= high, LOW, HIGH).astype(np.uint8)
    found[4 * text >= 3 * (text + low + high)] = TEXT
    silent = text + low + high == 0
    found[silent] = np.where(zero[silent] > 0, ZERO, BLANK)
    return found


def window_for(size: int) -> int:
    """Bytes in an entropy window: 1 KB, but less in a piece of which that would leave little."""
    return 1024 if size >= 1 << 16 else 256


def entropy_cells(data: bytes, grid: Grid) -> NDArray[np.float64]:
    """The entropy around each cell, in bits per byte."""
    window = window_for(grid.end - grid.start)
    step = window // 4
    found = sliding_entropy(memoryview(data)[grid.start : grid.end], window, step)
    if not len(found):
        return np.zeros(0)
    middles = np.arange(grid.cells) * grid.cell + grid.cell / 2
    nearest = np.rint((middles - window / 2) / step).astype(np.int64)
    return found[np.clip(nearest, 0, len(found) - 1)]


def region_cells(regions: Sequence[Region], grid: Grid) -> NDArray[np.int64]:
    """For each cell the number of its region in the sequence; -1 where there is none."""
    found = np.full(grid.cells, -1, np.int64)
    numbers = {id(region): n for n, region in enumerate(regions)}
    for region in sorted(within(regions, grid.start, grid.end), key=_painted):
        first = max(0, region.start - grid.start) // grid.cell
        last = -(-(min(region.end, grid.end) - grid.start) // grid.cell)
        found[first:last] = numbers[id(region)]
    return found


def _painted(region: Region) -> tuple[int, int]:
    """What is painted later lies on top: important above unimportant, small above big."""
    kind, size = importance(region)
    return kind, -size


def _power_of_two(least: float) -> int:
    """The smallest power of two that is at least so big."""
    power = 1
    while power < least:
        power *= 2
    return power
