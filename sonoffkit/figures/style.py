"""How all pictures look: one set of matplotlib settings, used while drawing and never left behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.style

__all__ = ["ACCENT", "GRID", "HATCHES", "INK", "LINE", "NOTE", "PALE", "QUIET", "SMALL", "TEXT", "TITLE", "drawing"]

INK, QUIET, LINE, GRID, PALE = "#1a1a1a", "#595959", "#8c8c8c", "#dedede", "#f6f6f6"
ACCENT = "#b3261e"  # the ceiling, differences
NOTE = "#fff4cc"  # behind a notice

# Points. A page of 13 inches is shown about 950 pixels wide: 9 points are 9 pixels then.
TITLE, TEXT, SMALL = 15, 10, 9

# Beside its colour each kind of region has a pattern: two that are alike in grey still differ.
HATCHES = {
    "boot": "",
    "program": "",
    "settings": "....",
    "certificate": "||||",
    "files": "----",
    "calibration": "////",
    "system": "\\\\\\\\",
    "blank": "",
    "unknown": "xxxx",
}

STYLE = {
    "font.family": ["DejaVu Sans"],  # comes with matplotlib
    "font.size": SMALL,
    "text.color": INK,
    "text.parse_math": False,  # a dollar in a file's name is a dollar
    "axes.labelcolor": QUIET,
    "axes.labelsize": SMALL,
    "axes.edgecolor": LINE,
    "axes.linewidth": 0.7,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "hatch.linewidth": 0.6,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",  # the same everywhere, whatever fonts there are
    "svg.hashsalt": "sonoffkit",  # the same picture is the same file
    "image.interpolation": "nearest",
    "path.simplify": True,
}


@contextmanager
def drawing() -> Iterator[None]:
    """While it lasts, matplotlib has this style, whatever a notebook has set; then the notebook's again."""
    with matplotlib.style.context(["default", STYLE]):
        yield
