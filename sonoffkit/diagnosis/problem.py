"""A problem of any kind as text: an exception with what its type, its number and its cause say, or a paste."""

from __future__ import annotations

import errno
from collections.abc import Iterator

from ..errors import SonoffkitError
from .pasted import as_text

__all__ = ["class_names", "text_of"]

MOST_CAUSES = 8  # a chain of exceptions can be a circle


def text_of(problem: str | bytes | BaseException) -> str:
    """What a problem says."""
    if isinstance(problem, bytes | bytearray | memoryview):
        return as_text(bytes(problem))
    if isinstance(problem, BaseException):
        return "\n".join(_said_by(exc) for exc in reversed(list(_chain(problem))))
    return problem


def class_names(problem: object) -> tuple[str, ...]:
    """The names of an error of ours and of what it is a kind of, nearest first; none for anything else."""
    if not isinstance(problem, SonoffkitError):
        return ()
    return tuple(kind.__name__ for kind in type(problem).__mro__ if issubclass(kind, SonoffkitError))


def _chain(exc: BaseException) -> Iterator[BaseException]:
    """It, and what it came from."""
    seen: list[BaseException] = []
    current: BaseException | None = exc
    while current is not None and len(seen) < MOST_CAUSES and not any(current is one for one in seen):
        seen.append(current)
        yield current
        current = current.__cause__


def _said_by(exc: BaseException) -> str:
    """As the last lines of a traceback say it; the system's numbers are in front, whatever language its words have."""
    name, text = type(exc).__name__, str(exc)
    number = getattr(exc, "winerror", None)
    if number and f"[WinError {number}]" not in text:
        text = f"[WinError {number}] {text}"
    number = getattr(exc, "errno", None)
    if isinstance(number, int) and number in errno.errorcode and f"[Errno {number}]" not in text:
        text = f"[Errno {number}] {text}"
    return f"{name}: {text}" if text else name
