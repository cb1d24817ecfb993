"""The SPI controller: commands to the flash through registers, as esptool and other loaders give them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice.chip import Running
from sonoffkit.practice.faults import Faults
from sonoffkit.practice.flash import NorFlash
from sonoffkit.practice.jedec import FlashChip
from sonoffkit.practice.loader import Op
from sonoffkit.practice.spi import SpiController

BASE = 0x60000200
CMD, ADDR, RD_STATUS, USER, USER1, USER2, W0 = (BASE + n for n in (0x00, 0x04, 0x10, 0x1C, 0x20, 0x24, 0x40))
WITH_COMMAND, WITH_ADDRESS, WITH_DUMMY, WITH_INPUT, WITH_OUTPUT = (1 << n for n in (31, 30, 29, 28, 27))
GO = 1 << 18
# The bit of each canned command: ESP8266 spi_register.h.
READ, WREN, WRDI, RDID, RDSR, WRSR, PP, SE, BE, CE = (1 << n for n in range(31, 21, -1))
SECTOR, BLOCK = 0x1000, 0x10000
SIZE = 4 * BLOCK


class Rig:
    """A controller on a flash of its own."""

    def __init__(self, fill=0xFF, attached=True):
        self.cells = bytearray([fill]) * SIZE
        self.spi = SpiController(FlashChip(NorFlash(self.cells), 0x1640EF, Faults()))
        self.spi.attached = attached

    def words(self, count: int) -> bytes:
        return struct.pack(f"<{count}I", *(self.spi.read(W0 + 4 * n) for n in range(count)))

    def put(self, data: bytes) -> None:
        for n, (word,) in enumerate(struct.iter_unpack("<I", data)):
            self.spi.write(W0 + 4 * n, word)

    def user(self, op, data=b"", read_bits=0, address=None, dummy_bits=0) -> int:
        """One command as esptool's run_spiflash_command gives it."""
        lengths = max(0, read_bits - 1) << 8 | max(0, 8 * len(data) - 1) << 17
        use = WITH_COMMAND | (WITH_INPUT if read_bits else 0) | (WITH_OUTPUT if data else 0)
        if dummy_bits:
            lengths, use = lengths | dummy_bits - 1, use | WITH_DUMMY
        if address is not None:
            lengths, use = lengths | 23 << 26, use | WITH_ADDRESS
        self.spi.write(USER1, lengths)
        self.spi.write(USER, use)
        self.spi.write(USER2, 7 << 28 | op)
        if address is not None:
            self.spi.write(ADDR, address << 8)
        self.put(data + bytes(-len(data) % 4) or b"\0\0\0\0")
        self.spi.write(CMD, GO)
        assert self.spi.read(CMD) == 0
        return self.spi.read(W0)

    def canned(self, bits, address=None) -> None:
        if address is not None:
            self.spi.write(ADDR, address)
        self.spi.write(CMD, bits)
        assert self.spi.read(CMD) == 0


@pytest.fixture
def rig():
    return Rig()


# Commands that are spelt out


def test_the_id_comes_as_esptool_reads_it(rig):
    assert rig.user(0x9F, read_bits=24) == 0x1640EF


def test_a_read_with_an_address_and_dummy_bits_finds_the_parameters(rig):
    assert rig.user(0x5A, read_bits=32, address=0, dummy_bits=8) == int.from_bytes(b"SFDP", "little")
    assert rig.user(0x5A, read_bits=32, address=0x84, dummy_bits=8) == SIZE * 8 - 1


def test_a_read_takes_all_24_bits_of_its_address(rig):
    rig.cells[0x2ABCD : 0x2ABCD + 4] = b"here"
    assert rig.user(0x03, read_bits=32, address=0x2ABCD) == int.from_bytes(b"here", "little")


def test_a_read_gives_no_more_than_was_asked_for(rig):
    rig.cells[:4] = b"abcd"
    assert rig.user(0x03, read_bits=16, address=0) == int.from_bytes(b"ab\0\0", "little")


def test_a_status_goes_in_and_comes_back(rig):
    rig.user(0x06)
    assert rig.user(0x05, read_bits=8) == 0x02
    rig.user(0x01, data=b"\x1c\x02")
    assert rig.user(0x05, read_bits=8) == 0x1C
    assert rig.user(0x35, read_bits=8) == 0x02


def test_data_and_an_address_reach_the_flash(rig):
    rig.user(0x06)
    rig.user(0x02, data=bytes(range(64)), address=0x1234)
    assert rig.cells[0x1233 : 0x1234 + 65] == b"\xff" + bytes(range(64)) + b"\xff"


def test_data_of_no_whole_word_reach_the_flash_without_what_fills_it_up(rig):
    rig.user(0x06)
    rig.user(0x02, data=b"\1\2\3\4\5", address=0)
    assert rig.cells[:8] == b"\1\2\3\4\5\xff\xff\xff"


def test_an_unknown_command_reads_ff(rig):
    assert rig.user(0x4B, read_bits=32) == 0xFFFFFFFF


def test_an_address_register_that_is_not_in_use_is_not_sent(rig):
    rig.cells[:4] = b"zero"
    rig.spi.write(ADDR, 0x1234 << 8)
    assert rig.user(0x03, read_bits=32) == int.from_bytes(b"zero", "little")


# Canned commands


def test_the_canned_id_lies_in_the_low_24_bits(rig):
    rig.put(b"\xff" * 4)
    rig.canned(RDID)
    assert rig.spi.read(W0) == 0x1640EF


def test_the_canned_status_has_a_register_of_its_own(rig):
    rig.canned(RDSR)
    assert rig.spi.read(RD_STATUS) == 0
    rig.canned(WREN)
    rig.canned(RDSR)
    assert rig.spi.read(RD_STATUS) == 2
    rig.canned(WRDI)
    rig.canned(RDSR)
    assert rig.spi.read(RD_STATUS) == 0


def test_the_canned_status_is_written_from_that_register(rig):
    rig.canned(WREN)
    rig.spi.write(RD_STATUS, 0xAA04)
    rig.canned(WRSR)
    rig.spi.write(RD_STATUS, 0)
    rig.canned(RDSR)
    assert rig.spi.read(RD_STATUS) == 4


@pytest.mark.parametrize(
    ("bit", "address", "first", "size"),
    [(SE, 0x3123, 0x3000, SECTOR), (BE, BLOCK + 0x123, BLOCK, BLOCK), (CE, 0x123, 0, SIZE)],
)
def test_a_canned_erase_needs_to_be_enabled_and_takes_its_region(bit, address, first, size):
    rig = Rig(fill=0)
    rig.canned(bit, address)
    assert rig.cells == bytes(SIZE)
    rig.canned(WREN)
    rig.canned(bit, address)
    assert rig.cells == bytes(first) + b"\xff" * size + bytes(SIZE - first - size)


def test_a_canned_program_takes_its_length_from_the_top_of_the_address(rig):
    rig.put(bytes(range(32)))
    rig.canned(PP, 32 << 24 | 0x100)
    assert rig.cells == b"\xff" * SIZE
    rig.canned(WREN)
    rig.canned(PP, 32 << 24 | 0x100)
    assert rig.cells[0xFF:0x121] == b"\xff" + bytes(range(32)) + b"\xff"


def test_a_canned_read_takes_its_length_from_the_top_of_the_address(rig):
    rig.cells[0x100:0x120] = bytes(range(32))
    rig.put(b"\xee" * 40)
    rig.canned(READ, 32 << 24 | 0x100)
    assert rig.words(10) == bytes(range(32)) + b"\xee" * 8


# Before the pins are switched to the flash


def test_without_its_pins_it_reads_zero_and_writes_nothing():
    rig = Rig(fill=0, attached=False)
    assert rig.user(0x9F, read_bits=24) == 0
    rig.user(0x06)
    rig.user(0x20, address=0)
    rig.canned(WREN)
    rig.canned(SE, 0)
    rig.put(b"\xff" * 4)
    rig.canned(RDID)
    assert rig.spi.read(W0) == 0
    rig.spi.attached = True
    assert rig.user(0x05, read_bits=8) == 0
    assert rig.cells == bytes(SIZE)


# On the chip


def ask_for_the_id(bench) -> int:
    def write(register: int, value: int) -> None:
        (reply,) = bench.ask_words(Op.WRITE_REG, register, value, 0xFFFFFFFF, 0)
        assert reply.status == 0

    for register, value in ((USER1, 23 << 8), (USER, WITH_COMMAND | WITH_INPUT), (USER2, 7 << 28 | 0x9F), (W0, 0)):
        write(register, value)
    write(CMD, GO)
    return bench.ask_words(Op.READ_REG, W0)[0].value


def test_the_rom_reads_an_id_only_once_a_flash_command_attached_the_pins(bench):
    rom = bench()
    assert ask_for_the_id(rom) == 0
    rom.ask_words(Op.FLASH_BEGIN, 0, 0, 0x400, 0)
    assert ask_for_the_id(rom) == 0x1440EF


@pytest.mark.parametrize("generation", [0, 1, 2])
def test_a_stub_attaches_them_when_it_starts(bench, generation):
    assert ask_for_the_id(bench(Running.STUB, generation=generation, model="pow-r2")) == 0x1640EF


REGISTERS = st.tuples(st.integers(0x60000200, 0x600002FF).map(lambda address: address & ~3), st.integers(0, 2**32 - 1))


@given(st.lists(REGISTERS, max_size=30))
@example([(0x6000021C, 1 << 30), (0x60000220, 0xFC000000), (0x60000200, 1 << 18)])  # an address of 64 bits
def test_no_registers_however_set_upset_it(writes):
    spi = SpiController(FlashChip(NorFlash(bytearray(b"\xff" * 0x10000)), 0x1440EF, Faults()))
    spi.attached = True
    for address, value in writes:
        spi.write(address, value)
    spi.write(0x60000200, 1 << 28)
    assert spi.read(0x60000240) & 0xFFFFFF == 0x1440EF
