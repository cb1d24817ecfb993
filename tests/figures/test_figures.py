"""Every picture of every file: what it names, what it keeps to itself, and that nothing overlaps."""

from __future__ import annotations

import random
import subprocess
import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from matplotlib.image import AxesImage
from matplotlib.transforms import Bbox

from sonoffkit.figures import byte_map, difference, entropy, overview
from sonoffkit.figures.regions import LEAST, Strip
from sonoffkit.firmware.identity import Confidence, Firmware
from sonoffkit.firmware.layout import Region, RegionKind

KIB = 1024


def all_pictures(report):
    yield overview(report)
    yield overview(report, exported=True)
    for order in ("linear", "hilbert"):
        for colour in ("class", "entropy", "region"):
            yield byte_map(report, order, colour)
    yield entropy(report)
    yield entropy(report, sliding=True)
    yield difference(report, report)


PICTURES = {
    "overview": overview,
    "byte map": byte_map,
    "byte map, Hilbert": lambda report: byte_map(report, "hilbert"),
    "entropy": entropy,
    "difference": lambda report: difference(report, report),
}

ODD = {
    "no bytes": b"",
    "one byte": b"A",
    "two bytes": b"\x00\xff",
    "1023 bytes": random.Random(1).randbytes(1023),
    "1025 bytes": random.Random(2).randbytes(1025),
    "random": random.Random(3).randbytes(70_001),
    "all FF": b"\xff" * 0x10000,
    "all 00": bytes(0x10001),
}


@pytest.mark.parametrize("data", ODD.values(), ids=ODD)
def test_every_picture_exists_for_every_file(make_report, data):
    report = make_report(data)
    for picture in all_pictures(report):
        picture.figure.set_dpi(30)
        picture.figure.canvas.draw()
        assert picture.alt.endswith(".")
        assert "a.bin" in picture.alt


def test_16_mb_have_no_more_cells_than_1_mb(make_report):
    (image,) = byte_map(make_report(bytes(1 << 24))).figure.findobj(AxesImage)
    assert np.asarray(image.get_array()).shape == (256, 256, 4)


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_a_picture_without_bytes_says_so(make_report, drawn, picture):
    made = picture(make_report(b""))
    texts = " ".join(text.get_text() for text in drawn(made))
    assert "no bytes" in texts.lower()


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_address_axes_are_hexadecimal(stock, drawn, picture):
    made = picture(stock)
    made.figure.canvas.draw()
    texts = {text.get_text() for text in drawn(made)}
    assert {"0x0", "0x40000" if "Hilbert" not in made.alt else "0x50000"} <= texts


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_every_region_that_is_not_blank_has_its_name(stock, drawn, picture):
    texts = " ".join(text.get_text() for text in drawn(picture(stock)))
    for region in stock.layout.regions:
        assert region.kind == RegionKind.BLANK or region.name in texts


def boxes_of(texts):
    return [(text.get_text(), text.get_window_extent()) for text in texts]


def overlap(one: Bbox, other: Bbox) -> bool:
    both = Bbox.intersection(one, other)
    return both is not None and both.width > 0.5 and both.height > 3


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_no_two_words_overlap(stock, drawn, picture):
    made = picture(stock)
    made.figure.canvas.draw()
    boxes = boxes_of(drawn(made))
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if overlap(one, other)] == []


@pytest.mark.parametrize("picture", PICTURES.values(), ids=PICTURES)
def test_no_word_is_cut_by_the_edge(stock, drawn, picture):
    made = picture(stock)
    made.figure.canvas.draw()
    page = made.figure.bbox
    for text, box in boxes_of(drawn(made)):
        assert Bbox.union([page, box]).bounds == pytest.approx(page.bounds), text


def test_hundreds_of_regions_overlap_nowhere_and_the_rest_are_counted(make_report, drawn):
    kinds = [RegionKind.SETTINGS, RegionKind.BLANK, RegionKind.FILES]
    regions = tuple(Region(n * KIB, (n + 1) * KIB, f"piece {n}", kinds[n % 3]) for n in range(500))
    made = byte_map(make_report(bytes(500 * KIB), regions))
    made.figure.canvas.draw()
    boxes = boxes_of(drawn(made))
    assert [(a, b) for (a, one), (b, other) in combinations(boxes, 2) if overlap(one, other)] == []
    named = sum(text.startswith("piece ") for text, _ in boxes)
    assert any(text.startswith(f"and {500 - named} more") for text, _ in boxes)


def test_a_short_region_is_never_thinner_than_2_pixels():
    size = 64 << 20
    regions = [Region(0, 4096, "a", RegionKind.BOOT), Region(4096, size - 8192, "b", RegionKind.BLANK)]
    regions += [
        Region(size - 8192, size - 4096, "c", RegionKind.SYSTEM),
        Region(size - 4096, size, "d", RegionKind.FILES),
    ]
    strip = Strip(regions, 0, size, 5.0)
    assert np.diff(strip.edges).min() >= LEAST - 1e-9
    assert LEAST * 950 / 13 > 2  # pixels, of the widest page in a notebook's cell
    assert strip.edges[0] == 0
    assert strip.edges[-1] == 5.0


def test_regions_have_their_place_where_there_is_room():
    regions = [Region(0, 4096, "a", RegionKind.BOOT), Region(4096, 16384, "b", RegionKind.PROGRAM)]
    assert Strip(regions, 0, 16384, 4.0).edges.tolist() == [0, 1, 4]


def test_secrets_are_counted_and_never_shown(stock, drawn):
    made = overview(stock, exported=True)
    texts = " ".join(text.get_text() for text in drawn(made))
    assert "2 × Wi-Fi password" in texts.replace("\N{NO-BREAK SPACE}", " ")
    for picture in all_pictures(stock):
        assert "correct horse" not in picture.alt + " ".join(text.get_text() for text in drawn(picture))


def test_a_mac_address_in_a_files_name_is_masked(make_report, drawn):
    for name in ("basic-5ccf7f010203-1MB.bin", "5c-cf-7f-01-02-03 (2).bin"):
        report = make_report(bytes(4096), name=name)
        for picture in all_pictures(report):
            texts = picture.alt + " ".join(text.get_text() for text in drawn(picture))
            assert "01" + "02" + "03" not in texts.replace(":", "").replace("-", "")


@pytest.mark.parametrize("picture", [overview, entropy])
def test_an_exported_picture_masks_in_the_files_name_what_is_found_in_the_file(stock, drawn, picture):
    report = replace(stock, name="kitchen-correct horse battery.bin")
    made = picture(report, exported=True)
    told = made.alt + " ".join(text.get_text() for text in drawn(made))
    assert "correct horse" not in told
    assert told.count("kitchen-••••.bin") == 2


def test_the_overview_tells_what_is_known(stock, drawn):
    texts = " ".join(text.get_text() for text in drawn(overview(stock, exported=True)))
    for words in (
        "stock eWeLink (proven), version 1.6.0",
        "PSF-B01-GL",
        "2.0.0(5a875ba)",
        "a whole flash",
        "1 MB",
        "user1",
    ):
        assert words in texts
    assert "Something is missing: read it again." in texts
    assert "random reaches 7.81" in texts
    assert "one cell is 16 bytes, one row 4 KB" in texts


def test_in_a_notebook_the_overview_leaves_the_facts_to_the_card_and_is_as_wide_as_a_cell(stock, drawn):
    made = overview(stock)
    texts = [text.get_text() for text in drawn(made)]
    assert {"What lies where", "Entropy", "Byte values"} <= set(texts)
    assert "Facts" not in texts
    assert made.figure.get_figwidth() < 9


def test_strange_characters_and_dollars_are_drawn_as_they_are(make_report, drawn):
    firmware = Firmware("$\\frac{", Confidence.GUESS, "\x00\ud800厨房\n")
    made = overview(make_report(bytes(99), name="a $x$ _{ 厨房\x07.bin", firmware=firmware, notices=["$^", "x" * 500]))
    made.png()
    made.svg()
    assert "a $x$ _{ ???.bin" in [text.get_text() for text in drawn(made)]


def test_a_range_of_addresses_is_drawn_alone(stock, drawn):
    made = byte_map(stock, address_range=(0x78000, 0x80000))
    texts = [text.get_text() for text in drawn(made)]
    assert "settings A" in texts
    assert "user1" not in texts
    assert any("one cell is 1 byte," in text for text in texts)


@pytest.mark.parametrize("wanted", [(5, 5), (0x100000, 0x200000), (9, 3)])
def test_a_range_without_bytes_is_refused(stock, wanted):
    with pytest.raises(ValueError, match=r"Nothing of the file's 1,048,576 bytes lies in 0x"):
        byte_map(stock, address_range=wanted)


def test_an_unknown_order_or_colour_is_refused(stock):
    with pytest.raises(ValueError, match=r"^A byte map's order is linear or hilbert, not zigzag\.$"):
        byte_map(stock, order="zigzag")
    with pytest.raises(ValueError, match=r"^A byte map's colour is class, entropy or region, not pink\.$"):
        byte_map(stock, colour="pink")


def test_equal_dumps_are_called_the_same(stock, drawn):
    made = difference(stock, stock)
    assert "The same in every byte" in [text.get_text() for text in drawn(made)]
    assert "are the same: 1 MB, equal in every byte." in made.alt


def test_a_difference_is_listed_with_its_region(stock, make_report, drawn):
    data = bytearray(stock.data)
    data[0x79000:0x79005] = b"other"
    data[0x6FFFF:0x70001] = b"\0\0"
    made = difference(stock, make_report(bytes(data), stock.layout.regions, name="b.bin"))
    texts = [text.get_text() for text in drawn(made)]
    row = texts.index("0x79000")
    assert texts[row : row + 5] == ["0x79000", "0x79005", "5", "settings B", "settings B"]
    assert "7 bytes differ, in 3 sectors of 256" in texts
    assert "0x79000" in made.alt


def test_what_only_one_dump_has_is_marked(stock, make_report, drawn):
    half = make_report(stock.data[: len(stock.data) // 2], name="half.bin")
    assert "only in A" in [text.get_text() for text in drawn(difference(stock, half))]
    made = difference(half, stock)
    assert "only in B" in [text.get_text() for text in drawn(made)]
    assert "kitchen.bin is longer by 512 KB." in made.alt


def test_a_short_dump_beside_a_long_one_has_its_names(stock, make_report, drawn):
    made = difference(make_report(bytes(16 << 20), name="long.bin"), stock)
    beside = {text.get_text() for text in drawn(made) if text.get_gid() == "region"}
    assert sum(region.name in beside for region in stock.layout.regions if region.kind != RegionKind.BLANK) >= 6


def test_bars_end_where_the_shorter_dump_ends(make_report):
    made = difference(make_report(b"A" * 128), make_report(bytes(1024)))
    bars = made.figure.axes[0].containers[0]
    assert [(bar.get_x(), bar.get_width()) for bar in bars] == [(0, 128)]


def test_a_number_in_the_map_is_not_cut_by_its_edge(make_report):
    # The second one's middle lies on the curve where it touches the right edge.
    regions = (Region(0, 0x87700, "first", RegionKind.PROGRAM), Region(0x87700, 1 << 20, "second", RegionKind.UNKNOWN))
    made = byte_map(make_report(bytes(1 << 20), regions), "hilbert")
    made.figure.canvas.draw()
    axes = made.figure.axes[0]
    numbers = [text for text in axes.texts if text.get_text() in ("1", "2")]
    assert len(numbers) == 2
    for text in numbers:
        box = text.get_bbox_patch().get_window_extent()
        assert Bbox.union([axes.bbox, box]).bounds == pytest.approx(axes.bbox.bounds)


def test_drawing_leaves_no_trace_in_matplotlib():
    code = (
        "import sys, matplotlib; matplotlib.use('agg'); before = dict(matplotlib.rcParams)\n"
        "from sonoffkit.figures import overview\n"
        "from sonoffkit.figures.page import Page\n"
        "from sonoffkit.figures.picture import Picture\n"
        "from sonoffkit.figures.style import drawing\n"
        "with drawing(): page = Page(1, 1)\n"
        "Picture(page.figure, 'x').png()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
        "assert dict(matplotlib.rcParams) == before"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_notebooks_own_style_changes_nothing(stock):
    import matplotlib

    plain = entropy(stock).svg()
    with matplotlib.rc_context(
        {"font.size": 30, "axes.facecolor": "black", "svg.fonttype": "none", "lines.linewidth": 9}
    ):
        assert entropy(stock).svg() == plain
