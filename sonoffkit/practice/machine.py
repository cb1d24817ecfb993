"""The hardware that every loader on the chip works with: memory, registers, SPI controller, flash."""

from __future__ import annotations

import hashlib
import struct

from .faults import Faults
from .flash import NorFlash

__all__ = ["Machine", "efuse_words"]

CHIP_MAGIC_ADDRESS = 0x40001000
ESP8266_MAGIC = 0xFFF0C101  # esptool, targets/esp8266.py
UART_CLKDIV = 0x60000014
UART_DATE = 0x60000078
UART_DATE_ESP8266 = 0x00062000  # what esptool 2.x tells an ESP8266 by
EFUSE = 0x3FF00050
APB_HZ = 52_000_000  # twice the 26 MHz crystal, until firmware raises it

# SPI0, the flash's controller (esptool, targets/esp8266.py)
SPI_CMD = 0x60000200
SPI_USR2 = 0x60000224
SPI_W0 = 0x60000240
SPI_CMD_USR = 1 << 18

READ_ID, READ_STATUS = 0x9F, 0x05

RAMS = ((0x3FFE8000, 0x18000), (0x40100000, 0x10000))  # DRAM, IRAM


def efuse_words(mac: bytes) -> tuple[int, int, int, int]:
    """The four eFuse words that hold a MAC (6 bytes) the way esptool reads it back.

    The maker's part lies in the low 24 bits of word 3, the rest in words 1 and 0.
    """
    oui, tail = mac[:3], mac[3:]
    return (tail[2] << 24, (tail[0] << 8) | tail[1], 0, int.from_bytes(oui, "big"))


class Machine:
    """Memory and registers of one powered chip; both are lost with the power."""

    def __init__(self, mac: bytes, flash: NorFlash, flash_id: int, faults: Faults) -> None:
        self.flash = flash
        self.faults = faults
        self.flash_attached = False
        self.baud = 115200
        self.downloads: list[tuple[int, int]] = []
        self._flash_id = flash_id
        self._efuses = efuse_words(mac)
        self._ram = {start: bytearray(size) for start, size in RAMS}
        self._registers: dict[int, int] = {}

    @property
    def flash_id(self) -> int:
        """The JEDEC id that the flash answers, 24 bits."""
        return self._flash_id if self.faults.flash_id is None else self.faults.flash_id

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
        if address == SPI_CMD and value & SPI_CMD_USR:
            self._run_spi_command()
        elif not self._write_ram(address, struct.pack("<I", value)):
            self._registers[address] = value

    def load(self, address: int, data: bytes) -> bool:
        """Copy a download into RAM; False where there is none."""
        return self._write_ram(address, data)

    def _special(self, address: int) -> int | None:
        if address == CHIP_MAGIC_ADDRESS:
            return ESP8266_MAGIC if self.faults.chip_magic is None else self.faults.chip_magic
        if address == UART_CLKDIV:
            return APB_HZ // self.baud
        if address == UART_DATE:
            return UART_DATE_ESP8266
        if EFUSE <= address < EFUSE + 16:
            return self._efuses[(address - EFUSE) // 4]
        return None

    def _write_ram(self, address: int, data: bytes) -> bool:
        for start, ram in self._ram.items():
            if start <= address and address + len(data) <= start + len(ram):
                ram[address - start : address - start + len(data)] = data
                return True
        return False

    def _run_spi_command(self) -> None:
        """Carry out the command byte that USR2 holds, the answer in W0."""
        command = self._registers.get(SPI_USR2, 0) & 0xFF
        answers = {READ_ID: self.flash_id, READ_STATUS: 0}
        self._registers[SPI_W0] = answers.get(command, 0) if self.flash_attached else 0
        self._registers[SPI_CMD] = 0  # done at once: the tool polls until the bit falls


def _rom_word(address: int) -> int:
    """Stands for the mask ROM, whose bytes are not ours to copy: fixed, and code-like to a reader."""
    return int.from_bytes(hashlib.md5(address.to_bytes(4, "little")).digest()[:4], "little")
