"""How fast a dump is measured: ratios against other programs' work, each pair in one run.

Run by hand, alone on the machine, about a minute: python tests/benchmarks/analysis_table.py
One row: --only NAME; those of a kind by how they begin, as in --only entropy.

What counts is the best of several runs of each side, taken in turn. binwalk 2 fails where numpy
is loaded already, so it has a process of its own, by default of the system's Python (Debian:
python3-binwalk), and its own clock around its scan alone; without it, its rows are skipped.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np

from sonoffkit.analysis import block_entropy, measure
from sonoffkit.practice import MODELS
from sonoffkit.practice.factory import factory_image

__all__ = ["Row", "main", "rows"]

MB = 1 << 20
BLOCK = 1024
SIZES = (1, 4, 16)

_REAL_STOCK = Path(__file__).parents[3] / "shared" / "firmware" / "stock_basic_fw1.6.0_redacted.bin"
# As its modules are used from a program: without a plot, and quiet, so that nothing is printed.
_BINWALK = """
import sys, time, binwalk
begun = time.perf_counter()
binwalk.scan(sys.argv[1], entropy=True, nplot=True, block=int(sys.argv[2]), quiet=True, signature=False)
print("SECONDS", time.perf_counter() - begun)
"""


class Row(NamedTuple):
    """Two works to time, in seconds, and the ratio that is wanted; ``faster``: theirs over ours."""

    name: str
    work: str
    against: str
    ours: Callable[[], float]
    theirs: Callable[[], float]
    goal: float
    faster: bool = False
    runs: int = 5


def main() -> None:
    wanted = _arguments()
    print("| work | against | ours, ms | theirs, ms | ratio | goal | met |\n|---|---|---|---|---|---|---|")
    for row in rows(wanted.python):
        if row.name.startswith(wanted.only):
            print(_line(row), flush=True)
    print(f"\nnumpy {np.__version__}, Python {sys.version.split()[0]}, {os.cpu_count()} cores. Stock: {_stock()[0]}.")
    if not _has_binwalk(wanted.python):
        print(f"No binwalk in {wanted.python}: its rows are skipped.")


def rows(python: str = "/usr/bin/python3") -> Iterator[Row]:
    """All that there is to measure here, ready to be timed; the data are made when a row is reached."""
    for size in SIZES:
        data = random.Random(size).randbytes(size * MB)
        ours = partial(_timed, partial(block_entropy, data, BLOCK))
        loop = partial(_timed, partial(_loop_entropy, data))
        yield Row(f"entropy-loop-{size}", f"block entropy, {size} MB", "a loop over blocks", ours, loop, 2.5, True)
        if _has_binwalk(python):
            binwalk = partial(_binwalk, python, data)
            yield Row(f"entropy-binwalk-{size}", f"block entropy, {size} MB", "binwalk 2", ours, binwalk, 60, True, 3)
    stock = _stock()[1]
    deflate = partial(_timed, partial(zlib.compress, stock, 9))
    yield Row(
        "measure", "all numbers, stock 1 MB", "zlib level 9", partial(_timed, partial(measure, stock)), deflate, 0.5
    )
    yield _growth("measure-growth", "all numbers, 16 MB", measure, stock)
    inspect = _inspect_dump()
    if inspect is not None:
        report = partial(_timed, partial(inspect, stock))
        yield Row("report", "full report, stock 1 MB", "zlib level 9", report, deflate, 3)
        yield _growth("report-growth", "full report, 16 MB", inspect, stock)


def _growth(name: str, work: str, function: Callable[[bytes], object], stock: bytes) -> Row:
    big = partial(_timed, partial(function, stock * 16))
    return Row(name, work, "the same, 1 MB", big, partial(_timed, partial(function, stock)), 18)


def _line(row: Row) -> str:
    pairs = [(row.ours(), row.theirs()) for _ in range(row.runs)]
    ours, theirs = (min(side) for side in zip(*pairs, strict=True))
    ratio = theirs / ours if row.faster else ours / theirs
    met = ratio >= row.goal if row.faster else ratio <= row.goal
    numbers = f"{ours * 1000:.1f} | {theirs * 1000:.1f} | {ratio:.2f} | {'≥' if row.faster else '≤'} {row.goal:g}"
    return f"| {row.work} | {row.against} | {numbers} | {'yes' if met else 'no'} |"


def _timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _loop_entropy(data: bytes) -> list[float]:
    """As one would write it with numpy at first."""
    view = np.frombuffer(data, np.uint8)
    found = []
    for start in range(0, len(view), BLOCK):
        block = view[start : start + BLOCK]
        counts = np.bincount(block, minlength=256)
        shares = counts[counts > 0] / len(block)
        found.append(float(-(shares * np.log2(shares)).sum()))
    return found


def _binwalk(python: str, data: bytes) -> float:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "data.bin"
        path.write_bytes(data)
        asked = [python, "-c", _BINWALK, str(path), str(BLOCK)]
        done = subprocess.run(asked, capture_output=True, text=True, check=True, cwd=folder)
    return float(done.stdout.split("SECONDS")[1])


def _has_binwalk(python: str) -> bool:
    try:
        return subprocess.run([python, "-c", "import binwalk.core"], capture_output=True).returncode == 0
    except OSError:
        return False


def _inspect_dump() -> Callable[[bytes], object] | None:
    """The full report, where the kit has it already."""
    from sonoffkit.report import inspect_dump

    try:
        inspect_dump(b"")
    except NotImplementedError:
        return None
    return inspect_dump


def _stock() -> tuple[str, bytes]:
    if _REAL_STOCK.exists():
        return _REAL_STOCK.name, _REAL_STOCK.read_bytes()
    return "the practice Sonoff's own", factory_image(MODELS["basic"], bytes.fromhex("5ccf7f010203"))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", metavar="NAME", help="this row, or those that begin so")
    parser.add_argument("--python", default="/usr/bin/python3", help="the one that has binwalk 2")
    return parser.parse_args()


if __name__ == "__main__":
    main()
