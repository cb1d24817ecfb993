"""Backups, restores and flashes under seeded random faults: nothing may get lost, untyped, stuck or left open.

Run by hand: python tests/soak/soak.py [--operations 10000] [--seed 1] [--jobs 2]
One operation again, and told: python tests/soak/soak.py --seed 1 --only 123

An operation is set up from ``Random(f"{seed} {number}")`` alone: device, its
contents, the vault, what is done and what goes wrong. It is tried once or
twice with a fault, then once without. After each try is checked that

(a) every file called a backup equals the flash at that time, and older ones are as they were,
(b) every failure was an error of ours, with a hint,
(c) the try without a fault succeeds, and does what it says,
(d) no port, file, thread or lock is left.

The line is the in-process one in a hurry. Late bytes and ``unplug_at`` go by
the clock: these may differ a little when they are run again.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from soak_faults import FAULTS, KINDS
from soak_operation import Operation, Report
from soak_world import Worlds

__all__ = ["Sums", "describe", "main", "soak"]

# Of 10,000 operations; fewer, in proportion.
_LEAST_OF_A_KIND, _LEAST_RESUMES = 20 / 10_000, 50 / 10_000


def soak(seed: int, numbers: range, home: Path, tell: Callable[[str], None] = print) -> Sums:
    """Run these operations in this process; tells of each that went wrong."""
    sums, worlds = Sums(), Worlds(home)
    for number in numbers:
        report = Operation(seed, number, worlds).run()
        if report.wrong:
            tell(describe(report, seed))
        sums.add(report)
    return sums


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="the number of the first operation")
    parser.add_argument("--only", type=int, help="run this one again, and tell all of it")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        if wanted.only is not None:
            _start_worker(home)
            sys.exit(1 if Operation(wanted.seed, wanted.only, _mine["worlds"], print).run().wrong else 0)
        sums = _spread(wanted, home)
    print(sums.text(wanted.seed), *sums.unmet(), sep="\n")
    sys.exit(1 if sums.wrong or sums.unmet() else 0)


@dataclass
class Sums:
    """What came of all operations."""

    operations: int = 0
    hit: int = 0
    seconds: float = 0.0
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)  # (fault, tried or hit or how it ended)
    errors: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)
    hands: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        self.operations += 1
        self.hit += any(struck for _, struck, _ in report.tries)
        self.seconds += report.seconds
        for kind, struck, ended in report.tries:
            for what in ("tried", "hit" if struck else "missed", ended):
                self.tries[kind, what] += 1
        self.errors += report.errors
        self.resumed += report.resumed
        self.hands += report.hands
        self.wrong += Counter(check for check, _ in report.wrong)

    def unmet(self) -> list[str]:
        """The quotas that were not met, in words."""
        texts = [] if 2 * self.hit >= self.operations else ["fewer than half of the operations hit a fault"]
        least = int(_LEAST_OF_A_KIND * self.operations)
        texts += [f"{kind} hit fewer than {least} times" for kind in FAULTS if self.tries[kind, "hit"] < least]
        least = int(_LEAST_RESUMES * self.operations)
        return texts + ([f"fewer than {least} resumes"] if self.resumed["back_up"] < least else [])

    def text(self, seed: int) -> str:
        columns = ("tried", "hit", "error", "killed", "done")
        rows = [f"{'fault':20}" + "".join(f"{name:>8}" for name in columns)]
        rows += [f"{kind:20}" + "".join(f"{self.tries[kind, name]:8}" for name in columns) for kind in KINDS]
        return "\n".join([
            f"seed {seed}: {self.operations} operations, {self.hit} of them hit a fault; "
            f"{self.seconds / max(1, self.operations):.2f} s each",
            *rows,
            f"resumes: {_counts(self.resumed)}",
            f"errors: {_counts(self.errors)}",
            f"powered anew by hand: {_counts(self.hands)}",
            f"wrong backups: {self.wrong['a']}; untyped errors: {self.wrong['b']}; "
            f"failed clean tries: {self.wrong['c']}; left open: {self.wrong['d']}",
        ])  # fmt: skip


def describe(report: Report, seed: int) -> str:
    """A failed operation, and how to run just that one again."""
    head = f"FAILED: --seed {seed} --only {report.number}: {report.about}; {report.tries}"
    return "\n".join([head, *(f"({check}) {text}" for check, text in report.wrong)])


_mine: dict[str, Worlds] = {}  # of a process that works for others


def _start_worker(home: str) -> None:
    own = Path(home) / str(os.getpid())
    os.environ["SONOFFKIT_HOME"] = str(own / "kit")
    _mine["worlds"] = Worlds(own)


def _one(wanted: tuple[int, int]) -> Report:
    return Operation(*wanted, _mine["worlds"]).run()


def _spread(wanted: argparse.Namespace, home: str) -> Sums:
    sums = Sums()
    numbers = [(wanted.seed, number) for number in range(wanted.first, wanted.first + wanted.operations)]
    with multiprocessing.get_context("spawn").Pool(wanted.jobs, _start_worker, (home,)) as pool:
        for report in pool.imap_unordered(_one, numbers, chunksize=5):
            if report.wrong:
                print(describe(report, wanted.seed), flush=True)
            sums.add(report)
            if sums.operations % 500 == 0:
                print(f"{sums.operations} operations, {sums.hit} hit, wrong: {_counts(sums.wrong)}", flush=True)
    return sums


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counter.most_common() if n) or "none"


if __name__ == "__main__":
    main()
