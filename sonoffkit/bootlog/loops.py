"""A device that starts again and again: whether it does, and what restarts it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from itertools import pairwise

from .boots import Boot, ResetCause

__all__ = ["Loop", "loop_in"]

EXCEPTIONS = ("Fatal exception", "Exception", "User exception")
CRASHES = (*EXCEPTIONS, "Soft WDT reset")
BY_HAND = (ResetCause.POWER, ResetCause.EXTERNAL, None)
SECONDS_BY_HAND = 2.5  # nobody takes power away and gives it again faster than that, again and again


class Loop(StrEnum):
    """What restarts it."""

    CHECKSUM = "csum err"
    FLASH_READ = "flash read err"
    CALIBRATION = "calibration"
    EXCEPTION = "exception"
    SOFTWARE_WATCHDOG = "software watchdog"
    WATCHDOG = "hardware watchdog"
    RESTART = "restart"
    RESET_PIN = "reset pin"
    POWER = "power"


def loop_in(boots: Sequence[Boot], seconds: float) -> Loop | None:
    """What restarts it, if it was heard to restart by itself; the cause before the consequence."""
    rescued = [False, *(boot.has("first boot failed") for boot in boots[:-1])]  # a boot loader resets on purpose
    boots = [boot for boot, was in zip(boots, rescued, strict=True) if not was]
    often = len(boots) > 2 and seconds < SECONDS_BY_HAND * len(boots)
    by_itself = any(after.cause not in BY_HAND or before.has(*CRASHES) for before, after in pairwise(boots))
    for kind, shows in SIGNS.items():
        if (often or (by_itself and kind not in LIKE_A_HAND)) and sum(map(shows, boots)) > 1:
            return kind
    return None


LIKE_A_HAND = (Loop.RESET_PIN, Loop.POWER)
SIGNS: dict[Loop, Callable[[Boot], bool]] = {
    Loop.CHECKSUM: lambda boot: boot.has("csum err"),
    Loop.FLASH_READ: lambda boot: boot.has("flash read err"),
    Loop.CALIBRATION: lambda boot: boot.has("rf_cal"),
    Loop.EXCEPTION: lambda boot: boot.has(*EXCEPTIONS),
    Loop.SOFTWARE_WATCHDOG: lambda boot: boot.has("Soft WDT reset"),
    Loop.WATCHDOG: lambda boot: boot.cause is ResetCause.WATCHDOG or boot.has("wdt reset"),
    Loop.RESTART: lambda boot: boot.cause is ResetCause.SOFTWARE,
    Loop.RESET_PIN: lambda boot: boot.cause is ResetCause.EXTERNAL,
    Loop.POWER: lambda boot: boot.cause is ResetCause.POWER,
}
