"""What ROM loader and flasher stub have in common: commands in, steps out."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .machine import Machine
from .slip import Request, checksum, parse_request, reply_frame

__all__ = ["Boot", "ChangeBaud", "Loader", "Op", "RunStub", "Step"]


class Op:
    """Command numbers (esptool documentation, "Serial Protocol")."""

    FLASH_BEGIN, FLASH_DATA, FLASH_END = 0x02, 0x03, 0x04
    MEM_BEGIN, MEM_END, MEM_DATA = 0x05, 0x06, 0x07
    SYNC, WRITE_REG, READ_REG = 0x08, 0x09, 0x0A
    SPI_SET_PARAMS, SPI_ATTACH, CHANGE_BAUDRATE = 0x0B, 0x0D, 0x0F
    FLASH_DEFL_BEGIN, FLASH_DEFL_DATA, FLASH_DEFL_END = 0x10, 0x11, 0x12
    SPI_FLASH_MD5, GET_SECURITY_INFO = 0x13, 0x14
    ERASE_FLASH, ERASE_REGION, READ_FLASH, RUN_USER_CODE = 0xD0, 0xD1, 0xD2, 0xD3


@dataclass(frozen=True)
class ChangeBaud:
    """From here on the chip's UART runs at another speed."""

    baud: int


@dataclass(frozen=True)
class RunStub:
    """A flasher stub takes over; ``generation`` 1 is esptool's old one, 2 that of esptool 5.3 on."""

    generation: int


@dataclass(frozen=True)
class Boot:
    """The loader is left: for the firmware in flash, or (``loader``) for the ROM loader again."""

    loader: bool


# In order: bytes are sent, a float is seconds of work, the rest happens to the chip.
Step = bytes | float | ChangeBaud | RunStub | Boot
Handler = Callable[[Request], Iterator[Step]]


class Loader:
    """Commands that ROM and stub both know, and the table by which one is found."""

    BAD_CHECKSUM = 0x0107
    SYNC_VALUE = 0

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self._load_address = 0
        self._handlers: dict[int, Handler] = {
            Op.SYNC: self._sync,
            Op.READ_REG: self._read_reg,
            Op.WRITE_REG: self._write_reg,
            Op.MEM_BEGIN: self._mem_begin,
            Op.MEM_DATA: self._mem_data,
            Op.MEM_END: self._mem_end,
        }

    def frame(self, payload: bytes) -> Iterator[Step]:
        """What the chip does on one frame."""
        request = parse_request(payload)
        if request is None:
            return
        handler = self._handlers.get(request.op)
        try:
            yield from handler(request) if handler else self._unknown(request)
        except struct.error:  # fewer parameters than the command takes
            yield reply_frame(request.op, status=self.BAD_CHECKSUM)

    def _unknown(self, request: Request) -> Iterator[Step]:
        raise NotImplementedError

    def _sync(self, request: Request) -> Iterator[Step]:
        for _ in range(8):
            yield reply_frame(Op.SYNC, self.SYNC_VALUE)

    def _read_reg(self, request: Request) -> Iterator[Step]:
        (address,) = struct.unpack_from("<I", request.data)
        yield reply_frame(Op.READ_REG, self.machine.read_word(address))

    def _write_reg(self, request: Request) -> Iterator[Step]:
        for address, value, mask, delay_us in struct.iter_unpack("<IIII", request.data):
            yield delay_us / 1e6
            self.machine.write_word(address, value, mask)
        yield reply_frame(Op.WRITE_REG)

    def _mem_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, _block_size, self._load_address = struct.unpack_from("<IIII", request.data)
        self.machine.downloads.append((self._load_address, size))
        yield reply_frame(Op.MEM_BEGIN)

    def _mem_data(self, request: Request) -> Iterator[Step]:
        struct.unpack_from("<IIII", request.data)
        data = request.data[16:]
        if checksum(data) != request.checksum:
            yield reply_frame(Op.MEM_DATA, status=self.BAD_CHECKSUM)
            return
        self.machine.load(self._load_address, data)
        self._load_address += len(data)
        yield reply_frame(Op.MEM_DATA)

    def _mem_end(self, request: Request) -> Iterator[Step]:
        stay, entry = struct.unpack_from("<II", request.data)
        yield reply_frame(Op.MEM_END)
        if not stay:
            yield from self._run(entry)

    def _run(self, entry: int) -> Iterator[Step]:
        """Nothing is executed here: a program is either a flasher stub, or leaves the loader silent."""
        generation = _flasher_generation(self.machine.downloads, entry)
        if generation:
            yield RunStub(generation)
        else:
            yield Boot(loader=False)


# Where esptool 2.x to 5.x put the stub's code. Told by size and place, because
# matching its bytes would need each release's.
SMALLEST_STUB = 3000
STUB_2_START = 0x4010C500
IRAM_START = 0x40100000


def _flasher_generation(downloads: list[tuple[int, int]], entry: int) -> int:
    for start, size in downloads:
        if size > SMALLEST_STUB and start >= IRAM_START and start <= entry < start + size:
            return 2 if start == STUB_2_START else 1
    return 0
