"""The ROM loader: what answers after a power-up with GPIO0 low."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator

from .flash import SECONDS_SECTOR_ERASE, SECTOR
from .loader import Boot, Loader, Op, Refused, Step
from .machine import Machine
from .slip import Request, RomDecoder, checksum, parse_request, reply_frame

__all__ = ["RomLoader"]

SECTORS_PER_BLOCK = 16
INVALID_MESSAGE = 0x0105
OPERATION_FAILED = 0x0106
BAD_CHECKSUM = 0x0107


class RomLoader(Loader):
    """Commands of the ESP8266's mask ROM. It can write flash but not read it back."""

    WRONG_LENGTH = INVALID_MESSAGE
    SYNC_VALUE = 0x20120707  # from real traces (esptool issue 372)

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        self.decoder = RomDecoder()
        self._write_address: int | None = None
        self._last = (Op.SYNC, 0)
        self._handlers |= {
            Op.FLASH_BEGIN: self._flash_begin,
            Op.FLASH_DATA: self._flash_data,
            Op.FLASH_END: self._flash_end,
        }

    def frame(self, payload: bytes) -> Iterator[Step]:
        request = parse_request(payload)
        if request is None:
            return
        yield from self._obey(request)
        if request.op in self._handlers:
            self._last = (request.op, self.SYNC_VALUE if request.op == Op.SYNC else 0)

    def _unknown(self, request: Request) -> Iterator[Step]:
        # The ROM repeats its last answer with an error status (inferred; every esptool accepts it).
        op, value = self._last
        for _ in range(8 if op == Op.SYNC else 1):
            yield reply_frame(op, value, status=INVALID_MESSAGE)

    def _mem_data(self, request: Request) -> Iterator[Step]:
        self._load(self._block(request))
        yield reply_frame(Op.MEM_DATA)

    def _block(self, request: Request) -> bytes:
        """The data of a DATA command, which come after four words; their sum must be right."""
        struct.unpack_from("<IIII", request.data)
        data = request.data[16:]
        if checksum(data) != request.checksum:
            raise Refused(BAD_CHECKSUM)
        return data

    def _flash_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, _block_size, offset = struct.unpack_from("<IIII", request.data)
        self.machine.spi.attached = True
        self._write_address = offset
        if self.machine.flash.is_stuck():
            yield math.inf
        self.machine.flash.unlock()
        yield self._erase_as_the_rom_does(offset // SECTOR, -(-size // SECTOR))
        yield reply_frame(Op.FLASH_BEGIN)

    def _erase_as_the_rom_does(self, first: int, sectors: int) -> float:
        """The ROM erases too much: the head up to the next block counts twice (esptool works around it)."""
        flash = self.machine.flash
        sectors += min(sectors, SECTORS_PER_BLOCK - first % SECTORS_PER_BLOCK)
        once_round = min(sectors, flash.size // SECTOR)  # beyond the end it wraps, and erases what is erased
        seconds = sum(flash.erase(sector * SECTOR, SECTOR) for sector in range(first, first + once_round))
        return seconds + (sectors - once_round) * SECONDS_SECTOR_ERASE

    def _flash_data(self, request: Request) -> Iterator[Step]:
        if self._write_address is None:
            raise Refused(OPERATION_FAILED)
        data = self._block(request)
        yield self.machine.flash.program(self._write_address, data)
        self._write_address += len(data)
        yield reply_frame(Op.FLASH_DATA)

    def _flash_end(self, request: Request) -> Iterator[Step]:
        (run,) = struct.unpack_from("<I", request.data)
        yield reply_frame(Op.FLASH_END)
        # To run the firmware the ROM goes on where it had branched off; a restart by software does not
        # sample the pins again, so the loader comes back (esptool 4, flasher_stub/stub_flasher.c).
        yield Boot(loader=not run, reset=not run)
