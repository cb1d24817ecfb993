"""A dump as a picture of its bytes: one cell for so many of them, with the regions beside it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba_array
from numpy.typing import NDArray

from ..analysis import CLASSES, random_ceiling
from ..firmware.layout import Region
from ..palette import CLASSES as CLASS_COLOURS
from ..palette import REGIONS
from ..report import Report
from .axis import address_axis, address_ticks
from .cells import Grid, class_cells, entropy_cells, region_cells, window_for
from .hilbert import curve
from .page import Box, Page, Sample
from .picture import Picture
from .regions import Strip, strip_beside, within
from .style import HATCHES, INK, LINE, QUIET, SMALL, drawing
from .told import tell_byte_map
from .words import address, count, size_words, title_of

__all__ = ["Colour", "Order", "byte_map", "cell_words", "class_legend", "linear_panel"]

Order = Literal["linear", "hilbert"]
Colour = Literal["class", "entropy", "region"]
Colours = NDArray[np.float64]

BITS_COLOURS = "BuPu"  # from pale to dark its lightness falls evenly, for the colour-blind as well
OUTSIDE = (1.0, 1.0, 1.0, 0.0)
SIDE = 5.12  # inches of the map: with 256 cells, 4 pixels of the file to a cell
CURVE_WORDS = "The curve goes from the top left to the top right; at the edges: where it enters a sixteenth."
CLASS_WORDS = (
    ("FF", "FF, erased"),
    ("00", "00"),
    ("text", "text"),
    ("low", "other below 0x80"),
    ("high", "0x80 and above"),
)


def byte_map(
    report: Report, order: Order = "linear", colour: Colour = "class", address_range: tuple[int, int] | None = None
) -> Picture:
    """Each cell some bytes, in rows or along Hilbert's curve; a range of addresses shows that part alone.

    ValueError for an order or a colour that does not exist, or a range without bytes of the file in it.
    """
    if order not in ("linear", "hilbert"):
        raise ValueError(f"A byte map's order is linear or hilbert, not {order}.")
    if colour not in ("class", "entropy", "region"):
        raise ValueError(f"A byte map's colour is class, entropy or region, not {colour}.")
    start, end = _range(report, address_range)
    grid = Grid.square(start, end) if order == "hilbert" else Grid.linear(start, end)
    with drawing():
        page = Page(*((11.1, 7.3) if order == "hilbert" else (10.3, 7.05)))
        page.title(
            title_of(report.name),
            f"Byte map, {'on Hilbert’s curve' if order == 'hilbert' else 'row by row'}: {cell_words(grid, order)}",
        )
        box = Box(0.9, 0.95, SIDE, SIDE)
        (_hilbert_panel if order == "hilbert" else linear_panel)(
            page, box, report, grid, colour, 4.75 if order == "hilbert" else 3.85
        )
        _legend(page, box, report, grid, colour)
        return Picture(page.figure, tell_byte_map(report, start, end, grid.cell, order, colour))


def cell_words(grid: Grid, order: str = "linear") -> str:
    """How many bytes a cell is, and a row."""
    if grid.end == grid.start:
        return "there are no bytes"
    cell = f"one cell is {count(grid.cell, 'byte')}" if grid.cell < 1024 else f"one cell is {size_words(grid.cell)}"
    return cell if order == "hilbert" else f"{cell}, one row {size_words(grid.row)}"


def linear_panel(page: Page, box: Box, report: Report, grid: Grid, colour: Colour, room: float) -> None:
    """Rows from the top, addresses at the left, offsets in the row below, regions and their names at the right."""
    axes = page.axes(box)
    end = grid.start + grid.rows * grid.row
    table = np.full((grid.rows * grid.columns, 4), OUTSIDE)
    table[: grid.cells] = _colours(report, grid, colour)
    axes.imshow(
        table.reshape(grid.rows, grid.columns, 4),
        extent=(0, grid.row, end, grid.start),
        aspect="auto",
        interpolation="none",
    )
    address_axis(axes.yaxis, grid.start, end, most=17)
    address_axis(axes.xaxis, 0, grid.row, most=9 if grid.row < 4096 else 5)
    _framed(axes)
    _say_if_empty(axes, report)
    # The strip ends where the bytes end: beside a last row that is not full, a little earlier.
    share = (grid.end - grid.start) / (end - grid.start)
    strip_box = Box(box.right + 0.06, box.top, 0.24, box.height * share if share else box.height)
    strip_beside(page, strip_box, room, Strip(report.layout.regions, grid.start, grid.end, strip_box.height))


def class_legend() -> list[Sample]:
    return [Sample(CLASS_COLOURS[name], text) for name, text in CLASS_WORDS]


def _range(report: Report, wanted: tuple[int, int] | None) -> tuple[int, int]:
    if wanted is None:
        return 0, report.size
    start, end = max(0, wanted[0]), min(report.size, wanted[1])
    if start >= end:
        raise ValueError(f"Nothing of the file's {count(report.size, 'byte')} lies in {wanted[0]:#x}–{wanted[1]:#x}.")
    return start, end


def _colours(report: Report, grid: Grid, colour: Colour) -> Colours:
    """A colour for each cell of the grid: an array of so many rows of red, green, blue and opacity."""
    if colour == "class":
        return to_rgba_array([CLASS_COLOURS[name] for name in CLASSES])[class_cells(report.data, grid)]
    if colour == "entropy":
        ceiling = random_ceiling(window_for(grid.end - grid.start))
        return np.asarray(colormaps[BITS_COLOURS](entropy_cells(report.data, grid) / ceiling), np.float64).reshape(
            -1, 4
        )
    regions = report.layout.regions
    table = to_rgba_array([*(REGIONS[region.kind] for region in regions), "white"])
    found: Colours = table[region_cells(regions, grid)]
    blank = class_cells(report.data, grid) == CLASSES.index("FF")
    found[blank] = 1 - (1 - found[blank]) * 0.35
    return found


def _hilbert_panel(page: Page, box: Box, report: Report, grid: Grid, colour: Colour, room: float) -> None:
    """The curve from the top left to the top right; numbers in it are those of the regions at the right."""
    axes = page.axes(box)
    side = grid.columns
    across, down = (steps[: grid.cells] for steps in curve(side.bit_length() - 1))
    table = np.full((side, side, 4), OUTSIDE)
    table[down, across] = _colours(report, grid, colour)
    axes.imshow(table, extent=(0, side, side, 0), aspect="auto", interpolation="none")
    _framed(axes)
    _say_if_empty(axes, report)
    regions = within(report.layout.regions, grid.start, grid.end)
    numbers = np.full((side, side), -1, np.int64)
    numbers[down, across] = region_cells(regions, grid)
    _borders(axes, numbers)
    _numbers(axes, numbers, regions, grid, across, down)
    _corner_addresses(axes, grid)
    page.words(box.left, box.bottom + 0.98, CURVE_WORDS, color=QUIET)
    strip_box = Box(box.right + 0.88, box.top, 0.24, box.height)
    strip = Strip(report.layout.regions, grid.start, grid.end, strip_box.height)
    strip_beside(page, strip_box, room - 0.88, strip, numbered=True)
    for tick in address_ticks(grid.start, grid.end, 17):
        y = strip_box.top + strip.at(tick)
        page.line([(strip_box.left - 0.05, y), (strip_box.left, y)])
        page.words(strip_box.left - 0.07, y, address(tick), ha="right")


def _borders(axes: Axes, numbers: NDArray[np.int64]) -> None:
    """Lines between cells of different regions, white under black: seen on any colour."""
    rows, columns = np.nonzero(numbers[:, 1:] != numbers[:, :-1])
    upright = [((x + 1, y), (x + 1, y + 1)) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    rows, columns = np.nonzero(numbers[1:] != numbers[:-1])
    level = [((x, y + 1), (x + 1, y + 1)) for y, x in zip(rows.tolist(), columns.tolist(), strict=True)]
    for colour, wide in (("white", 2.4), (INK, 0.9)):
        axes.add_collection(LineCollection(upright + level, colors=colour, linewidths=wide, capstyle="projecting"))


def _numbers(
    axes: Axes,
    numbers: NDArray[np.int64],
    regions: list[Region],
    grid: Grid,
    across: NDArray[np.int64],
    down: NDArray[np.int64],
) -> None:
    """The number of each region that has room for it, at the middle of its addresses."""
    side, near = grid.columns, grid.columns / 22  # near: about as wide as a number
    taken: list[tuple[float, float]] = []
    for n in sorted(range(len(regions)), key=lambda n: regions[n].size, reverse=True):
        if (numbers == n).sum() < 5 * near * near:
            continue
        middle = (max(regions[n].start, grid.start) + min(regions[n].end, grid.end)) // 2
        step = (middle - grid.start) // grid.cell
        # At the edge of the map half of it would be cut off.
        x, y = (min(max(float(place[step]) + 0.5, near * 0.6), side - near * 0.6) for place in (across, down))
        if all(max(abs(x - u), abs(y - v)) > near for u, v in taken):
            taken.append((x, y))
            tag = {"facecolor": "white", "edgecolor": LINE, "boxstyle": "round,pad=0.2", "linewidth": 0.6}
            axes.text(x, y, str(n + 1), ha="center", va="center", bbox=tag, clip_on=True)


def _corner_addresses(axes: Axes, grid: Grid) -> None:
    """At the left and below: the address at which the curve enters each sixteenth of the square that lies there."""
    side = grid.columns
    quarter = side // 4 or 1
    parts = side // quarter
    across, down = curve(parts.bit_length() - 1)
    at = {
        (x, y): grid.start + n * quarter * quarter * grid.cell
        for n, (x, y) in enumerate(zip(across.tolist(), down.tolist(), strict=True))
    }

    def named(x: int, y: int) -> str:
        return address(at[x, y]) if at[x, y] < grid.end else ""

    middles = [(n + 0.5) * quarter for n in range(parts)]
    axes.set_yticks(middles, labels=[named(0, n) for n in range(parts)])
    axes.set_xticks(middles, labels=[named(n, parts - 1) for n in range(parts)])
    for n in range(1, parts):
        axes.axhline(n * quarter, color="#a0a0a0", linewidth=0.5, zorder=0.9)
        axes.axvline(n * quarter, color="#a0a0a0", linewidth=0.5, zorder=0.9)


def _framed(axes: Axes) -> None:
    """A border all round; where there are no bytes, hatching shows through."""
    axes.patch.set(facecolor="white", edgecolor="#cfcfcf", hatch="///", linewidth=0)
    for spine in axes.spines.values():
        spine.set(visible=True, color=LINE)


def _say_if_empty(axes: Axes, report: Report) -> None:
    if not report.size:
        look = {"facecolor": "white", "edgecolor": "none", "pad": 4}
        middle: dict[str, Any] = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(0.5, 0.5, "There are no bytes.", color=QUIET, bbox=look, **middle)


def _legend(page: Page, box: Box, report: Report, grid: Grid, colour: Colour) -> None:
    top, right = box.bottom + 0.5, page.width - 0.3
    if colour == "class":
        page.legend(box.left, top, right, class_legend())
        page.words(
            box.left,
            top + 0.24,
            "A cell is FF only if all of it is FF; 00 gives way to all that is neither.",
            color=QUIET,
        )
    elif colour == "entropy":
        _scale(page, box.left, top, window_for(grid.end - grid.start))
    else:
        kinds = dict.fromkeys(str(region.kind) for region in within(report.layout.regions, grid.start, grid.end))
        last = page.legend(box.left, top, right, [Sample(REGIONS[kind], kind, HATCHES[kind]) for kind in kinds])
        page.words(box.left, last + 0.24, "Paler: all bytes of the cell are FF.", color=QUIET)


def _scale(page: Page, left: float, top: float, window: int) -> None:
    """The colours of entropy from 0 to what random bytes reach."""
    ceiling = random_ceiling(window)
    axes = page.axes(Box(left, top - 0.08, 3.2, 0.15))
    axes.imshow(np.linspace(0, 1, 256)[None, :], extent=(0, ceiling, 0, 1), aspect="auto", cmap=BITS_COLOURS)
    axes.set(yticks=[], xticks=[0, 2, 4, 6, ceiling])
    axes.set_xticks([0, 2, 4, 6, ceiling], labels=["0", "2", "4", "6", f"{ceiling:.2f}"])
    page.words(
        left + 3.4,
        top,
        f"bits per byte in {count(window, 'byte')}; {ceiling:.2f} is what random bytes reach",
        SMALL,
        color=QUIET,
    )
