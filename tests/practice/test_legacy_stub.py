"""esptool's own stub, before 5.3: it answers as it always did, slips and all."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stub_talk import (
    ADDRESS_OF_MAGIC,
    BLOCK,
    BUFFER,
    CONTENT,
    MAGIC,
    RAM,
    SECTOR,
    SYNC,
    acknowledge,
    begin_write,
    block,
    is_alive,
    is_deaf,
    protect,
    start_read,
    status_of,
    write_compressed,
)

from sonoffkit.practice.chip import Running
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import slip_encode

both_generations = pytest.mark.parametrize("generation", [0, 1])


@pytest.fixture
def stub(bench):
    """A running stub on a flash that holds something to read."""
    stub = bench(Running.STUB, generation=1, fill=b"\0")
    stub.cells[: len(CONTENT)] = CONTENT
    return stub


def magic(stub) -> int:
    return stub.ask_words(Op.READ_REG, ADDRESS_OF_MAGIC)[0].value


def test_the_oldest_stub_does_not_know_sync(bench):
    stub = bench(Running.STUB, generation=0)
    for data in (SYNC, b""):
        assert [(reply.op, reply.status) for reply in stub.ask(Op.SYNC, data)] == [(Op.SYNC, 0xFF00)]
    assert magic(stub) == MAGIC


# Lengths. What a slip of C's || makes of an error is a plain 1.

LENGTHS = {
    Op.SYNC: (36, 0xC000),
    Op.READ_REG: (4, 0xC000),
    Op.READ_FLASH: (16, 0xC000),
    Op.CHANGE_BAUDRATE: (8, 0xC000),
    Op.ERASE_FLASH: (0, 0x0100),
    Op.ERASE_REGION: (8, 0x0100),
    Op.FLASH_BEGIN: (16, 0x0100),
    Op.FLASH_DEFL_BEGIN: (16, 0x0100),
    Op.SPI_SET_PARAMS: (24, 0x0100),
    Op.SPI_ATTACH: (4, 0x0100),
    Op.MEM_BEGIN: (16, 0x0100),
    Op.MEM_END: (8, 0x0100),
}


@pytest.mark.parametrize("op", LENGTHS)
def test_a_command_of_another_length_is_refused_and_does_nothing(stub, op):
    length, status = LENGTHS[op]
    before = bytes(stub.cells)
    for other in set(range(42)) - {length} - ({20} if op in (Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN) else set()):
        assert [(reply.op, reply.status) for reply in stub.ask(op, bytes(other))] == [(op, status)], other
    assert stub.cells == before
    assert is_alive(stub)


@pytest.mark.parametrize("op", [Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN])
def test_a_write_may_begin_with_a_word_more_as_esptool_sends_it_from_5_3_on(stub, op):
    assert status_of(stub, op, 8, 1, 0x4000, 0, 0) == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0xC800


def test_a_digest_of_another_length_is_refused(stub):
    request = stub.request(Op.SPI_FLASH_MD5, bytes(15))
    (frame,) = stub.frames(request)
    assert frame[-2:] == b"\1\0"


@pytest.mark.parametrize("op", [op for op in LENGTHS if op not in (Op.SYNC, Op.CHANGE_BAUDRATE)])
def test_a_command_of_the_right_length_is_carried_out(stub, op):
    frame, *_more = stub.frames(stub.request(op, bytes(LENGTHS[op][0])))
    assert frame[:2] == bytes([1, op])
    assert frame[-2:] == b"\0\0"


@pytest.mark.parametrize("size", [0x4011, 0xFFFF])
@pytest.mark.parametrize("op", [Op.FLASH_DATA, Op.READ_REG, 0xE0])
def test_more_data_than_its_buffer_holds_are_refused_by_what_the_header_says(stub, op, size):
    assert stub.frames(struct.pack("<BBHI", 0, op, size, 0)) == [bytes([1, op, 2, 0, 0, 0, 0, 0, 0xC0, 0xEE])]


@pytest.mark.parametrize("op", [0x00, 0x01, 0x0C, 0x0E, Op.GET_SECURITY_INFO, 0xD4, 0xE0, 0xFF])
@both_generations
def test_a_command_that_it_does_not_know_is_refused(bench, generation, op):
    stub = bench(Running.STUB, generation=generation)
    assert [(reply.op, reply.status) for reply in stub.ask(op, b"ab")] == [(op, 0xFF00)]


def test_it_does_not_look_whether_a_frame_is_a_request(stub):
    frame = struct.pack("<BBHII", 0x77, Op.READ_REG, 4, 0, ADDRESS_OF_MAGIC)
    assert stub.frames(frame) == [struct.pack("<BBHI", 1, Op.READ_REG, 2, MAGIC) + b"\0\0"]


# What its two buffers still hold


def test_an_empty_frame_carries_out_the_last_but_one_command_again(stub):
    magic(stub)
    assert status_of(stub, Op.SPI_ATTACH, 0) == 0
    again = stub.frames(b"")
    assert again == [struct.pack("<BBHI", 1, Op.READ_REG, 2, MAGIC) + b"\0\0"]
    assert stub.frames(b"")[0][1] == Op.SPI_ATTACH
    assert stub.frames(b"") == again


def test_an_empty_frame_writes_the_last_but_one_block_again(stub):
    begin_write(stub, 0, 24)
    block(stub, Op.FLASH_DATA, b"one.", 0)
    block(stub, Op.FLASH_DATA, b"two.", 1)
    for _ in range(3):
        assert stub.frames(b"")[0][-2:] == b"\0\0"
    assert stub.cells[:24] == b"one.two.one.two.one.".ljust(24, b"\xff")


def test_the_first_empty_frame_finds_nothing(stub):
    assert stub.frames(b"") == [bytes([1, 0, 2, 0, 0, 0, 0, 0, 0xFF, 0])]


def test_what_a_frame_is_short_of_comes_from_the_last_but_one(stub):
    status_of(stub, Op.WRITE_REG, RAM, 0x01020304, 0xFFFFFFFF, 0)
    magic(stub)
    header = struct.pack("<BBHI", 0, Op.READ_REG, 4, 0)
    assert struct.unpack_from("<I", stub.frames(header)[0], 4) == (0x01020304,)  # its first word was RAM


def test_what_a_frame_has_too_much_of_is_not_looked_at(stub):
    frame = struct.pack("<BBHII", 0, Op.READ_REG, 4, 0, ADDRESS_OF_MAGIC) + b"and more"
    assert struct.unpack_from("<I", stub.frames(frame)[0], 4) == (MAGIC,)


# Registers and memory


@pytest.mark.parametrize("length", [1, 15, 17])
def test_half_a_register_is_refused(stub, length):
    assert [reply.status for reply in stub.ask(Op.WRITE_REG, bytes(length))] == [0xC000]


def test_a_download_is_written_and_counted(stub):
    assert block(stub, Op.MEM_DATA, b"abcd") == 0xC600
    assert status_of(stub, Op.MEM_BEGIN, 12, 2, 8, RAM) == 0
    assert block(stub, Op.MEM_DATA, b"abcd", check=0, size=99) == 0  # nobody looks at these
    assert block(stub, Op.MEM_DATA, b"efghi") == 0xC000
    assert block(stub, Op.MEM_DATA, b"efghijklmnop") == 0xC900
    assert block(stub, Op.MEM_DATA, b"efghijkl") == 0
    words = [stub.ask_words(Op.READ_REG, RAM + n)[0].value for n in (0, 4, 8)]
    assert struct.pack("<III", *words) == b"abcdefghijkl"
    assert status_of(stub, Op.MEM_END, 0, 0) == 0


def test_a_download_that_ends_before_its_time_is_refused_once(stub):
    status_of(stub, Op.MEM_BEGIN, 12, 2, 8, RAM)
    assert status_of(stub, Op.MEM_END, 0, RAM) == 0x0100
    assert stub.chip.state.running is Running.STUB
    assert status_of(stub, Op.MEM_END, 0, 0) == 0


@pytest.mark.parametrize(("stay", "entry", "running"), [(1, RAM, Running.PROGRAM), (0, 0, Running.STUB)])
def test_a_download_is_started_wherever_an_address_is_given(stub, stay, entry, running):
    status_of(stub, Op.MEM_BEGIN, 0, 0, 0, RAM)
    assert status_of(stub, Op.MEM_END, stay, entry) == 0
    assert stub.chip.state.running is running


# Reading


def test_one_packet_is_in_flight_and_the_digest_comes_last(stub):
    size = 2 * SECTOR + 5
    assert start_read(stub, 0, size) == [CONTENT[:SECTOR]]
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]
    assert acknowledge(stub, 2 * SECTOR) == [CONTENT[2 * SECTOR : size]]
    assert acknowledge(stub, size) == [hashlib.md5(CONTENT[:size]).digest()]
    assert is_alive(stub)


@given(st.integers(0, 900), st.integers(1, 900), st.integers(1, 300), st.integers(1, 700))
def test_packets_come_for_as_long_as_fewer_bytes_are_in_flight_than_packets_were_allowed(
    bench, offset, size, packet, in_flight
):
    stub = bench(Running.STUB, generation=1, size=SECTOR)
    stub.cells[:3000] = CONTENT[:3000]
    frames, sent, acked = start_read(stub, offset, size, packet, in_flight), 0, 0
    while acked < size:
        for data in frames:
            assert sent - acked < in_flight
            assert data == CONTENT[offset + sent : offset + min(sent + packet, size)]
            sent += len(data)
        assert sent == size or sent - acked >= in_flight
        acked = min(acked + packet, sent)
        frames = acknowledge(stub, acked)
    assert frames == [hashlib.md5(CONTENT[offset : offset + size]).digest()]


def test_an_acknowledgement_of_less_than_was_sent_lets_nothing_more_out(stub):
    start_read(stub, 0, 2 * SECTOR)
    assert acknowledge(stub, 0) == []
    assert acknowledge(stub, SECTOR - 64) == []
    assert acknowledge(stub, SECTOR - 63) == [CONTENT[SECTOR : 2 * SECTOR]]


def test_an_acknowledgement_of_more_than_was_sent_ends_the_read(stub):
    start_read(stub, 0, 3 * SECTOR)
    assert acknowledge(stub, SECTOR + 1) == [hashlib.md5(CONTENT[:SECTOR]).digest()]
    assert is_alive(stub)


def test_of_a_longer_frame_the_first_word_is_taken(stub):
    start_read(stub, 0, 2 * SECTOR)
    assert stub.frames(struct.pack("<I", SECTOR) + b"and more") == [CONTENT[SECTOR : 2 * SECTOR]]


@pytest.mark.parametrize("frame", [b"", b"\0", b"\0\x10\0"])
def test_a_frame_of_less_than_a_word_ends_the_read_with_the_digest_so_far(stub, frame):
    start_read(stub, 0, 3 * SECTOR)
    acknowledge(stub, SECTOR)
    assert stub.frames(frame) == [hashlib.md5(CONTENT[: 2 * SECTOR]).digest()]
    assert is_alive(stub)


def test_an_acknowledgement_does_not_fill_a_buffer_of_commands(stub):
    magic(stub)
    start_read(stub, 0, 5)
    acknowledge(stub, 5)
    assert stub.frames(b"")[0][1] == Op.READ_REG


def test_a_read_of_nothing_is_a_digest_of_nothing(stub):
    assert start_read(stub, 0, 0) == [hashlib.md5(b"").digest()]


def test_with_nothing_allowed_in_flight_nothing_comes(stub):
    assert start_read(stub, 0, SECTOR, in_flight=0) == []
    assert acknowledge(stub, 0) == []
    assert acknowledge(stub, 1) == [hashlib.md5(b"").digest()]


def test_packets_of_nothing_never_end(stub):
    start_read(stub, 0, SECTOR, packet=0)
    assert is_deaf(stub)


def test_packets_larger_than_its_buffer_do_not_come_at_all(stub):
    assert start_read(stub, 0, SECTOR, SECTOR + 1) == []


# Digests, and how far it reaches


def test_until_it_is_told_it_takes_the_flash_for_one_of_16_mb(stub):
    assert stub.ask_words(Op.SPI_FLASH_MD5, 0x1000000 - 1, 1, 0, 0)[0].status == 0
    (frame,) = stub.frames(stub.request(Op.SPI_FLASH_MD5, struct.pack("<IIII", 0x1000000 - 1, 2, 0, 0)))
    assert frame[-2:] == b"\1\0"


def test_data_beyond_the_end_are_not_written_and_that_is_told_from_then_on(stub):
    assert status_of(stub, Op.SPI_SET_PARAMS, 0, 0x20000, BLOCK, SECTOR, 256, 0xFFFF) == 0
    begin_write(stub, 0x20000 - 4, 12)
    assert block(stub, Op.FLASH_DATA, b"abcdefgh") == 0
    assert block(stub, Op.FLASH_DATA, b"ijkl", 1) == 0xC400
    assert b"abcd" not in stub.cells


# Writing


def test_a_block_is_written_and_the_sectors_under_it_erased_first(stub):
    begin_write(stub, SECTOR, 6)
    assert stub.cells[: len(CONTENT)] == CONTENT
    assert block(stub, Op.FLASH_DATA, b"abcdef") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    assert stub.cells[SECTOR : 2 * SECTOR] == b"abcdef".ljust(SECTOR, b"\xff")
    assert stub.cells[:SECTOR] + stub.cells[2 * SECTOR : 3 * SECTOR] == CONTENT[:SECTOR] + CONTENT[2 * SECTOR :]


@both_generations
@pytest.mark.parametrize("piece", [100, 0x4000])
@pytest.mark.parametrize("size", [9000, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER])
def test_a_compressed_write_of_any_size_leaves_its_data(bench, generation, size, piece):
    stub = bench(Running.STUB, generation=generation, fill=b"\0")
    data = CONTENT * (size // len(CONTENT)) + CONTENT[: size % len(CONTENT)]
    write_compressed(stub, BLOCK, data, piece)
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0
    end = BLOCK + -(-size // SECTOR) * SECTOR
    assert stub.cells[BLOCK:end] == data.ljust(end - BLOCK, b"\xff")
    assert stub.cells[end] == 0


@pytest.mark.parametrize("compressed", [False, True])
def test_nothing_is_written_beyond_the_announced_size(stub, compressed):
    begin, data = (Op.FLASH_DEFL_BEGIN, Op.FLASH_DEFL_DATA) if compressed else (Op.FLASH_BEGIN, Op.FLASH_DATA)
    begin_write(stub, 0, SECTOR, begin)
    much = bytes([7]) * (SECTOR + 50)
    assert block(stub, data, zlib.compress(much) if compressed else much) == 0
    assert block(stub, data, b"more", 1) == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    assert stub.cells[: 2 * SECTOR] == much[:SECTOR] + CONTENT[SECTOR : 2 * SECTOR]


@pytest.mark.parametrize(("flaw", "status"), [({"check": 0}, 0xC100), ({"size": 3}, 0xC000), ({"size": 5}, 0xC000)])
def test_a_block_that_came_damaged_is_refused_not_written_and_may_be_sent_again(stub, flaw, status):
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd", **flaw) == status
    assert stub.cells[: len(CONTENT)] == CONTENT
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert stub.cells[:4] == b"abcd"


def test_of_a_false_length_and_a_false_checksum_it_tells_the_checksum(stub):
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd", size=3, check=0) == 0xC100


@pytest.mark.parametrize("op", [Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN])
@pytest.mark.parametrize(("size", "status"), [(0x4000, 0), (0x4001, 0xC200), (0xFFFFFFFF, 0xC200)])
def test_a_block_that_its_buffer_cannot_hold_is_refused_at_the_beginning(stub, op, size, status):
    assert status_of(stub, op, 8, 1, size, 0) == status
    assert status_of(stub, Op.FLASH_END, 1) == (0xC600 if status else 0xC800)


def test_the_largest_block_fits(stub):
    data = CONTENT + CONTENT[: 0x4000 - len(CONTENT)]
    begin_write(stub, 0, 0x4000)
    assert block(stub, Op.FLASH_DATA, data) == 0
    assert stub.cells[:0x4000] == data


@pytest.mark.parametrize("end", [Op.FLASH_END, Op.FLASH_DEFL_END])
def test_the_end_of_a_write_with_data_missing_is_refused(stub, end):
    begin_write(stub, 0, 8)
    block(stub, Op.FLASH_DATA, b"abcd")
    assert status_of(stub, end, 0) == 0xC800
    assert stub.chip.state.running is Running.STUB
    block(stub, Op.FLASH_DATA, b"efgh", 1)
    assert status_of(stub, end, 1) == 0
    assert status_of(stub, end, 1) == 0xC600


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=5), st.integers(0, 3 * SECTOR))
def test_a_write_in_any_blocks_leaves_the_data_and_erases_whole_sectors_only(bench, blocks, offset):
    stub = bench(Running.STUB, generation=1, size=8 * SECTOR, fill=b"\0")
    data = b"".join(blocks)
    begin_write(stub, offset, len(data))
    for number, part in enumerate(blocks):
        assert block(stub, Op.FLASH_DATA, part, number) == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    first, end = offset // SECTOR * SECTOR, -(-(offset + len(data)) // SECTOR) * SECTOR
    wanted = bytearray(bytes(first) + b"\xff" * (end - first) + bytes(8 * SECTOR - end))
    wanted[offset : offset + len(data)] = data
    assert stub.cells == wanted


def test_it_erases_as_far_as_the_sector_in_which_the_next_block_starts(stub):
    begin_write(stub, 0, 3 * SECTOR)
    assert block(stub, Op.FLASH_DATA, b"\x55" * SECTOR) == 0
    assert stub.cells[: 3 * SECTOR] == b"\x55" * SECTOR + b"\xff" * SECTOR + CONTENT[2 * SECTOR :]


@pytest.mark.parametrize("size", [BLOCK, 2 * BLOCK])
def test_where_a_whole_block_is_due_it_is_erased_at_once(stub, size):
    stub.cells[:] = bytes(len(stub.cells))
    begin_write(stub, 0, size)
    assert block(stub, Op.FLASH_DATA, b"\x55") == 0
    assert stub.cells[: BLOCK + 1] == b"\x55" + b"\xff" * (BLOCK - 1) + b"\0"


# Errors that stay


def test_the_error_of_a_write_stays_until_the_next_begins(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, b"this is no deflate stream") == 0
    assert magic(stub) == MAGIC  # other commands are not touched by it
    assert block(stub, Op.FLASH_DEFL_DATA, b"more", 1) == 0xC700
    assert block(stub, Op.FLASH_DEFL_DATA, b"more", 2) == 0xC700
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0


def test_a_stream_that_ends_too_early_is_told_with_the_next_block(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, zlib.compress(b"short")) == 0
    assert block(stub, Op.FLASH_DEFL_DATA, b"more", 1) == 0xC800
    assert stub.cells[:6] == b"short\xff"
    assert status_of(stub, Op.FLASH_DEFL_END, 0) == 0xC800


def test_a_write_with_an_error_ends_with_it_and_without_a_restart(stub):
    status_of(stub, Op.SPI_SET_PARAMS, 0, 0x20000, BLOCK, SECTOR, 256, 0xFFFF)
    begin_write(stub, 0x20000, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert status_of(stub, Op.FLASH_END, 0) == 0xC400
    assert stub.chip.state.running is Running.STUB
    assert status_of(stub, Op.FLASH_END, 0) == 0xC600  # the write is over all the same


# Erasing


@pytest.mark.parametrize(("start", "size"), [(1, SECTOR), (0, 100)])
def test_erase_region_refuses_half_sectors(stub, start, size):
    assert status_of(stub, Op.ERASE_REGION, start, size) == 0x0100
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]


# A flash that is protected, or that stays busy


def test_a_write_takes_the_protection_away(stub):
    protect(stub, 0x1C)
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert stub.cells[:4] == b"abcd"


def test_erasing_a_region_takes_the_protection_away(stub):
    protect(stub, 0x1C)
    assert status_of(stub, Op.ERASE_REGION, 0, SECTOR) == 0
    assert stub.cells[:SECTOR] == b"\xff" * SECTOR


@pytest.mark.parametrize(("op", "words"), [(Op.ERASE_FLASH, ()), (Op.ERASE_REGION, (0, SECTOR))])
def test_erasing_a_flash_that_stays_busy_never_ends(stub, op, words):
    stub.faults.stuck_busy = True
    assert stub.ask_words(op, *words) == []
    assert is_deaf(stub)


# Speed, restart


def test_a_change_of_speed_is_answered_at_the_old_one(stub):
    change = slip_encode(stub.request(Op.CHANGE_BAUDRATE, struct.pack("<II", 460800, 115200)))
    assert [sent.baud for sent in stub.sends(change, 115200)] == [115200]
    assert stub.chip.state.baud == 460800


@both_generations
def test_it_can_start_the_firmware(bench, generation):
    stub = bench(Running.STUB, generation=generation, fill=b"\xff")
    stub.sends(slip_encode(stub.request(Op.RUN_USER_CODE)))
    assert stub.chip.state.running is Running.FIRMWARE


# The restart leads into the ROM loader again, and esptool's `--after no-reset` counts on it.
@both_generations
@pytest.mark.parametrize("op", [Op.FLASH_END, Op.FLASH_DEFL_END])
@pytest.mark.parametrize(("stay", "running"), [(0, Running.ROM), (1, Running.STUB)])
def test_it_restarts_at_the_end_of_a_write_where_it_is_not_told_to_stay(bench, generation, op, stay, running):
    stub = bench(Running.STUB, generation=generation)
    begin_write(stub, 0, 0)
    answer = stub.sends(slip_encode(stub.request(op, struct.pack("<I", stay))))[0].data
    assert answer == slip_encode(bytes([1, op, 2, 0, 0, 0, 0, 0, 0, 0]))
    assert stub.chip.state.running is running


def test_what_an_abandoned_write_had_inflated_comes_first_in_the_next(stub):
    begin_write(stub, 0x8000, 0x2000, Op.FLASH_DEFL_BEGIN)
    stream = zlib.compressobj()
    half = stream.compress(b"left over") + stream.flush(zlib.Z_SYNC_FLUSH)
    assert block(stub, Op.FLASH_DEFL_DATA, half) == 0
    begin_write(stub, 0x8000, 800, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, zlib.compress(b"as it is" * 100)) == 0
    assert stub.cells[0x8000:0x8320] == (b"left over" + b"as it is" * 100)[:800]


def test_after_a_read_in_packets_that_are_too_large_it_is_deaf_for_good(stub):
    assert start_read(stub, 0, 0x2000, packet=0x1001) == []
    assert is_deaf(stub)
    stub.chip.power(False, 1.0)
    stub.chip.press_button(True)
    stub.chip.power(True, 2.0)
    stub.chip.said()
    assert not is_deaf(stub)


@pytest.mark.parametrize("data_op", [Op.FLASH_DATA, Op.FLASH_DEFL_DATA])
def test_it_is_the_data_command_that_says_whether_they_are_deflated(stub, data_op):
    begin_write(stub, 0x8000, 800, Op.FLASH_DEFL_BEGIN)
    sent = b"as it is" * 100
    assert block(stub, data_op, sent if data_op == Op.FLASH_DATA else zlib.compress(sent)) == 0
    assert stub.cells[0x8000:0x8320] == sent


def test_an_erase_that_runs_over_the_size_that_it_was_told_goes_up_to_it(stub):
    assert status_of(stub, Op.SPI_SET_PARAMS, 0, 2 * SECTOR, BLOCK, SECTOR, 256, 0xFFFF) == 0
    assert status_of(stub, Op.ERASE_REGION, SECTOR, 2 * SECTOR) == 0x0100
    assert stub.cells[: 3 * SECTOR] == CONTENT[:SECTOR] + b"\xff" * SECTOR + CONTENT[2 * SECTOR :]
