"""What is remembered of a port and its adapter from one program to the next: a convenience, never an error."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass
from typing import Any

from ..paths import read_settings, remember
from ..ports import Adapter
from .basics import SAFE_BAUD, Identity

__all__ = [
    "Speeds",
    "note_bad",
    "note_good",
    "remember_identity",
    "remember_stub",
    "remembered_identity",
    "speeds_of",
    "stub_bauds",
]

LOSSES_TO_KEEP = 2  # once may have been a hand at the wires
FORGET_SECONDS = 24 * 3600  # a bad cable is not for ever: a speed that broke bytes is tried again some other day


@dataclass(frozen=True)
class Speeds:
    """The highest speed (baud) that worked with an adapter, and the lowest at which bytes broke; None: none known."""

    good: int | None = None
    bad: int | None = None


def stub_bauds(port: str) -> list[int]:
    """The speeds at which the stub on this port may listen: the usual one where none was written down."""
    saved = _saved("stub_bauds").get(port)
    bauds = [baud for baud in saved if isinstance(baud, int) and baud > 0] if isinstance(saved, list) else []
    return bauds or [SAFE_BAUD]


def remember_stub(port: str, *bauds: int) -> None:
    """Write down at which speed the stub listens, or at which of two while it changes."""
    _save("stub_bauds", port, None if bauds == (SAFE_BAUD,) else list(bauds))


def remembered_identity(port: str) -> Identity | None:
    """Who was last seen on this port."""
    saved = _saved("identities").get(port)
    try:
        return Identity(**saved) if isinstance(saved, dict) else None
    except TypeError:
        return None


def remember_identity(port: str, identity: Identity) -> None:
    """Write down who is on this port."""
    _save("identities", port, asdict(identity))


def speeds_of(adapter: Adapter) -> Speeds:
    """What is known of an adapter."""
    saved = _saved("speeds").get(adapter.key)
    if not isinstance(saved, dict):
        return Speeds()
    at, good, bad, losses = (saved.get(name) for name in ("at", "good", "bad", "losses"))
    fresh = isinstance(at, int | float) and abs(time.time() - at) < FORGET_SECONDS
    for_good = isinstance(losses, int) and losses >= LOSSES_TO_KEEP
    return Speeds(
        good if isinstance(good, int) else None, bad if isinstance(bad, int) and (fresh or for_good) else None
    )


def note_good(adapter: Adapter, baud: int) -> None:
    """This speed carried bytes unbroken."""
    _note(adapter, {"good": baud})


def note_bad(adapter: Adapter, baud: int, *, lost: bool = False) -> None:
    """At this speed bytes broke, or (``lost``) the device could not be reached any more."""
    saved = _saved("speeds").get(adapter.key)
    before = saved if isinstance(saved, dict) else {}
    what: dict[str, Any] = {"bad": baud, "at": time.time()}
    if lost:
        what["losses"] = 1 + (before["losses"] if isinstance(before.get("losses"), int) else 0)
    if isinstance(before.get("good"), int) and before["good"] >= baud:
        what["good"] = None
    _note(adapter, what)


def _note(adapter: Adapter, what: dict[str, Any]) -> None:
    saved = _saved("speeds").get(adapter.key)
    entry = dict(saved) if isinstance(saved, dict) else {}
    _save("speeds", adapter.key, {k: v for k, v in (entry | what).items() if v is not None})


def _saved(name: str) -> dict[str, Any]:
    saved = read_settings().get(name)
    return saved if isinstance(saved, dict) else {}


def _save(name: str, key: str, value: Any) -> None:
    saved = dict(_saved(name))
    if saved.pop(key, None) == value:
        return
    with contextlib.suppress(OSError):
        remember(**{name: saved | ({key: value} if value else {})})
