"""Runs of one byte value: blank flash, zeros, padding."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .octets import Bytes, octets
from .stretches import stretches

__all__ = ["SECTOR", "Run", "runs"]

SECTOR = 4096  # bytes: what the flash erases at once
FILLERS = (0x00, 0xFF)


@dataclass(frozen=True, slots=True)
class Run:
    """The same byte from ``start`` up to ``end``, which is not part of it."""

    start: int
    end: int
    value: int

    @property
    def size(self) -> int:
        return self.end - self.start

    @property
    def padding(self) -> int:
        """Bytes with which the run fills up the sector it begins in; 0 if it does not, or begins one."""
        rest = -self.start % SECTOR
        return rest if self.value in FILLERS and rest <= self.size else 0

    @property
    def is_padding(self) -> bool:
        """It only fills up the sector it begins in."""
        return 0 < self.padding == self.size


def runs(data: Bytes, shortest: int = 256) -> tuple[Run, ...]:
    """Where at least ``shortest`` neighbouring bytes have one value, in the order of addresses.

    One object a run: with a ``shortest`` of a few bytes, a large file may have very many.
    ValueError for a shortest below 2.
    """
    if shortest < 2:
        raise ValueError(f"a run has at least 2 bytes, not {shortest}")
    view = octets(data)
    # Of a run of n bytes, n - 1 equal the byte before them.
    left, right = view[:-1], view[1:]
    starts, ends = stretches(lambda start, end: np.equal(left[start:end], right[start:end]), len(left), shortest - 1)
    return tuple(
        Run(start, end + 1, value)
        for start, end, value in zip(starts.tolist(), ends.tolist(), view[starts].tolist(), strict=True)
    )
