"""The flasher stub: reading with acknowledgements, digests, writing behind the answer, erasing."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.practice.chip import Running
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import checksum, slip_encode

SECTOR, BLOCK = 0x1000, 0x10000
CONTENT = bytes(n * n % 251 for n in range(3 * SECTOR))

both_generations = pytest.mark.parametrize("generation", [1, 2])


@pytest.fixture
def stub(bench):
    """A running stub on a flash that holds something to read."""
    stub = bench(Running.STUB, fill=b"\0")
    stub.cells[: len(CONTENT)] = CONTENT
    return stub


def start_read(stub, offset: int, size: int) -> list[bytes]:
    request = stub.request(Op.READ_FLASH, struct.pack("<IIII", offset, size, SECTOR, 64))
    answer, *packets = stub.frames(request)
    assert answer[-2:] == b"\0\0"
    return packets


def acknowledge(stub, n: int) -> list[bytes]:
    return stub.frames(struct.pack("<I", n))


def begin_write(stub, offset: int, size: int, op: int = Op.FLASH_BEGIN) -> None:
    (reply,) = stub.ask_words(op, size, 1, 0x4000, offset, 0)
    assert reply.status == 0


def is_alive(stub) -> bool:
    return [reply.value for reply in stub.ask(Op.SYNC, b"\x07\x07\x12\x20" + 32 * b"\x55")] == [0] * 8


def test_sync_is_answered_with_the_value_zero_by_which_esptool_knows_a_stub(stub):
    assert is_alive(stub)


# Reading


def test_one_packet_is_in_flight_and_the_digest_comes_last(stub):
    size = 2 * SECTOR + 5
    packets = start_read(stub, 0, size)
    assert packets == [CONTENT[:SECTOR]]
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]
    assert acknowledge(stub, 2 * SECTOR) == [CONTENT[2 * SECTOR : size]]
    assert acknowledge(stub, size) == [hashlib.md5(CONTENT[:size]).digest()]
    assert is_alive(stub)


def test_no_digest_comes_before_the_last_byte_was_acknowledged(stub):
    start_read(stub, 0, SECTOR)
    assert acknowledge(stub, SECTOR - 1) == []
    assert acknowledge(stub, SECTOR) == [hashlib.md5(CONTENT[:SECTOR]).digest()]


def test_a_frame_that_is_not_four_bytes_long_ends_the_read_with_the_digest_so_far(stub):
    start_read(stub, 0, 3 * SECTOR)
    acknowledge(stub, SECTOR)
    assert stub.frames(b"\0") == [hashlib.md5(CONTENT[: 2 * SECTOR]).digest()]
    assert is_alive(stub)


def test_while_it_reads_a_command_is_not_obeyed(stub):
    start_read(stub, 0, 2 * SECTOR)
    stub.sends(slip_encode(stub.request(Op.ERASE_FLASH)))
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]


@pytest.mark.parametrize("packet", [0, SECTOR + 1])
def test_a_packet_size_that_does_not_fit_its_buffer_is_refused(stub, packet):
    assert [reply.status for reply in stub.ask_words(Op.READ_FLASH, 0, SECTOR, packet, 64)] == [0xC000]
    assert is_alive(stub)


def test_the_digest_of_a_region_is_that_of_its_bytes(stub):
    (reply,) = stub.ask_words(Op.SPI_FLASH_MD5, 100, 5000, 0, 0)
    assert (reply.status, reply.body) == (0, hashlib.md5(CONTENT[100:5100]).digest())


# Writing


def test_a_block_is_written_and_the_sectors_under_it_erased_first(stub):
    begin_write(stub, SECTOR, 6)
    assert stub.send_block(Op.FLASH_DATA, b"abcdef").status == 0
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0
    assert stub.cells[SECTOR : 2 * SECTOR] == b"abcdef".ljust(SECTOR, b"\xff")
    assert stub.cells[:SECTOR] + stub.cells[2 * SECTOR : 3 * SECTOR] == CONTENT[:SECTOR] + CONTENT[2 * SECTOR :]


def test_compressed_blocks_are_inflated_across_their_edges(stub):
    data = bytes(n * n * n % 253 for n in range(9000))
    packed = zlib.compress(data)
    begin_write(stub, 0, len(data), Op.FLASH_DEFL_BEGIN)
    for start in range(0, len(packed), 100):
        assert stub.send_block(Op.FLASH_DEFL_DATA, packed[start : start + 100]).status == 0
    assert stub.ask_words(Op.FLASH_DEFL_END, 1)[0].status == 0
    assert stub.cells[: 3 * SECTOR] == data.ljust(3 * SECTOR, b"\xff")


@pytest.mark.parametrize("compressed", [False, True])
def test_nothing_is_written_beyond_the_announced_size(stub, compressed):
    begin, data = (Op.FLASH_DEFL_BEGIN, Op.FLASH_DEFL_DATA) if compressed else (Op.FLASH_BEGIN, Op.FLASH_DATA)
    begin_write(stub, 0, SECTOR, begin)
    block = bytes([7]) * (SECTOR + 50)
    stub.send_block(data, zlib.compress(block) if compressed else block)
    stub.send_block(data, b"more")
    assert stub.cells[SECTOR : 2 * SECTOR] == CONTENT[SECTOR : 2 * SECTOR]
    assert stub.cells[:SECTOR] == block[:SECTOR]


@pytest.mark.parametrize(("flaw", "status"), [({"check": 0}, 0xC100), ({"size": 3}, 0xC900)])
def test_a_block_that_came_damaged_is_refused_not_written_and_may_be_sent_again(stub, flaw, status):
    begin_write(stub, 0, 4)
    assert checksum(b"abcd") != 0
    assert stub.send_block(Op.FLASH_DATA, b"abcd", **flaw).status == status
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]
    assert stub.send_block(Op.FLASH_DATA, b"abcd").status == 0
    assert stub.cells[:4] == b"abcd"


@pytest.mark.parametrize("op", [Op.FLASH_DATA, Op.FLASH_DEFL_DATA])
def test_data_without_a_beginning_is_refused(stub, op):
    assert stub.send_block(op, b"abcd").status == 0xC600
    assert stub.cells[:4] == CONTENT[:4]


def test_the_end_of_a_write_with_data_missing_is_refused(stub):
    begin_write(stub, 0, 8)
    stub.send_block(Op.FLASH_DATA, b"abcd")
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0xC000
    stub.send_block(Op.FLASH_DATA, b"efgh")
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0


def test_an_end_without_a_write_is_refused(stub):
    begin_write(stub, 0, 0)
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0xC600


def test_a_bad_deflate_stream_is_told_in_the_next_answer_and_only_there(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    assert stub.send_block(Op.FLASH_DEFL_DATA, b"this is no deflate stream").status == 0
    (reply,) = stub.ask_words(Op.READ_REG, 0x40001000)
    assert (reply.op, reply.status) == (Op.READ_REG, 0xC700)
    assert stub.ask_words(Op.READ_REG, 0x40001000)[0].status == 0


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=5), st.integers(0, 3 * SECTOR))
def test_a_write_in_any_blocks_leaves_the_data_and_erases_whole_sectors_only(bench, blocks, offset):
    offset -= offset % 4
    stub = bench(Running.STUB, size=8 * SECTOR, fill=b"\0")
    data = b"".join(blocks)
    begin_write(stub, offset, len(data))
    for block in blocks:
        assert stub.send_block(Op.FLASH_DATA, block).status == 0
    assert stub.ask_words(Op.FLASH_END, 1)[0].status == 0
    first, end = offset // SECTOR * SECTOR, -(-(offset + len(data)) // SECTOR) * SECTOR
    wanted = bytearray(bytes(first) + b"\xff" * (end - first) + bytes(8 * SECTOR - end))
    wanted[offset : offset + len(data)] = data
    assert stub.cells == wanted


# Erasing


def test_erase_flash_leaves_ff_only(stub):
    assert [reply.status for reply in stub.ask(Op.ERASE_FLASH)] == [0]
    assert stub.cells == b"\xff" * len(stub.cells)


def test_erase_region_takes_exactly_its_sectors(stub):
    # From the last sector of a block, over a whole block, to the first of the next.
    start, size = BLOCK - SECTOR, BLOCK + 2 * SECTOR
    assert stub.ask_words(Op.ERASE_REGION, start, size)[0].status == 0
    assert stub.cells[start - 1 : start + size + 1] == b"\0" + b"\xff" * size + b"\0"
    assert stub.cells[: len(CONTENT)] == CONTENT


@pytest.mark.parametrize(("start", "size"), [(1, SECTOR), (0, 100)])
def test_erase_region_refuses_half_sectors(stub, start, size):
    assert stub.ask_words(Op.ERASE_REGION, start, size)[0].status == 0xC000
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]


# Speed, restart, unknown commands


def test_a_change_of_speed_is_answered_at_the_old_one(stub):
    stub.ask(Op.SYNC, b"\x07\x07\x12\x20")
    change = slip_encode(stub.request(Op.CHANGE_BAUDRATE, struct.pack("<II", 460800, 115200)))
    assert [sent.baud for sent in stub.sends(change, 115200)] == [115200]
    assert stub.chip.state.baud == 460800
    sync = slip_encode(stub.request(Op.SYNC, b"\x07\x07\x12\x20"))
    assert {sent.baud for sent in stub.sends(sync, 460800)} == {460800}
    assert stub.sends(sync, 115200) == []


@pytest.mark.parametrize(
    ("generation", "op", "status"), [(2, 0xE0, 0xC300), (2, Op.GET_SECURITY_INFO, 0xFF00), (1, 0xE0, 0xFF00)]
)
def test_a_command_that_it_does_not_know_is_refused(bench, generation, op, status):
    stub = bench(Running.STUB, generation=generation)
    assert [(reply.op, reply.status) for reply in stub.ask(op)] == [(op, status)]


@pytest.mark.parametrize(("generation", "running"), [(1, Running.FIRMWARE), (2, Running.STUB)])
def test_only_the_old_stub_can_start_the_firmware(bench, generation, running):
    stub = bench(Running.STUB, generation=generation)
    assert stub.ask(Op.RUN_USER_CODE) == []
    assert stub.chip.state.running is running


# The new stub's reboot does nothing yet; the old one's restarts into the ROM loader, and esptool's
# `--after no-reset` counts on it.
@pytest.mark.parametrize(
    ("generation", "running"),
    [(1, Running.ROM), (2, Running.STUB)],
)
def test_only_the_old_stub_restarts_into_the_rom_at_the_end_of_a_write(bench, generation, running):
    stub = bench(Running.STUB, generation=generation)
    begin_write(stub, 0, 0)
    assert stub.ask_words(Op.FLASH_END, 0)[0].status == 0
    assert stub.chip.state.running is running


@both_generations
@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.lists(st.integers(0, 0x8000), max_size=8), st.binary(max_size=3)), max_size=8
    )
)
def test_no_command_however_malformed_upsets_it(bench, generation, commands):
    stub = bench(Running.STUB, generation=generation, size=BLOCK)
    for op, words, rest in commands:
        stub.sends(
            slip_encode(stub.request(op, struct.pack(f"<{len(words)}I", *words) + rest)), stub.chip.state.baud or 115200
        )
    stub.chip.press_button(True)
    stub.chip.power(False)
    stub.chip.power(True)
    assert len(stub.ask(Op.SYNC, b"\x07\x07\x12\x20")) == 8
