"""Two dumps, and where they differ: sector by sector, and the biggest differences as a list."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..analysis import Difference, differences
from ..report import Report
from .axis import address_axis
from .page import Box, Page
from .picture import Picture
from .regions import Strip, strip_below
from .style import ACCENT, GRID, INK, QUIET, SMALL, TEXT, TITLE, drawing
from .told import tell_difference
from .words import address, count, cut, size_words, title_of

__all__ = ["difference"]

MOST_BARS = 1024  # beyond, a bar is the fullest of several sectors
LISTED = 10
LIST_TOP, LINE_HEIGHT = 5.95, 0.172  # inches
NEAR = 64  # bytes: differences that lie no farther apart are one range of the list


def difference(a: Report, b: Report) -> Picture:
    """How many bytes of each sector differ, over the regions of both, and the biggest ranges."""
    found = differences(a.data, b.data)
    with drawing():
        listed = ranges(found, [region.start for report in (a, b) for region in report.layout.regions])
        page = Page(11, LIST_TOP + (0.55 + min(len(listed), LISTED) * LINE_HEIGHT if listed else 0))
        names = (cut(title_of(report.name), TITLE, 4.9, bold=True) for report in (a, b))
        page.title("  ↔  ".join(names), _summary(a, b, found))
        box = Box(0.95, 0.95, 9.6, 1.6)
        end = max(1, a.size, b.size)
        _bars(page, box, found, end)
        for letter, report, top in (("A", a, box.bottom + 0.42), ("B", b, box.bottom + 1.85)):
            _strip(page, Box(box.left, top, box.width, 0.2), letter, report, end)
        _list(page, Box(0.3, LIST_TOP, 10.4, 2.1), a, b, listed)
        return Picture(page.figure, tell_difference(a, b, found))


def ranges(found: Difference, borders: Sequence[int] = ()) -> list[tuple[int, int, int]]:
    """(start, end, differing bytes) of what differs, the most first; short gaps are bridged, but not borders."""
    starts, ends = (run.astype(np.int64) for run in found.runs)
    if not len(starts):
        return []
    cuts = np.array(sorted(set(borders)), np.int64)
    inside = cuts[(cuts > starts[0]) & (cuts < ends[-1])]
    run = np.searchsorted(starts, inside, "right") - 1
    inside = inside[(starts[run] < inside) & (inside < ends[run])]
    starts, ends = np.union1d(starts, inside), np.union1d(ends, inside)
    places = np.searchsorted(cuts, starts, "right")
    is_far = (starts[1:] - ends[:-1] > NEAR) | (places[1:] != places[:-1])
    first = np.flatnonzero(np.concatenate([[True], is_far]))
    last = np.append(first[1:], len(starts)) - 1
    differing = np.add.reduceat(ends - starts, first)
    most = np.argsort(-differing, kind="stable")
    return [(int(starts[first[n]]), int(ends[last[n]]), int(differing[n])) for n in most[:1000]]


def _summary(a: Report, b: Report, found: Difference) -> str:
    if found.is_same:
        return f"The same: {size_words(a.size)}, equal in every byte"
    differing, sectors = count(found.bytes_differing, "byte"), count(len(found.sectors), "sector")
    told = f"{differing} differ, in {sectors} of {len(found.per_sector):,}"
    if a.size == b.size:
        return told
    longer, name = (found.only_in_a, "A") if a.size > b.size else (found.only_in_b, "B")
    return f"{told} that both have; {name} alone goes on from {address(longer[0])} to {address(longer[1])}"


def _bars(page: Page, box: Box, found: Difference, end: int) -> None:
    """A bar a sector, on an axis on which one byte is seen as well as all of them."""
    axes = page.axes(box)
    axes.set_yscale("log")
    axes.set(xlim=(0, end), ylim=(0.5, found.sector * 1.6), ylabel=f"bytes that differ\nof {found.sector:,}")
    ticks = [tick for tick in (1, 16, 256, 4096) if tick <= found.sector]
    axes.set_yticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="y")
    together = max(1, -(-len(found.per_sector) // MOST_BARS))
    counts = (
        np.maximum.reduceat(found.per_sector, np.arange(0, len(found.per_sector), together))
        if len(found.per_sector)
        else found.per_sector
    )
    shown = np.flatnonzero(counts)
    starts, step = shown * together * found.sector, together * found.sector
    thinnest = end / (box.width * 100) * 2.5  # 2 pixels
    # A sector that one of them has in part only was compared so far, and its bar ends there.
    compared = min(found.size_a, found.size_b) - starts
    axes.bar(
        starts,
        counts[shown],
        width=np.maximum(np.minimum(compared, step), thinnest),
        align="edge",
        color=ACCENT,
        edgecolor="white",
        linewidth=0.2,
    )
    if found.size_a != found.size_b:
        start, stop = sorted((found.size_a, found.size_b))
        axes.axvspan(start, stop, facecolor="none", edgecolor="#a0a0a0", hatch="///", linewidth=0)
        letter = "A" if found.size_a > found.size_b else "B"
        look = {"facecolor": "white", "edgecolor": "none", "pad": 2}
        axes.text((start + stop) / 2, 45, f"only in {letter}", ha="center", va="center", bbox=look, color=INK)
    if found.is_same:
        axes.text(0.5, 0.5, "The same in every byte", transform=axes.transAxes, ha="center", va="center", fontsize=TEXT)
    address_axis(axes.xaxis, 0, end, most=9)


def _strip(page: Page, box: Box, letter: str, report: Report, end: int) -> None:
    page.words(box.left - 0.12, (box.top + box.bottom) / 2, letter, TEXT, weight="bold", ha="right")
    if not report.size:
        page.words(box.left, (box.top + box.bottom) / 2, "no bytes", color=QUIET)
        return
    shorter = Box(box.left, box.top, max(0.03, box.width * report.size / end), box.height)
    room = (box.left - 0.35, box.right + 0.35)  # beside a short strip as well
    strip_below(page, shorter, Strip(report.layout.regions, 0, report.size, shorter.width), 6, room)


def _list(page: Page, box: Box, a: Report, b: Report, listed: list[tuple[int, int, int]]) -> None:
    """The ranges with the most differing bytes, and the regions they lie in."""
    if not listed:
        return
    more = f"; {len(listed) - LISTED:,} more are not listed" if len(listed) > LISTED else ""
    page.heading(box.left, box.top, "Where most bytes differ", f"gaps of at most {NEAR} equal bytes are bridged{more}")
    columns = (box.left, box.left + 1.1, box.left + 2.35, box.left + 4.0, box.left + 7.2)
    for x, head in zip(columns, ("from", "up to", "bytes that differ", "region in A", "region in B"), strict=True):
        page.words(x, box.top + 0.24, head, color=QUIET)
    for row, (start, end, differing) in enumerate(listed[:LISTED]):
        top = box.top + 0.43 + row * LINE_HEIGHT
        names = (a.layout.region_at(start).name, b.layout.region_at(start).name)
        texts = (address(start), address(end), f"{differing:,}", *(cut(name, SMALL, 3.0) for name in names))
        page.line([(box.left, top - 0.095), (box.right, top - 0.095)], GRID, 0.5)
        for x, text in zip(columns, texts, strict=True):
            page.words(x, top, text)
