"""A dump on one page: what lies where, how dense it is, which bytes it is made of; exported, also what is known."""

from __future__ import annotations

from ..report import Report
from .byte_map import cell_words, class_legend, linear_panel
from .cells import Grid
from .entropy_plot import entropy_panel
from .facts import facts_panel
from .histogram_plot import histogram_panel
from .page import Box, Page
from .picture import Picture
from .style import drawing
from .told import firmware_words, kind_words, tell_overview
from .words import size_words, title_of

__all__ = ["overview"]

SIDE = 4.1  # inches of the byte map


def overview(report: Report, exported: bool = False) -> Picture:
    """The page, as wide as a notebook's cell, where a card tells the facts.

    ``exported`` it stands alone: it is wider and tells the facts itself, and masks in the file's name what is masked
    in all that is shared.
    """
    title = title_of(report.exported_name if exported else report.name)
    with drawing():
        page = Page(13, 9.75) if exported else Page(8.9, 12.6)
        what = f"{kind_words(report)} · {firmware_words(report)}"
        page.title(title, what[0].upper() + what[1:])
        _map(page, report)
        if exported:
            _entropy(page, report, 6.9)
            _values(page, 9.65, Box(10.25, 6.5, 2.45, 1.55), report)
            page.heading(8.95, 0.98, "Facts")
            facts_panel(page, Box(8.95, 1.26, 3.75, 4.6), report)
        else:
            _entropy(page, report, 6.3)
            _values(page, 0.3, Box(1.2, 10.45, 6.05, 1.5), report)
        return Picture(page.figure, tell_overview(report, title))


def _map(page: Page, report: Report) -> None:
    grid = Grid.linear(0, report.size)
    page.heading(0.3, 0.98, "What lies where", cell_words(grid))
    linear_panel(page, Box(0.95, 1.2, SIDE, SIDE), report, grid, "class", 3.5)
    page.legend(0.95, 1.2 + SIDE + 0.44, 8.6, class_legend())


def _entropy(page: Page, report: Report, width: float) -> None:
    page.heading(
        0.3,
        6.12,
        "Entropy",
        f"in blocks of {size_words(report.numbers.block)}; above: the addresses of its biggest changes",
    )
    entropy_panel(page, Box(0.95, 6.5, width, 1.55), report, rows=6)


def _values(page: Page, left: float, box: Box, report: Report) -> None:
    page.heading(left, box.top - 0.38, "Byte values", "logarithmic")
    histogram_panel(page, box, report)
