"""The speed table as a picture: an SVG of bars, two for each row."""

from __future__ import annotations

import sys
from html import escape
from typing import Any

from speed_rows import ROWS, Row, medians

__all__ = ["chart"]

_WIDTH, _BAR_LEFT, _BAR_RIGHT, _BAR_HEIGHT, _TOP, _STEP = 640, 118, 544, 16, 74, 72
_OURS, _THEIRS = "#1a4f8b", "#c3ccd6"  # dark and light: told apart in grey, too
_SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" role="img" \
aria-labelledby="title desc" font-family="system-ui, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="13" \
fill="#1f2328">
<title id="title">{title}</title>
<desc id="desc">{desc}</desc>
<rect x="0.5" y="0.5" width="{inner_width}" height="{inner_height}" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<text x="20" y="32" font-size="16" font-weight="600">{title}</text>
<text x="20" y="52" fill="#57606a">{subtitle}</text>
{groups}
</svg>
"""
_GROUP = """\
<g transform="translate(0 {top})">
<text x="20" y="14" font-weight="600">{name}</text>
<text x="620" y="14" text-anchor="end" fill="#57606a">{ratio}</text>
{bars}
</g>"""
_BAR = """\
<text x="110" y="{text_y}" text-anchor="end">{who}</text>
<rect x="118" y="{y}" width="{width:.1f}" height="16" fill="{fill}" stroke="{stroke}"/>
<text x="{end:.1f}" y="{text_y}">{seconds}</text>"""
_TITLE = "How long it takes, in seconds"
_SUBTITLE = "1 MB flash, a practice Sonoff in real time, 16 ms latency. Shorter is better."


def chart(record: dict[str, Any]) -> str:
    rows = [row for row in ROWS if row.short and row.name in record]
    if not rows:
        sys.exit("nothing measured that the chart shows")
    found = {row.name: medians(record[row.name]) for row in rows}
    scale = (_BAR_RIGHT - _BAR_LEFT) / max(max(ours, theirs) for ours, theirs, _ in found.values())
    height = _TOP + _STEP * len(rows) + 2
    return _SVG.format(
        width=_WIDTH, height=height, inner_width=_WIDTH - 1, inner_height=height - 1, title=_TITLE,
        subtitle=escape(_SUBTITLE), desc=escape(" ".join([_SUBTITLE, *(_told(row, *found[row.name]) for row in rows)])),
        groups="\n".join(_group(row, _TOP + _STEP * n, scale, *found[row.name]) for n, row in enumerate(rows)),
    )  # fmt: skip


def _told(row: Row, ours: float, theirs: float, ratio: float) -> str:
    """A row of the chart for those who hear it."""
    return f"{row.short}: sonoffkit {ours:.1f} s, {row.rival} {theirs:.1f} s."


def _group(row: Row, top: int, scale: float, ours: float, theirs: float, ratio: float) -> str:
    bars = [_bar("sonoffkit", ours, scale, 22, _OURS, _OURS), _bar(row.rival, theirs, scale, 42, _THEIRS, "#6e7781")]
    return _GROUP.format(top=top, name=escape(row.short), ratio=f"{ratio:.2f} of the time", bars="\n".join(bars))


def _bar(who: str, seconds: float, scale: float, y: int, fill: str, stroke: str) -> str:
    width = seconds * scale
    return _BAR.format(
        who=escape(who), y=y, text_y=y + 13, width=width, end=_BAR_LEFT + width + 8, fill=fill, stroke=stroke,
        seconds=f"{seconds:.1f} s",
    )  # fmt: skip
