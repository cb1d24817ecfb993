"""The version of stock firmware: it stands in the program as a bare text, among those of libraries.

What tells it from them was seen in dumps of known versions: the word that follows it in the program's table of
words, and which versions came with which build of the SDK. Neither is documented, so a version is likely at most.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["StockVersion", "stock_version"]

ALONE = re.compile(rb"(?<=\0)(\d\.\d{1,2}\.\d{1,2})\0")  # a version that is a text of its own
NEXT_WORD = re.compile(rb"\0*device\0")
MOST_SHOWN = 4
# From, up to (major, minor), and the SDK as it says itself.
SEEN_TOGETHER = (
    ((1, 5), (2, 0), "2.0.0(5a875ba), compiled Aug 9 2016"),
    ((2, 6), (2, 7), "2.2.0(f28eaf2), compiled Feb 6 2018"),
    ((3, 0), (3, 0), "2.2.0(f28eaf2), compiled Dec 7 2018"),
    ((3, 5), (3, 5), "2.2.0(e563851), compiled Jun 12 2019"),
)


class StockVersion(NamedTuple):
    """A version, empty if there is none, and the reasons: where (None: nowhere in particular) and what."""

    version: str
    is_supported: bool
    reasons: tuple[tuple[int | None, str], ...]


def stock_version(data: bytes, start: int, end: int, sdk: str) -> StockVersion:
    """The version of the stock program between two offsets, whose SDK is known."""
    places: dict[str, int] = {}
    in_table = list[str]()
    for found in ALONE.finditer(data, start, end):
        version = found[1].decode("ascii")
        places.setdefault(version, found.start(1))
        if NEXT_WORD.match(data, found.end(), end):
            in_table.append(version)
    fitting = [version for version in places if _was_seen_with(version, sdk)]
    version = _single(in_table) or _single(fitting) or next(iter(places), "")
    reasons: list[tuple[int | None, str]] = [
        (at, f"a text that is a version alone, {text}") for text, at in list(places.items())[:MOST_SHOWN]
    ]
    if version and version in in_table:
        reasons.append((places[version], f"{version} stands before the word “device”, as in dumps of known versions"))
    if version in fitting:
        reasons.append((None, f"{version} was seen with this SDK in other dumps"))
    supported = len(places) == 1 or version in (_single(in_table), _single(fitting))
    return StockVersion(version, bool(version) and supported, tuple(reasons))


def _single(versions: list[str]) -> str:
    """The version, if they are all the same."""
    return versions[0] if len(set(versions)) == 1 else ""


def _was_seen_with(version: str, sdk: str) -> bool:
    major, minor = (int(part) for part in version.split(".")[:2])
    return any(low <= (major, minor) <= high and sdk == known for low, high, known in SEEN_TOGETHER)
