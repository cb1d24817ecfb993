"""How long the kit takes for its work against plain esptool, and how much memory: a table, and a chart of it.

Run by hand, alone on the machine, about twenty minutes: python tests/benchmarks/speed_table.py --chart docs/speed.svg
One row: --only NAME; those of a kind by how they begin, as in --only restore. A wrong name lists all.
Drawn anew without measuring: --from build/speed.json --chart docs/speed.svg

Both sides are processes, one after the other on one practice device, in real
time over its pseudo-terminal, with the latency of an FT232 as it is shipped.
What counts is the wall time of the whole process. Before each run the device
starts anew in download mode, so that either side has to load its stub, but for
a second backup: the stub of the first still runs then, as in life. The kit has
no settings from before, but for a second backup. Every result is compared with
the device's flash; where they differ the measuring ends with an error.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

from served_device import FACTORY, MB, served
from speed_chart import chart
from speed_rows import ROWS, measured, medians
from wire_and_memory import memory, wire

from sonoffkit.practice.flash import SECTOR

__all__ = ["main"]

_BLANK = b"\xff" * SECTOR
_ROOT = Path(__file__).parents[2]
_RECORD = _ROOT / "build" / "speed.json"
_REAL_STOCK = _ROOT.parent / "shared" / "firmware" / "stock_basic_fw1.6.0_redacted.bin"


def main() -> None:
    wanted = _arguments()
    if wanted.source:
        record = json.loads(wanted.source.read_text(encoding="utf-8"))
    else:
        record = _measure_all(_chosen(wanted.only), _stock_image(wanted.stock), wanted.runs)
    print(_report(record))
    if wanted.chart:
        wanted.chart.write_text(chart(record), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", action="append", metavar="NAME", help="this row, or those that begin so")
    parser.add_argument("--runs", type=int, default=1, help="of each; the median counts")
    parser.add_argument("--stock", type=Path, help="a stock image of 1 MB; also by $SONOFFKIT_STOCK_IMAGE")
    parser.add_argument("--chart", type=Path, metavar="SVG", help="write the chart there")
    parser.add_argument("--from", type=Path, dest="source", metavar="JSON", help="do not measure: tell what was")
    return parser.parse_args()


def _chosen(beginnings: list[str] | None) -> list[str]:
    names = [*(row.name for row in ROWS), "wire", "memory"]
    found = [name for name in names if any(_fits(name, start, names) for start in beginnings or [""])]
    return found or sys.exit(f"no such row; there are: {', '.join(names)}")


def _fits(name: str, wanted: str, names: list[str]) -> bool:
    """Its own name means a row alone, any other beginning all that begin so."""
    return name == wanted if wanted in names else name.startswith(wanted)


def _stock_image(given: Path | None) -> str | Path:
    path = given or Path(os.environ.get("SONOFFKIT_STOCK_IMAGE") or _REAL_STOCK)
    if path == _REAL_STOCK and not path.exists():
        return FACTORY
    if not path.is_file() or path.stat().st_size != MB:
        sys.exit(f"{path} is no image of 1 MB")
    return path


def _measure_all(names: list[str], stock: str | Path, runs: int) -> dict[str, Any]:
    """What was measured before stays in the record until it is measured anew."""
    before = json.loads(_RECORD.read_text(encoding="utf-8")) if _RECORD.exists() else {}
    record: dict[str, Any] = {"about": {}} | before
    others: dict[str, Callable[[int], dict[str, Any]]] = {"wire": wire, "memory": memory}
    rows = {row.name: row for row in ROWS}
    words = _about(stock, runs)
    for name in names:
        record[name] = measured(rows[name], stock, runs) if name in rows else others[name](runs)
        record["about"][name] = words
        _RECORD.parent.mkdir(exist_ok=True)
        _RECORD.write_text(json.dumps(record, indent=1), encoding="utf-8")
    shown = {name: record[name] for name in names}
    return shown | {"about": dict.fromkeys(names, words)}


def _about(stock: str | Path, runs: int) -> str:
    day = datetime.date.today()
    tools = f"esptool {metadata.version('esptool')}, sonoffkit {metadata.version('sonoffkit')}"
    return f"Measured {day}, {tools}, runs: {runs}. Stock image: {_about_stock(stock)}."


def _about_stock(stock: str | Path) -> str:
    with served(stock, realtime=False) as device:
        data = device.image.read_bytes()
    sectors = [data[start : start + SECTOR] for start in range(0, len(data), SECTOR)]
    name = "the practice Sonoff's own" if stock == FACTORY else Path(stock).name
    return f"{name}, {sectors.count(_BLANK)} of {len(sectors)} sectors blank"


def _report(record: dict[str, Any]) -> str:
    parts = [_table(record)]
    if "wire" in record:
        parts.append(_wire_table(record["wire"]))
    if "memory" in record:
        parts.append(_memory_table(record["memory"]))
    abouts = sorted(set(record.get("about", {}).values()))
    return "\n\n".join(part for part in [*parts, *abouts] if part)


def _table(record: dict[str, Any]) -> str:
    lines = ["| work | against | ours, s | theirs, s | ratio | goal | met |", "|---|---|---|---|---|---|---|"]
    for row in ROWS:
        if row.name in record:
            ours, theirs, ratio = medians(record[row.name])
            goal, met = ("", "") if row.goal is None else (f"≤ {row.goal:.2f}", _yes(ratio <= row.goal))
            lines.append(f"| {row.work} | {row.against} | {ours:.1f} | {theirs:.1f} | {ratio:.3f} | {goal} | {met} |")
    return "\n".join(lines) if len(lines) > 2 else ""


def _wire_table(found: dict[str, Any]) -> str:
    """What the chip's reads take beyond "the rest", it does while its last packet is on the wire."""
    lines = [
        "| dense flash, baud | wire efficiency | s | payload | escapes | latency | the rest | chip reads alone |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for baud, spent in found.items():
        rest = spent["all"] - spent["payload"] - spent["escapes"] - spent["latency"]
        parts = (spent["payload"], spent["escapes"], spent["latency"], rest, spent["chip"])
        shares = " | ".join(f"{100 * part / spent['all']:.1f} %" for part in parts)
        lines.append(f"| {baud} | {spent['payload'] / spent['all']:.3f} | {spent['all']:.2f} | {shares} |")
    return "\n".join(lines)


def _memory_table(found: dict[str, int]) -> str:
    small, big = found["1 MB"], found["16 MB"]
    goal = 2 * 15 * MB
    return (
        "| peak memory of a backup | 1 MB | 16 MB | difference | goal | met |\n|---|---|---|---|---|---|\n"
        f"| dense, out of the box | {small / MB:.1f} MB | {big / MB:.1f} MB | {(big - small) / MB:.1f} MB "
        f"| ≤ {goal // MB} MB | {_yes(big - small <= goal)} |"
    )


def _yes(met: bool) -> str:
    return "yes" if met else "no"


if __name__ == "__main__":
    main()
