"""A dump's regions as a strip along an address axis, with their names beside or below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from numpy.typing import NDArray

from ..firmware.layout import Region
from ..palette import REGIONS
from .labels import spread, stairs
from .page import Box, Page
from .style import HATCHES, INK, LINE, QUIET, SMALL
from .words import address, cut, size_words, width

__all__ = ["LEAST", "Strip", "importance", "strip_below", "strip_beside", "within"]

LEAST = 0.03  # inches: no region is drawn thinner, which is 2 pixels on a page shrunk to a notebook's width
ROW = 0.165  # inches from one line of names to the next
# Which regions are named first where there is no room for all.
ORDER = ("blank", "unknown", "calibration", "files", "system", "certificate", "boot", "program", "settings")


def importance(region: Region) -> tuple[int, int]:
    """More for what a person looks for, and within one kind for what is bigger."""
    return ORDER.index(region.kind), region.size


def within(regions: Sequence[Region], start: int, end: int) -> list[Region]:
    """The regions that lie in a range, at least in part."""
    return [region for region in regions if region.start < end and region.end > start]


class Strip:
    """Regions along so many inches of addresses from ``start`` to ``end``."""

    def __init__(self, regions: Sequence[Region], start: int, end: int, length: float) -> None:
        self.regions = within(regions, start, end)
        self.start, self.end, self.length = start, end, length
        self.edges = self._edges()

    def at(self, address: float) -> float:
        """Where an address lies, in inches from the beginning."""
        return (address - self.start) / max(1, self.end - self.start) * self.length

    def middle(self, number: int) -> float:
        return float(self.edges[number] + self.edges[number + 1]) / 2

    def _edges(self) -> NDArray[np.float64]:
        """The borders in inches: where they belong, pushed aside by a little where a region would vanish."""
        true = [self.at(max(region.start, self.start)) for region in self.regions]
        edges = np.array([*true, self.length])
        least = min(LEAST, self.length / max(1, len(self.regions)))
        steps = least * np.arange(len(edges))
        edges = np.maximum.accumulate(edges - steps) + steps  # none nearer than that to the one before ...
        edges = np.minimum(edges, self.length - steps[::-1])  # ... and all inside
        return edges if len(self.regions) else np.zeros(1)

    def draw(self, axes: Axes, upright: bool) -> None:
        for kind, colour in REGIONS.items():
            bars = [
                _corners(self.edges[n], self.edges[n + 1], upright)
                for n, region in enumerate(self.regions)
                if region.kind == kind
            ]
            if bars:
                axes.add_collection(_bars(bars, colour, HATCHES[kind]), autolim=False)
        _bare(axes, self.length, upright)


def strip_beside(page: Page, box: Box, room: float, strip: Strip, numbered: bool = False) -> None:
    """An upright strip, and to its right, in so many inches, the names with their addresses and sizes."""
    strip.draw(page.axes(box), upright=True)
    most = max(1, int((box.height + ROW) / ROW))
    shown = _most_important(strip, most)
    if not shown:
        return
    wanted = [box.top + strip.middle(n) for n in shown]
    middles = spread(wanted, [ROW] * len(shown), box.top - ROW / 2, box.bottom + ROW / 2)
    names = [(f"{n + 1}  " if numbered else "") + strip.regions[n].name for n in shown]
    details = [_place(strip.regions[n]) for n in shown]
    left, right = box.right + 0.32, box.right + room
    column = max(width(text, SMALL) for text in details)
    column_at = min(right - column, left + 0.15 + max(width(name, SMALL) for name in names))
    for want, middle, name, detail in zip(wanted, middles, names, details, strict=True):
        page.line([(box.right, want), (box.right + 0.05, want), (left - 0.1, middle), (left - 0.04, middle)])
        page.words(left, middle, cut(name, SMALL, column_at - left - 0.08), gid="region")
        page.words(column_at, middle, detail, color=QUIET)
    if len(shown) < len(strip.regions):
        missing = len(strip.regions) - len(shown)
        page.words(left, box.bottom + ROW * 1.4, f"and {missing:,} more, too small or too many to name", color=QUIET)


def strip_below(page: Page, box: Box, strip: Strip, rows: int = 4, room: tuple[float, float] | None = None) -> None:
    """A level strip with the names in it where they fit, and in rows below it where they do not.

    The names have room from one place on the page to another, else a little beyond the strip's ends.
    """
    low, high = room or (box.left - 0.6, box.right + 0.6)
    strip.draw(page.axes(box), upright=False)
    outside = []
    for n, region in enumerate(strip.regions):
        space = float(strip.edges[n + 1] - strip.edges[n])
        if width(region.name, SMALL) + 0.1 < space:
            _name_inside(page, box, strip.middle(n), region)
        elif region.kind != "blank":
            outside.append(n)
    outside = sorted(sorted(outside, key=lambda n: importance(strip.regions[n]))[-40:])
    names = {n: cut(strip.regions[n].name, SMALL, 1.8) for n in outside}
    anchors = [box.left + strip.middle(n) for n in outside]
    ranks = [float(place) for place in _ranks([strip.regions[n] for n in outside])]
    widths = [width(names[n], SMALL) for n in outside]
    for place in stairs(anchors, widths, low, high, ranks, rows):
        top = box.bottom + 0.14 + place.row * ROW
        page.line([(place.at, box.bottom), (place.at, top - 0.06)])
        page.words(place.left, top, names[outside[place.number]], gid="region")


def _corners(low: float, high: float, upright: bool) -> list[tuple[float, float]]:
    level = [(low, 0.0), (high, 0.0), (high, 1.0), (low, 1.0)]
    return [(y, x) for x, y in level] if upright else level


def _bars(bars: list[list[tuple[float, float]]], colour: str, hatch: str) -> PolyCollection:
    return PolyCollection(bars, facecolors=colour, edgecolors=INK, linewidths=0.35, hatch=hatch)


def _bare(axes: Axes, length: float, upright: bool) -> None:
    """No ticks; addresses run downwards or to the right."""
    if upright:
        axes.set(xlim=(0, 1), ylim=(length, 0), xticks=[], yticks=[])
    else:
        axes.set(xlim=(0, length), ylim=(0, 1), xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(visible=True, color=LINE)


def _most_important(strip: Strip, most: int) -> list[int]:
    numbers = range(len(strip.regions))
    return sorted(sorted(numbers, key=lambda n: importance(strip.regions[n]), reverse=True)[:most])


def _ranks(regions: list[Region]) -> list[int]:
    order = sorted(range(len(regions)), key=lambda n: importance(regions[n]))
    return [order.index(n) for n in range(len(regions))]


def _place(region: Region) -> str:
    return f"{address(region.start)}, {size_words(region.size)}"


def _name_inside(page: Page, box: Box, middle: float, region: Region) -> None:
    dark = region.kind in ("boot", "system", "files", "unknown")
    at = (box.left + middle, (box.top + box.bottom) / 2)
    text = page.words(*at, region.name, color="white" if dark else INK, ha="center", gid="region")
    if HATCHES[region.kind]:
        text.set_bbox({"facecolor": REGIONS[region.kind], "edgecolor": "none", "pad": 1})
