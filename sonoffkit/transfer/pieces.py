"""How a flash is cut: pieces on disk, regions, sectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "PIECE",
    "SECTOR",
    "Piece",
    "Region",
    "blank_md5",
    "cut",
    "is_blank",
    "md5_of",
    "merged",
    "pieces_of",
    "without",
]

SECTOR = 0x1000  # bytes; what a flash erases, and the least that is compared
PIECE = 0x10000  # bytes; what is put on disk at a time, and one erase command of a flash


@dataclass(frozen=True)
class Piece:
    """A stretch of flash, and the MD5 (hexadecimal) of its bytes where they are known."""

    address: int
    size: int
    md5: str = ""


class Region(NamedTuple):
    """A stretch of flash, in bytes."""

    address: int
    size: int

    @property
    def end(self) -> int:
        return self.address + self.size


def pieces_of(size: int) -> list[Piece]:
    """A flash of ``size`` bytes, cut into pieces."""
    return [Piece(*region) for region in cut([Region(0, size)], PIECE)]


def cut(regions: Iterable[Region], grid: int) -> list[Region]:
    """The same bytes, in regions that do not cross a multiple of ``grid``."""
    parts = []
    for at, size in regions:
        end = at + size
        while at < end:
            stop = min(end, at - at % grid + grid)
            parts.append(Region(at, stop - at))
            at = stop
    return parts


def merged(regions: Iterable[Region]) -> list[Region]:
    """The same bytes, in as few regions as there can be, in order."""
    parts: list[Region] = []
    for region in sorted(regions):
        if parts and parts[-1].end == region.address:
            parts[-1] = Region(parts[-1].address, parts[-1].size + region.size)
        else:
            parts.append(region)
    return parts


def without(regions: Iterable[Region], done: Region) -> list[Region]:
    """The same bytes but those of ``done``, which begins where one of them does."""
    return [
        Region(done.end, region.end - done.end) if region.address == done.address else region
        for region in regions
        if region != done
    ]


def md5_of(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


_blank_digests: dict[int, str] = {}


def blank_md5(size: int) -> str:
    """The MD5 of so many FF."""
    if size not in _blank_digests:
        _blank_digests[size] = md5_of(b"\xff" * size)
    return _blank_digests[size]


def is_blank(data: bytes) -> bool:
    return not data.strip(b"\xff")
