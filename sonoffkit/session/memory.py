"""What is remembered of a port and its adapter from one program to the next: a convenience, never an error."""

from __future__ import annotations

import contextlib
import time
from dataclasses import asdict, dataclass
from typing import Any

from ..paths import read_settings, remember
from ..ports import adapter_at
from .basics import SAFE_BAUD, Identity

__all__ = [
    "Speeds",
    "note_speed",
    "remember_identity",
    "remember_stub",
    "remembered_identity",
    "speeds_of",
    "stub_baud",
]

FORGET_SECONDS = 24 * 3600  # a bad cable is not for ever: a speed that broke bytes is tried again some other day


@dataclass(frozen=True)
class Speeds:
    """The highest speed (baud) that worked with an adapter, and the lowest at which bytes broke; None: none known."""

    good: int | None = None
    bad: int | None = None


def stub_baud(port: str) -> int:
    """The speed at which the stub on this port was left."""
    baud = _saved("stub_baud").get(port)
    return baud if isinstance(baud, int) and baud > 0 else SAFE_BAUD


def remember_stub(port: str, baud: int) -> None:
    """Write down at which speed the stub listens."""
    _save("stub_baud", port, None if baud == SAFE_BAUD else baud)


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


def speeds_of(port: str) -> Speeds:
    """What is known of the adapter at a port."""
    saved = _saved("speeds").get(adapter_at(port).key)
    if not isinstance(saved, dict):
        return Speeds()
    at, good, bad = (saved.get(name) for name in ("at", "good", "bad"))
    fresh = isinstance(at, int | float) and abs(time.time() - at) < FORGET_SECONDS
    return Speeds(good if isinstance(good, int) else None, bad if isinstance(bad, int) and fresh else None)


def note_speed(port: str, *, good: int | None = None, bad: int | None = None) -> None:
    """Add to what is known of the adapter at a port."""
    key = adapter_at(port).key
    before = _saved("speeds").get(key)
    entry: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
    if good:
        entry["good"] = good
    if bad:
        entry |= {"bad": bad, "at": time.time()}
    _save("speeds", key, entry)


def _saved(name: str) -> dict[str, Any]:
    saved = read_settings().get(name)
    return saved if isinstance(saved, dict) else {}


def _save(name: str, key: str, value: Any) -> None:
    saved = dict(_saved(name))
    if saved.pop(key, None) == value:
        return
    with contextlib.suppress(OSError):
        remember(**{name: saved | ({key: value} if value else {})})
