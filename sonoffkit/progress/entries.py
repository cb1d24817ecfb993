"""What a journal holds: devices that were met, things that were done, faults; each read strictly from JSON."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

__all__ = ["Done", "Fault", "Known", "clean", "moment", "now", "read_as"]

LONGEST = 200  # characters of any text
MOMENTS = ("first", "last", "seen", "solved", "when", "hello", "erased")
T = TypeVar("T")


@dataclass(frozen=True)
class Known:
    """A device that answered: what it is, on which port it was last, and the number on its sticker."""

    mac: str
    chip: str
    flash_size: int
    practice: bool
    port: str
    seen: str
    sticker: str = ""


@dataclass(frozen=True)
class Done:
    """A thing that was done, first and last, and how often.

    ``what`` is the name of a step, or "restore"; ``facts`` say more of it,
    as a file's SHA-256. ``mac`` is empty for what needs no device.
    """

    what: str
    mac: str
    first: str
    last: str
    times: int = 1
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Fault:
    """A fault that was met; ``solved`` is when the same went well, empty until then.

    ``operation`` is what failed; empty for a device that did not answer,
    which is solved as soon as anything goes well on that port. ``port`` is
    empty for one that was not there: any that works solves it.
    """

    title: str
    port: str
    operation: str
    first: str
    last: str
    times: int = 1
    solved: str = ""


def read_as(kind: type[T], saved: object) -> T:
    """One of these from JSON; raises ValueError unless each entry is there and of its kind."""
    names = {each.name: str(each.type) for each in fields(kind)}  # type: ignore[arg-type]  # all are dataclasses
    if not isinstance(saved, dict) or set(saved) != set(names):
        raise ValueError(f"an entry is no {kind.__name__.lower()}")
    for name, value in saved.items():
        _check(f"{kind.__name__.lower()}'s {name}", names[name], value)
        if name in MOMENTS and value:
            moment(value)
    return kind(**saved)


def _check(name: str, kind: str, value: Any) -> None:
    if not kind.startswith("tuple") and not _is_of_kind(kind, value):  # whoever has lists reads them first
        raise ValueError(f"the {name} is not of its kind")


def _is_of_kind(kind: str, value: Any) -> bool:
    match kind:
        case "int":
            return type(value) is int and 0 <= value < 1 << 53
        case "bool":
            return type(value) is bool
        case "str":
            return _is_text(value)
    return isinstance(value, dict) and len(value) <= 20 and all(_is_text(one) for pair in value.items() for one in pair)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= LONGEST and clean(value) == value


def clean(text: str) -> str:
    """One line of a bearable length, with nothing in it that cannot be seen: it may be shown anywhere."""
    seen = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(seen.split())[:LONGEST].strip()


def now() -> str:
    """This moment: ISO 8601, local time with its offset."""
    return datetime.datetime.now().astimezone().isoformat(timespec="seconds")


def moment(text: str) -> float:
    """Seconds since 1970; raises ValueError for no time."""
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (OverflowError, OSError) as exc:
        raise ValueError(f"the time {text!r} cannot be") from exc
