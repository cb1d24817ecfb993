"""The ROM loader: what answers after a power-up with the button held."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.practice.chip import Running
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import checksum, slip_encode

SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
SECTOR = 0x1000
IRAM = 0x40100000


@pytest.fixture
def rom(bench):
    """A ROM loader whose flash is programmed all over, so that each erased byte shows."""
    return bench(fill=b"\0")


def blank_sectors(rom) -> list[int]:
    return [n for n in range(len(rom.cells) // SECTOR) if rom.cells[n * SECTOR :][:SECTOR] == b"\xff" * SECTOR]


def test_sync_is_answered_eight_times_with_the_value_of_a_real_rom(rom):
    replies = rom.ask(Op.SYNC, SYNC)
    assert [(reply.op, reply.value, reply.status) for reply in replies] == [(Op.SYNC, 0x20120707, 0)] * 8


def test_a_register_reads_back_what_its_mask_let_through(rom):
    rom.ask_words(Op.WRITE_REG, 0x3FF00100, 0x11111111, 0xFFFFFFFF, 0)
    rom.ask_words(Op.WRITE_REG, 0x3FF00100, 0x22222222, 0x0000FF00, 0)
    (reply,) = rom.ask_words(Op.READ_REG, 0x3FF00100)
    assert (reply.value, reply.status) == (0x11112211, 0)


def test_the_chip_says_that_it_is_an_esp8266_at_the_address_where_esptool_looks(rom):
    assert rom.ask_words(Op.READ_REG, 0x40001000)[0].value == 0xFFF0C101


def test_the_uart_divider_tells_a_crystal_of_26_mhz(rom):
    rom.ask(Op.SYNC, SYNC)
    assert rom.ask_words(Op.READ_REG, 0x60000014)[0].value == 452  # as in a real trace


def test_an_unknown_command_repeats_the_last_answer_with_an_error(rom):
    rom.ask_words(Op.READ_REG, 0x40001000)
    (reply,) = rom.ask(Op.GET_SECURITY_INFO)
    assert (reply.op, reply.status) == (Op.READ_REG, 0x0105)


def test_an_unknown_command_after_sync_repeats_all_eight_answers(rom):
    rom.ask(Op.SYNC, SYNC)
    replies = rom.ask(Op.GET_SECURITY_INFO)
    assert [(reply.op, reply.value, reply.status) for reply in replies] == [(Op.SYNC, 0x20120707, 0x0105)] * 8


@pytest.mark.parametrize("op", [Op.READ_FLASH, Op.SPI_FLASH_MD5, Op.ERASE_FLASH, Op.ERASE_REGION, Op.FLASH_DEFL_BEGIN])
def test_the_rom_can_neither_read_hash_nor_erase_flash(rom, op):
    rom.ask_words(Op.READ_REG, 0)
    (reply,) = rom.ask_words(op, 0, SECTOR, SECTOR, 64)
    assert (reply.op, reply.status, reply.body) == (Op.READ_REG, 0x0105, b"")
    assert blank_sectors(rom) == []


@pytest.mark.parametrize(
    ("first", "asked", "erased"),
    [
        (0, 1, 2),  # one sector asked for: two go
        (0, 16, 32),  # a whole block counts twice
        (0, 20, 36),  # 20, and the block of 16 again
        (14, 4, 6),  # two to the end of the block count twice
        (15, 1, 2),
        (3, 0, 0),
    ],
)
def test_flash_begin_erases_more_than_asked(rom, first, asked, erased):
    (reply,) = rom.ask_words(Op.FLASH_BEGIN, asked * SECTOR, 1, 0x400, first * SECTOR)
    assert reply.status == 0
    assert blank_sectors(rom) == list(range(first, first + erased))


def test_flash_data_is_written_where_flash_begin_said(rom):
    rom.ask_words(Op.FLASH_BEGIN, SECTOR, 2, 4, 2 * SECTOR)
    assert rom.send_block(Op.FLASH_DATA, b"abcd").status == 0
    assert rom.send_block(Op.FLASH_DATA, b"efgh").status == 0
    assert rom.cells[2 * SECTOR :][:9] == b"abcdefgh\xff"


def test_flash_data_with_a_wrong_checksum_is_refused_and_not_written(rom):
    rom.ask_words(Op.FLASH_BEGIN, SECTOR, 1, 4, 0)
    assert rom.send_block(Op.FLASH_DATA, b"abcd", check=checksum(b"abcd") ^ 1).status == 0x0107
    assert rom.cells[:4] == b"\xff" * 4


def test_flash_data_before_flash_begin_is_refused(rom):
    assert rom.send_block(Op.FLASH_DATA, b"abcd").status == 0x0106


def test_memory_data_lies_in_ram_block_after_block(rom):
    rom.ask_words(Op.MEM_BEGIN, 8, 2, 4, IRAM + 0x40)
    assert rom.send_block(Op.MEM_DATA, b"\x01\x02\x03\x04").status == 0
    assert rom.send_block(Op.MEM_DATA, b"\x05\x06\x07\x08").status == 0
    words = [rom.ask_words(Op.READ_REG, IRAM + 0x40 + n)[0].value for n in (0, 4)]
    assert words == [0x04030201, 0x08070605]


def test_memory_data_with_a_wrong_checksum_is_refused_and_not_loaded(rom):
    rom.ask_words(Op.MEM_BEGIN, 4, 1, 4, IRAM)
    assert rom.send_block(Op.MEM_DATA, b"abcd", check=0).status == 0x0107
    assert rom.ask_words(Op.READ_REG, IRAM)[0].value == 0


@pytest.mark.parametrize(("start", "generation"), [(0x4010C500, 2), (0x4010D000, 1), (0x4010E000, 0), (IRAM, 0)])
def test_a_download_that_is_a_flasher_stub_greets(rom, start, generation):
    rom.ask_words(Op.MEM_BEGIN, 8000, 2, 4096, start)
    frames = rom.frames(rom.request(Op.MEM_END, struct.pack("<II", 0, start + 4)))
    assert frames[1:] == [b"OHAI"]
    assert (rom.chip.state.running, rom.chip.state.stub_generation) == (Running.STUB, generation)


@pytest.mark.parametrize(("size", "entry"), [(500, 0x4010C504), (8000, 0x40100000)])
def test_any_other_program_leaves_the_chip_silent(rom, size, entry):
    rom.ask_words(Op.MEM_BEGIN, size, 1, 4096, 0x4010C500)
    rom.ask_words(Op.MEM_END, 0, entry)
    assert rom.chip.state.running is Running.PROGRAM
    assert rom.frames(rom.request(Op.SYNC, SYNC)) == []


def test_what_comes_together_with_the_jump_into_a_program_is_not_heard_by_it(rom):
    rom.ask_words(Op.MEM_BEGIN, 8000, 2, 4096, 0x4010C500)
    sync = slip_encode(rom.request(Op.SYNC, SYNC))
    jump = slip_encode(rom.request(Op.MEM_END, struct.pack("<II", 0, 0x4010C504)))
    assert len(rom.sends(jump + sync)) == 2  # its answer, and the greeting
    assert len(rom.ask(Op.SYNC, SYNC)) == 8


@pytest.mark.parametrize("op", [Op.READ_REG, Op.WRITE_REG, Op.MEM_BEGIN, Op.MEM_DATA, Op.MEM_END, Op.FLASH_BEGIN])
def test_a_command_with_too_few_parameters_is_refused(rom, op):
    (reply,) = rom.ask(op, b"\1\0\0")
    assert (reply.op, reply.status) == (op, 0x0105)
    assert rom.chip.state.running is Running.ROM


@pytest.mark.parametrize("op", [Op.FLASH_DATA, Op.FLASH_END])
def test_a_flash_command_with_too_few_parameters_is_refused_in_a_write(rom, op):
    rom.ask_words(Op.FLASH_BEGIN, 0, 0, 0x400, 0)
    (reply,) = rom.ask(op, b"\1\0\0")
    assert (reply.op, reply.status) == (op, 0x0105)
    assert rom.chip.state.running is Running.ROM


def test_several_registers_are_written_by_one_command_and_a_torn_one_by_none(rom):
    whole = (0x3FF00100, 0x11, 0xFFFFFFFF, 0, 0x3FF00104, 0x22, 0xFFFFFFFF, 0)
    assert rom.ask_words(Op.WRITE_REG, *whole)[0].status == 0
    assert [rom.ask_words(Op.READ_REG, 0x3FF00100 + n)[0].value for n in (0, 4)] == [0x11, 0x22]
    assert rom.ask_words(Op.WRITE_REG, *whole[:4], 0x3FF00104)[0].status == 0x0105


def test_a_download_that_shall_not_run_leaves_the_loader_running(rom):
    rom.ask_words(Op.MEM_BEGIN, 8000, 2, 4096, 0x4010C500)
    rom.ask_words(Op.MEM_END, 1, 0)
    assert rom.chip.state.running is Running.ROM


@pytest.mark.parametrize(("word", "running"), [(0, Running.ROM), (1, Running.FIRMWARE)])
def test_flash_end_reboots_into_the_loader_or_runs_the_firmware(rom, word, running):
    rom.ask_words(Op.FLASH_BEGIN, 0, 0, 0x400, 0)
    reply = rom.sends(slip_encode(rom.request(Op.FLASH_END, struct.pack("<I", word))))[0]
    assert reply.data == bytes.fromhex("c0 01 04 0200 00000000 0000 c0")
    assert rom.chip.state.running is running


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.lists(st.integers(0, 0x8000), max_size=8), st.binary(max_size=3)), max_size=8
    )
)
def test_no_command_however_malformed_upsets_it(bench, commands):
    rom = bench(size=0x10000)
    for op, words, rest in commands:
        rom.sends(slip_encode(rom.request(op, struct.pack(f"<{len(words)}I", *words) + rest)))
    rom.chip.press_button(True)
    rom.chip.power(False, 0.0)
    rom.chip.power(True, 0.0)
    rom.chip.said()
    assert len(rom.ask(Op.SYNC, SYNC)) == 8


@given(st.lists(st.sampled_from([0xC0, 0xDB, 0, 8]) | st.integers(0, 255), max_size=100).map(bytes))
def test_line_noise_is_no_command(bench, noise):
    rom = bench(size=0x10000, fill=b"\0")
    # A frame of noise with 00 and a known command in front could be one: break the direction byte of each.
    rom.sends(noise.replace(b"\xc0\x00", b"\xc0\x02"))
    assert bytes(rom.cells) == bytes(0x10000)
    assert len(rom.ask(Op.SYNC, SYNC)) == 8
