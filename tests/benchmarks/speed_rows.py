"""The rows of the speed table: what is compared with what, and the share of the time not to be exceeded."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from comparisons import backup, restored, second_backup
from served_device import Served, served
from timed_programs import note

__all__ = ["ROWS", "Row", "measured", "medians"]

_READ, _WRITE, _FIRST = "`esptool read-flash`", "`esptool write-flash`", "the first backup"
_RECIPE = ("0x00000", "0x100000")


@dataclass(frozen=True)
class Row:
    """One comparison: seconds of ours and of theirs. ``short`` and ``rival`` name them in the chart, if it is there."""

    name: str
    work: str
    against: str
    image: str
    measure: Callable[[Served, int], tuple[float, float]]
    goal: float | None = None
    short: str = ""
    rival: str = "esptool"


ROWS = (
    Row("stock", "backup, stock, 460800 baud", _READ, "stock", partial(backup, baud=460800), 0.62,
        "Backup of a stock Sonoff, 460800 baud"),
    Row("out-of-box", "backup, stock, out of the box", f"{_READ} of the recipe, 115200 baud", "stock",
        partial(backup, baud=None, region=_RECIPE), 0.15, "Backup of a stock Sonoff, out of the box", "the recipe"),
    Row("dense-115200", "backup, dense, 115200 baud", _READ, "dense", partial(backup, baud=115200), 1.02),
    Row("dense-460800", "backup, dense, 460800 baud", _READ, "dense", partial(backup, baud=460800), 1.00,
        "Backup of a flash without blanks, 460800 baud"),
    Row("second", "second backup, stock, 460800 baud", _FIRST, "stock", partial(second_backup, baud=460800), 0.15,
        "Second backup, nothing changed, 460800 baud", "the first"),
    Row("second-out-of-box", "second backup, stock, out of the box", _FIRST, "stock",
        partial(second_backup, baud=None)),
    Row("second-dense", "second backup, dense, 460800 baud", _FIRST, "dense", partial(second_backup, baud=460800)),
    Row("restore-stock-115200", "restore, stock, 2 % changed, 115200 baud", _WRITE, "stock",
        partial(restored, baud=115200), 0.20, "Restore where 2 % changed, 115200 baud"),
    Row("restore-stock-460800", "restore, stock, 2 % changed, 460800 baud", _WRITE, "stock",
        partial(restored, baud=460800)),
    Row("restore-dense-115200", "restore, dense, 2 % changed, 115200 baud", _WRITE, "dense",
        partial(restored, baud=115200)),
    Row("restore-dense-460800", "restore, dense, 2 % changed, 460800 baud", _WRITE, "dense",
        partial(restored, baud=460800)),
)  # fmt: skip


def measured(row: Row, stock: str | Path, runs: int) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {"ours": [], "theirs": []}
    with served(stock if row.image == "stock" else row.image) as device:
        for run in range(runs):
            ours, theirs = row.measure(device, run)
            note(f"{row.name}: ours {ours:.1f} s, theirs {theirs:.1f} s, ratio {ours / theirs:.3f}")
            found["ours"].append(ours)
            found["theirs"].append(theirs)
    return found


def medians(found: dict[str, list[float]]) -> tuple[float, float, float]:
    """Of ours, of theirs, and of the ratios within a run."""
    ratios = [ours / theirs for ours, theirs in zip(found["ours"], found["theirs"], strict=True)]
    return statistics.median(found["ours"]), statistics.median(found["theirs"]), statistics.median(ratios)
