"""What the flasher stubs have in common: the programs that esptool loads into RAM, which read, hash and write flash.

There are three generations: 0 of esptool 2.0 to 3.0, 1 of 3.1 to 5.2 (both in
``legacy_stub.py``), 2 of 5.3 on (``stub.py``).
"""

from __future__ import annotations

import abc
import hashlib
import math
import struct
from collections.abc import Iterator

from .flash import read_seconds
from .jedec import FlashChip
from .loader import ChangeBaud, Loader, Op, Refused, Step
from .machine import Machine
from .slip import Request, reply_frame, slip_encode

__all__ = ["GREETING", "LARGEST_PACKET", "SIXTEEN_MB", "FlashRead", "Status", "StubBase"]

GREETING = slip_encode(b"OHAI")
LARGEST_PACKET = 0x1000
SIXTEEN_MB = 0x1000000


class Status:
    """Status bytes of the stubs, big-endian."""

    BAD_DATA_LENGTH = 0xC000
    BAD_CHECKSUM = 0xC100
    BAD_BLOCK_SIZE = 0xC200
    INVALID_COMMAND = 0xC300
    FAILED_SPI_OPERATION = 0xC400
    NOT_IN_FLASH_MODE = 0xC600
    INFLATE_ERROR = 0xC700
    NOT_ENOUGH_DATA = 0xC800
    TOO_MUCH_DATA = 0xC900
    NOT_IMPLEMENTED = 0xFF00


class StubBase(Loader, abc.ABC):
    """What all stubs do alike."""

    WRONG_LENGTH = Status.BAD_DATA_LENGTH

    def __init__(self, machine: Machine) -> None:
        super().__init__(machine)
        machine.spi.attached = True
        self._flash = machine.flash
        self._told_size = SIXTEEN_MB  # until the host tells another
        self._reading: FlashRead | None = None
        self._handlers |= {
            Op.SPI_SET_PARAMS: self._set_params,
            Op.SPI_ATTACH: self._accept,
            Op.CHANGE_BAUDRATE: self._change_baud,
            Op.SPI_FLASH_MD5: self._md5,
            Op.ERASE_FLASH: self._erase_flash,
            Op.READ_FLASH: self._read_flash,
            Op.ERASE_REGION: self._erase_region,
            Op.FLASH_BEGIN: self._flash_begin,
            Op.FLASH_DEFL_BEGIN: self._flash_begin,
            Op.FLASH_DATA: self._flash_data,
            Op.FLASH_DEFL_DATA: self._flash_data,
            Op.FLASH_END: self._flash_end,
            Op.FLASH_DEFL_END: self._flash_end,
        }

    def _accept(self, request: Request) -> Iterator[Step]:
        yield reply_frame(request.op)

    def _set_params(self, request: Request) -> Iterator[Step]:
        self._told_size = struct.unpack_from("<II", request.data)[1]
        yield reply_frame(request.op)

    def _change_baud(self, request: Request) -> Iterator[Step]:
        baud, _old = struct.unpack_from("<II", request.data)
        yield reply_frame(Op.CHANGE_BAUDRATE)
        yield ChangeBaud(baud)

    def _md5(self, request: Request) -> Iterator[Step]:
        address, size = struct.unpack_from("<II", request.data)
        if not self.in_reach(address, size):
            raise Refused(Status.FAILED_SPI_OPERATION)
        # More than any flash holds takes the chip minutes and hours: nobody waits for that.
        yield math.inf if self._flash.is_stuck() or size > 2 * SIXTEEN_MB else read_seconds(size)
        yield reply_frame(Op.SPI_FLASH_MD5, body=self._flash.md5(address, size))

    def _erase_flash(self, request: Request) -> Iterator[Step]:
        yield self._flash.erase(0, self._flash.size)
        yield reply_frame(Op.ERASE_FLASH)

    @abc.abstractmethod
    def _erase_region(self, request: Request) -> Iterator[Step]: ...

    @abc.abstractmethod
    def _read_flash(self, request: Request) -> Iterator[Step]: ...

    @abc.abstractmethod
    def _flash_begin(self, request: Request) -> Iterator[Step]: ...

    @abc.abstractmethod
    def _flash_data(self, request: Request) -> Iterator[Step]: ...

    @abc.abstractmethod
    def _flash_end(self, request: Request) -> Iterator[Step]: ...

    def in_reach(self, address: int, size: int) -> bool:
        """Whether the ROM's SPI routines take the address: they go by the size that the host told."""
        return address + size <= self._told_size

    def _next_packet(self, reading: FlashRead) -> Iterator[Step]:
        yield math.inf if self._flash.is_stuck() else 0.0
        data = reading.next_packet(self._flash)
        yield read_seconds(len(data))
        yield slip_encode(data)

    def _end_read(self, reading: FlashRead) -> Iterator[Step]:
        self._reading = None
        yield slip_encode(reading.digest.digest())


class FlashRead:
    """A read under way: what was sent, and what the host acknowledged."""

    def __init__(self, offset: int, size: int, packet_size: int) -> None:
        self.offset, self.size, self.left = offset, size, size
        self.acknowledged = self.packets_unanswered = 0
        self.digest = hashlib.md5()
        self._packet_size = packet_size

    @property
    def sent(self) -> int:
        return self.size - self.left

    @property
    def due(self) -> int:
        """The size of the next packet."""
        return min(self._packet_size, self.left)

    def next_packet(self, flash: FlashChip) -> bytes:
        data = flash.read(self.offset, self.due)
        self.digest.update(data)
        self.offset += len(data)
        self.left -= len(data)
        self.packets_unanswered += 1
        return data
