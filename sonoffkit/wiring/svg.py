"""SVG, one element at a time: text, shapes, and the colours that all drawings share."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape

__all__ = ["AMBER", "INK", "RED", "Block", "at", "circle", "path", "rect", "text", "text_lines", "text_width", "wrap"]

INK, RED, AMBER = "#1a1a1a", "#b00020", "#ffd75e"

Block = tuple[float, str]  # its height, and its SVG drawn from y = 0


def text(
    x: float, y: float, words: str, size: float, fill: str = INK, *, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="700"' if bold else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}"{weight}'
    return f'<text {place} text-anchor="{anchor}">{escape(words)}</text>'


def text_lines(x: float, y: float, lines: Iterable[str], size: float, pitch: float, anchor: str = "start") -> str:
    return "".join(text(x, y + n * pitch, line, size, anchor=anchor) for n, line in enumerate(lines))


def text_width(words: str, size: float, *, bold: bool = False) -> float:
    """A guess on the wide side: the reader's font is not known (Verdana and DejaVu Sans are the widest)."""
    return len(words) * size * (0.64 if bold else 0.54)


def wrap(words: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(words, int(width / text_width("n", size)), break_long_words=False)


def rect(
    x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", line: float = 1, radius: float = 2
) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}" stroke-width="{line:g}"/>'


def circle(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{INK}" stroke-width="2"/>'


def path(d: str, stroke: str, width: float, dash: str = "", fill: str = "none") -> str:
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    caps = "butt" if dash and not dash.startswith("0.1") else "round"  # dots are round ends without a length
    return (
        f'<path d="{d}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}" '
        f'stroke-linecap="{caps}" stroke-linejoin="round"{pattern}/>'
    )


def at(x: float, y: float, body: str) -> str:
    return f'<g transform="translate({x:g} {y:g})">{body}</g>'
