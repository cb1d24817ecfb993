"""The flasher stub of esptool 5.3 on: reading with acknowledgements, digests, writing behind the answer, erasing."""

from __future__ import annotations

import hashlib
import struct
import zlib

import pytest
from hypothesis import example, given
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
from sonoffkit.practice.slip import checksum, slip_encode


@pytest.fixture
def stub(bench):
    """A running stub on a flash that holds something to read."""
    stub = bench(Running.STUB, fill=b"\0")
    stub.cells[: len(CONTENT)] = CONTENT
    return stub


def noisy(size: int) -> bytes:
    """Bytes that hardly compress: digests, one after the other."""
    return b"".join(hashlib.md5(bytes([n % 256, n // 256])).digest() for n in range(-(-size // 16)))[:size]


# Lengths. WRITE_REG and GET_SECURITY_INFO have theirs below.

TAKEN = {
    Op.SYNC: [36],
    Op.READ_REG: [4],
    Op.MEM_BEGIN: [16],
    Op.MEM_END: [8],
    Op.SPI_ATTACH: [4],
    Op.SPI_SET_PARAMS: [24],
    Op.CHANGE_BAUDRATE: [8],
    Op.SPI_FLASH_MD5: [16],
    Op.READ_FLASH: [16],
    Op.ERASE_REGION: [8],
    Op.FLASH_BEGIN: [16, 20],
    Op.FLASH_DEFL_BEGIN: [16, 20],
    Op.FLASH_END: [4],
    Op.FLASH_DEFL_END: [4],
}


@pytest.mark.parametrize("op", TAKEN)
def test_a_command_of_another_length_is_refused_and_does_nothing(stub, op):
    before = bytes(stub.cells)
    for length in set(range(42)) - set(TAKEN[op]):
        assert [(reply.op, reply.status) for reply in stub.ask(op, bytes(length))] == [(op, 0xC000)], length
    assert stub.cells == before
    assert is_alive(stub)


@pytest.mark.parametrize(
    ("op", "length", "status"),
    [
        (Op.READ_REG, 4, 0),
        (Op.MEM_BEGIN, 16, 0),
        (Op.MEM_END, 8, 0xC600),
        (Op.SPI_ATTACH, 4, 0),
        (Op.SPI_SET_PARAMS, 24, 0),
        (Op.SPI_FLASH_MD5, 16, 0),
        (Op.ERASE_REGION, 8, 0),
        (Op.FLASH_BEGIN, 16, 0),
        (Op.FLASH_BEGIN, 20, 0),
        (Op.FLASH_DEFL_BEGIN, 16, 0),
        (Op.FLASH_DEFL_BEGIN, 20, 0),
        (Op.FLASH_END, 4, 0xC600),
        (Op.FLASH_DEFL_END, 4, 0xC600),
        (Op.ERASE_FLASH, 0, 0),
        (Op.ERASE_FLASH, 7, 0),  # nobody looks
    ],
)
def test_a_command_of_the_right_length_is_carried_out(stub, op, length, status):
    assert [(reply.op, reply.status) for reply in stub.ask(op, bytes(length))] == [(op, status)]


@pytest.mark.parametrize(
    ("op", "length", "status"),
    [
        (Op.FLASH_DATA, 15, 0xC800),
        (Op.FLASH_DATA, 0, 0xC800),
        (Op.FLASH_DEFL_DATA, 15, 0xC000),
        (Op.FLASH_DEFL_DATA, 0, 0xC000),
        (Op.MEM_DATA, 15, 0xC800),
        (Op.MEM_DATA, 0, 0xC800),
    ],
)
def test_data_without_a_whole_header_are_refused(stub, op, length, status):
    assert [(reply.op, reply.status) for reply in stub.ask(op, bytes(length))] == [(op, status)]


@pytest.mark.parametrize("surplus", [-1, 1, 300])
def test_a_frame_of_another_length_than_it_says_is_refused(stub, surplus):
    frame = struct.pack("<BBHI", 0, Op.READ_REG, 4 + surplus, 0) + struct.pack("<I", ADDRESS_OF_MAGIC)
    assert stub.frames(frame) == [bytes([1, Op.READ_REG, 2, 0, 0, 0, 0, 0, 0xC0, 0])]


def test_a_frame_that_is_no_request_is_refused(stub):
    frame = struct.pack("<BBHI", 1, Op.ERASE_FLASH, 0, 0)
    assert stub.frames(frame) == [bytes([1, Op.ERASE_FLASH, 2, 0, 0, 0, 0, 0, 0xC3, 0])]
    assert stub.cells[: len(CONTENT)] == CONTENT


@pytest.mark.parametrize("op", [0x00, 0x01, 0x0C, 0x0E, 0xD4, 0xD5, 0xDD, 0xE0, 0xFF])
def test_a_command_that_it_does_not_know_is_refused(stub, op):
    assert [(reply.op, reply.status) for reply in stub.ask(op)] == [(op, 0xC300)]


def test_it_has_no_security_info_on_this_chip(stub):
    assert [(reply.op, reply.status) for reply in stub.ask(Op.GET_SECURITY_INFO)] == [(Op.GET_SECURITY_INFO, 0xFF00)]


# Registers and memory


def test_a_download_is_written_and_counted(stub):
    assert block(stub, Op.MEM_DATA, b"abcd") == 0xC600
    assert status_of(stub, Op.MEM_BEGIN, 12, 2, 8, RAM) == 0
    assert block(stub, Op.MEM_DATA, b"abcd", check=0) == 0  # nobody looks at the checksum
    assert block(stub, Op.MEM_DATA, b"efgh", size=3) == 0xC900
    assert block(stub, Op.MEM_DATA, b"ijklmnopq") == 0xC900
    assert block(stub, Op.MEM_DATA, b"efghijkl") == 0
    assert block(stub, Op.MEM_DATA, b"m") == 0xC900
    words = [stub.ask_words(Op.READ_REG, RAM + n)[0].value for n in (0, 4, 8)]
    assert struct.pack("<III", *words) == b"abcdefghijkl"


def test_a_download_may_end_before_its_time_and_only_once(stub):
    status_of(stub, Op.MEM_BEGIN, 12, 2, 8, RAM)
    assert status_of(stub, Op.MEM_END, 1, 0) == 0
    assert status_of(stub, Op.MEM_END, 1, 0) == 0xC600
    assert block(stub, Op.MEM_DATA, b"abcd") == 0xC600


@pytest.mark.parametrize(("stay", "running"), [(0, Running.PROGRAM), (1, Running.STUB)])
def test_a_download_is_started_where_it_is_not_told_to_stay(stub, stay, running):
    status_of(stub, Op.MEM_BEGIN, 4, 1, 4, RAM)
    assert status_of(stub, Op.MEM_END, stay, RAM) == 0
    assert stub.chip.state.running is running


# Reading


def test_one_packet_is_in_flight_and_the_digest_comes_last(stub):
    size = 2 * SECTOR + 5
    packets = start_read(stub, 0, size)
    assert packets == [CONTENT[:SECTOR]]
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]
    assert acknowledge(stub, 2 * SECTOR) == [CONTENT[2 * SECTOR : size]]
    assert acknowledge(stub, size) == [hashlib.md5(CONTENT[:size]).digest()]
    assert is_alive(stub)


@given(st.integers(0, 900), st.integers(0, 900), st.integers(1, 300), st.integers(0, 2**32 - 1))
@example(1, 256, 256, 0)
def test_a_region_comes_in_packets_whatever_the_host_allows_in_flight(bench, offset, size, packet, in_flight):
    stub = bench(Running.STUB, size=SECTOR)
    stub.cells[:3000] = CONTENT[:3000]
    frames, got = start_read(stub, offset, size, packet, in_flight), b""
    while len(got) < size:
        (data,) = frames
        assert len(data) == min(packet, size - len(got))
        got += data
        frames = acknowledge(stub, len(got))
    assert (got, frames) == (CONTENT[offset : offset + size], [hashlib.md5(CONTENT[offset : offset + size]).digest()])


def test_no_digest_comes_before_the_last_byte_was_acknowledged(stub):
    start_read(stub, 0, SECTOR)
    assert acknowledge(stub, SECTOR - 1) == []
    assert acknowledge(stub, SECTOR) == [hashlib.md5(CONTENT[:SECTOR]).digest()]


def test_it_counts_acknowledgements_and_does_not_look_at_their_value(stub):
    start_read(stub, 0, 2 * SECTOR)
    assert acknowledge(stub, 0) == [CONTENT[SECTOR : 2 * SECTOR]]


def test_an_acknowledgement_too_many_is_taken_for_that_of_the_next_packet(stub):
    start_read(stub, 0, 3 * SECTOR)
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]
    assert acknowledge(stub, SECTOR) == [CONTENT[2 * SECTOR :]]
    assert acknowledge(stub, 2 * SECTOR) == []
    assert acknowledge(stub, 3 * SECTOR) == [hashlib.md5(CONTENT).digest()]


@pytest.mark.parametrize("frame", [b"\0", b"\0" * 3, b"\0" * 5, b"\0" * 44])
def test_a_frame_that_is_not_four_bytes_long_ends_the_read_with_the_digest_so_far(stub, frame):
    start_read(stub, 0, 3 * SECTOR)
    acknowledge(stub, SECTOR)
    assert stub.frames(frame) == [hashlib.md5(CONTENT[: 2 * SECTOR]).digest()]
    assert is_alive(stub)


def test_an_empty_frame_does_not_end_a_read(stub):
    start_read(stub, 0, 2 * SECTOR)
    assert stub.frames(b"") == []
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]


def test_while_it_reads_a_command_is_not_obeyed(stub):
    start_read(stub, 0, 2 * SECTOR)
    stub.sends(slip_encode(stub.request(Op.ERASE_FLASH)))
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]


def test_a_read_of_nothing_is_a_digest_of_nothing(stub):
    assert start_read(stub, 0, 0) == [hashlib.md5(b"").digest()]
    assert is_alive(stub)


def test_a_packet_of_nothing_comes_again_for_each_acknowledgement(stub):
    request = slip_encode(stub.request(Op.READ_FLASH, struct.pack("<IIII", 0, SECTOR, 0, 64)))
    assert b"".join(sent.data for sent in stub.sends(request)).endswith(b"\xc0\xc0\xc0")
    assert [sent.data for sent in stub.sends(slip_encode(bytes(4)))] == [b"\xc0\xc0"]


def test_packets_larger_than_its_buffer_are_refused_one_command_later(stub):
    assert start_read(stub, 0, SECTOR, SECTOR + 1) == []
    assert [reply.status for reply in stub.ask(Op.SYNC, SYNC)] == [0xC000]
    assert is_alive(stub)


# Digests


# The size of the flash: from its id, until the host tells another.


@pytest.mark.parametrize(("model", "size"), [("basic", 0x100000), ("pow-r2", 0x400000)])
def test_it_reaches_no_further_than_the_size_that_the_flash_tells(bench, model, size):
    stub = bench(Running.STUB, model=model)
    assert status_of(stub, Op.SPI_FLASH_MD5, size - SECTOR, SECTOR + 1, 0, 0) == 0xC400
    (reply,) = stub.ask_words(Op.SPI_FLASH_MD5, size - SECTOR, SECTOR, 0, 0)
    assert (reply.status, len(reply.body)) == (0, 16)


def test_the_host_may_tell_another_size(stub):
    assert status_of(stub, Op.SPI_SET_PARAMS, 0, 0x80000, BLOCK, SECTOR, 256, 0xFFFF) == 0
    assert status_of(stub, Op.SPI_FLASH_MD5, 0x80000, 1, 0, 0) == 0xC400


def test_data_beyond_the_end_are_not_written_and_that_is_told_with_the_next_command(stub):
    begin_write(stub, 0x100000 - 4, 8)
    assert block(stub, Op.FLASH_DATA, b"abcdefgh") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0xC400
    assert b"abcd" not in stub.cells
    assert b"efgh" not in stub.cells


# Writing


def test_a_block_is_written_and_the_sectors_under_it_erased_first(stub):
    begin_write(stub, SECTOR, 6)
    assert block(stub, Op.FLASH_DATA, b"abcdef") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    assert stub.cells[SECTOR : 2 * SECTOR] == b"abcdef".ljust(SECTOR, b"\xff")
    assert stub.cells[:SECTOR] + stub.cells[2 * SECTOR : 3 * SECTOR] == CONTENT[:SECTOR] + CONTENT[2 * SECTOR :]


@pytest.mark.parametrize("piece", [100, 0x4000])
@pytest.mark.parametrize("size", [9000, BUFFER - 1, BUFFER, BUFFER + 1, 2 * BUFFER, 3 * BUFFER])
def test_a_compressed_write_of_any_size_leaves_its_data(stub, size, piece):
    data = CONTENT * (size // len(CONTENT)) + CONTENT[: size % len(CONTENT)]
    write_compressed(stub, BLOCK, data, piece)
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0
    end = BLOCK + -(-size // SECTOR) * SECTOR
    assert stub.cells[BLOCK:end] == data.ljust(end - BLOCK, b"\xff")
    assert stub.cells[end] == 0


def test_inflated_data_are_written_by_the_buffer(stub):
    data = noisy(3 * BUFFER)
    packed = zlib.compress(data)
    assert status_of(stub, Op.FLASH_DEFL_BEGIN, len(data), -(-len(packed) // 0x4000), 0x4000, 0) == 0
    written = []
    for number, start in enumerate(range(0, len(packed), 0x4000)):
        assert block(stub, Op.FLASH_DEFL_DATA, packed[start : start + 0x4000], number) == 0
        written.append(next(n for n in range(0, 4 * BUFFER, BUFFER) if stub.cells[n : n + 64] != data[n : n + 64]))
    # 16 KiB that do not compress fill half the buffer, less what their headers take.
    assert written == [0, 0, BUFFER, BUFFER, 2 * BUFFER, 2 * BUFFER, 3 * BUFFER]


def test_a_plain_write_stops_at_the_announced_size(stub):
    begin_write(stub, 0, SECTOR)
    assert block(stub, Op.FLASH_DATA, bytes([7]) * (SECTOR + 50)) == 0
    assert block(stub, Op.FLASH_DATA, b"more") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    assert stub.cells[: 2 * SECTOR] == bytes([7]) * SECTOR + CONTENT[SECTOR : 2 * SECTOR]


def test_a_compressed_write_of_less_than_a_sector_more_goes_beyond_the_announced_size(stub):
    packed = zlib.compress(b"a" * 3000)
    begin_write(stub, 0, 2000, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, packed) == 0
    assert stub.cells[:SECTOR] == (b"a" * 3000).ljust(SECTOR, b"\xff")
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0xC000  # what is left to come has wrapped round


def test_a_compressed_write_of_whole_sectors_more_waits_for_an_erase_that_never_comes(stub):
    begin_write(stub, 0, SECTOR, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, zlib.compress(b"a" * (SECTOR + 1))) == 0
    assert is_deaf(stub)
    assert stub.cells[SECTOR : 2 * SECTOR] == CONTENT[SECTOR : 2 * SECTOR]


def test_a_compressed_block_after_the_last_is_refused(stub):
    write_compressed(stub, 0, b"all of it")
    assert block(stub, Op.FLASH_DEFL_DATA, b"more", 1) == 0xC900
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0


def test_a_compressed_write_whose_end_is_missing_has_written_nothing_yet(stub):
    packed = zlib.compress(CONTENT[:2000])
    begin_write(stub, 0, 2000, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, packed[:-8]) == 0
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0xC000
    assert stub.cells[:2000] == b"\xff" * 2000
    assert block(stub, Op.FLASH_DEFL_DATA, packed[-8:], 1) == 0
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0
    assert stub.cells[:2000] == CONTENT[:2000]


@pytest.mark.parametrize(("flaw", "status"), [({"check": 0}, 0xC100), ({"size": 3}, 0xC900), ({"size": 5}, 0xC900)])
def test_a_block_that_came_damaged_is_refused_not_written_and_may_be_sent_again(stub, flaw, status):
    begin_write(stub, 0, 4)
    before = bytes(stub.cells)
    assert block(stub, Op.FLASH_DATA, b"abcd", **flaw) == status
    assert stub.cells == before
    assert before[:SECTOR] == b"\xff" * SECTOR  # erased as soon as the write began
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert stub.cells[:4] == b"abcd"


def test_a_compressed_block_with_a_false_checksum_may_be_sent_again(stub):
    packed = zlib.compress(b"abcd")
    begin_write(stub, 0, 4, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, packed, check=checksum(packed) ^ 1) == 0xC100
    assert block(stub, Op.FLASH_DEFL_DATA, packed) == 0
    assert stub.cells[:4] == b"abcd"


def test_a_checksum_is_compared_in_all_its_32_bits(stub):
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd", check=checksum(b"abcd") | 1 << 31) == 0xC100


@pytest.mark.parametrize(
    ("begin", "data", "end"),
    [
        (Op.FLASH_BEGIN, Op.FLASH_DATA, Op.FLASH_END),
        (Op.FLASH_BEGIN, Op.FLASH_DATA, Op.FLASH_DEFL_END),
        (Op.FLASH_DEFL_BEGIN, Op.FLASH_DEFL_DATA, Op.FLASH_DEFL_END),
    ],
)
def test_the_end_of_a_write_with_data_missing_is_refused(stub, begin, data, end):
    content = [b"abcd", b"efgh"]
    if begin == Op.FLASH_DEFL_BEGIN:
        packed = zlib.compress(b"abcdefgh")
        content = [packed[:5], packed[5:]]
    begin_write(stub, 0, 8, begin)
    block(stub, data, content[0])
    assert status_of(stub, end, 1) == 0xC000
    block(stub, data, content[1], 1)
    assert status_of(stub, end, 1) == 0
    assert status_of(stub, end, 1) == 0xC600
    assert stub.cells[:8] == b"abcdefgh"


@pytest.mark.parametrize("op", [Op.FLASH_BEGIN, Op.FLASH_DEFL_BEGIN])
def test_it_takes_blocks_of_any_announced_size(stub, op):
    assert status_of(stub, op, 8, 1, 0x10000, 0) == 0


def test_the_largest_block_fits(stub):
    data = noisy(0x4000)
    begin_write(stub, 0, 0x4000)
    assert block(stub, Op.FLASH_DATA, data) == 0
    assert stub.cells[:0x4000] == data


def test_a_write_that_begins_anew_forgets_the_one_before(stub):
    packed = zlib.compress(b"abcdefgh")
    begin_write(stub, 0, 8, Op.FLASH_DEFL_BEGIN)
    block(stub, Op.FLASH_DEFL_DATA, packed[:6])
    write_compressed(stub, BLOCK, b"another")
    assert stub.cells[BLOCK : BLOCK + 8] == b"another\xff"
    assert stub.cells[:8] == b"\xff" * 8


@given(st.lists(st.binary(min_size=1, max_size=3000), min_size=1, max_size=5), st.integers(0, 3 * SECTOR))
def test_a_write_in_any_blocks_leaves_the_data_and_erases_whole_sectors_only(bench, blocks, offset):
    stub = bench(Running.STUB, size=8 * SECTOR, fill=b"\0")
    data = b"".join(blocks)
    begin_write(stub, offset, len(data))
    for number, part in enumerate(blocks):
        assert block(stub, Op.FLASH_DATA, part, number) == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    first, end = offset // SECTOR * SECTOR, -(-(offset + len(data)) // SECTOR) * SECTOR
    wanted = bytearray(bytes(first) + b"\xff" * (end - first) + bytes(8 * SECTOR - end))
    wanted[offset : offset + len(data)] = data
    assert stub.cells == wanted


# Erasing ahead


def test_a_write_begins_with_its_first_erase_and_no_more(stub):
    begin_write(stub, 0, 3 * SECTOR)
    assert stub.cells[: 3 * SECTOR] == b"\xff" * SECTOR + CONTENT[SECTOR:]


@pytest.mark.parametrize("size", [BLOCK, 2 * BLOCK])
def test_where_a_whole_block_is_due_it_is_erased_at_once(stub, size):
    stub.cells[:] = bytes(len(stub.cells))
    begin_write(stub, 0, size)
    assert stub.cells[: BLOCK + 1] == b"\xff" * BLOCK + b"\0"


def test_sectors_that_are_blank_already_are_passed_over(stub):
    stub.cells[:SECTOR] = b"\xff" * SECTOR
    begin_write(stub, 0, 3 * SECTOR)
    assert stub.cells[: 3 * SECTOR] == b"\xff" * 2 * SECTOR + CONTENT[2 * SECTOR :]


def test_data_are_written_once_all_sectors_under_them_are_erased(stub):
    begin_write(stub, 0, 3 * SECTOR)
    assert block(stub, Op.FLASH_DATA, b"\x55" * (SECTOR + 1)) == 0
    assert stub.cells[: 3 * SECTOR] == (b"\x55" * (SECTOR + 1)).ljust(2 * SECTOR, b"\xff") + CONTENT[2 * SECTOR :]


# Errors that are told late


def test_a_bad_deflate_stream_is_told_with_the_next_command_which_is_not_carried_out(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, b"this is no deflate stream") == 0
    (reply,) = stub.ask(Op.ERASE_FLASH)
    assert (reply.op, reply.status) == (Op.ERASE_FLASH, 0xC700)
    assert stub.cells[SECTOR : 3 * SECTOR] == CONTENT[SECTOR:]
    assert stub.ask_words(Op.READ_REG, ADDRESS_OF_MAGIC)[0].value == MAGIC


def test_a_frame_that_is_no_command_leaves_a_late_error_for_the_next(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    block(stub, Op.FLASH_DEFL_DATA, b"this is no deflate stream")
    assert stub.frames(b"\1" * 8)[0][-2:] == b"\xc3\0"
    assert stub.frames(b"\0" * 9)[0][-2:] == b"\xc0\0"
    assert status_of(stub, Op.ERASE_FLASH) == 0xC700


def test_a_late_error_is_told_even_to_the_command_that_is_never_answered(stub):
    begin_write(stub, 0, 100, Op.FLASH_DEFL_BEGIN)
    block(stub, Op.FLASH_DEFL_DATA, b"this is no deflate stream")
    assert status_of(stub, Op.RUN_USER_CODE) == 0xC700
    assert stub.ask(Op.RUN_USER_CODE) == []


# Erasing


@pytest.mark.parametrize(("start", "size"), [(1, SECTOR), (0, 100)])
def test_erase_region_refuses_half_sectors(stub, start, size):
    assert status_of(stub, Op.ERASE_REGION, start, size) == 0xC000
    assert stub.cells[:SECTOR] == CONTENT[:SECTOR]


# A flash that is protected, or that stays busy


def test_a_protected_flash_silently_takes_no_write(stub):
    protect(stub, 0x1C)
    begin_write(stub, 0, 4)
    assert block(stub, Op.FLASH_DATA, b"abcd") == 0
    assert status_of(stub, Op.FLASH_END, 1) == 0
    assert status_of(stub, Op.ERASE_REGION, 0, SECTOR) == 0
    assert status_of(stub, Op.ERASE_FLASH) == 0
    assert stub.cells[: len(CONTENT)] == CONTENT


def test_erasing_a_region_of_a_flash_that_stays_busy_fails(stub):
    stub.faults.stuck_busy = True
    assert status_of(stub, Op.ERASE_REGION, 0, 2 * SECTOR) == 0xC400
    assert is_alive(stub)


def test_erasing_all_of_a_flash_that_stays_busy_never_ends(stub):
    stub.faults.stuck_busy = True
    assert stub.ask(Op.ERASE_FLASH) == []
    assert is_deaf(stub)


# Speed, restart


def test_a_change_of_speed_is_answered_at_the_old_one(stub):
    stub.ask(Op.SYNC, SYNC)
    change = slip_encode(stub.request(Op.CHANGE_BAUDRATE, struct.pack("<II", 460800, 115200)))
    assert [sent.baud for sent in stub.sends(change, 115200)] == [115200]
    assert stub.chip.state.baud == 460800
    sync = slip_encode(stub.request(Op.SYNC, SYNC))
    assert {sent.baud for sent in stub.sends(sync, 460800)} == {460800}
    assert stub.sends(sync, 115200) == []


def test_it_cannot_start_the_firmware_and_does_not_say_so(stub):
    assert stub.ask(Op.RUN_USER_CODE) == []
    assert stub.chip.state.running is Running.STUB
    assert is_alive(stub)


@pytest.mark.parametrize("stay", [0, 1])
@pytest.mark.parametrize("op", [Op.FLASH_END, Op.FLASH_DEFL_END])
def test_it_never_restarts_at_the_end_of_a_write(stub, op, stay):
    begin_write(stub, 0, 0)
    assert status_of(stub, op, stay) == 0
    assert is_alive(stub)


@given(
    st.lists(
        st.tuples(st.integers(0, 255), st.lists(st.integers(0, 0x8000), max_size=8), st.binary(max_size=3)), max_size=8
    )
)
def test_no_command_however_malformed_upsets_it(bench, commands):
    stub = bench(Running.STUB, size=BLOCK)
    for op, words, rest in commands:
        stub.sends(
            slip_encode(stub.request(op, struct.pack(f"<{len(words)}I", *words) + rest)), stub.chip.state.baud or 115200
        )
    stub.chip.press_button(True)
    stub.chip.power(False, 0)
    stub.chip.power(True, 0)
    stub.chip.said()
    assert len(stub.ask(Op.SYNC, SYNC)) == 8


# As it is in C, and not as one would wish


def test_the_block_that_holds_only_the_streams_checksum_is_refused_though_all_is_written(stub):
    data = noisy(5000)
    packed = zlib.compress(data)
    begin_write(stub, 0x8000, len(data), Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, packed[:-4]) == 0
    assert stub.cells[0x8000 : 0x8000 + len(data)] == data
    assert block(stub, Op.FLASH_DEFL_DATA, packed[-4:], 1) == 0xC900


def test_a_stream_with_a_wrong_checksum_is_written(stub):
    data = noisy(5000)
    begin_write(stub, 0x8000, len(data), Op.FLASH_DEFL_BEGIN)
    assert block(stub, Op.FLASH_DEFL_DATA, zlib.compress(data)[:-4] + b"\0\0\0\0") == 0
    assert status_of(stub, Op.FLASH_DEFL_END, 1) == 0
    assert stub.cells[0x8000 : 0x8000 + len(data)] == data


@pytest.mark.parametrize(
    ("begin", "data_op", "sent"),
    [
        (Op.FLASH_DEFL_BEGIN, Op.FLASH_DATA, b"as it is" * 100),
        (Op.FLASH_BEGIN, Op.FLASH_DEFL_DATA, zlib.compress(b"as it is" * 100)),
    ],
)
def test_it_is_the_data_command_that_says_whether_they_are_deflated(stub, begin, data_op, sent):
    begin_write(stub, 0x8000, 800, begin)
    assert block(stub, data_op, sent) == 0
    assert stub.cells[0x8000:0x8320] == b"as it is" * 100


def test_an_erase_goes_beyond_the_size_that_it_was_told_and_a_read_up_to_it(stub):
    assert status_of(stub, Op.SPI_SET_PARAMS, 0, 2 * SECTOR, BLOCK, SECTOR, 256, 0xFFFF) == 0
    assert status_of(stub, Op.ERASE_REGION, 4 * SECTOR, SECTOR) == 0
    assert stub.cells[4 * SECTOR : 5 * SECTOR] == b"\xff" * SECTOR
    assert start_read(stub, 0, 3 * SECTOR) == [CONTENT[:SECTOR]]
    assert acknowledge(stub, SECTOR) == [CONTENT[SECTOR : 2 * SECTOR]]
    assert acknowledge(stub, 2 * SECTOR) == []
    assert status_of(stub, Op.SPI_ATTACH, 0) == 0xC400


def test_an_early_last_acknowledgement_brings_the_digest_at_once(stub):
    start_read(stub, 0, 2 * SECTOR)
    packet, digest = acknowledge(stub, 2 * SECTOR)
    assert (packet, digest) == (CONTENT[SECTOR : 2 * SECTOR], hashlib.md5(CONTENT[: 2 * SECTOR]).digest())
