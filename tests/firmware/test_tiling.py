"""Claims to regions: every byte once, whoever comes first."""

from __future__ import annotations

import pytest
from firmware.dump_builders import random_bytes
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.layout.tiling import Region, tile
from sonoffkit.firmware.records import RegionKind

SECTOR = 0x1000


def region(start: int, end: int, name="a") -> Region:
    return Region(start, end, name, RegionKind.PROGRAM)


def places(regions) -> list[tuple[int, int, str]]:
    return [(region.start, region.end, region.name) for region in regions]


def test_the_first_claim_wins_and_the_others_keep_the_rest():
    data = b"\x01\x02" * SECTOR
    found = tile(data, [region(100, 200, "first"), region(0, SECTOR, "second"), region(150, 2 * SECTOR, "third")])
    assert places(found) == [
        (0, 100, "second"),
        (100, 200, "first"),
        (200, SECTOR, "second"),
        (SECTOR, 2 * SECTOR, "third"),
    ]


def test_padding_of_one_byte_belongs_to_the_claim_before_it():
    data = b"\x01\x02" * 50 + b"\xaa" * (SECTOR - 100) + b"\x01\x02" * 50 + b"\xff" * (SECTOR - 101) + b"\x00"
    assert places(tile(data, [region(0, 100)])) == [(0, SECTOR, "a"), (SECTOR, 2 * SECTOR, "unknown")]
    assert places(tile(data, [region(SECTOR, SECTOR + 100)]))[-1] == (SECTOR + 100, 2 * SECTOR, "unknown")


def test_gaps_are_blank_or_unknown_by_sectors():
    data = b"\xff" * SECTOR * 2 + b"\x01\x02" * (SECTOR // 2) + bytes(SECTOR) + b"\xff" * 10
    found = tile(data, [], [(0, SECTOR, "room")])
    assert places(found) == [
        (0, SECTOR, "room"),
        (SECTOR, 2 * SECTOR, "blank"),
        (2 * SECTOR, 4 * SECTOR, "unknown"),
        (4 * SECTOR, 4 * SECTOR + 10, "blank"),
    ]


def test_what_is_said_of_unknown_bytes():
    dense = random_bytes(SECTOR)
    written = SECTOR - dense.count(b"\xff")
    (found,) = tile(dense, [])
    assert found.note == f"{written:,} bytes that are not FF, random-looking: compressed, encrypted, or noise"
    assert tile(bytes(SECTOR), [])[0].note == "nothing but zeros"
    assert tile(b"text " * 100, [])[0].note == "500 bytes that are not FF, and nothing here knows what they are"
    assert "gzip" in tile(b"\x1f\x8b" + dense, [])[0].note


def test_nothing_has_no_regions():
    assert tile(b"", [region(0, 100)]) == ()


CLAIMS = st.tuples(st.integers(-50, 20000), st.integers(0, 9000)).map(lambda claim: region(claim[0], sum(claim)))


@given(st.integers(0, 20000), st.lists(CLAIMS, max_size=12))
def test_any_claims_tile_any_file(size, claims):
    data = (b"\x01\x02\x03" * size)[:size]
    found = tile(data, claims)
    assert [region.start for region in found] == [0, *(region.end for region in found)][: len(found)]
    assert sum(region.size for region in found) == size
    for at in {0, size - 1, *(claim.start for claim in claims), *(claim.end - 1 for claim in claims)}:
        wanted = any(claim.start <= at < claim.end for claim in claims)
        if 0 <= at < size and wanted:
            assert next(region for region in found if region.start <= at < region.end).name == "a"


@pytest.mark.parametrize(
    ("data", "note"),
    [
        (b"\xff" * 9 + b"\1", "1 byte that is not FF, and nothing here knows what it is"),
        (
            bytes(byte % 80 for byte in random_bytes(12000)),
            "12,000 bytes that are not FF, as dense as a program: a part of one that was here before, perhaps",
        ),
    ],
)
def test_what_is_not_known_is_described(data, note):
    assert tile(data, [])[0].note == note
