"""Whether a practice Sonoff answers, so that all the software fits together."""

from __future__ import annotations

from collections.abc import Iterator

from .check import Check
from .software import installing
from .system import System

__all__ = ["practice"]


def practice(system: System) -> Iterator[Check]:
    """One line: a throw-away practice Sonoff, asked who it is by esptool."""
    try:
        who = system.ask_practice_sonoff()
    except OSError as exc:
        says = f"A practice Sonoff does not answer. ({exc})"
        yield Check("practice Sonoff", False, says, installing(system, ["--force-reinstall", "sonoffkit", "esptool"]))
    else:
        yield Check("practice Sonoff", True, f"A practice Sonoff answers ({who})")
