"""Where labels go, so that no two overlap and no leader line crosses a word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Place", "spread", "stairs"]

GAP = 0.08  # inches between two labels in a row
LEADER = 0.02  # inches between a label and another's leader line


def spread(wanted: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centres for labels along a line: in their order, apart, within the ends, and as near as can be to where wanted.

    What they want must climb. They overlap only where all of them together are longer than the line.
    """
    # Without their sizes the places need not keep apart, only climb: neighbours in the wrong order share their mean.
    offsets, at = [], low
    for size in sizes:
        offsets.append(at + size / 2)
        at += size
    room = max(0.0, high - at)
    groups: list[tuple[float, int]] = []
    for want, offset in zip(wanted, offsets, strict=True):
        groups.append((want - offset, 1))
        while len(groups) > 1 and groups[-2][0] >= groups[-1][0]:
            (b, m), (a, n) = groups.pop(), groups.pop()
            groups.append(((a * n + b * m) / (n + m), n + m))
    shifts = [shift for shift, number in groups for _ in range(number)]
    return [offset + min(max(shift, 0.0), room) for offset, shift in zip(offsets, shifts, strict=True)]


@dataclass(frozen=True)
class Place:
    """A label below a line: it hangs from ``at``, begins at ``left`` and stands in a row (0 is the uppermost)."""

    number: int
    at: float
    left: float
    width: float
    row: int

    @property
    def right(self) -> float:
        return self.left + self.width


def stairs(
    anchors: Sequence[float], widths: Sequence[float], low: float, high: float, ranks: Sequence[float], rows: int
) -> list[Place]:
    """Labels in rows below a line, each at the foot of its vertical leader, which crosses no other label.

    In a crowd, those on the left stand to the left of their leaders and step down to the right;
    those on the right the other way round. Where not all find a place in so many rows, each of a
    higher rank is asked before those of a lower one.
    """

    def placed(chosen: Sequence[int]) -> list[Place] | None:
        spots = sorted(((n, anchors[n], widths[n]) for n in chosen), key=lambda spot: spot[1])
        found = _in_rows(_with_sides(spots, low, high)) if spots else []
        return found if found is not None and all(place.row < rows for place in found) else None

    ranked = sorted(range(len(anchors)), key=lambda n: ranks[n], reverse=True)
    whole = placed(ranked)
    if whole is not None:
        return whole
    best: list[Place] = []
    for n in ranked:
        best = placed([*(place.number for place in best), n]) or best
    return best


Spot = tuple[int, float, float]  # number, anchor, width


def _with_sides(spots: list[Spot], low: float, high: float) -> list[Place]:
    return [place for crowd in _crowds(spots) for place in _best_split(crowd, low, high)]


def _crowds(spots: list[Spot]) -> list[list[Spot]]:
    """Neighbours so near that their labels may meet."""
    crowds = [spots[:1]]
    for before, spot in pairwise(spots):
        if spot[1] - before[1] < max(before[2], spot[2]) + 2 * GAP:
            crowds[-1].append(spot)
        else:
            crowds.append([spot])
    return crowds


def _best_split(crowd: list[Spot], low: float, high: float) -> list[Place]:
    """The first so many to the left of their leaders, the others to the right: whatever needs the fewest rows."""
    if len(crowd) == 1:
        number, at, width = crowd[0]
        return [Place(number, at, min(max(at - width / 2, low), max(low, high - width)), width, 0)]

    def split(after: int) -> list[Place]:
        return [
            Place(number, at, min(max(at - width if n < after else at, low), max(low, high - width)), width, 0)
            for n, (number, at, width) in enumerate(crowd)
        ]

    def depth(places: list[Place]) -> float:
        rows = _in_rows(places)
        return float("inf") if rows is None else sum(place.row for place in rows) + 10 * max(p.row for p in rows)

    return min((split(after) for after in range(len(crowd) + 1)), key=depth)


def _in_rows(places: list[Place]) -> list[Place] | None:
    """The uppermost row for each; None where two would each have to hang below the other."""
    above = {p.number: {q.number for q in places if q is not p and _crosses(q, p)} for p in places}
    done: dict[int, Place] = {}
    waiting = list(places)
    while waiting:
        place = next((p for p in waiting if above[p.number] <= done.keys()), None)
        if place is None:
            return None
        waiting.remove(place)
        row = max((done[n].row + 1 for n in above[place.number]), default=0)
        while any(other.row == row and _meet(other, place) for other in done.values()):
            row += 1
        done[place.number] = Place(place.number, place.at, place.left, place.width, row)
    return list(done.values())


def _crosses(place: Place, other: Place) -> bool:
    """Its leader would run through the other's words if it hung as low."""
    return other.left - LEADER < place.at < other.right + LEADER


def _meet(one: Place, other: Place) -> bool:
    return one.left - GAP < other.right and other.left - GAP < one.right
