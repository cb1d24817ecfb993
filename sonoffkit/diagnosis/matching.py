"""Which entries a text tells, the one that ended it first."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from ..masking import mask_text
from .catalogue import Entry, Pattern, catalogue
from .pasted import Pasted

__all__ = ["Told", "told_by"]

MOST_EVIDENCE = 3  # lines; the rest say the same


@dataclass(frozen=True)
class Told:
    """An entry, where in the text it was told last, and by which lines."""

    entry: Entry
    at: int
    evidence: tuple[str, ...]


def told_by(text: str) -> list[Told]:
    """The entries that a text tells: the last failure first, but a cause before what follows from it."""
    pasted = Pasted(text)
    told = [found for entry in catalogue().values() if (found := _told(entry, pasted))]
    told.sort(key=lambda found: -found.at)
    return _causes_first(told, pasted)


def _told(entry: Entry, pasted: Pasted) -> Told | None:
    spans = _merged(span for pattern in entry.patterns for span in _spans(pattern, pasted))
    if not spans or (entry.unless and entry.unless.search(pasted.squeezed)):
        return None
    last = spans[-1][0]
    of_last_run = [span for span in spans if pasted.run_of(span[0]) == pasted.run_of(last)]
    lines = dict.fromkeys(mask_text(pasted.lines(*span)) for span in of_last_run[-MOST_EVIDENCE:])
    return Told(entry, last, tuple(lines))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """In order, those that overlap as one: two patterns may tell by the same words."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _spans(pattern: Pattern, pasted: Pasted) -> list[tuple[int, int]]:
    """Where a pattern is first, and where it is last."""
    counts = _conditions(pattern, pasted)
    first = last = None
    for found in pattern.text.finditer(pasted.squeezed):
        if all(condition(*found.span()) for condition in counts):
            first, last = first or found.span(), found.span()
    return [first, last] if first and last else []


Condition = Callable[[int, int], bool]


def _conditions(pattern: Pattern, pasted: Pasted) -> list[Condition]:
    """What must hold of a place. What must come before is looked for once, however often the pattern is there."""
    conditions: list[Condition] = []
    if pattern.whole_line:
        conditions.append(pasted.is_whole_line)
    if pattern.line_start:
        conditions.append(lambda at, _: pasted.is_line_start(at))
    if pattern.same_run:
        in_run = _places(pattern.same_run, pasted)
        conditions.append(lambda at, _: _any_between(in_run, pasted.start_of_run(at), at))
    if pattern.not_in_run:
        not_in_run = _places(pattern.not_in_run, pasted)
        conditions.append(lambda at, _: not _any_between(not_in_run, pasted.start_of_run(at), at))
    if pattern.earlier:
        before = _places(pattern.earlier, pasted)
        conditions.append(lambda at, _: _any_between(before, 0, at))
    return conditions


def _places(context: re.Pattern[str], pasted: Pasted) -> list[int]:
    return [found.start() for found in context.finditer(pasted.squeezed)]


def _any_between(places: list[int], start: int, end: int) -> bool:
    n = bisect_left(places, start)
    return n < len(places) and places[n] < end


def _causes_first(told: Iterable[Told], pasted: Pasted) -> list[Told]:
    ordered: list[Told] = []
    for found in told:
        follow = [
            n
            for n, other in enumerate(ordered)
            if other.entry.name in found.entry.before and pasted.run_of(other.at) == pasted.run_of(found.at)
        ]
        ordered.insert(follow[0] if follow else len(ordered), found)
    return ordered
