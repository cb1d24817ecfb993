"""The flash chip as its SPI bus sees it: commands, status registers, protection, and what it tells of itself.

After the data sheets of Winbond's W25Q80 and W25Q32, whose ids most models carry;
other makers' chips of this class take the same commands (JEDEC JESD216).
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable

from .faults import Faults
from .flash import BLOCK, PAGE, SECTOR, NorFlash, erase_seconds, program_seconds

__all__ = ["FlashChip", "PowerSag"]

BUSY, WRITE_ENABLED = 0x01, 0x02  # status bits that nobody can write
PROTECT_SHIFT, PROTECT_BITS = 2, 0x07  # BP0 to BP2
FROM_BOTTOM = 0x20  # TB: protect from the lowest address on
WRITABLE = 0x03BC  # of both status bytes: SRP0, TB, BP; QE, SRP1 (SEC and CMP, finer protections, are not modelled)
SFDP_TABLE_AT = 0x80
SFDP_HEADER = b"SFDP" + bytes.fromhex("050100ff 00050110 800000ff")
SFDP_REST = (
    0x6B08EB44, 0xBB423B08, 0xFFFFFFEE, 0x0000FFFF, 0x0000FFFF, 0x520F200C, 0x0000D810,
    0x00A60223, 0xA7146C81, 0x337661ED, 0x757A757A, 0x5CD5A2F7, 0xFF1DF700, 0x80C030E9,
)  # fmt: skip


class PowerSag(Exception):
    """The 3.3 V gave way in the middle of a write: the chip resets."""


class FlashChip:
    """One flash chip: its cells, behind the commands that reach them.

    Times are in seconds, and ``math.inf`` where it never ends. ``status`` is
    both status bytes, the first in the low byte; ``kept_status`` is what
    outlives the power, and ``keep`` is called when that changes.
    """

    def __init__(
        self,
        cells: NorFlash,
        jedec_id: int,
        faults: Faults,
        kept_status: int = 0,
        keep: Callable[[int], None] = lambda status: None,
    ) -> None:
        self.cells = cells
        self._id, self._faults, self._keep = jedec_id, faults, keep
        self._kept_status = kept_status
        self.power_up()

    @property
    def size(self) -> int:
        return self.cells.size

    @property
    def jedec_id(self) -> int:
        """24 bits, as READ JEDEC ID gives them: the maker in the low byte."""
        return self._id if self._faults.flash_id is None else self._faults.flash_id & 0xFFFFFF

    def power_up(self) -> None:
        """What only lived in latches is gone."""
        self._status = self._kept_status
        self._stuck = self._volatile = False

    # What loaders ask for

    def read(self, address: int, size: int) -> bytes:
        return self.cells.read(address, size)

    def md5(self, address: int, size: int) -> bytes:
        """The digest of a region, piece by piece."""
        digest = hashlib.md5()
        for start in range(address, address + size, BLOCK):
            digest.update(self.read(start, min(BLOCK, address + size - start)))
        return digest.digest()

    def is_blank(self, address: int, size: int) -> bool:
        """Whether a region reads FF all over; of a chip that is stuck nobody can tell."""
        return not self._stuck and self.read(address, size) == b"\xff" * size

    def is_stuck(self) -> bool:
        """Whether it will never be ready again: whoever waits for it waits for ever."""
        return self._stuck

    def program(self, address: int, data: bytes) -> float:
        """Clear bits as NOR cells do, outside protected and broken sectors; PowerSag where the power gives way."""
        if not self._begin():
            return math.inf
        sag = self._faults.sag_after
        whole = sag is None or len(data) < sag
        data = data if sag is None else data[:sag]
        self._program_sound_sectors(address, data)
        if not whole:
            self._faults.sag_after = None
            raise PowerSag
        if sag is not None:
            self._faults.sag_after = sag - len(data)
        return program_seconds(address, len(data))

    def erase(self, address: int, size: int) -> float:
        """Erase one sector or one block, or the whole chip, by its size."""
        if not self._begin():
            return math.inf
        start = address % self.size // size * size
        if size > BLOCK and self._protected():  # a chip erase is refused whole
            return 0.0
        for sector in range(start, start + size, SECTOR):
            if not self._is_broken(sector) and not self._is_protected(sector):
                self.cells.erase_sector(sector)
        return erase_seconds(size)

    def unlock(self) -> None:
        """Take the protection away, as the ROM's ``SPIUnlock`` does before it writes."""
        if self._protected():
            self._write_status(self._status & ~0xFF, kept=True)

    # What the SPI controller asks for

    def command(self, op: int, address: int, data: bytes, size: int) -> bytes:
        """Carry out one command: its data in, ``size`` bytes of its answer out; an unknown one answers FF."""
        answers: dict[int, Callable[[], bytes]] = {
            0x9F: lambda: struct.pack("<I", self.jedec_id)[:3],
            0x05: lambda: bytes([self._status_now() & 0xFF]),
            0x35: lambda: bytes([self._status_now() >> 8]),
            0x15: lambda: b"\0",
            0x03: lambda: self.cells.read(address, size),
            0x5A: lambda: self._sfdp(address, size),
        }
        actions: dict[int, Callable[[], object]] = {
            0x06: lambda: self._enable(volatile=False),
            0x50: lambda: self._enable(volatile=True),
            0x04: self._disable,
            0x01: lambda: self._command_status(data, 0),
            0x31: lambda: self._command_status(data, 8),
            0x02: lambda: self._command_write(lambda: self._program_page(address, data)),
            0x20: lambda: self._command_write(lambda: self.erase(address, SECTOR)),
            0xD8: lambda: self._command_write(lambda: self.erase(address, BLOCK)),
            0xC7: lambda: self._command_write(lambda: self.erase(0, self.size)),
        }
        if self._stuck and op not in (0x05, 0x35):
            return b"\xff" * size
        if op in answers:
            return (answers[op]() * size)[:size]  # what is short is told again, for as long as the host clocks
        if op in actions:
            actions[op]()
        return b"\xff" * size

    def _command_status(self, data: bytes, shift: int) -> None:
        if self._status & WRITE_ENABLED or self._volatile:
            mask = ((1 << 8 * len(data)) - 1) << shift
            new = self._status & ~mask | int.from_bytes(data, "little") << shift
            self._write_status(new, kept=not self._volatile)
        self._disable()

    def _command_write(self, write: Callable[[], float]) -> None:
        if self._status & WRITE_ENABLED:
            write()
        self._disable()

    def _program_page(self, address: int, data: bytes) -> float:
        """What runs over a page's end goes on at its start."""
        room = PAGE - address % PAGE
        return self.program(address, data[:room]) + self.program(address // PAGE * PAGE, data[room:])

    def _enable(self, *, volatile: bool) -> None:
        self._volatile = volatile
        if not volatile:
            self._status |= WRITE_ENABLED

    def _disable(self) -> None:
        self._volatile = False
        self._status &= ~WRITE_ENABLED

    def _status_now(self) -> int:
        return self._status | (BUSY if self._stuck else 0)

    def _write_status(self, status: int, *, kept: bool) -> None:
        self._status = status & WRITABLE
        if kept and self._kept_status != self._status:
            self._kept_status = self._status
            self._keep(self._status)

    # Faults and protection

    def _begin(self) -> bool:
        """Whether a write can start: a chip that is stuck takes no command that waits for it."""
        self._stuck = self._stuck or self._faults.stuck_busy
        return not self._stuck

    def _program_sound_sectors(self, address: int, data: bytes) -> None:
        done = 0
        while done < len(data):
            at = (address + done) % self.size
            n = min(len(data) - done, SECTOR - at % SECTOR)
            if not self._is_broken(at) and not self._is_protected(at):
                self.cells.program(at, data[done : done + n])
            done += n

    def _is_broken(self, address: int) -> bool:
        bad = self._faults.bad_sector
        return bad is not None and bad // SECTOR == address // SECTOR

    def _is_protected(self, address: int) -> bool:
        size = self._protected()
        return address < size if self._status & FROM_BOTTOM else address >= self.size - size

    def _protected(self) -> int:
        """How many bytes BP2 to BP0 protect: 64 KiB, doubled with each step; 7 means all (W25Q80, table 7.1.13)."""
        steps = self._status >> PROTECT_SHIFT & PROTECT_BITS
        return self.size if steps == PROTECT_BITS else min(self.size, BLOCK << steps >> 1 if steps else 0)

    def _sfdp(self, address: int, size: int) -> bytes:
        """Serial Flash Discoverable Parameters (JESD216): a W25Q80BL's (QEMU, ``sfdp_w25q80bl``), but for the size."""
        table = struct.pack("<16I", 0xFFF120E5, self.size * 8 - 1, *SFDP_REST)
        whole = SFDP_HEADER.ljust(SFDP_TABLE_AT, b"\xff") + table
        return (whole[address:] + b"\xff" * size)[:size]
