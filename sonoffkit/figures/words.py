"""Words in a picture: what can be printed, how wide it is, where it breaks, and numbers as people say them."""

from __future__ import annotations

import functools
import re
import textwrap
from collections.abc import Iterable

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.font_manager import FontProperties, findfont, get_font

__all__ = ["address", "count", "cut", "joined", "printable", "size_words", "title_of", "width", "wrap"]

UNITS = ((1 << 20, "MB"), (1 << 10, "KB"))
# As the vault names a backup, and a redaction its copy: the title says what they are.
BACKUP_NAME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)_(?P<hour>\d\d)(?P<minute>\d\d)\d\d_[0-9a-f]{12}_"
    r"(?P<size>\d+)(?P<unit>[KM]B)(?:-\d+)?\.bin"
)
SHARED_NAME = re.compile(r"share-safe-[0-9a-f]{8}\.bin")
# A file is often named after its device's MAC address: 12 digits, with or without signs between them.
MAC_IN_NAME = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{2}(?:[:_-]?[0-9a-fA-F]{2}){5}(?![0-9a-fA-F])")


def address(at: int) -> str:
    return f"0x{at:x}"


def size_words(size: int) -> str:
    """``1 MB``, ``397.1 KB``, ``1,000 bytes``; with a decimal where it is rounded."""
    for unit, name in UNITS:
        if size >= unit:
            return f"{size // unit:,} {name}" if size % unit == 0 else f"{size / unit:,.1f} {name}"
    return count(size, "byte")


def count(number: int, noun: str) -> str:
    """``1 byte``, ``2 bytes``, ``1,000 bytes``."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def joined(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last


def title_of(name: str) -> str:
    """A file's name as a title, without a MAC address in it, and of at most 80 characters."""
    if backup := BACKUP_NAME.fullmatch(name):
        return "backup of {day} {hour}:{minute}, {size} {unit}".format(**backup.groupdict())
    if SHARED_NAME.fullmatch(name):
        return "share-safe copy"
    text = " ".join(printable(MAC_IN_NAME.sub("(MAC masked)", name)).split())
    return _without_middle(text, min(len(text), 80)) or "a dump without a name"


def printable(text: str) -> str:
    """The text with a question mark for each character that the font lacks."""
    known = _known_characters()
    return "".join(char if ord(char) in known else "?" for char in text)


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line is, in inches."""
    pixels, _, _ = _ruler().get_text_width_height_descent(text, _font(size, bold), False)  # type: ignore[no-untyped-call]
    return float(pixels) / RULER_DPI


def cut(text: str, size: float, most: float, bold: bool = False) -> str:
    """A line of at most so many inches: what is too much is taken from its middle."""
    text = printable(text)
    keep = len(text)
    while keep > 2 and width(shown := _without_middle(text, keep), size, bold) > most:
        keep = min(keep - 1, int(keep * max(0.5, most / width(shown, size, bold))) + 1)
    return _without_middle(text, keep)


def wrap(text: str, size: float, most: float, lines: int = 99) -> list[str]:
    """The text in lines of at most so many inches; the last says with dots that there was more."""
    text = printable(text.replace(" × ", f"{NO_BREAK}×{NO_BREAK}"))  # a number stays with what it counts
    letters = max(8, int(most / max(width(text, size) / max(1, len(text)), 0.01)))
    while letters > 8 and any(width(line, size) > most for line in textwrap.wrap(text, letters)):
        letters -= 1
    found = textwrap.wrap(text, letters)
    return found if len(found) <= lines else [*found[: lines - 1], found[lines - 1][: letters - 1] + "…"]


RULER_DPI = 288
NO_BREAK = "\N{NO-BREAK SPACE}"


@functools.cache
def _ruler() -> RendererAgg:
    return RendererAgg(8, 8, RULER_DPI)  # type: ignore[no-untyped-call]


@functools.cache
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family="DejaVu Sans", size=size, weight="bold" if bold else "normal")


@functools.cache
def _known_characters() -> frozenset[int]:
    known = get_font(findfont(_font(10, False))).get_charmap()
    return frozenset(code for code in known if chr(code).isprintable() or chr(code) == NO_BREAK)


def _without_middle(text: str, keep: int) -> str:
    if keep >= len(text):
        return text
    return text[: (keep + 1) // 2] + "…" + text[len(text) - keep // 2 :]
