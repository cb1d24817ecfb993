"""What is known about a dump, in short lines: no secret's value among them."""

from __future__ import annotations

from ..report import Report
from .page import Box, Page
from .style import NOTE, QUIET, SMALL
from .words import count, width, wrap

__all__ = ["facts", "facts_panel"]

LINE_HEIGHT, BETWEEN = 0.165, 0.055  # inches
SOUGHT = ("Version", "Model", "SDK", "Flash header", "Runs")  # told even where nothing is known
LAST = ("Secrets", "SHA-256")
MINOR = ("Boot loader", "Map", "SHA-256")  # make room for notices


def facts(report: Report) -> list[tuple[str, str]]:
    """The report's facts, those that are not known among them, and how many checksums hold."""
    known = dict(report.facts())
    order = [*(name for name in known if name not in LAST), *(name for name in SOUGHT if name not in known)]
    found = [(name, known.get(name, "not known")) for name in order]
    return [*found, ("Checks", _checks(report)), *((name, known[name]) for name in LAST if name in known)]


def facts_panel(page: Page, box: Box, report: Report) -> None:
    """The notices, as far as there is room, and below them the facts in two columns."""
    rows = [(name, value) for name, value in facts(report) if not (report.notices and name in MINOR)]
    left = box.left + max(width(name, SMALL) for name, _ in rows) + 0.18
    wrapped = [(name, wrap(value, SMALL, box.right - left, 7)) for name, value in rows]
    needed = sum(len(lines) * LINE_HEIGHT + BETWEEN for _, lines in wrapped)
    top = _notices(page, Box(box.left, box.top, box.width, box.height - needed), report.notices)
    for name, lines in wrapped:
        page.words(box.left, top, name, color=QUIET)
        for line in lines:
            page.words(left, top, line)
            top += LINE_HEIGHT
        top += BETWEEN


def _notices(page: Page, box: Box, notices: tuple[str, ...]) -> float:
    """The notices on a ground of their own; gives where the next line goes."""
    lines = [line for notice in notices for line in wrap("• " + notice, SMALL, box.width - 0.24)]
    most = max(3, int((box.height - 0.25) / LINE_HEIGHT))
    if not lines:
        return box.top
    if len(lines) > most:
        lines = [*lines[: most - 1], "… and more, which the report tells"]
    top = box.top - 0.08
    page.patch(Box(box.left, top, box.width, len(lines) * LINE_HEIGHT + 0.12), NOTE, edge="#d9b24c")
    for number, line in enumerate(lines):
        page.words(box.left + 0.12, top + 0.145 + number * LINE_HEIGHT, line)
    return top + len(lines) * LINE_HEIGHT + 0.35


def _checks(report: Report) -> str:
    checks = [check for image in report.layout.images for check in image.checks]
    if not checks:
        return "no image with checksums"
    holding = sum(check.holds for check in checks)
    return f"{holding} of {count(len(checks), 'checksum')} " + ("hold" if holding != 1 else "holds")
