"""Where two dumps differ: by sector, and by byte."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .octets import SLICE, Bytes, Octets, octets, slices
from .repeats import SECTOR
from .stretches import Addresses, stretches

__all__ = ["Difference", "differences"]


@dataclass(frozen=True, eq=False)
class Difference:
    """What differs in the part that both dumps have, and what only one of them has.

    ``per_sector`` counts differing bytes, uint32[ceil(n / sector)] for the n bytes that both have;
    ``runs`` is the starts and the ends of neighbouring bytes that differ.
    """

    size_a: int
    size_b: int
    sector: int
    per_sector: NDArray[np.uint32]
    runs: tuple[Addresses, Addresses]

    @property
    def sectors(self) -> NDArray[np.uint32]:
        """The numbers of the sectors that differ."""
        return np.flatnonzero(self.per_sector).astype(np.uint32)

    @property
    def bytes_differing(self) -> int:
        return int(self.per_sector.sum(dtype=np.int64))

    @property
    def is_same(self) -> bool:
        """Equal in size and in every byte."""
        return self.size_a == self.size_b and not self.bytes_differing

    @property
    def only_in_a(self) -> tuple[int, int]:
        """(start, end) of what the first has beyond the second's end; empty where they are equal."""
        return min(self.size_a, self.size_b), self.size_a

    @property
    def only_in_b(self) -> tuple[int, int]:
        """(start, end) of what the second has beyond the first's end; empty where they are equal."""
        return min(self.size_a, self.size_b), self.size_b


def differences(a: Bytes, b: Bytes, sector: int = SECTOR) -> Difference:
    """Compare two dumps byte by byte from their beginnings. ValueError for a sector below 1."""
    if sector < 1:
        raise ValueError(f"a sector has at least 1 byte, not {sector}")
    one, other = octets(a), octets(b)
    both = min(len(one), len(other))

    starts, ends = stretches(lambda start, end: np.not_equal(one[start:end], other[start:end]), both)
    return Difference(len(one), len(other), sector, _by_sector(one[:both], other[:both], sector), (starts, ends))


def _by_sector(one: Octets, other: Octets, sector: int) -> NDArray[np.uint32]:
    """How many bytes differ in each sector of two views of equal length."""
    parts = [np.zeros(0, np.uint32)]
    for start, end in slices(len(one), max(1, SLICE // sector) * sector):
        differs = one[start:end] != other[start:end]
        parts.append(np.add.reduceat(differs, np.arange(0, end - start, sector), dtype=np.uint32))
    return np.concatenate(parts)
