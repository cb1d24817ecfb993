"""How a flash is cut, and what of it is missing."""

from __future__ import annotations

import hashlib
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.transfer import PIECE, SECTOR, Piece, Region, pieces_of
from sonoffkit.transfer.gaps import Gaps, Source
from sonoffkit.transfer.pieces import cut, is_blank, merged, without


@given(st.integers(1, 0x400000))
def test_pieces_cover_a_flash_without_gap_or_overlap(size):
    pieces = pieces_of(size)
    ends = [0, *(piece.address + piece.size for piece in pieces)]
    assert [piece.address for piece in pieces] == ends[:-1]
    assert ends[-1] == size
    assert {piece.size for piece in pieces[:-1]} <= {PIECE}
    assert 0 < pieces[-1].size <= PIECE


regions = st.lists(
    st.tuples(st.integers(0, 0x4000), st.integers(1, 0x3000)).map(lambda pair: Region(*pair)), max_size=4
)


@given(regions, st.sampled_from([1, 0x10, SECTOR]))
def test_cutting_keeps_every_byte_and_crosses_no_line(regions, grid):
    parts = cut(regions, grid)
    assert sum(part.size for part in parts) == sum(region.size for region in regions)
    assert all(part.size > 0 and part.address // grid == (part.end - 1) // grid for part in parts)


@given(st.sets(st.integers(0, 64)))
def test_merging_gives_the_same_sectors_and_no_two_that_touch(sectors):
    parts = merged([Region(n * SECTOR, SECTOR) for n in sectors])
    assert {at // SECTOR for at, _ in cut(parts, SECTOR)} == sectors
    assert all(one.end < two.address for one, two in itertools.pairwise(parts))


def test_what_is_done_is_taken_from_the_front_of_its_region():
    todo = [Region(0, 0x3000), Region(0x8000, 0x1000)]
    assert without(todo, Region(0, 0x1000)) == [Region(0x1000, 0x2000), Region(0x8000, 0x1000)]
    assert without(todo, Region(0x8000, 0x1000)) == [Region(0, 0x3000)]


def test_only_all_ff_is_blank():
    assert is_blank(b"\xff" * SECTOR)
    assert not is_blank(b"\xff" * 100 + b"\xfe" + b"\xff" * 100)


class Shelf:
    """A store in memory."""

    def __init__(self, size, pieces=()):
        self.pieces, self.bytes = list(pieces), bytearray(size)

    def keep(self, *kept):
        for piece, data in kept:
            assert piece.md5 == hashlib.md5(data).hexdigest()
            assert len(data) == piece.size
            self.bytes[piece.address : piece.address + piece.size] = data
            self.pieces.append(piece)

    def drop(self, pieces):
        self.pieces = [piece for piece in self.pieces if piece not in pieces]

    def read(self, address, size):
        return bytes(self.bytes[address : address + size])


SIZE = 3 * PIECE + 4 * SECTOR  # the last piece is a short one


@given(st.randoms(use_true_random=False))
def test_sectors_in_any_order_become_whole_pieces_each_kept_once(rng):
    data, shelf = random.Random(5).randbytes(SIZE), Shelf(SIZE)
    gaps = Gaps(shelf, SIZE)
    while gap := gaps.first():
        choice = rng.choice(gaps.all())
        start = rng.randrange(choice.size // SECTOR)
        count = rng.randint(1, choice.size // SECTOR - start)
        at = choice.address + start * SECTOR
        gaps.fill(at, data[at : at + count * SECTOR], Source.READ)
        assert gaps.first() != gap or at != gap.address
    assert bytes(shelf.bytes) == data
    assert sorted(piece.address for piece in shelf.pieces) == [piece.address for piece in pieces_of(SIZE)]
    assert gaps.filled == SIZE
    assert gaps.all() == []


def test_what_a_store_has_is_no_gap():
    gaps = Gaps(Shelf(SIZE, [Piece(PIECE, PIECE, "x")]), SIZE)
    assert gaps.first() == Region(0, PIECE)
    assert gaps.all() == [Region(0, PIECE), Region(2 * PIECE, SIZE - 2 * PIECE)]
    assert gaps.filled == gaps.of(Source.RESUMED) == PIECE


def test_a_sector_that_turned_out_wrong_costs_that_sector_only():
    data, shelf = random.Random(6).randbytes(SIZE), Shelf(SIZE)
    gaps = Gaps(shelf, SIZE)
    gaps.fill(0, data, Source.READ)
    wrong = [Region(PIECE + SECTOR, SECTOR), Region(SIZE - SECTOR, SECTOR)]
    gaps.lose(wrong)
    assert gaps.all() == wrong
    assert [piece.address for piece in shelf.pieces] == [0, 2 * PIECE]
    for at, size in wrong:
        gaps.fill(at, data[at : at + size], Source.BLANK)
    assert gaps.first() is None
    assert bytes(shelf.bytes) == data
    assert (gaps.of(Source.READ), gaps.of(Source.BLANK)) == (SIZE - 2 * SECTOR, 2 * SECTOR)


class RoomGone(Exception):
    """The disk is full."""


def test_what_the_store_has_no_room_for_stays_a_gap():
    class Full(Shelf):
        def keep(self, *kept):
            raise RoomGone

    gaps = Gaps(Full(SIZE), SIZE)
    with pytest.raises(RoomGone):
        gaps.fill(0, bytes(PIECE), Source.READ)
    assert gaps.first() == Region(0, SIZE)
