"""esptool's own stub, before 5.3: generations 0 and 1.

After the sources in esptool 4 (``flasher_stub/stub_flasher.c``,
``stub_commands.c``, ``stub_write_flash.c``); 5.x still carries it, as version 1.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator

from .flash import SECTOR
from .flash_write import EraseAhead, Inflater
from .loader import Boot, Op, Refused, Step
from .machine import Machine
from .slip import HEADER, LARGEST_BLOCK, LegacyStubDecoder, Request, checksum, reply_frame
from .stub_base import LARGEST_PACKET, FlashRead, Status, StubBase

__all__ = ["LegacyStub"]

# Where a length is wrong, some commands give the status for it and some, by a slip of C's ``||``, just a 1.
SLIP_OF_C = 0x0100


# How long the data of each command must be, in bytes, and the status where they are not.
LENGTHS = {
    Op.SYNC: (36, Status.BAD_DATA_LENGTH),
    Op.READ_REG: (4, Status.BAD_DATA_LENGTH),
    Op.READ_FLASH: (16, Status.BAD_DATA_LENGTH),
    Op.CHANGE_BAUDRATE: (8, Status.BAD_DATA_LENGTH),
    Op.ERASE_FLASH: (0, SLIP_OF_C),
    Op.ERASE_REGION: (8, SLIP_OF_C),
    Op.SPI_FLASH_MD5: (16, SLIP_OF_C),
    Op.FLASH_BEGIN: (16, SLIP_OF_C),
    Op.FLASH_DEFL_BEGIN: (16, SLIP_OF_C),
    Op.SPI_SET_PARAMS: (24, SLIP_OF_C),
    Op.SPI_ATTACH: (4, SLIP_OF_C),
    Op.MEM_BEGIN: (16, SLIP_OF_C),
    Op.MEM_END: (8, SLIP_OF_C),
}


# esptool 5.3 on sends a word more here to either stub, and ships this one beside the other: so it must take
# them. (The published sources, up to 1.7, do not yet; 5.6 has 1.11.)
BEGINS, FIVE_WORDS = (Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN), 20
ENDS = (Op.FLASH_END, Op.FLASH_DEFL_END)
ADLER_SIZE = 4


class LegacyStub(StubBase):
    """The old stub.

    It does not look at how long a frame was: what is missing of a command is
    taken from what its two buffers still hold. So an empty frame, as a lost
    mark makes it, carries out the last but one command again.
    """

    def __init__(self, machine: Machine, generation: int) -> None:
        super().__init__(machine)
        self.decoder = LegacyStubDecoder()
        self._buffers = [bytearray(LARGEST_BLOCK + 64), bytearray(LARGEST_BLOCK + 64)]
        self._write: _LegacyWrite | None = None
        self._in_flight = 0
        # What an abandoned write left in here comes first in the next.
        self._inflated = bytearray()
        self._inflater = Inflater(self._inflated, checked=True)
        self._memory_left = 0
        self._handlers[Op.RUN_USER_CODE] = self._run_user_code
        if generation == 0:
            del self._handlers[Op.SYNC]  # came with 3.1

    def frame(self, payload: bytes) -> Iterator[Step]:
        if self._reading:
            yield from self._acknowledged(self._reading, payload)
            return
        buffer = self._buffers[0]
        self._buffers.reverse()
        buffer[: len(payload)] = payload
        _direction, op, size, check = HEADER.unpack_from(buffer)
        shown = max(size, 4) if op in ENDS else size  # nobody looks how long these are
        length, error = LENGTHS.get(op, (size, 0))
        if size > LARGEST_BLOCK + 16:
            yield reply_frame(op, status=Status.BAD_DATA_LENGTH | 0xEE)
        elif size != length and op in self._handlers and not (op in BEGINS and size == FIVE_WORDS):
            yield reply_frame(op, status=error)
        else:
            yield from self._obey(Request(op, check, bytes(buffer[HEADER.size : HEADER.size + shown])))

    def _unknown(self, request: Request) -> Iterator[Step]:
        raise Refused(Status.NOT_IMPLEMENTED)

    def _run_user_code(self, request: Request) -> Iterator[Step]:
        yield Boot(loader=False, reset=False)

    def _erase_region(self, request: Request) -> Iterator[Step]:
        address, size = struct.unpack_from("<II", request.data)
        if address % SECTOR or size % SECTOR:
            raise Refused(SLIP_OF_C)
        self._flash.unlock()
        left = EraseAhead(self._flash, address, size)
        while left.remaining:
            if not self.in_reach(left.next, SECTOR):
                raise Refused(SLIP_OF_C)
            yield left.one()
        yield reply_frame(Op.ERASE_REGION)

    def _md5(self, request: Request) -> Iterator[Step]:
        if not self.in_reach(*struct.unpack_from("<II", request.data)):
            raise Refused(SLIP_OF_C)
        yield from super()._md5(request)

    # Memory: nobody looks at the checksum here.

    def _mem_begin(self, request: Request) -> Iterator[Step]:
        (self._memory_left,) = struct.unpack_from("<I", request.data)
        yield from super()._mem_begin(request)

    def _mem_data(self, request: Request) -> Iterator[Step]:
        data = request.data[16:]
        if (data or len(request.data) < 16) and not self._load_address:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        if len(data) > self._memory_left or len(request.data) < 16:  # their length is unsigned
            raise Refused(Status.TOO_MUCH_DATA)
        if len(data) % 4:
            raise Refused(Status.BAD_DATA_LENGTH)
        self._load(data)
        self._memory_left -= len(data)
        yield reply_frame(Op.MEM_DATA)

    def _mem_end(self, request: Request) -> Iterator[Step]:
        if self._memory_left:
            self._memory_left = 0
            raise Refused(SLIP_OF_C)
        _stay, entry = struct.unpack_from("<II", request.data)
        self._load_address = 0
        yield reply_frame(Op.MEM_END)
        if entry:
            yield self._run(entry)

    # Reading

    def _read_flash(self, request: Request) -> Iterator[Step]:
        offset, size, packet_size, self._in_flight = struct.unpack_from("<IIII", request.data)
        yield reply_frame(Op.READ_FLASH)
        if packet_size > LARGEST_PACKET or (not packet_size and size and self._in_flight):
            # Of one too large it forgets to listen again; empty ones it sends for ever.
            yield math.inf
        self._reading = FlashRead(offset, size, packet_size)
        yield from self._go_on_reading(self._reading)

    def _acknowledged(self, reading: FlashRead, payload: bytes) -> Iterator[Step]:
        if len(payload) < 4:  # of a longer frame it takes the first word
            yield from self._end_read(reading)
            return
        (reading.acknowledged,) = struct.unpack_from("<I", payload)
        yield from self._go_on_reading(reading)

    def _go_on_reading(self, reading: FlashRead) -> Iterator[Step]:
        """The host says how many packets may be in flight; the stub takes that for bytes, so it is one."""
        if not reading.acknowledged < reading.size or reading.acknowledged > reading.sent:
            yield from self._end_read(reading)
            return
        while reading.left and reading.sent - reading.acknowledged < self._in_flight:
            if not self.in_reach(reading.offset, reading.due):
                return  # and it waits for an acknowledgement of what it never sent
            yield from self._next_packet(reading)

    # Writing

    def _flash_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, block_size, offset = struct.unpack_from("<IIII", request.data)
        if block_size > LARGEST_BLOCK:
            raise Refused(Status.BAD_BLOCK_SIZE)
        self._flash.unlock()
        self._write = _LegacyWrite(self, offset, size)
        if request.op == Op.FLASH_DEFL_BEGIN:
            self._inflater = Inflater(self._inflated, checked=True)
        yield reply_frame(request.op)

    def _flash_data(self, request: Request) -> Iterator[Step]:
        if self._write is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        (size,), data = struct.unpack_from("<I", request.data), request.data[16:]
        error = self._write.error
        if size != len(data):
            error = Status.BAD_DATA_LENGTH
        if checksum(data) != request.checksum:
            error = Status.BAD_CHECKSUM
        yield reply_frame(request.op, status=error)
        if not error and request.op == Op.FLASH_DATA:
            yield from self._write.program(data)
        elif not error:
            yield from self._write.inflate(data, self._inflater)

    def _flash_end(self, request: Request) -> Iterator[Step]:
        (stay,) = struct.unpack_from("<I", request.data)
        if self._write is None:
            raise Refused(Status.NOT_IN_FLASH_MODE)
        if self._write.remaining:
            raise Refused(Status.NOT_ENOUGH_DATA)
        error, self._write = self._write.error, None
        yield reply_frame(request.op, status=error)
        if not stay and not error:
            yield Boot(loader=True, reset=True)


class _LegacyWrite:
    """A write under way; its first error stays until the next begins."""

    def __init__(self, stub: LegacyStub, offset: int, size: int) -> None:
        self._stub, self._at, self.remaining = stub, offset, size
        self._erase = EraseAhead(stub.machine.flash, offset, size)
        self.error = 0

    def inflate(self, data: bytes, inflater: Inflater) -> Iterator[Step]:
        """Write one deflated block."""
        if not self.remaining:  # what may still come is the stream's checksum
            self.error = Status.TOO_MUCH_DATA if len(data) > ADLER_SIZE else self.error
            return
        yield self._erase.one()  # while it inflates
        try:
            pieces = inflater.feed(data)
        except zlib.error:
            self.error = Status.INFLATE_ERROR
            return
        for piece in pieces:
            yield from self.program(piece)
        if inflater.done and self.remaining:
            self.error = Status.NOT_ENOUGH_DATA

    def program(self, data: bytes) -> Iterator[Step]:
        """Write one block as it is; the last may be padded."""
        data = data[: self.remaining]
        if not data:
            return
        while self._erase.remaining and self._erase.next <= self._at + len(data):
            yield self._erase.one()
        if self._stub.in_reach(self._at, len(data)):
            yield self._stub.machine.flash.program(self._at, data)
        else:
            self.error = Status.FAILED_SPI_OPERATION
        self._at += len(data)
        self.remaining -= len(data)
