"""The hardware that every loader on the chip works with: memory, registers, SPI controller, flash."""

from __future__ import annotations

import hashlib
import struct

from .faults import Faults
from .jedec import FlashChip
from .models import ESP8285
from .spi import SPI0, SPI0_END, SpiController

__all__ = ["APB_HZ", "Machine", "efuse_words"]

CHIP_MAGIC_ADDRESS = 0x40001000
ESP8266_MAGIC = 0xFFF0C101  # esptool, targets/esp8266.py
UART_CLKDIV = 0x60000014
UART_DATE = 0x60000078
UART_DATE_ESP8266 = 0x00062000  # what esptool 2.x tells an ESP8266 by
EFUSE = 0x3FF00050
EFUSE_ESP8285 = 1 << 4  # in word 0; with no size bit in word 3 it means 1 MB of flash inside
APB_HZ = 52_000_000  # twice the 26 MHz crystal, until firmware raises it

RAMS = ((0x3FFE8000, 0x18000), (0x40100000, 0x10000))  # DRAM, IRAM


def efuse_words(mac: bytes, chip: str) -> tuple[int, int, int, int]:
    """The four eFuse words that hold a MAC (6 bytes) and the chip's kind the way esptool reads them back.

    The maker's part lies in the low 24 bits of word 3, the rest in words 1 and 0.
    """
    oui, tail = mac[:3], mac[3:]
    kind = EFUSE_ESP8285 if chip == ESP8285 else 0
    return (tail[2] << 24 | kind, (tail[0] << 8) | tail[1], 0, int.from_bytes(oui, "big"))


class Machine:
    """Memory and registers of one powered chip; both are lost with the power."""

    def __init__(self, efuses: tuple[int, int, int, int], flash: FlashChip, faults: Faults) -> None:
        self.flash = flash
        self.spi = SpiController(flash)
        self.uart_divider = 0
        self.downloads: list[tuple[int, int]] = []
        self._efuses, self._faults = efuses, faults
        self._ram = {start: bytearray(size) for start, size in RAMS}
        self._registers: dict[int, int] = {}

    def read_word(self, address: int) -> int:
        """The 32-bit word at an address, as READ_REG gives it."""
        address &= ~3
        special = self._special(address)
        if special is not None:
            return special
        for start, ram in self._ram.items():
            if start <= address < start + len(ram):
                return int(struct.unpack_from("<I", ram, address - start)[0])
        if 0x40000000 <= address < 0x40010000:
            return _rom_word(address)
        return self._registers.get(address, 0)

    def write_word(self, address: int, value: int, mask: int = 0xFFFFFFFF) -> None:
        """Write the bits of a word that the mask names."""
        address &= ~3
        value = (value & mask) | (self.read_word(address) & ~mask & 0xFFFFFFFF)
        if SPI0 <= address < SPI0_END:
            self.spi.write(address, value)
        elif not self.load(address, struct.pack("<I", value)):
            self._registers[address] = value

    def load(self, address: int, data: bytes) -> bool:
        """Copy a download into RAM; False where there is none."""
        for start, ram in self._ram.items():
            if start <= address and address + len(data) <= start + len(ram):
                ram[address - start : address - start + len(data)] = data
                return True
        return False

    def _special(self, address: int) -> int | None:
        if address == CHIP_MAGIC_ADDRESS:
            return ESP8266_MAGIC if self._faults.chip_magic is None else self._faults.chip_magic
        if address == UART_CLKDIV:
            return self.uart_divider
        if address == UART_DATE:
            return UART_DATE_ESP8266
        if EFUSE <= address < EFUSE + 16:
            return self._efuses[(address - EFUSE) // 4]
        if SPI0 <= address < SPI0_END:
            return self.spi.read(address)
        return None


def _rom_word(address: int) -> int:
    """Stands for the mask ROM, whose bytes are not ours to copy: fixed, and code-like to a reader."""
    return int.from_bytes(hashlib.md5(address.to_bytes(4, "little")).digest()[:4], "little")
