"""The SPI controller between the chip and its flash: registers in, commands out.

Register layout after esptool (``run_spiflash_command``) and Espressif's
``spi_register.h``; the flash hangs on SPI0, at 0x60000200.
"""

from __future__ import annotations

import struct

from .jedec import FlashChip

__all__ = ["SPI0", "SPI0_END", "SpiController"]

SPI0, SPI0_END = 0x60000200, 0x60000300
CMD, ADDR, RD_STATUS, USER1, USER2, W0 = 0x00, 0x04, 0x10, 0x20, 0x24, 0x40
BUFFER_WORDS = 16
USER_COMMAND = 1 << 18
# Bits of CMD that stand for one flash command each, and that command.
CANNED = {31: 0x03, 30: 0x06, 29: 0x04, 28: 0x9F, 27: 0x05, 26: 0x01, 25: 0x02, 24: 0x20, 23: 0xD8, 22: 0xC7}
READ_STATUS, READ_ID, READ, PROGRAM = 0x05, 0x9F, 0x03, 0x02


class SpiController:
    """Registers of SPI0. A write to CMD carries the command out at once: its bit reads 0 again."""

    def __init__(self, flash: FlashChip) -> None:
        self.attached = False  # whether the pins are switched to the flash; until then it reads 0
        self._flash = flash
        self._registers: dict[int, int] = {}

    def read(self, address: int) -> int:
        return self._registers.get(address - SPI0, 0)

    def write(self, address: int, value: int) -> None:
        register = address - SPI0
        if register != CMD:
            self._registers[register] = value
        elif not self.attached:
            self._put(b"\0" * 4)
        elif value & USER_COMMAND:
            self._user_command()
        else:
            for bit, op in CANNED.items():
                if value & 1 << bit:
                    self._canned_command(op)

    def _user_command(self) -> None:
        lengths = self._registers.get(USER1, 0)
        user = self._registers.get(0x1C, 0)
        op = self._registers.get(USER2, 0) & 0xFF
        address_bits = min(32, (lengths >> 26 & 0x3F) + 1) if user & 1 << 30 else 0  # it has one word for them
        out_bytes = _bytes(lengths >> 17 & 0x1FF) if user & 1 << 27 else 0
        in_bytes = _bytes(lengths >> 8 & 0x1FF) if user & 1 << 28 else 0
        address = self._registers.get(ADDR, 0) >> (32 - address_bits) if address_bits else 0
        self._put(self._flash.command(op, address, self._take(out_bytes), in_bytes))

    def _canned_command(self, op: int) -> None:
        address = self._registers.get(ADDR, 0)
        size = address >> 24  # of a read or a program, in bytes
        address &= 0xFFFFFF
        if op == READ_STATUS:
            self._registers[RD_STATUS] = self._flash.command(op, 0, b"", 1)[0]
        elif op == READ_ID:
            self._put(self._flash.command(op, 0, b"", 3))
        elif op == READ:
            self._put(self._flash.command(op, address, b"", size))
        elif op == PROGRAM:
            self._flash.command(op, address, self._take(size), 0)
        else:
            status = struct.pack("<I", self._registers.get(RD_STATUS, 0))[:1]
            self._flash.command(op, address, status if op == 0x01 else b"", 0)

    def _take(self, size: int) -> bytes:
        words = (self._registers.get(W0 + 4 * n, 0) for n in range(BUFFER_WORDS))
        return struct.pack(f"<{BUFFER_WORDS}I", *words)[:size]

    def _put(self, data: bytes) -> None:
        data = data[: 4 * BUFFER_WORDS]
        data += bytes(-len(data) % 4)
        for n, (word,) in enumerate(struct.iter_unpack("<I", data)):
            self._registers[W0 + 4 * n] = word


def _bytes(bits_less_one: int) -> int:
    return (bits_less_one + 8) // 8
