"""From claims to regions: who comes first keeps its bytes, and every gap is blank or unknown, by sectors."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from ..formats.containers import GZIP_MAGIC
from ..maps import BLANK_SECTOR, counted
from ..records import SECTOR, RegionKind

__all__ = ["Region", "tile"]

# Random bytes reach 7.81 bits in 1 KiB and 7.95 in 4 KiB; programs have 5.8 to 7.4 in 16 KiB.
FEWEST, DENSE, SAMPLE = 1024, 7.5, 4 * SECTOR
FEWEST_OF_A_PROGRAM, SPARSE = 2 * SECTOR, 5.5


@dataclass(frozen=True)
class Region:
    """From ``start`` up to but not with ``end``; ``note`` says what was found there, in a few words."""

    start: int
    end: int
    name: str
    kind: RegionKind
    note: str = ""

    @property
    def size(self) -> int:
        return self.end - self.start


def tile(data: bytes, claims: Iterable[Region], blank_names: Iterable[tuple[int, int, str]] = ()) -> tuple[Region, ...]:
    """Regions that cover every byte once, in their order.

    Earlier claims win where two want the same bytes. ``blank_names`` are places
    (start, end, name) whose name a blank stretch within them takes.
    """
    kept: list[Region] = []
    for claim in claims:
        _keep(kept, _with_padding(data, claim), len(data))
    names = list(blank_names)
    gaps = [region for start, end in _gaps(kept, len(data)) for region in _fill(data, start, end, names)]
    return tuple(sorted([*kept, *gaps], key=_start))


def _start(region: Region) -> int:
    return region.start


def _with_padding(data: bytes, claim: Region) -> Region:
    """A claim up to the end of its last sector, if one byte alone fills that: blank flash, or a tool's padding."""
    end = min(-(-claim.end // SECTOR) * SECTOR, len(data))
    tail = data[claim.end : end]
    return claim if not tail or tail.strip(tail[:1]) else replace(claim, end=end)


def _keep(kept: list[Region], claim: Region, size: int) -> None:
    """Put what is left of a claim beside those that came earlier among them; they stay in their order."""
    start, end = max(0, claim.start), min(claim.end, size)
    first = bisect_right(kept, start, key=lambda region: region.end)
    last = bisect_left(kept, end, key=_start)
    free: list[Region] = []
    for region in kept[first:last]:
        if region.start > start:
            free.append(replace(claim, start=start, end=region.start))
        start = region.end
    if start < end:
        free.append(replace(claim, start=start, end=end))
    kept[first:last] = sorted([*kept[first:last], *free], key=_start)


def _gaps(kept: list[Region], size: int) -> Iterator[tuple[int, int]]:
    at = 0
    for region in kept:
        if region.start > at:
            yield at, region.start
        at = region.end
    if at < size:
        yield at, size


def _fill(data: bytes, start: int, end: int, names: list[tuple[int, int, str]]) -> Iterator[Region]:
    """A gap's regions: neighbouring sectors of one kind and one name together."""
    pieces = [(at, stop, _kind(data[at:stop]), _blank_name(at, names)) for at, stop in _by_sectors(start, end)]
    for (kind, name), group in groupby(pieces, key=lambda p: (p[2], p[3] if p[2] is RegionKind.BLANK else "")):
        stretch = list(group)
        first, last = stretch[0][0], stretch[-1][1]
        if kind is RegionKind.BLANK:
            yield Region(first, last, name or "blank", kind, "every byte is FF")
        else:
            yield Region(first, last, "unknown", kind, _what_is_there(data, first, last))


def _by_sectors(start: int, end: int) -> Iterator[tuple[int, int]]:
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield start, stop
        start = stop


def _kind(piece: bytes) -> RegionKind:
    blank = piece == BLANK_SECTOR or not piece.strip(b"\xff")
    return RegionKind.BLANK if blank else RegionKind.UNKNOWN


def _blank_name(at: int, names: list[tuple[int, int, str]]) -> str:
    return next((name for start, end, name in names if start <= at < end), "")


def _what_is_there(data: bytes, start: int, end: int) -> str:
    if not data[start:end].strip(b"\0"):
        return "nothing but zeros"
    count = end - start - data.count(b"\xff", start, end)
    written = f"{counted(count, 'byte')} that {'is' if count == 1 else 'are'} not FF"
    sample = data[start : min(end, start + SAMPLE)]
    entropy = _entropy(sample) if len(sample) >= FEWEST else 0
    if sample.startswith(GZIP_MAGIC):
        return f"{written}, and begin as a gzip file does: a compressed update, perhaps"
    if entropy >= DENSE:
        return f"{written}, random-looking: compressed, encrypted, or noise"
    if count >= FEWEST_OF_A_PROGRAM and entropy >= SPARSE:
        return f"{written}, as dense as a program: a part of one that was here before, perhaps"
    return f"{written}, and nothing here knows what {'it is' if count == 1 else 'they are'}"


def _entropy(sample: bytes) -> float:
    """Shannon entropy in bits per byte."""
    return -sum(count / len(sample) * math.log2(count / len(sample)) for count in Counter(sample).values())
