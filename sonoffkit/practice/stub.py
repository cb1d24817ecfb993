"""The flasher stub of esptool 5.3 on, after esp-flasher-stub (``src/command_handler.c``)."""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Generator, Iterator

from .flash import SECTOR, read_seconds
from .flash_write import EraseAhead, Inflater
from .loader import Op, Refused, Step
from .machine import Machine
from .slip import HEADER, REQUEST, Request, StubDecoder, checksum, reply_frame
from .stub_base import LARGEST_PACKET, SIXTEEN_MB, FlashRead, Status, StubBase

__all__ = ["Stub"]

SIZE_CODES = range(0x12, 0x19)  # third bytes of flash ids that it takes for a size
SECONDS_BEFORE_AN_ERASE_FAILS = 0.12  # of each sector

# How long the data of each command must be, in bytes.
LENGTHS = {
    Op.SYNC: (36,),
    Op.READ_REG: (4,),
    Op.MEM_BEGIN: (16,),
    Op.MEM_END: (8,),
    Op.SPI_ATTACH: (4,),
    Op.GET_SECURITY_INFO: (0,),
    Op.SPI_SET_PARAMS: (24,),
    Op.CHANGE_BAUDRATE: (8,),
    Op.SPI_FLASH_MD5: (16,),
    Op.READ_FLASH: (16,),
    Op.ERASE_REGION: (8,),
    Op.FLASH_BEGIN: (16, 20),
    Op.FLASH_DEFL_BEGIN: (16, 20),
    Op.FLASH_END: (4,),
    Op.FLASH_DEFL_END: (4,),
}


class Stub(StubBase):
    """The stub of esptool 5.3 on.

    It answers a data block at once and writes it while the next comes in; an
    error of that work is told in the answer to the next command, which is not
    carried out.
    """

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        size_code = self._flash.jedec_id >> 16
        self._told_size = 1 << size_code if size_code in SIZE_CODES else SIXTEEN_MB
        self.decoder = StubDecoder()
        self._write: _FlashWrite | None = None
        self._memory_left: int | None = None
        self._pending_error = 0
        self._handlers |= {
            Op.GET_SECURITY_INFO: self._security_info,
            Op.RUN_USER_CODE: lambda request: iter(()),  # not implemented there, and it does not say so
        }

    def frame(self, payload: bytes) -> Iterator[Step]:
        if self._reading:
            yield from self._acknowledged(self._reading, payload)
            return
        direction, op, size, check = HEADER.unpack_from(payload.ljust(HEADER.size, b"\0"))
        data = payload[HEADER.size :]
        if direction != REQUEST:
            yield reply_frame(op, status=Status.INVALID_COMMAND)
        elif len(payload) != HEADER.size + size:
            yield reply_frame(op, status=Status.BAD_DATA_LENGTH)
        elif self._pending_error:
            error, self._pending_error = self._pending_error, 0
            yield reply_frame(op, status=error)
        elif op in LENGTHS and size not in LENGTHS[op]:
            yield reply_frame(op, status=Status.BAD_DATA_LENGTH)
        else:
            yield from self._obey(Request(op, check, data))

    def _unknown(self, request: Request) -> Iterator[Step]:
        raise Refused(Status.INVALID_COMMAND)

    def _security_info(self, request: Request) -> Iterator[Step]:
        raise Refused(Status.NOT_IMPLEMENTED)

    def _write_reg(self, request: Request) -> Iterator[Step]:
        if not request.data or len(request.data) % 16:
            raise Refused(Status.NOT_ENOUGH_DATA)
        yield from super()._write_reg(request)

    # Memory: nobody looks at the checksum here.

    def _mem_begin(self, request: Request) -> Iterator[Step]:
        (self._memory_left,) = struct.unpack_from("<I", request.data)
        yield from super()._mem_begin(request)

    def _mem_data(self, request: Request) -> Iterator[Step]:
        if len(request.data) < 16:
            raise Refused(Status.NOT_ENOUGH_DATA)
        if self._memory_left is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        (size,), data = struct.unpack_from("<I", request.data), request.data[16:]
        if size > self._memory_left or size != len(data):
            raise Refused(Status.TOO_MUCH_DATA)
        self._load(data)
        self._memory_left -= size
        yield reply_frame(Op.MEM_DATA)

    def _mem_end(self, request: Request) -> Iterator[Step]:
        if self._memory_left is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        self._memory_left = None
        yield from super()._mem_end(request)

    # Erasing: it never takes a protection away, and of a flash that stays busy it tells after a while.

    def _erase_region(self, request: Request) -> Iterator[Step]:
        address, size = struct.unpack_from("<II", request.data)
        if address % SECTOR or size % SECTOR:
            raise Refused(Status.BAD_DATA_LENGTH)
        once_round = min(size, self._flash.size)  # beyond the end it wraps, and finds all blank
        left = EraseAhead(self._flash, address, once_round)
        yield read_seconds(size - once_round)
        while left.remaining:
            seconds = left.one(skip_blank=True)
            if seconds == math.inf:
                yield size // SECTOR * SECONDS_BEFORE_AN_ERASE_FAILS
                raise Refused(Status.FAILED_SPI_OPERATION)
            yield seconds
        yield reply_frame(Op.ERASE_REGION)

    # Reading

    def _read_flash(self, request: Request) -> Iterator[Step]:
        offset, size, packet_size, _in_flight = struct.unpack_from("<IIII", request.data)
        yield reply_frame(Op.READ_FLASH)
        if packet_size > LARGEST_PACKET:
            self._pending_error = Status.BAD_DATA_LENGTH
            return
        self._reading = FlashRead(offset, size, packet_size)
        yield from self._go_on_reading(self._reading)

    def _acknowledged(self, reading: FlashRead, payload: bytes) -> Iterator[Step]:
        if len(payload) == 4:
            (reading.acknowledged,) = struct.unpack("<I", payload)
            reading.packets_unanswered -= 1
            yield from self._go_on_reading(reading)
        else:  # any other frame ends the loop
            yield from self._end_read(reading)

    def _go_on_reading(self, reading: FlashRead) -> Iterator[Step]:
        """One packet in flight, whatever the host asks for; then wait for its acknowledgement, for ever if need be."""
        if reading.left and reading.packets_unanswered == 0:
            if not self.in_reach(reading.offset, reading.due):
                self._reading, self._pending_error = None, Status.FAILED_SPI_OPERATION
                return
            yield from self._next_packet(reading)
        if not reading.left and reading.acknowledged >= reading.size:
            yield from self._end_read(reading)

    # Writing

    def _flash_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, _block_size, offset = struct.unpack_from("<IIII", request.data)
        self._write = _FlashWrite(self, offset, size)
        yield reply_frame(request.op)
        # The first erase is started before any data came; nobody waits for its end yet.
        seconds = self._write.erase.one(skip_blank=True)
        yield seconds if seconds < math.inf else 0.0

    def _flash_data(self, request: Request) -> Iterator[Step]:
        write, data = self._block_to_write(request)
        yield reply_frame(request.op)
        self._pending_error = yield from write.take(data, deflated=request.op == Op.FLASH_DEFL_DATA)

    def _block_to_write(self, request: Request) -> tuple[_FlashWrite, bytes]:
        deflated = request.op == Op.FLASH_DEFL_DATA
        if len(request.data) < 16:
            raise Refused(Status.BAD_DATA_LENGTH if deflated else Status.NOT_ENOUGH_DATA)
        if self._write is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        size, sequence = struct.unpack_from("<II", request.data)
        data = request.data[16:]
        if deflated:  # nobody looks whether the size is right
            # A checksum of the stream that comes in a block of its own meets the same refusal.
            if not self._write.remaining:
                raise Refused(Status.TOO_MUCH_DATA)
            data = data[:size]
            if sequence == 0:
                self._write.restart()
        elif size != len(data):
            raise Refused(Status.TOO_MUCH_DATA)
        if checksum(data) != request.checksum:
            raise Refused(Status.BAD_CHECKSUM)
        return self._write, data

    def _flash_end(self, request: Request) -> Iterator[Step]:
        if self._write is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        if self._write.remaining:
            raise Refused(Status.BAD_DATA_LENGTH)
        self._write = None
        yield reply_frame(request.op)  # and the restart that may be asked for is not implemented there


class _FlashWrite:
    """A write under way. ``remaining`` is unsigned, and wraps where more comes than was announced."""

    def __init__(self, stub: StubBase, offset: int, size: int) -> None:
        self._stub, self._at, self.remaining = stub, offset, size
        self.erase = EraseAhead(stub.machine.flash, offset, size)
        self._inflater = Inflater(bytearray(), checked=False)

    def restart(self) -> None:
        """A first block comes: what a former one left in the buffer is gone."""
        self._inflater.buffer.clear()

    def take(self, data: bytes, *, deflated: bool) -> Generator[Step, None, int]:
        """Write one block; the status of that, for the next answer."""
        if not deflated:
            return (yield from self._write(data[: self.remaining]))
        yield self.erase.one(skip_blank=True)  # while it inflates
        try:
            pieces = self._inflater.feed(data)
        except zlib.error:
            return Status.INFLATE_ERROR
        for piece in pieces:
            error = yield from self._write(piece)
            if error:
                return error
        return 0

    def _write(self, data: bytes) -> Generator[Step, None, int]:
        while self.erase.next < self._at + len(data):
            # More than was announced: it waits for an erase that is never due.
            yield self.erase.one(skip_blank=True) if self.erase.remaining else math.inf
        if not self._stub.in_reach(self._at, len(data)):
            return Status.FAILED_SPI_OPERATION
        yield self._stub.machine.flash.program(self._at, data)
        self._at += len(data)
        self.remaining = (self.remaining - len(data)) % 2**32
        return 0
