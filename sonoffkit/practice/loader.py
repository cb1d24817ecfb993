"""What ROM loader and flasher stubs have in common: commands in, steps out."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from .machine import Machine
from .slip import Decoder, Request, reply_frame

__all__ = ["Boot", "ChangeBaud", "Handler", "Loader", "Op", "Refused", "RunProgram", "RunStub", "Step"]


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
    """A flasher stub takes over; its generation as in ``stub_base.py``."""

    generation: int


@dataclass(frozen=True)
class RunProgram:
    """Another program in RAM takes over. Nothing here executes it: the chip falls silent."""


@dataclass(frozen=True)
class Boot:
    """The loader is left: for the firmware in flash, or (``loader``) for the ROM loader again.

    ``reset``: by a reset, after which the ROM starts from its beginning and says so.
    """

    loader: bool
    reset: bool


# In order: bytes are sent, a float is seconds of work (``math.inf``: it never ends), the rest happens to the chip.
Step = bytes | float | ChangeBaud | RunStub | RunProgram | Boot
Handler = Callable[[Request], Iterator[Step]]


class Refused(Exception):
    """A command that is answered with an error; ``status`` is its two status bytes, big-endian."""

    def __init__(self, status: int) -> None:
        super().__init__(f"{status:04x}")
        self.status = status


class Loader:
    """The table by which a command is found, and the commands that all loaders know."""

    decoder: Decoder
    WRONG_LENGTH: int  # the status of a command with too few parameters
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
        raise NotImplementedError

    def _obey(self, request: Request) -> Iterator[Step]:
        handler = self._handlers.get(request.op, self._unknown)
        try:
            yield from handler(request)
        except Refused as refused:
            yield reply_frame(request.op, status=refused.status)
        except struct.error:  # fewer parameters than the command takes
            yield reply_frame(request.op, status=self.WRONG_LENGTH)

    def _unknown(self, request: Request) -> Iterator[Step]:
        raise NotImplementedError

    def _sync(self, request: Request) -> Iterator[Step]:
        for _ in range(8):
            yield reply_frame(Op.SYNC, self.SYNC_VALUE)

    def _read_reg(self, request: Request) -> Iterator[Step]:
        (address,) = struct.unpack_from("<I", request.data)
        yield reply_frame(Op.READ_REG, self.machine.read_word(address))

    def _write_reg(self, request: Request) -> Iterator[Step]:
        if len(request.data) % 16:
            raise Refused(self.WRONG_LENGTH)
        for address, value, mask, delay_us in struct.iter_unpack("<IIII", request.data):
            yield delay_us / 1e6
            self.machine.write_word(address, value, mask)
        yield reply_frame(Op.WRITE_REG)

    def _mem_begin(self, request: Request) -> Iterator[Step]:
        size, _blocks, _block_size, self._load_address = struct.unpack_from("<IIII", request.data)
        self.machine.downloads.append((self._load_address, size))
        yield reply_frame(Op.MEM_BEGIN)

    def _mem_data(self, request: Request) -> Iterator[Step]:
        raise NotImplementedError

    def _load(self, data: bytes) -> None:
        """Put a piece of a download behind the last one."""
        self.machine.load(self._load_address, data)
        self._load_address += len(data)

    def _mem_end(self, request: Request) -> Iterator[Step]:
        stay, entry = struct.unpack_from("<II", request.data)
        yield reply_frame(Op.MEM_END)
        if not stay:
            yield self._run(entry)

    def _run(self, entry: int) -> Step:
        """A download is either a flasher stub, or a program that nothing here executes."""
        generation = _stub_generation(self.machine.downloads, entry)
        self.machine.downloads.clear()
        return RunProgram() if generation is None else RunStub(generation)


# Where esptool put its stub's code, by release. Told by size and place, because matching
# the bytes would need each release's.
SMALLEST_STUB = 3000
STUB_STARTS = {
    0x40100000: 0,  # 2.0 to 2.4
    0x4010E000: 0,  # to 3.0
    0x4010D000: 1,  # 3.1 to 5.2, and later on request
    0x4010C500: 2,  # 5.3 on
}


def _stub_generation(downloads: list[tuple[int, int]], entry: int) -> int | None:
    for start, size in downloads:
        if size > SMALLEST_STUB and start in STUB_STARTS and start <= entry < start + size:
            return STUB_STARTS[start]
    return None
