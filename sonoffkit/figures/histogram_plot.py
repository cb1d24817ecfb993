"""How often each byte value occurs, from once to millions of times."""

from __future__ import annotations

import numpy as np

from ..analysis import CLASSES, byte_classes
from ..palette import CLASSES as COLOURS
from ..report import Report
from .page import Box, Page
from .style import INK, QUIET
from .words import count

__all__ = ["histogram_panel"]

VALUES = 256
# On a logarithmic axis that begins at 1, a value seen once would have no bar at all.
LOWEST = 0.5


def histogram_panel(page: Page, box: Box, report: Report) -> None:
    """256 bars in the colours of their classes."""
    counts = report.numbers.histogram
    colours = [COLOURS[CLASSES[kind]] for kind in byte_classes(bytes(range(VALUES)))]
    axes = page.axes(box)
    highest = max(10, int(counts.max()))
    axes.set_yscale("log")
    axes.set(xlim=(-1.5, VALUES + 0.5), ylim=(LOWEST, highest * 2), ylabel="how often", xlabel="byte value")
    axes.bar(np.arange(VALUES), counts, width=1, color=colours, linewidth=0)
    for value in (0x00, 0xFF):  # white on white, and the last of a dark crowd: both with an outline
        axes.bar(value, counts[value], width=2, color=colours[value], edgecolor=INK, linewidth=0.6)
    axes.set_xticks([*range(0, VALUES, 0x40), 0xFF], labels=[f"0x{v:02x}" for v in (*range(0, VALUES, 0x40), 0xFF)])
    powers = (1, 10, 100) if highest < 1000 else (1, 100, 10_000, 1_000_000, 100_000_000)
    ticks = [power for power in powers if power <= highest * 2]
    axes.set_yticks(ticks, labels=[f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.grid(axis="y")
    axes.text(1, 1.04, _told(report), transform=axes.transAxes, ha="right", color=QUIET)


def _told(report: Report) -> str:
    counts = report.numbers.histogram
    never, once = int((counts == 0).sum()), int((counts == 1).sum())
    if not report.size:
        return "There are no bytes."
    return f"{count(never, 'value')} never, {once:,} once" if never or once else "every value occurs"
