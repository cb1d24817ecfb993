"""NOR flash cells: they erase to FF by the sector and program from 1 to 0 only; and how long that takes."""

from __future__ import annotations

from typing import Protocol

__all__ = [
    "BLOCK",
    "PAGE",
    "SECONDS_BLOCK_ERASE",
    "SECONDS_CHIP_ERASE_PER_MB",
    "SECONDS_PAGE_PROGRAM",
    "SECONDS_READ_AND_MD5_PER_MB",
    "SECONDS_SECTOR_ERASE",
    "SECTOR",
    "NorFlash",
    "erase_seconds",
    "program_seconds",
    "read_seconds",
]  # fmt: skip

PAGE = 256
SECTOR = 0x1000
BLOCK = 0x10000

# Estimates. Program and erase: typical values of W25Q80-class data sheets (a chip
# erase was once seen to take 52.8 s). Read + MD5: the best fit to timed 1 MB reads
# at 460800 in public logs (at most 2.4 s per MB); nobody published it.
SECONDS_PAGE_PROGRAM = 0.0006
SECONDS_SECTOR_ERASE = 0.045
SECONDS_BLOCK_ERASE = 0.25
SECONDS_CHIP_ERASE_PER_MB = 3.5
SECONDS_READ_AND_MD5_PER_MB = 1.7


class Cells(Protocol):
    """Where the bits live: a bytearray, or a file in memory (mmap)."""

    def __len__(self) -> int: ...
    def __getitem__(self, key: slice, /) -> bytes | bytearray: ...
    def __setitem__(self, key: slice, value: bytes, /) -> None: ...


class NorFlash:
    """The cells of one flash chip, ``len(cells)`` bytes.

    Addresses beyond the end wrap, as they do on a chip that ignores the upper
    address lines: that is why a tool must ask for the size and not try it out.
    """

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.size = len(cells)

    def read(self, address: int, size: int) -> bytes:
        """``size`` bytes from ``address`` on."""
        return b"".join(bytes(self.cells[a : a + n]) for a, n in self._spans(address, size))

    def program(self, address: int, data: bytes) -> None:
        """Clear the bits that are 0 in ``data``."""
        done = 0
        for start, n in self._spans(address, len(data)):
            old = bytes(self.cells[start : start + n])
            self.cells[start : start + n] = _and(old, data[done : done + n])
            done += n

    def erase_sector(self, address: int) -> None:
        """Set the sector around ``address`` to FF."""
        start = address % self.size // SECTOR * SECTOR
        self.cells[start : start + SECTOR] = b"\xff" * SECTOR

    def _spans(self, address: int, size: int) -> list[tuple[int, int]]:
        spans = []
        while size > 0:
            start = address % self.size
            n = min(size, self.size - start)
            spans.append((start, n))
            address, size = address + n, size - n
        return spans


def erase_seconds(size: int) -> float:
    """How long one erase command takes: of a sector, a block, or the whole chip, by its size."""
    if size > BLOCK:
        return SECONDS_CHIP_ERASE_PER_MB * size / 1e6
    return SECONDS_BLOCK_ERASE if size == BLOCK else SECONDS_SECTOR_ERASE


def program_seconds(address: int, size: int) -> float:
    """How long programming takes: page by page, the broken ones at both ends count whole."""
    pages = (address + size - 1) // PAGE - address // PAGE + 1 if size else 0
    return pages * SECONDS_PAGE_PROGRAM


def read_seconds(size: int) -> float:
    """How long the chip takes to read and hash ``size`` bytes."""
    return SECONDS_READ_AND_MD5_PER_MB * size / 1e6


def _and(old: bytes, new: bytes) -> bytes:
    both = int.from_bytes(old, "little") & int.from_bytes(new, "little")
    return both.to_bytes(len(old), "little")
