"""What the pictures are made of: cells, curve, labels, ticks, words and colours."""

from __future__ import annotations

import random
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.analysis import CLASSES
from sonoffkit.figures.axis import address_ticks
from sonoffkit.figures.cells import Grid, class_cells, entropy_cells, region_cells
from sonoffkit.figures.difference_plot import ranges
from sonoffkit.figures.hilbert import curve
from sonoffkit.figures.labels import spread, stairs
from sonoffkit.figures.style import HATCHES
from sonoffkit.figures.words import cut, joined, size_words, title_of, width, wrap
from sonoffkit.firmware.layout import Region, RegionKind
from sonoffkit.palette import CLASSES as CLASS_COLOURS
from sonoffkit.palette import REGIONS


@pytest.mark.parametrize("order", range(9))
def test_hilberts_curve_visits_every_place_once_and_neighbours_touch(order):
    x, y = curve(order)
    assert len(set(zip(x.tolist(), y.tolist(), strict=True))) == 4**order
    assert np.all(np.abs(np.diff(x)) + np.abs(np.diff(y)) == 1)
    assert (x[0], y[0]) == (0, 0)
    assert (x[-1], y[-1]) == (2**order - 1, 0)


def shown(cell: bytes) -> str:
    """The class of a cell of 16 bytes."""
    (found,) = class_cells(cell.ljust(16, b"\xff"), Grid(0, 16, 16, 1))
    return CLASSES[found]


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        (b"", "FF"),
        (b"\0", "00"),
        (b"\0\0\0\0a", "text"),
        (b"\x01", "low"),
        (b"\x80", "high"),
        (b"abc\x01", "text"),
        (b"ab\x01", "low"),
        (b"ab\x80\x81\x01", "high"),
        (b"ab\x80\x01", "low"),
        (b"\0" * 15 + b"\x90", "high"),
    ],
)
def test_a_cells_class_is_the_most_telling_one_in_it(cell, name):
    assert shown(cell) == name


def test_a_cell_of_one_byte_is_that_byte():
    assert [CLASSES[n] for n in class_cells(b"\0\xffa\x01\x80", Grid.linear(0, 5))] == [
        "00",
        "FF",
        "text",
        "low",
        "high",
    ]


def test_one_byte_in_a_blank_megabyte_has_its_cell():
    data = bytearray(b"\xff" * (1 << 20))
    data[0x12345] = 0x41
    cells = class_cells(bytes(data), Grid.linear(0, len(data)))
    assert np.flatnonzero(cells != CLASSES.index("FF")).tolist() == [0x12345 // 16]
    assert CLASSES[cells[0x12345 // 16]] == "text"


def test_a_shorter_last_cell_counts_as_it_is():
    grid = Grid(0, 17, 16, 16)
    assert [CLASSES[n] for n in class_cells(b"a" * 17, grid)] == ["text", "text"]
    assert len(entropy_cells(b"a" * 17, grid)) == 2


@pytest.mark.parametrize("size", [0, 1, 2, 255, 4097, 70_001, 1 << 20, (1 << 24) + 1, 1 << 26])
def test_grids_hold_all_bytes_in_few_cells(size):
    for grid in (Grid.linear(0, size), Grid.square(0, size)):
        assert grid.cells * grid.cell >= size
        assert grid.cells <= grid.columns * grid.rows <= 256 * 257
        assert grid.columns <= 256


def test_a_small_region_is_seen_in_a_cell_that_it_shares():
    regions = (
        Region(0, 100, "program", RegionKind.PROGRAM),
        Region(100, 101, "settings", RegionKind.SETTINGS),
        Region(101, 400, "blank", RegionKind.BLANK),
    )
    assert region_cells(regions, Grid(0, 400, 64, 8)).tolist() == [0, 1, 2, 2, 2, 2, 2]


def test_entropy_cells_follow_the_bytes():
    data = bytes(1 << 17) + random.Random(1).randbytes(1 << 17)
    cells = entropy_cells(data, Grid.linear(0, len(data)))
    assert cells[len(cells) // 4] == 0
    assert cells[-len(cells) // 4] > 7.6


@given(st.lists(st.tuples(st.floats(-5, 15), st.floats(0.1, 0.4)), max_size=20))
def test_spread_labels_keep_their_order_apart_and_inside(labels):
    labels = sorted(labels)
    wanted, sizes = [want for want, _ in labels], [size for _, size in labels]
    centres = spread(wanted, sizes, 0, 10)
    for (a, m), (b, n) in pairwise(zip(centres, sizes, strict=True)):
        assert b - a >= (m + n) / 2 - 1e-9
    if centres:
        assert centres[0] - sizes[0] / 2 >= -1e-9
        assert centres[-1] + sizes[-1] / 2 <= 10 + 1e-9


def test_a_label_with_room_stays_where_it_belongs():
    assert spread([2, 5, 5.1, 9], [1, 1, 1, 1], 0, 10) == pytest.approx([2, 4.55, 5.55, 9])


@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0.2, 1.5)), max_size=14))
def test_stairs_cross_nothing(labels):
    places = stairs([at for at, _ in labels], [width for _, width in labels], -0.5, 8.5, list(range(len(labels))), 5)
    for place in places:
        assert place.left >= -0.5
        assert place.right <= 8.5 + 1e-9
        assert place.row < 5
    for one, other in combinations(places, 2):
        assert one.row != other.row or one.right <= other.left or other.right <= one.left
        for upper, lower in ((one, other), (other, one)):
            assert upper.row >= lower.row + 1 or not upper.left < lower.at < upper.right or upper.row > lower.row


def test_stairs_leave_out_the_lowest_ranks():
    places = stairs([1, 1.05, 1.1, 1.15], [1, 1, 1, 1], 0, 4, [3, 0, 2, 1], 1)
    assert {place.number for place in places} <= {0, 2}
    assert places


def test_a_label_with_room_is_not_left_out_for_a_crowd_elsewhere():
    crowd = [0.04 * n for n in range(17)]
    places = stairs([*crowd, 8], [1] * 18, -0.35, 9, [*range(1, 18), 0], 6)
    assert len(places) == 7
    assert 17 in {place.number for place in places}


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (0, 1), (0, 0x100000), (0x78000, 0x80000), (0, 486_256), (0, 1 << 26)]
)
def test_ticks_are_few_and_at_round_addresses(start, end):
    ticks = address_ticks(start, end, 9)
    assert 1 <= len(ticks) <= 9
    steps = {b - a for a, b in pairwise(ticks)}
    assert all(step & (step - 1) == 0 and tick % step == 0 for step in steps for tick in ticks)


def test_one_megabyte_has_ticks_at_every_32_sectors():
    assert address_ticks(0, 0x100000) == list(range(0, 0x100001, 0x20000))


def test_words_about_sizes():
    assert [size_words(size) for size in (0, 1, 1000, 1024, 1025, 1 << 20, 406_644)] == [
        "0 bytes", "1 byte", "1,000 bytes", "1 KB", "1.0 KB", "1 MB", "397.1 KB",
    ]  # fmt: skip
    assert [joined(parts) for parts in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


@given(st.text(max_size=200), st.floats(1, 6))
def test_cut_and_wrapped_words_fit(text, most):
    assert width(cut(text, 9, most), 9) <= most + 0.01
    assert all(width(line, 9) <= max(most, 1.6) + 0.01 for line in wrap(text, 9, most))


def test_a_name_keeps_what_is_no_mac_address():
    assert title_of("basic-5ccf7f010203-1MB.bin") == "basic-(MAC masked)-1MB.bin"
    assert title_of("stock_basic_fw1.6.0.bin") == "stock_basic_fw1.6.0.bin"
    assert title_of("") == "a dump without a name"


def test_a_backup_and_a_share_safe_copy_are_called_what_they_are():
    assert title_of("2026-11-28_185556_5ccf7f010203_1MB.bin") == "backup of 2026-11-28 18:55, 1 MB"
    assert title_of("2026-11-28_185556_5ccf7f010203_512KB-2.bin") == "backup of 2026-11-28 18:55, 512 KB"
    assert title_of("share-safe-50095101.bin") == "share-safe copy"


def lightness(colour: str) -> float:
    """CIE L* of a colour, 0 to 100."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    y = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize(("colours", "least"), [(REGIONS, 7), (CLASS_COLOURS, 17)])
def test_colours_differ_in_lightness(colours, least):
    values = sorted(lightness(colour) for colour in colours.values())
    assert min(b - a for a, b in pairwise(values)) >= least


def test_every_kind_and_class_has_its_colour():
    assert set(REGIONS) == set(HATCHES) == {str(kind) for kind in RegionKind}
    assert set(CLASS_COLOURS) == set(CLASSES)


def test_differences_are_bridged_over_short_gaps_but_not_over_borders():
    from sonoffkit.analysis import differences

    one = bytes(1000)
    other = bytearray(one)
    for start, end in ((10, 20), (50, 60), (300, 310), (590, 610)):
        other[start:end] = b"x" * (end - start)
    found = differences(one, bytes(other))
    assert ranges(found) == [(10, 60, 20), (590, 610, 20), (300, 310, 10)]
    assert ranges(found, [0, 55, 300, 600]) == [
        (10, 55, 15),
        (300, 310, 10),
        (590, 600, 10),
        (600, 610, 10),
        (55, 60, 5),
    ]
