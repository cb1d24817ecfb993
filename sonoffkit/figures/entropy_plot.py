"""Entropy along a dump: what is blank, what is a table, a text, a program, and what is compressed."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..analysis import BANDS, Edge, band_of, random_ceiling, sliding_entropy
from ..report import Report
from .axis import address_axis
from .labels import spread
from .page import Box, Page
from .picture import Picture
from .regions import Strip, strip_below
from .style import ACCENT, INK, LINE, PALE, QUIET, SMALL, drawing
from .told import tell_entropy
from .words import address, size_words, title_of, width

__all__ = ["entropy", "entropy_panel"]

MOST_BLOCKS = 1500  # beyond, a column of the picture has several
FINE_WINDOW = 256  # bytes in the sliding window
FAR = 1.0  # inches: a label that far from its edge is not read as its own
SHADES = ("white", PALE)

Bits = NDArray[np.float64]


def entropy(report: Report, *, sliding: bool = False, exported: bool = False) -> Picture:
    """The entropy of each block; with ``sliding`` also that of a shorter window, which moves by a quarter of itself.

    ``exported`` masks in the file's name what is masked in all that is shared.
    """
    title = title_of(report.exported_name if exported else report.name)
    with drawing():
        page = Page(8.9, 5.35)
        page.title(title, f"Entropy: bits per byte in blocks of {size_words(report.numbers.block)}")
        entropy_panel(page, Box(0.75, 1.15, 6.5, 2.45), report, sliding=sliding, rows=6)
        return Picture(page.figure, tell_entropy(report, title))


def entropy_panel(page: Page, box: Box, report: Report, *, sliding: bool = False, rows: int = 4) -> None:
    """The curve in its box, the edges above it, the bands at its right, addresses, regions and their names below."""
    axes = page.axes(box)
    end = max(1, report.size)
    axes.set(xlim=(0, end), ylim=(0, 8), yticks=range(0, 9, 2), ylabel="bits per byte")
    _bands(page, box, axes, report)
    if not report.size:
        axes.text(0.5, 4, "There are no bytes.", ha="center", va="center", color=QUIET)
    else:
        if sliding:
            _sliding(axes, report)
        _blocks(axes, report)
        _edges(page, box, report)
    address_axis(axes.xaxis, 0, end, most=9)
    axes.tick_params(axis="x", pad=2)
    strip = Strip(report.layout.regions, 0, end, box.width)
    strip_below(page, Box(box.left, box.bottom + 0.29, box.width, 0.2), strip, rows)


def _bands(page: Page, box: Box, axes: Axes, report: Report) -> None:
    """Shades and names of the bands, and the line that random bytes reach."""
    numbers = report.numbers
    bands = [band for band in BANDS if band.name != "between"]
    for number, band in enumerate(BANDS):
        axes.axhspan(band.low, min(band.high, 8), color=SHADES[number % 2], linewidth=0, zorder=0)
        axes.axhline(band.low, color="#e3e3e3", linewidth=0.5, zorder=0.5)
    axes.axhline(numbers.ceiling, color=ACCENT, linewidth=1, linestyle=(0, (4, 2)), zorder=3)
    ceiling = f"random reaches {numbers.ceiling:.2f}"
    names = [(numbers.ceiling, ceiling, ACCENT)]
    names += [((band.low + min(band.high, 8)) / 2 - (band.low > 7) * 0.15, band.name, QUIET) for band in bands]
    names.sort(key=lambda name: -name[0])
    wanted = [box.top + (1 - bits / 8) * box.height for bits, _, _ in names]
    middles = spread(wanted, [0.15] * len(names), box.top - 0.15, box.bottom + 0.02)
    for want, middle, (_, name, colour) in zip(wanted, middles, names, strict=True):
        page.line([(box.right + 0.01, want), (box.right + 0.1, middle)], colour, 0.6)
        page.words(box.right + 0.14, middle, name, color=colour)


def _blocks(axes: Axes, report: Report) -> None:
    """One step a block; where there are too many, from the lowest to the highest of a column, and the mean."""
    bits, block, size = report.numbers.entropy, report.numbers.block, report.size
    if len(bits) <= MOST_BLOCKS:
        edges = np.minimum(np.arange(len(bits) + 1) * block, size)
        axes.stairs(bits, edges, fill=True, color="#bcd3e6", linewidth=0, zorder=1)
        axes.stairs(bits, edges, baseline=None, color=INK, linewidth=0.8, zorder=2)
        return
    firsts = np.linspace(0, len(bits), MOST_BLOCKS, endpoint=False).astype(np.int64)
    edges = np.append(firsts * block, size)
    lowest, highest = np.minimum.reduceat(bits, firsts), np.maximum.reduceat(bits, firsts)
    means = np.add.reduceat(bits, firsts) / np.diff(np.append(firsts, len(bits)))
    axes.stairs(means, edges, fill=True, color="#bcd3e6", linewidth=0, zorder=1)
    axes.stairs(highest, edges, baseline=lowest, fill=True, color="#5b7f9e", linewidth=0, zorder=1.5)
    axes.stairs(means, edges, baseline=None, color=INK, linewidth=0.8, zorder=2)


def _sliding(axes: Axes, report: Report) -> None:
    bits = sliding_entropy(report.data, FINE_WINDOW, FINE_WINDOW // 4)
    middles = np.minimum(np.arange(len(bits)) * (FINE_WINDOW // 4) + FINE_WINDOW // 2, report.size)
    axes.plot(middles, bits, color="#d07a1e", linewidth=0.35, zorder=1.8)
    ceiling = random_ceiling(FINE_WINDOW)
    told = f"thin: a window of {FINE_WINDOW} bytes, of which random bytes reach {ceiling:.2f}"
    axes.set_title(told, fontsize=SMALL, color="#8a4b0c", loc="right", pad=30)


def _edges(page: Page, box: Box, report: Report) -> None:
    """The addresses at which the level changes, above the curve: the biggest changes, as many as there is room for."""
    label = width(address(report.size), SMALL) + 0.1
    for most in range(int(box.width / label * 0.9), 0, -1):
        shown = strongest(report.numbers.edges, most)
        across = [box.left + edge.at / report.size * box.width for edge in shown]
        centres = spread(across, [label] * len(shown), box.left - 0.2, box.right + 0.1)
        if all(abs(x - centre) < FAR for x, centre in zip(across, centres, strict=True)):
            break
    for edge, x, centre in zip(shown, across, centres, strict=True):
        page.line([(x, box.top + 0.03), (x, box.top - 0.04), (centre, box.top - 0.13)], LINE, 0.6)
        page.words(centre, box.top - 0.21, address(edge.at), ha="center")


def strongest(edges: tuple[Edge, ...], most: int) -> list[Edge]:
    """The biggest changes of level, in the order of addresses; those between different bands come first."""

    def height(edge: Edge) -> tuple[bool, float]:
        return band_of(edge.before) != band_of(edge.after), abs(edge.after - edge.before)

    return sorted(sorted(edges, key=height, reverse=True)[:most], key=lambda edge: edge.at)
