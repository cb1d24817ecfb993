"""One thing that was looked at: how it is, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

__all__ = ["Check", "guarded", "line", "nothing_to_do"]

SIGNS = {True: "✓", False: "✗", None: "–"}
PLAIN_SIGNS = {True: "ok", False: "NO", None: "--"}


@dataclass(frozen=True)
class Check:
    """A thing by its name; ``ok`` is None where it does not apply or cannot be told.

    ``says`` is how it is, ``do`` what to do; where a command does it, the command is in ``do``.
    """

    name: str
    ok: bool | None
    says: str
    do: str = ""


def line(check: Check, *, plain: bool = False) -> str:
    """The check as one line; ``plain`` is for terminals that have no such signs."""
    sign, arrow = (PLAIN_SIGNS[check.ok], "->") if plain else (SIGNS[check.ok], "→")
    return f"{sign} {check.says}" + (f" {arrow} {check.do}" if check.do else "")


def nothing_to_do(checks: Iterable[Check]) -> bool:
    """Whether none of them found something wrong."""
    return all(check.ok is not False for check in checks)


def guarded(name: str, look: Callable[[], Iterable[Check]]) -> Iterator[Check]:
    """What a look finds; one that fails is a line too, and the next go on."""
    try:
        yield from look()
    except Exception as exc:  # whatever it is: nobody's readiness hangs on our way of looking
        why = f"{type(exc).__name__}: {exc}".splitlines()[0]
        yield Check(name, None, f"The {name} could not be looked at. ({why})")
