"""What an image consists of: its headers, its segments, and the checks that hold or do not."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["LONGEST_IMAGE", "Check", "FirmwareImage", "Header", "Segment", "memory_at", "size_text"]

LONGEST_IMAGE = 16 * 0x100000  # the largest flash an ESP8266 can have
MODES = ("QIO", "QOUT", "DIO", "DOUT")
FREQUENCIES = {0x0: 40, 0x1: 26, 0x2: 20, 0xF: 80}  # MHz
# 5 and 6 have the second program in the second megabyte; 7 (2048 + 2048) was planned and never supported.
FLASH_SIZES = {
    0: 0x80000,
    1: 0x40000,
    2: 0x100000,
    3: 0x200000,
    4: 0x400000,
    5: 0x200000,
    6: 0x400000,
    8: 0x800000,
    9: 0x1000000,
}
C1_MAPS = (5, 6)
MEMORIES = (
    ("DRAM", 0x3FFE8000, 0x40000000),
    ("IRAM", 0x40100000, 0x40110000),
    ("irom", 0x40200000, 0x40300000),
)


def memory_at(address: int) -> str:
    """The memory of an ESP8266 that segments can be loaded to, by an address in it; empty if there is none."""
    return next((name for name, low, high in MEMORIES if low <= address < high), "")


def size_text(size: int) -> str:
    """A flash size in words."""
    return f"{size // 0x100000} MB" if size >= 0x100000 else f"{size // 1024} KB"


@dataclass(frozen=True)
class Check:
    """A checksum: where it is stored, what is stored there, and what the bytes give; both as hex.

    ``note`` explains it: why one that does not hold means no damage, or what was counted in.
    """

    name: str
    at: int
    stored: str
    computed: str
    note: str = ""

    @property
    def holds(self) -> bool:
        return self.stored == self.computed

    @property
    def is_explained(self) -> bool:
        """Whether it does not hold for a reason that is known and harmless."""
        return not self.holds and bool(self.note)


@dataclass(frozen=True)
class Header:
    """The eight bytes at the beginning of an image.

    ``mode``, ``flash_size`` (bytes) and ``frequency`` (MHz) are None where the byte says nothing known.
    They count at offset 0 of a flash only: the headers of user1 and user2 keep stale ones.
    """

    at: int
    magic: int
    segments: int
    mode_byte: int
    size_frequency_byte: int
    entry: int

    @property
    def mode(self) -> str | None:
        return MODES[self.mode_byte] if self.mode_byte < len(MODES) else None

    @property
    def flash_size(self) -> int | None:
        return FLASH_SIZES.get(self.size_frequency_byte >> 4)

    @property
    def frequency(self) -> int | None:
        return FREQUENCIES.get(self.size_frequency_byte & 0x0F)

    @property
    def is_c1(self) -> bool:
        """Whether it asks for a map with a megabyte for each of two programs ("2MB-c1" and "4MB-c1")."""
        return self.size_frequency_byte >> 4 in C1_MAPS

    @property
    def size_text(self) -> str:
        """The flash size in words; ``?`` where the header says nothing known."""
        size = self.flash_size
        if size is None:
            return "?"
        return f"{size_text(size)} (c1)" if self.is_c1 else size_text(size)


@dataclass(frozen=True)
class Segment:
    """A stretch of bytes in the image (``at``, ``size``), and where the processor sees it (``address``).

    ``listed`` is False where no header names it: MicroPython's and NodeMCU's code in flash.
    The code in flash of a version 2 image has the address 0: it runs wherever it lies.
    """

    at: int
    size: int
    address: int
    listed: bool = True

    @property
    def end(self) -> int:
        return self.at + self.size

    @property
    def kind(self) -> str:
        """``IRAM``, ``DRAM`` or ``irom``; ``?`` where an ESP8266 has nothing."""
        return "irom" if self.address == 0 else memory_at(self.address) or "?"


@dataclass(frozen=True)
class FirmwareImage:
    """An image in a dump: ``version`` 1 (E9) or 2 (EA), from ``at`` up to but not with ``end``.

    ``problem`` says why it could not be read to its end; then ``end`` is where it stopped making sense.
    ``listed_end`` is where that ends which its headers name; ``end`` lies behind it where there is more.
    ``notices`` are oddities that do no harm.
    """

    at: int
    end: int
    version: int
    headers: tuple[Header, ...]
    segments: tuple[Segment, ...]
    checks: tuple[Check, ...]
    maker: str = ""
    problem: str = ""
    listed_end: int = 0
    notices: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether it is whole and undamaged: every check holds, or is known to fail without harm."""
        return not self.problem and all(check.holds or check.is_explained for check in self.checks)

    def check(self, name: str) -> Check | None:
        """The check of a name, if the image has it."""
        return next((check for check in self.checks if check.name == name), None)
