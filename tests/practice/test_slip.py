"""Frames survive the wire, and noise never turns into a command."""

from __future__ import annotations

import functools
import itertools
import operator
import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice.slip import (
    LONGEST_FRAME,
    Request,
    SlipDecoder,
    checksum,
    parse_request,
    reply_frame,
    slip_encode,
)

# Noise with many bytes that mean something to SLIP, or nothing interesting would happen.
noise = st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD]) | st.integers(0, 255), max_size=80).map(bytes)
payloads = st.lists(noise.filter(len), max_size=5)


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def decode(chunks: list[bytes]) -> list[bytes]:
    decoder = SlipDecoder()
    return [frame for chunk in chunks for frame in decoder.feed(chunk)]


@given(payloads, st.lists(st.integers(0, 1000), max_size=6))
@example([b"\xc0\xdb\xdc\xdd"], list(range(12)))
def test_payloads_come_back_however_the_bytes_are_split(payloads, cuts):
    wire = b"".join(slip_encode(payload) for payload in payloads)
    assert decode(in_chunks(wire, cuts)) == payloads


@given(noise)
def test_an_encoded_payload_holds_end_marks_at_its_ends_only(payload):
    wire = slip_encode(payload)
    assert wire[:1] == wire[-1:] == b"\xc0"
    assert b"\xc0" not in wire[1:-1]


def test_one_end_mark_may_close_a_frame_and_open_the_next():
    assert decode([b"\xc0one\xc0two\xc0"]) == [b"one", b"two"]


def test_empty_frames_are_dropped():
    assert decode([b"\xc0\xc0\xc0\xc0"]) == []


@given(noise.map(lambda data: data.replace(b"\xc0", b"")), noise.filter(len))
def test_noise_before_the_first_end_mark_is_dropped(before, payload):
    assert decode([before, slip_encode(payload)]) == [payload]


@given(noise, st.lists(st.integers(0, 1000), max_size=6))
def test_every_frame_found_in_noise_stood_there_whole(noise, cuts):
    for frame in decode(in_chunks(noise, cuts)):
        assert slip_encode(frame) in noise


@given(st.integers(0, 2), st.integers(0, 255), st.integers(-2, 2), st.integers(0, 2**32 - 1), st.binary(max_size=9))
@example(0, 8, 0, 0, b"")
@example(0, 8, -1, 0, b"one byte too many")
@example(1, 8, 0, 0, b"an answer is no request")
def test_a_frame_is_a_request_only_if_direction_and_length_are_right(direction, op, surplus, check, data):
    size = max(0, len(data) + surplus)
    request = parse_request(struct.pack("<BBHI", direction, op, size, check) + data)
    assert request == (Request(op, check, data) if direction == 0 and size == len(data) else None)


@given(st.binary(max_size=7))
def test_a_frame_shorter_than_a_header_is_no_request(frame):
    assert parse_request(frame) is None


@pytest.mark.parametrize("raw", [b"a\xdbb", b"a\xdb", b"\xdb\xdb\xdc", b"\xdb\xdc\xdb\x00"])
def test_a_frame_with_a_malformed_escape_is_lost_and_the_next_is_not(raw):
    assert decode([b"\xc0" + raw + b"\xc0", slip_encode(b"next")]) == [b"next"]


@pytest.mark.parametrize("piece", [100, 0x10000])
def test_a_frame_longer_than_any_buffer_is_lost_and_the_next_is_not(piece):
    wire = b"\xc0" + b"x" * (LONGEST_FRAME + 1) + b"\xc0" + slip_encode(b"next")
    assert decode([wire[n : n + piece] for n in range(0, len(wire), piece)]) == [b"next"]


# The limit counts escaped bytes, and the worst block has twice as many.
def test_the_longest_block_of_esptool_is_a_frame_even_if_every_byte_is_escaped():
    payload = b"\xc0" * (8 + 16 + 0x4000)  # header, parameters, 16 KiB of data
    assert decode([slip_encode(payload)]) == [payload]


@given(st.binary(max_size=40))
def test_the_checksum_is_the_xor_of_all_bytes_from_ef_on(data):
    assert checksum(data) == functools.reduce(operator.xor, data, 0) ^ 0xEF


def test_a_reply_carries_its_length_its_value_and_a_big_endian_status():
    assert reply_frame(0x13, 0x01020304, b"ab", 0xC107) == bytes.fromhex("c0 01 13 0400 04030201") + b"ab\xc1\x07\xc0"
