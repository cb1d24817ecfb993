"""A dump on one page: what lies where, how dense it is, which bytes it is made of, and what is known about it."""

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
    """The page; ``exported`` masks in the file's name what is masked in all that is shared."""
    title = title_of(report.exported_name if exported else report.name)
    with drawing():
        page = Page(13, 9.75)
        what = f"{kind_words(report)} · {firmware_words(report)}"
        page.title(title, what[0].upper() + what[1:])
        _map(page, report)
        page.heading(8.95, 0.98, "Facts")
        facts_panel(page, Box(8.95, 1.26, 3.75, 4.6), report)
        _entropy(page, report)
        page.heading(9.65, 6.12, "Byte values", "logarithmic")
        histogram_panel(page, Box(10.25, 6.5, 2.45, 1.55), report)
        return Picture(page.figure, tell_overview(report, title))


def _map(page: Page, report: Report) -> None:
    grid = Grid.linear(0, report.size)
    page.heading(0.3, 0.98, "What lies where", cell_words(grid))
    linear_panel(page, Box(0.95, 1.2, SIDE, SIDE), report, grid, "class", 3.5)
    page.legend(0.95, 1.2 + SIDE + 0.44, 8.6, class_legend())


def _entropy(page: Page, report: Report) -> None:
    page.heading(
        0.3,
        6.12,
        "Entropy",
        f"in blocks of {size_words(report.numbers.block)}; above: the addresses of its biggest changes",
    )
    entropy_panel(page, Box(0.95, 6.5, 6.9, 1.55), report, rows=6)
