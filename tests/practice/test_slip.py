"""Frames survive the wire, noise never turns into a command, and a lost mark does what it does on the chip."""

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
    LegacyStubDecoder,
    Request,
    RomDecoder,
    StubDecoder,
    checksum,
    parse_request,
    reply_frame,
    slip_encode,
)

# Noise with many bytes that mean something to SLIP, or nothing interesting would happen.
noise = st.lists(st.sampled_from([0xC0, 0xDB, 0xDC, 0xDD]) | st.integers(0, 255), max_size=80).map(bytes)
payloads = st.lists(noise.filter(len), max_size=5)
cuts = st.lists(st.integers(0, 1000), max_size=6)

DECODERS = [RomDecoder, StubDecoder, LegacyStubDecoder]
every_decoder = pytest.mark.parametrize("decoder", DECODERS)
both_stubs = pytest.mark.parametrize("decoder", [StubDecoder, LegacyStubDecoder])


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


def decode(chunks: list[bytes], decoder=RomDecoder) -> list[bytes]:
    feeding = decoder()
    return [frame for chunk in chunks for frame in feeding.feed(chunk)]


# The same, said byte by byte: after esp-flasher-stub's src/slip.c, and flasher_stub/slip.c of esptool 4.


def frames_of_the_new_stub(data: bytes, room: int = 0x4107) -> list[bytes]:
    frames, state, buffer = [], "no frame", b""
    for byte in data:
        decoded = None
        if state == "no frame":
            if byte == 0xC0:
                state, buffer = "in frame", b""
        elif state == "in frame":
            if byte == 0xC0:
                frames += [buffer] if buffer else []
                state = "no frame"
            elif byte == 0xDB:
                state = "escaping"
            else:
                decoded = byte
        else:
            decoded = {0xDC: 0xC0, 0xDD: 0xDB}.get(byte)
            state = "no frame" if decoded is None else "in frame"
        if decoded is not None:
            if len(buffer) < room:
                buffer += bytes([decoded])
            else:
                state = "no frame"
    return frames


def frames_of_the_old_stub(data: bytes) -> list[bytes]:
    """Without what it does where its buffer of 0x4040 bytes is full."""
    frames, state, buffer = [], "no frame", b""
    for byte in data:
        if byte == 0xC0:
            if state == "no frame":
                state = "in frame"
            else:
                frames, state, buffer = [*frames, buffer], "no frame", b""
        elif state == "in frame":
            if byte == 0xDB:
                state = "escaping"
            else:
                buffer += bytes([byte])
        elif state == "escaping" and byte in (0xDC, 0xDD):
            buffer += b"\xc0" if byte == 0xDC else b"\xdb"
            state = "in frame"
    return frames


def frames_of_the_rom(data: bytes) -> list[bytes]:
    """Every mark ends what came since the one before it; what makes no sense in between is no frame."""
    frames, started, buffer, escaping, broken = [], False, b"", False, False
    for byte in data:
        if byte == 0xC0:
            frames += [buffer] if started and buffer and not (broken or escaping) else []
            started, buffer, escaping, broken = True, b"", False, False
        elif escaping:
            escaping, broken = False, broken or byte not in (0xDC, 0xDD)
            buffer += b"\xc0" if byte == 0xDC else b"\xdb"
        elif byte == 0xDB:
            escaping = True
        else:
            buffer += bytes([byte])
    return frames


MODELS = {
    RomDecoder: frames_of_the_rom,
    StubDecoder: frames_of_the_new_stub,
    LegacyStubDecoder: frames_of_the_old_stub,
}


@every_decoder
@given(noise, cuts)
@example(b"\xc0\xdb\xc0a\xc0", [2])
@example(b"\xc0\xdb\xdb\xdca\xc0", [2, 3])
@example(b"\xc0\xc0a\xc0", [])
def test_any_bytes_in_any_pieces_give_the_frames_that_a_plain_model_gives(decoder, noise, cuts):
    assert decode(in_chunks(noise, cuts), decoder) == MODELS[decoder](noise)


@every_decoder
@given(payloads, cuts)
@example([b"\xc0\xdb\xdc\xdd"], list(range(12)))
def test_payloads_come_back_however_the_bytes_are_split(decoder, payloads, cuts):
    wire = b"".join(slip_encode(payload) for payload in payloads)
    assert decode(in_chunks(wire, cuts), decoder) == payloads


@given(noise)
def test_an_encoded_payload_holds_end_marks_at_its_ends_only(payload):
    wire = slip_encode(payload)
    assert wire[:1] == wire[-1:] == b"\xc0"
    assert b"\xc0" not in wire[1:-1]


@given(noise)
def test_an_encoded_payload_is_escaped_byte_by_byte(payload):
    escapes = {0xC0: b"\xdb\xdc", 0xDB: b"\xdb\xdd"}
    assert slip_encode(payload)[1:-1] == b"".join(escapes.get(byte, bytes([byte])) for byte in payload)


@every_decoder
@given(st.lists(st.tuples(noise.map(lambda data: data.replace(b"\xc0", b"")), noise.filter(len)), max_size=4))
def test_noise_between_frames_is_dropped(decoder, pairs):
    """For the ROM noise is a frame of its own, so there it stands only before the first."""
    if decoder is RomDecoder:
        pairs = [(noise if n == 0 else b"", payload) for n, (noise, payload) in enumerate(pairs)]
    wire = b"".join(noise + slip_encode(payload) for noise, payload in pairs)
    assert decode([wire], decoder) == [payload for _noise, payload in pairs]


# Lost marks


@pytest.mark.parametrize("lost", range(6))
def test_after_a_lost_mark_the_rom_is_back_in_step_at_the_next(lost):
    wire = bytearray(b"\xc0one\xc0\xc0two\xc0\xc0six\xc0")
    marks = [n for n, byte in enumerate(wire) if byte == 0xC0]
    del wire[marks[lost]]
    missing = {0: [b"one"], 5: [b"six"]}.get(lost, [])
    assert decode([bytes(wire)]) == [word for word in (b"one", b"two", b"six") if word not in missing]


@pytest.mark.parametrize(("decoder", "empty"), [(StubDecoder, []), (LegacyStubDecoder, [b""])])
def test_after_a_lost_start_a_stub_hears_no_frame_any_more(decoder, empty):
    wire = b"one\xc0" + b"\xc0two\xc0" * 5
    assert decode([wire], decoder) == empty * 5


@pytest.mark.parametrize(("decoder", "empty"), [(StubDecoder, []), (LegacyStubDecoder, [b""])])
def test_after_a_lost_end_a_stub_still_takes_that_frame_and_none_after_it(decoder, empty):
    assert decode([b"\xc0one" + b"\xc0two\xc0" * 5], decoder) == [b"one", *empty * 4]


@both_stubs
def test_one_more_odd_mark_brings_a_stub_back_in_step(decoder):
    frames = decode([b"one\xc0" + b"\xc0two\xc0" * 3 + b"\xc0" + b"\xc0end\xc0" * 2], decoder)
    assert [frame for frame in frames if frame] == [b"end", b"end"]


@both_stubs
def test_one_mark_does_not_both_end_a_frame_and_start_the_next(decoder):
    assert decode([b"\xc0one\xc0two\xc0six\xc0"], decoder) == [b"one", b"six"]


def test_one_end_mark_may_close_a_frame_and_open_the_next_in_the_rom():
    assert decode([b"\xc0one\xc0two\xc0"]) == [b"one", b"two"]


@pytest.mark.parametrize(("decoder", "frames"), [(RomDecoder, []), (StubDecoder, []), (LegacyStubDecoder, [b"", b""])])
def test_only_the_old_stub_counts_an_empty_frame(decoder, frames):
    assert decode([b"\xc0\xc0\xc0\xc0"], decoder) == frames


# Escapes that mean nothing


@pytest.mark.parametrize("raw", [b"a\xdbb", b"a\xdb", b"\xdb\xdb\xdc", b"\xdb\xdc\xdb\x00"])
def test_a_frame_with_a_malformed_escape_is_lost_to_the_rom_and_the_next_is_not(raw):
    assert decode([b"\xc0" + raw + b"\xc0", slip_encode(b"next")]) == [b"next"]


def test_a_malformed_escape_ends_a_frame_of_the_new_stub_and_swaps_what_follows():
    assert decode([b"\xc0a\xdbb\xc0", slip_encode(b"next"), slip_encode(b"last")], StubDecoder) == []


def test_an_escaped_mark_ends_a_frame_of_the_new_stub_and_starts_none():
    assert decode([b"\xc0a\xdb\xc0", slip_encode(b"next")], StubDecoder) == [b"next"]


def test_the_old_stub_swallows_all_between_an_escape_and_what_it_means():
    assert decode([b"\xc0a\xdbbcd\xdb\xdcx\xc0"], LegacyStubDecoder) == [b"a\xc0x"]
    assert decode([b"\xc0a\xdbbcd\xc0"], LegacyStubDecoder) == [b"a"]


# Frames too long


@pytest.mark.parametrize("piece", [100, 0x10000])
def test_a_frame_longer_than_any_buffer_is_lost_to_the_rom_and_the_next_is_not(piece):
    wire = b"\xc0" + b"x" * (LONGEST_FRAME + 1) + b"\xc0" + slip_encode(b"next")
    assert decode([wire[n : n + piece] for n in range(0, len(wire), piece)]) == [b"next"]


@pytest.mark.parametrize("piece", [100, 0x10000])
@pytest.mark.parametrize("byte", [b"x", b"\xdb\xdc"])
@pytest.mark.parametrize(("size", "taken"), [(0x4107, True), (0x4108, False)])
def test_the_new_stub_drops_a_frame_that_its_buffer_cannot_hold(piece, byte, size, taken):
    wire = b"\xc0" + byte * size + b"\xc0" + slip_encode(b"next") + b"\xc0" * (not taken) + slip_encode(b"last")
    frames = decode([wire[n : n + piece] for n in range(0, len(wire), piece)], StubDecoder)
    assert [len(frame) for frame in frames] == ([size, 4, 4] if taken else [4])


# The limit of the ROM counts escaped bytes, and the worst block has twice as many.
@every_decoder
def test_the_longest_block_of_esptool_is_a_frame_even_if_every_byte_is_escaped(decoder):
    payload = b"\xc0" * (8 + 16 + 0x4000)  # header, parameters, 16 KiB of data
    assert decode([slip_encode(payload)], decoder) == [payload]


# Requests and replies


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


@given(st.binary(max_size=40))
def test_the_checksum_is_the_xor_of_all_bytes_from_ef_on(data):
    assert checksum(data) == functools.reduce(operator.xor, data, 0) ^ 0xEF


def test_a_reply_carries_its_length_its_value_and_a_big_endian_status():
    assert reply_frame(0x13, 0x01020304, b"ab", 0xC107) == bytes.fromhex("c0 01 13 0400 04030201") + b"ab\xc1\x07\xc0"
