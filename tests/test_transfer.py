"""Reads in pieces: what is repeated, what is given up, and how soon it stops."""

from __future__ import annotations

import hashlib
import struct
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.errors import Cancelled, PortLost, TransferFailed
from sonoffkit.practice.slip import RomDecoder
from sonoffkit.session.loader import SYNC_FRAME
from sonoffkit.transfer import ATTEMPTS, PIECE, Piece, matches_device, pieces_of, read_pieces

URL = "practice://basic"
READ_FLASH = 0xD2


class Wire:
    """What the host sends from here on, as frames."""

    def __init__(self, line, monkeypatch):
        self.frames = []
        decoder, write = RomDecoder(), line.write

        def listen(data):
            self.frames += decoder.feed(data)
            write(data)

        monkeypatch.setattr(line, "write", listen)

    @property
    def reads(self):
        """(address, size) of each read command."""
        return [struct.unpack_from("<II", f, 8) for f in self.frames if f[:2] == bytes([0, READ_FLASH])]

    @property
    def acknowledgements(self):
        return sum(len(frame) == 4 for frame in self.frames)


@pytest.fixture
def wire(device, sonoff, monkeypatch):
    return Wire(sonoff.line, monkeypatch)


class Kept:
    """What ``read_pieces`` handed over."""

    def __init__(self):
        self.pieces, self.data = [], b""

    def __call__(self, piece, data):
        self.pieces.append(piece)
        self.data += data


@given(st.integers(1, 0x400000))
def test_pieces_cover_a_flash_without_gap_or_overlap(size):
    pieces = pieces_of(size)
    ends = [0, *(piece.address + piece.size for piece in pieces)]
    assert [piece.address for piece in pieces] == ends[:-1]
    assert ends[-1] == size
    assert {piece.size for piece in pieces[:-1]} <= {PIECE}
    assert 0 < pieces[-1].size <= PIECE


def test_each_piece_is_handed_over_with_its_digest(device, sonoff):
    kept, seen = Kept(), []
    retried = read_pieces(device, pieces_of(0x21000), kept, lambda *step: seen.append(step))
    assert kept.data == sonoff.contents()[:0x21000]
    assert [(piece.address, piece.size) for piece in kept.pieces] == [(0, PIECE), (PIECE, PIECE), (2 * PIECE, 0x1000)]
    assert [piece.md5 for piece in kept.pieces] == [
        hashlib.md5(sonoff.contents()[piece.address : piece.address + piece.size]).hexdigest() for piece in kept.pieces
    ]
    assert retried == 0
    assert seen == [(n, 0x21000) for n in range(0x1000, 0x22000, 0x1000)]


def test_no_pieces_are_no_work(device, wire):
    assert read_pieces(device, [], Kept()) == 0
    assert wire.frames == []


def test_only_the_broken_piece_is_read_again(device, sonoff, wire):
    # A piece is 65536 bytes and some escapes: this byte lies in the second.
    sonoff.faults.flip_after = 120_000
    kept = Kept()
    assert read_pieces(device, pieces_of(2 * PIECE), kept) == 1
    assert wire.reads == [(0, PIECE), (PIECE, PIECE), (PIECE, PIECE)]
    assert kept.data == sonoff.contents()[: 2 * PIECE]
    assert [piece.address for piece in kept.pieces] == [0, PIECE]


def test_noise_that_never_stops_is_given_up(device, sonoff, wire):
    sonoff.faults.flip_to_host = 500
    kept = Kept()
    with pytest.raises(TransferFailed) as caught:
        read_pieces(device, [Piece(0x20000, 0x2000)], kept)
    assert str(caught.value).startswith("The piece at 0x020000 broke on the way 5 times in a row. (Bytes were lost")
    assert "goes on where it stopped" in caught.value.hint
    assert wire.reads == [(0x20000, 0x2000)] * ATTEMPTS
    assert kept.pieces == []


def test_a_pulled_cable_is_not_tried_again(device, sonoff, wire):
    kept = Kept()

    def pull(done, total):
        if done > PIECE:
            sonoff.unplug()

    with pytest.raises(PortLost):
        read_pieces(device, pieces_of(3 * PIECE), kept, pull)
    assert kept.data == sonoff.contents()[:PIECE]
    assert wire.reads == [(0, PIECE), (PIECE, PIECE)]


def test_stopping_asks_for_no_further_packet(device, sonoff, wire):
    cancel = threading.Event()
    at_cancel = {}

    def progress(done, total):
        if done == 0x3000:
            cancel.set()
            at_cancel.update(acks=wire.acknowledgements, delivered=sonoff.line.delivered)

    kept = Kept()
    with pytest.raises(Cancelled) as caught:
        read_pieces(device, pieces_of(2 * PIECE), kept, progress, cancel)
    assert str(caught.value) == "You stopped it."
    assert wire.acknowledgements - at_cancel["acks"] <= 1
    assert wire.reads == [(0, PIECE)]
    # One packet was under way; each of its bytes may be escaped. Then the digest and the answers to SYNC.
    assert sonoff.line.delivered - at_cancel["delivered"] < 2 * 0x1000 + 0x400
    assert kept.pieces == []
    assert device.read(0x5000, 0x1000) == sonoff.contents()[0x5000:0x6000]


def test_stopping_between_pieces_keeps_what_was_read(device, sonoff, wire):
    cancel, kept = threading.Event(), Kept()

    def keep(piece, data):
        kept(piece, data)
        cancel.set()

    with pytest.raises(Cancelled):
        read_pieces(device, pieces_of(2 * PIECE), keep, cancel=cancel)
    assert wire.reads == [(0, PIECE)]
    assert kept.data == sonoff.contents()[:PIECE]


def test_stopped_before_it_began_sends_nothing(device, wire):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        read_pieces(device, pieces_of(PIECE), Kept(), cancel=cancel)
    assert wire.frames == []


def test_stopping_ends_the_repeats_too(device, sonoff, wire):
    sonoff.faults.flip_to_host = 500
    cancel = threading.Event()

    def progress(done, total):
        if len(wire.reads) == 2:
            cancel.set()

    with pytest.raises(Cancelled):
        read_pieces(device, [Piece(0, 0x4000)], Kept(), progress, cancel)
    assert len(wire.reads) == 2


def test_stopping_while_the_line_recovers_ends_the_repeats(device, sonoff, wire, monkeypatch):
    sonoff.faults.flip_to_host = 500
    cancel, write = threading.Event(), sonoff.line.write

    def stop_at_recovery(data):
        if data == SYNC_FRAME:
            cancel.set()
        write(data)

    monkeypatch.setattr(sonoff.line, "write", stop_at_recovery)
    with pytest.raises(Cancelled):
        read_pieces(device, [Piece(0, 0x4000)], Kept(), cancel=cancel)
    assert wire.reads == [(0, 0x4000)]


def test_the_device_says_which_pieces_it_still_holds(device, sonoff):
    data = sonoff.contents()
    pieces = [
        Piece(p.address, p.size, hashlib.md5(data[p.address :][: p.size]).hexdigest()) for p in pieces_of(0x40000)
    ]
    assert matches_device(device, pieces) == pieces
    device.write(0x12000, b"changed!" * 16)
    assert matches_device(device, pieces) == [pieces[0], pieces[2], pieces[3]]
