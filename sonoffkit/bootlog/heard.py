"""What was heard on a port, and what kind of bytes that is."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["BOOT_LOG_BAUD", "TOLERANCE", "Heard", "is_text", "stuck_at"]

BOOT_LOG_BAUD = 74880  # the ROM means 115200 with a 40 MHz crystal; a Sonoff has 26 MHz
# A receiver samples the stop bit 9.5 bits after the start edge; the sender's clock takes part of the 5 % for itself.
TOLERANCE = 0.04

READABLE = bytes([*range(0x20, 0x7F), 0x09, 0x0A, 0x0D])
SHORTEST_TEXT = 8  # bytes: fewer may be readable by chance
TEXT_SHARE, STUCK_SHARE = 0.85, 0.95


@dataclass(frozen=True)
class Heard:
    """The bytes that came at ``baud`` within ``seconds``.

    ``note`` says where the speed that was asked for could not be set, and what was used instead.
    ``skipped`` bytes in the middle were not kept. ``fits`` is the speed at which it was readable, where others
    were tried.
    """

    data: bytes = field(repr=False)  # a program may print a password
    baud: int
    seconds: float
    note: str = ""
    skipped: int = 0
    fits: int | None = None

    @property
    def is_at_the_roms_speed(self) -> bool:
        """Whether the ROM's words can be read at this speed."""
        return abs(self.baud - BOOT_LOG_BAUD) <= TOLERANCE * BOOT_LOG_BAUD


def is_text(data: bytes) -> bool:
    """Whether a person could read it."""
    readable = len(data) - len(data.translate(None, READABLE))
    return len(data) >= SHORTEST_TEXT and readable >= TEXT_SHARE * len(data)


def stuck_at(data: bytes) -> int | None:
    """00 or FF where the line gives hardly anything else; None for a line that carries something."""
    return next((level for level in (0x00, 0xFF) if data and data.count(level) >= STUCK_SHARE * len(data)), None)
