"""Flash maps of Espressif's NONOS SDK: where each part has its place, for each size of flash.

After the SDK's ``documents/EN/Partition Table.md`` and ``examples/at_nano/user/user_main.c``;
user2 of the 512 KB map after zazolabs. Places near the end are counted from the flash's end.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "BLANK_SECTOR",
    "FLASH_SIZES",
    "SECTOR",
    "USER1",
    "EndMap",
    "counted",
    "flash_map_name",
    "size_text",
    "user2_places",
]

KB, MB = 0x400, 0x100000
SECTOR = 4096  # bytes: what a NOR flash erases at least, so what a record has to itself
BLANK_SECTOR = b"\xff" * SECTOR
FLASH_SIZES = (256 * KB, 512 * KB, 1 * MB, 2 * MB, 4 * MB, 8 * MB, 16 * MB)
USER1 = 0x1000
HALF_OF_1MB = 0x81000  # user2 where two programs share the first MB
HALF_OF_2MB = 0x101000  # user2 of the "c1" maps
HALF_OF_512KB = 0x41000


@dataclass(frozen=True)
class EndMap:
    """The five sectors at the end of a flash of ``size`` bytes that belong to the SDK; addresses in bytes."""

    size: int

    @property
    def rf_calibration(self) -> int:
        return self.size - 5 * SECTOR

    @property
    def phy_init(self) -> int:
        return self.size - 4 * SECTOR

    @property
    def parameters_a(self) -> int:
        return self.size - 3 * SECTOR

    @property
    def parameters_b(self) -> int:
        return self.size - 2 * SECTOR

    @property
    def parameters_flag(self) -> int:
        return self.size - SECTOR


def user2_places(flash_size: int, is_c1: bool = False) -> tuple[int, ...]:
    """Where the second program can begin on a flash of that size, the usual place first; on a "c1" map the other."""
    if flash_size <= 512 * KB:
        return (HALF_OF_512KB,)
    if flash_size == MB:
        return (HALF_OF_1MB,)
    return (HALF_OF_2MB, HALF_OF_1MB) if is_c1 else (HALF_OF_1MB, HALF_OF_2MB)


def flash_map_name(flash_size: int, user2: int) -> str:
    """The map's name as the SDK's tools give it, in KB of each program, as "512+512"."""
    half = (user2 - USER1) // KB
    return f"{half}+{half}" if flash_size >= 2 * half * KB else ""


def size_text(size: int) -> str:
    """A size for a person: whole MB and KB as such, anything else in bytes."""
    if size and size % MB == 0:
        return f"{size // MB} MB"
    if size and size % KB == 0:
        return f"{size // KB} KB"
    return counted(size, "byte")


def counted(count: int, noun: str) -> str:
    """A number of things: "1 byte", "2 bytes", "1,000 bytes"."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
