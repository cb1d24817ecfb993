"""A file that is the same again and again: a chip that is smaller than what was read gives its bytes once more."""

from __future__ import annotations

from ..maps import FLASH_SIZES, SECTOR, size_text
from ..records import RegionKind
from .tiling import Region

__all__ = ["notice_of_repeats", "period_of", "region_of_repeats"]

NAME = "the same again"


def period_of(data: bytes) -> int:
    """The size of the flash whose bytes the whole file consists of, over and over; 0 if it does not."""
    if not data[:SECTOR].strip(data[:1]):
        return 0
    return next((size for size in FLASH_SIZES if len(data) > size and _repeats(data, size)), 0)


def _repeats(data: bytes, size: int) -> bool:
    if len(data) % size or data[size : size + SECTOR] != data[:SECTOR]:
        return False
    first = data[:size]
    return all(data.startswith(first, start) for start in range(size, len(data), size))


def region_of_repeats(size: int, period: int) -> Region:
    """All behind the first time, as a region."""
    return Region(period, size, NAME, RegionKind.UNKNOWN, f"the first {size_text(period)}, read once more")


def notice_of_repeats(size: int, period: int) -> str:
    """What that means, for a person."""
    return (
        f"This file has {size_text(size)}, and from {period:#x} on it repeats its first {size_text(period)}: so a chip "
        f"of {size_text(period)} answers when more is read than it has. Those {size_text(period)} are all of it."
    )
