"""A page measured in inches from its top left corner: axes, words and lines are put where they belong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from .style import INK, LINE, QUIET, SMALL, TEXT, TITLE
from .words import cut, width

__all__ = ["Box", "Page", "Sample"]

PIXELS = 100  # to an inch, on a screen


@dataclass(frozen=True)
class Box:
    """A rectangle on a page, in inches."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


@dataclass(frozen=True)
class Sample:
    """One entry of a legend: a colour, its pattern, and what they stand for."""

    colour: str
    text: str
    hatch: str = ""


class Page:
    """An empty page, made without pyplot: nothing is shown, and nothing is kept after it."""

    def __init__(self, width: float, height: float) -> None:
        self.width, self.height = width, height
        self.figure = Figure(figsize=(width, height), dpi=PIXELS)
        FigureCanvasAgg(self.figure)

    def axes(self, box: Box) -> Axes:
        return self.figure.add_axes(
            (
                box.left / self.width,
                1 - box.bottom / self.height,
                box.width / self.width,
                box.height / self.height,
            )
        )

    def words(self, left: float, top: float, text: str, size: float = SMALL, **look: Any) -> Text:
        """One line; ``top`` is the middle of its height."""
        look = {"va": "center_baseline", "fontsize": size, **look}
        return self.figure.text(left, self.height - top, text, transform=self.figure.dpi_scale_trans, **look)

    def line(self, points: Sequence[tuple[float, float]], colour: str = LINE, width: float = 0.7) -> None:
        across, down = zip(*points, strict=True)
        up = [self.height - y for y in down]
        at_inches = self.figure.dpi_scale_trans
        self.figure.add_artist(Line2D(across, up, color=colour, linewidth=width, transform=at_inches))

    def patch(self, box: Box, colour: str, hatch: str = "", edge: str = LINE) -> None:
        corner = (box.left, self.height - box.bottom)
        at_inches = self.figure.dpi_scale_trans
        self.figure.add_artist(
            Rectangle(
                corner,
                box.width,
                box.height,
                facecolor=colour,
                hatch=hatch,
                edgecolor=edge,
                linewidth=0.6,
                transform=at_inches,
                zorder=0,
            )
        )

    def title(self, text: str, subtitle: str, left: float = 0.3) -> None:
        room = self.width - 2 * left
        self.words(left, 0.3, cut(text, TITLE, room, bold=True), TITLE, weight="bold")
        self.words(left, 0.58, cut(subtitle, TEXT, room), TEXT, color=QUIET)

    def heading(self, left: float, top: float, text: str, detail: str = "") -> None:
        self.words(left, top, text, TEXT, weight="bold")
        self.words(left + width(text, TEXT, bold=True) + 0.12, top, detail, SMALL, color=QUIET)

    def legend(self, left: float, top: float, right: float, samples: Sequence[Sample]) -> float:
        """Swatches in a row, in further rows where one is too short; gives the middle of the last."""
        x = left
        for sample in samples:
            needs = 0.28 + width(sample.text, SMALL)
            if x > left and x + needs > right:
                x, top = left, top + 0.2
            self.patch(Box(x, top - 0.065, 0.2, 0.13), sample.colour, sample.hatch)
            self.words(x + 0.26, top, sample.text, color=INK)
            x += needs + 0.2
        return top
