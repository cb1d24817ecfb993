"""Strings in a dump: found at once, decoded when they are looked at."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from .octets import Bytes, Octets, octets
from .stretches import Addresses, Marks, stretches

__all__ = ["FoundString", "Strings", "strings", "wide_strings"]

ASCII, WIDE = "ascii", "utf-16-le"


@dataclass(frozen=True, slots=True)
class FoundString:
    """A text, its address and how many bytes it takes."""

    at: int
    size: int
    text: str


class Strings(Sequence[FoundString]):
    """The strings of a dump in the order of their addresses; each is decoded when it is asked for.

    ``at`` and ``size`` are uint32 arrays. A slice is again Strings; its step is positive.
    """

    def __init__(self, data: Bytes, at: Addresses, size: Addresses, encoding: str = ASCII) -> None:
        self._view = octets(data)
        self.at, self.size, self._encoding = at, size, encoding

    def __len__(self) -> int:
        return len(self.at)

    @overload
    def __getitem__(self, index: int) -> FoundString: ...
    @overload
    def __getitem__(self, index: slice) -> Strings: ...
    def __getitem__(self, index: int | slice) -> FoundString | Strings:
        if isinstance(index, slice):
            if index.step is not None and index.step < 0:
                raise ValueError("strings go upwards; use reversed()")
            return Strings(self._view, self.at[index], self.size[index], self._encoding)
        at, size = int(self.at[index]), int(self.size[index])
        return FoundString(at, size, self._view[at : at + size].tobytes().decode(self._encoding))

    def __repr__(self) -> str:
        return f"<Strings: {len(self)}>"  # no texts: a dump's strings hold its passwords

    def between(self, start: int, end: int) -> Strings:
        """Those that begin at ``start`` or behind it, and before ``end``."""
        first, last = np.searchsorted(self.at, [start, max(start, end)])
        return self[int(first) : int(last)]

    def find(self, words: str | Iterable[str]) -> Iterator[FoundString]:
        """Those that hold a word, or one of several, in capitals or not; an empty word is in none."""
        wanted = [words] if isinstance(words, str) else list(words)
        found = [re.escape(word.encode(self._encoding)) for word in wanted if _is_printable(word)]
        if not found or not len(self):
            return
        pattern = re.compile(b"|".join(found), re.IGNORECASE)
        last = -1
        for match in pattern.finditer(self._view.data, int(self.at[0]), int(self.at[-1]) + int(self.size[-1])):
            number = int(np.searchsorted(self.at, match.start(), "right")) - 1
            if number > last and match.end() <= int(self.at[number]) + int(self.size[number]):
                last = number
                yield self[number]


def strings(data: Bytes, shortest: int = 6) -> Strings:
    """Stretches of at least ``shortest`` printable ASCII characters (20..7E and tab).

    Bytes from 80 on break a string, so a text in UTF-8 is found up to its first letter with
    an accent, and again behind it. ValueError for a shortest below 1.
    """
    view = octets(data)
    starts, ends = stretches(lambda start, end: _printable(view[start:end]), len(view), _checked(shortest))
    return Strings(view, starts, ends - starts)


def wide_strings(data: Bytes, shortest: int = 6) -> Strings:
    """The same in UTF-16LE, at even and odd addresses: at least ``shortest`` characters of ASCII.

    ``size`` counts bytes, two a character. ValueError for a shortest below 1.
    """
    view = octets(data)
    parts = [_wide_at(view[shift:], _checked(shortest)) for shift in (0, 1)]
    at = np.concatenate([starts * 2 + shift for shift, (starts, _) in enumerate(parts)])
    size = np.concatenate([(ends - starts) * 2 for starts, ends in parts])
    order = np.argsort(at)
    return Strings(view, at[order].astype(np.uint32), size[order].astype(np.uint32), WIDE)


def _wide_at(view: Octets, shortest: int) -> tuple[Addresses, Addresses]:
    """Starts and ends, counted in pairs of bytes."""
    low, high = view[: len(view) // 2 * 2 : 2], view[1::2]

    def marked(start: int, end: int) -> Marks:
        marks: Marks = _printable(low[start:end]) & np.equal(high[start:end], 0)
        return marks

    return stretches(marked, len(low), shortest)


def _printable(view: Octets) -> Marks:
    """Space to tilde, and tab. Below a space the difference wraps to large values."""
    marks: Marks = np.less(view - np.uint8(0x20), 0x5F) | np.equal(view, 0x09)
    return marks


def _is_printable(word: str) -> bool:
    return bool(word) and word.isascii() and bool(_printable(octets(word.encode())).all())


def _checked(shortest: int) -> int:
    if shortest < 1:
        raise ValueError(f"a string has at least 1 character, not {shortest}")
    return shortest
