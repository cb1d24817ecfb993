"""What redacting gives back: the copy, what was changed in it, and what was kept; no secret in any of its texts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..records import Record, RegionKind

__all__ = ["Change", "Redacted", "changes_in"]

MOST_PLACES = 3  # named one by one; more are counted
APART = 16  # bytes that are as they were, between two changes


@dataclass(frozen=True)
class Change:
    """``size`` bytes from ``at`` that are others now: what they were (``kind``), in which record or region they lie
    (``where``), and what is there now (``what``)."""

    kind: str
    at: int
    size: int
    where: str
    what: str


@dataclass(frozen=True)
class Redacted:
    """A share-safe copy: the bytes, what was changed, and sentences on what was kept and why that is harmless, and on
    what to mind with the copy."""

    data: bytes = field(repr=False)
    changes: tuple[Change, ...] = field(default=(), repr=False)
    kept: tuple[str, ...] = field(default=(), repr=False)
    mind: tuple[str, ...] = field(default=(), repr=False)

    def lines(self) -> list[str]:
        """The report, a sentence each: what was changed, what was kept, what to mind."""
        return [*(self.replaced() or ["Nothing was changed."]), *self.kept, *self.mind]

    def replaced(self) -> list[str]:
        """What was changed, a sentence for each kind of it."""
        groups: dict[tuple[str, str], list[Change]] = {}
        for change in self.changes:
            groups.setdefault((change.kind, change.what), []).append(change)
        return [_sentence(kind, what, changes) for (kind, what), changes in groups.items()]

    @property
    def report(self) -> str:
        return "\n".join(self.lines())


def changes_in(record: Record, old: bytes, new: bytes) -> Iterator[Change]:
    """The fields of a record that are others now, and its other bytes that became zeros."""
    rest = bytearray(a != b for a, b in zip(old, new, strict=True))
    for one in record.fields:
        start = one.at - record.at
        end = start + len(one.value)
        if any(rest[start:end]):
            kind, where = one.secret.value if one.secret else one.name, f"{record.name}, {one.name}"
            yield Change(kind, one.at, len(one.value), where, "a made-up value of the same length")
            rest[start:end] = bytes(end - start)
    kind = "the radio's calibration" if record.kind is RegionKind.CALIBRATION else "bytes of no known use"
    at = rest.find(1)
    while at >= 0:
        end = rest.find(bytes(APART), at)
        end = len(rest.rstrip(b"\0")) if end < 0 else end
        yield Change(kind, record.at + at, end - at, record.name, "overwritten")
        at = rest.find(1, end)


def _sentence(kind: str, what: str, changes: list[Change]) -> str:
    places = ", ".join(f"{change.where} ({change.at:#x})" for change in changes[:MOST_PLACES])
    more = f", and {len(changes) - MOST_PLACES} more" if len(changes) > MOST_PLACES else ""
    return f"{kind[:1].upper()}{kind[1:]}: {what}, {_times(len(changes))}: {places}{more}."


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
