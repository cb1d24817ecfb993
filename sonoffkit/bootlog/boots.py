"""What a boot log says: each start of the chip, why, in which mode, and what it loaded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

__all__ = ["Boot", "BootLog", "Load", "ResetCause"]

DOWNLOAD, FLASH = 1, 3  # GPIO15, GPIO0, GPIO2 as a number: 001, 011
PINS = 7  # the ROM prints more bits on some boards; only the lowest three are those pins


class ResetCause(IntEnum):
    """The ROM's ``rst cause``; a restart by software repeats the number of the one before."""

    NONE = 0
    POWER = 1
    EXTERNAL = 2  # the RST or EN pin, waking from deep sleep, and most restarts by the SDK
    SOFTWARE = 3
    WATCHDOG = 4
    UNDOCUMENTED_5 = 5
    UNDOCUMENTED_6 = 6

    @property
    def says(self) -> str:
        """It in words."""
        return CAUSES.get(self, f"a cause that nobody documented ({int(self)})")


CAUSES = {
    ResetCause.NONE: "no cause was kept",
    ResetCause.POWER: "the power came",
    ResetCause.EXTERNAL: "a reset from outside, or by its software",
    ResetCause.SOFTWARE: "its software restarted it",
    ResetCause.WATCHDOG: "its hardware watchdog reset it",
}


@dataclass(frozen=True)
class Load:
    """A segment that the ROM loaded: where to, how many bytes, and the checksum up to its end.

    ``room`` and ``tail`` are how it lay in the ROM's blocks of 16 bytes; None where a line was not heard.
    """

    address: int
    size: int
    room: int
    tail: int | None = None
    chksum: int | None = None


@dataclass(frozen=True)
class Boot:
    """One start of the chip, as far as it was heard; what was not heard is None or empty.

    ``errors`` are the words of the ROM, a boot loader or the SDK that tell of trouble, in their order.
    ``runs`` is what the boot loader started: ``user1 @ 1000``. ``stamp`` is the number that Arduino's boot
    loader prints.
    """

    cause: ResetCause | None = None
    mode: int | None = None
    loads: tuple[Load, ...] = ()
    csum: int | None = None
    boot_version: str = ""
    runs: str = ""
    stamp: int | None = None
    errors: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def is_download(self) -> bool:
        """Whether the pins asked for download mode."""
        return self.mode is not None and self.mode & PINS == DOWNLOAD

    @property
    def is_from_flash(self) -> bool:
        """Whether the pins asked for what is in flash, or it was heard to load that."""
        if self.mode is None:
            return bool(self.loads or self.csum is not None or self.boot_version or self.runs)
        return self.mode & PINS == FLASH

    @property
    def pins(self) -> str:
        """What the pins were when the power came; empty where that was not heard."""
        if self.mode is None:
            return ""
        levels = ("low", "high")
        gpio15, gpio0, gpio2 = (levels[self.mode >> bit & 1] for bit in (2, 1, 0))
        return f"GPIO15 {gpio15}, GPIO0 {gpio0}, GPIO2 {gpio2}"

    def has(self, *beginnings: str) -> bool:
        """Whether one of its errors begins so."""
        return any(error.startswith(beginnings) for error in self.errors)


@dataclass(frozen=True)
class BootLog:
    """The starts that were heard, and the readable lines from before the first of them."""

    boots: tuple[Boot, ...] = ()
    before: tuple[str, ...] = ()

    @property
    def last(self) -> Boot | None:
        """The start heard last, if one was."""
        return self.boots[-1] if self.boots else None
