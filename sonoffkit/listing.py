"""A report as lines for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from .firmware.secrets import SecretGroup, grouped
from .report import Report

__all__ = ["listing"]

WIDTH = 100  # characters


def listing(report: Report, *, reveal: bool = False) -> str:
    """Facts, regions, secrets and notices; secrets are masked unless revealed."""
    return "\n".join(_lines(report, reveal))


def _lines(report: Report, reveal: bool) -> Iterator[str]:
    yield report.name
    for notice in report.notices:
        yield from textwrap.wrap(f"! {notice}", WIDTH, subsequent_indent="  ")
    yield ""
    for name, value in report.facts():
        yield from textwrap.wrap(f"{name:13}{value}", WIDTH, subsequent_indent=" " * 13)
    yield "\nWhat lies where"
    yield from _columns((f"{r.start:#08x}", f"{r.end:#08x}", r.name, r.note) for r in report.layout.regions)
    yield "\nHow the firmware is known"
    yield from _columns((("", str(evidence)) for evidence in report.firmware.evidence), "nothing in it tells")
    yield "\nSecrets" + (" (revealed)" if reveal else "")
    groups = ((g.kind.value, g.text(reveal=reveal), _where(g)) for g in grouped(report.secrets))
    yield from _columns(groups, "none found; that proves nothing where the firmware is not known")


def _where(group: SecretGroup) -> str:
    return group.places + (f" - {group.proof}" if group.proof else "")


def _columns(rows: Iterable[tuple[str, ...]], nothing: str = "nothing") -> Iterator[str]:
    """Rows in columns as wide as their longest cell; the last one may be long. ``nothing`` is said of no rows."""
    table = list(rows)
    if not table:
        yield f"  {nothing}"
        return
    widths = [max(len(row[n]) for row in table) for n in range(len(table[0]) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        yield ("  " + "  ".join([*cells, row[-1]])).rstrip()
