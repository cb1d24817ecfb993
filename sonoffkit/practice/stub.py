"""The flasher stub: the program that esptool loads into RAM, which reads, hashes and writes flash.

Behaviour after the sources of esp-flasher-stub (``src/command_handler.c``);
where esptool's old stub differs, the generation is asked.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator

from .flash import SECTOR, read_seconds
from .loader import Boot, ChangeBaud, Handler, Loader, Op, Step
from .machine import Machine
from .slip import Request, checksum, reply_frame, slip_encode

__all__ = ["StubLoader"]

GREETING = slip_encode(b"OHAI")
BAD_DATA_LENGTH = 0xC000
INVALID_COMMAND = 0xC300
FAILED_SPI_OPERATION = 0xC400
NOT_IN_FLASH_MODE = 0xC600
INFLATE_ERROR = 0xC700
TOO_MUCH_DATA = 0xC900
NOT_IMPLEMENTED = 0xFF00
LARGEST_FLASH = 0x1000000


class StubLoader(Loader):
    """Commands of the flasher stub.

    Like the real one it answers a data block at once and writes it while the
    next comes in; an error of that write is told in the next answer.
    """

    BAD_CHECKSUM = 0xC100

    def __init__(self, machine: Machine, generation: int) -> None:
        super().__init__(machine)
        self.generation = generation
        machine.flash_attached = True
        self._write: _FlashWrite | None = None
        self._reading: _FlashRead | None = None
        self._pending_error = 0
        self._handlers |= self._stub_handlers()

    def _stub_handlers(self) -> dict[int, Handler]:
        return {
            Op.SPI_SET_PARAMS: self._accept,
            Op.SPI_ATTACH: self._accept,
            Op.CHANGE_BAUDRATE: self._change_baud,
            Op.FLASH_BEGIN: self._flash_begin,
            Op.FLASH_DATA: self._flash_data,
            Op.FLASH_END: self._flash_end,
            Op.FLASH_DEFL_BEGIN: self._flash_begin,
            Op.FLASH_DEFL_DATA: self._flash_data,
            Op.FLASH_DEFL_END: self._flash_end,
            Op.SPI_FLASH_MD5: self._md5,
            Op.ERASE_FLASH: self._erase_flash,
            Op.ERASE_REGION: self._erase_region,
            Op.READ_FLASH: self._read_flash,
            Op.RUN_USER_CODE: self._run_user_code,
        }

    def frame(self, payload: bytes) -> Iterator[Step]:
        if self._reading:
            yield from self._acknowledged(payload)
        elif self._pending_error and len(payload) > 1:
            error, self._pending_error = self._pending_error, 0
            yield reply_frame(payload[1], status=error)
        else:
            yield from super().frame(payload)

    def _unknown(self, request: Request) -> Iterator[Step]:
        known_but_absent = self.generation == 1 or request.op == Op.GET_SECURITY_INFO
        yield reply_frame(request.op, status=NOT_IMPLEMENTED if known_but_absent else INVALID_COMMAND)

    def _accept(self, request: Request) -> Iterator[Step]:
        yield reply_frame(request.op)

    def _change_baud(self, request: Request) -> Iterator[Step]:
        baud, _old = struct.unpack_from("<II", request.data)
        yield reply_frame(Op.CHANGE_BAUDRATE)
        yield ChangeBaud(baud)

    def _run_user_code(self, request: Request) -> Iterator[Step]:
        if self.generation == 1:  # the new stub does not have it yet
            yield Boot(loader=False)

    # Reading

    def _read_flash(self, request: Request) -> Iterator[Step]:
        offset, size, packet_size, _in_flight = struct.unpack_from("<IIII", request.data)
        if not 0 < packet_size <= SECTOR:
            yield reply_frame(Op.READ_FLASH, status=BAD_DATA_LENGTH)
            return
        yield reply_frame(Op.READ_FLASH)
        self._reading = _FlashRead(offset, size, packet_size)
        yield from self._next_packet(self._reading)

    def _acknowledged(self, payload: bytes) -> Iterator[Step]:
        reading = self._reading
        assert reading is not None
        if len(payload) == 4:
            (reading.acknowledged,) = struct.unpack("<I", payload)
            yield from self._next_packet(reading)
        else:  # any other frame ends the loop
            yield from self._end_read(reading)

    def _next_packet(self, reading: _FlashRead) -> Iterator[Step]:
        """One packet in flight: whatever the host asks for, both stubs wait for each acknowledgement."""
        n = min(reading.packet_size, reading.size - reading.sent)
        if n > 0:
            data = self.machine.flash.read(reading.offset + reading.sent, n)
            reading.digest.update(data)
            reading.sent += n
            yield read_seconds(n)
            yield slip_encode(data)
        elif reading.acknowledged >= reading.size:
            yield from self._end_read(reading)

    def _end_read(self, reading: _FlashRead) -> Iterator[Step]:
        self._reading = None
        yield slip_encode(reading.digest.digest())

    def _md5(self, request: Request) -> Iterator[Step]:
        address, size = struct.unpack_from("<II", request.data)
        if size > LARGEST_FLASH:  # a broken command must not make us hash for hours
            yield reply_frame(Op.SPI_FLASH_MD5, status=FAILED_SPI_OPERATION)
            return
        digest, seconds = self.machine.flash.md5(address, size)
        yield seconds
        yield reply_frame(Op.SPI_FLASH_MD5, body=digest)

    # Erasing

    def _erase_flash(self, request: Request) -> Iterator[Step]:
        yield self.machine.flash.erase_chip()
        yield reply_frame(Op.ERASE_FLASH)

    def _erase_region(self, request: Request) -> Iterator[Step]:
        address, size = struct.unpack_from("<II", request.data)
        if address % SECTOR or size % SECTOR:
            yield reply_frame(Op.ERASE_REGION, status=BAD_DATA_LENGTH)
            return
        end = address + size
        while address < end:
            n, seconds = self.machine.flash.erase_next(address, end - address)
            address += n
            yield seconds
        yield reply_frame(Op.ERASE_REGION)

    # Writing

    def _flash_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, _block_size, offset = struct.unpack_from("<IIII", request.data)
        self._write = _FlashWrite(self.machine, offset, size, request.op == Op.FLASH_DEFL_BEGIN)
        yield reply_frame(request.op)

    def _flash_data(self, request: Request) -> Iterator[Step]:
        (size,) = struct.unpack_from("<I", request.data)
        data = request.data[16:]
        error = self._data_error(size, data, request)
        yield reply_frame(request.op, status=error)
        if not error and self._write:
            try:
                yield self._write.take(data)
            except zlib.error:
                self._pending_error = INFLATE_ERROR

    def _data_error(self, size: int, data: bytes, request: Request) -> int:
        if self._write is None:
            return NOT_IN_FLASH_MODE
        if size != len(data):
            return TOO_MUCH_DATA
        return self.BAD_CHECKSUM if checksum(data) != request.checksum else 0

    def _flash_end(self, request: Request) -> Iterator[Step]:
        (stay,) = struct.unpack_from("<I", request.data)
        if self._write is None:
            yield reply_frame(request.op, status=NOT_IN_FLASH_MODE)
        elif self._write.remaining:
            yield reply_frame(request.op, status=BAD_DATA_LENGTH)
        else:
            self._write = None
            yield reply_frame(request.op)
            if not stay and self.generation == 1:  # the new stub does not have it yet
                yield Boot(loader=True)


class _FlashRead:
    """A read under way: the stub waits in it for acknowledgements, for ever if need be."""

    def __init__(self, offset: int, size: int, packet_size: int) -> None:
        self.offset, self.size, self.packet_size = offset, size, packet_size
        self.sent = self.acknowledged = 0
        self.digest = hashlib.md5()


class _FlashWrite:
    """A write under way: it erases ahead of the data, sector by sector or block by block."""

    def __init__(self, machine: Machine, offset: int, size: int, compressed: bool) -> None:
        self._flash = machine.flash
        self._at = offset
        self.remaining = size
        self._erased_to = offset // SECTOR * SECTOR
        self._erase_end = -(-(offset + size) // SECTOR) * SECTOR
        self._inflate = zlib.decompressobj() if compressed else None

    def take(self, data: bytes) -> float:
        """Write one block; the seconds that it takes."""
        if self._inflate:
            data = self._inflate.decompress(data)
        data = data[: self.remaining]  # the last block is padded
        seconds = 0.0
        while self._erased_to < self._at + len(data):
            n, took = self._flash.erase_next(self._erased_to, self._erase_end - self._erased_to)
            self._erased_to += n
            seconds += took
        seconds += self._flash.program(self._at, data)
        self._at += len(data)
        self.remaining -= len(data)
        return seconds
