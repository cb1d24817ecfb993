"""Pasted text made comparable: without colours, borders and white space, so that wrapping does not matter."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from itertools import accumulate

__all__ = ["Pasted", "as_text", "plain", "squeezed", "unwrapped"]

EVIDENCE_LENGTH = 400  # characters; a line longer than that is cut around what it told
COLUMNS = 80  # of a terminal that wraps by force
# Colours, cursor movements and titles of a terminal (ECMA-48); titles end with BEL or ESC \.
_TERMINAL = re.compile(r"\x1b\[[0-?]{0,64}[ -/]{0,8}[@-~]|\x1b\][^\x07\x1b]{0,512}(?:\x07|\x1b\\)|\x1b[@-Z\\-_()][0B]?")
# Left of the text where somebody quotes it, or where esptool 5 draws a box around it
_MARGIN = re.compile(r"^[ \t]{0,80}[>│┃|](?:[ \t]?[>│┃|]){0,8}", re.MULTILINE)
_BOX = "─━╸╺│┃╭╮╰╯┌┐└┘█▏▎▍▌▋▊▉"
_CONTROL = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127, 0xFEFF, 0x200B]))
_TIDY = str.maketrans({**dict.fromkeys(_BOX + _CONTROL), "‘": "'", "’": "'", "“": '"', "”": '"', "…": "..."})
_RUN = re.compile(r"esptool(?:\.py|\.exe)?v\d{1,2}\.")  # each esptool says its version first
_FULL_LINE = re.compile(rf"^([^\n]{{{COLUMNS}}})\n(?=\S)", re.MULTILINE)
_SAMPLE = 4096  # bytes are enough to tell UTF-16


def as_text(data: bytes) -> str:
    """The text that bytes hold; what is no text in them becomes marks that match nothing."""
    start = data[:_SAMPLE]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    if len(start) > 3 and start[1::2].count(0) > len(start) * 0.4 and 0 not in start[::2]:  # PowerShell's ">"
        return data.decode("utf-16-le", "replace")
    return data.decode("utf-8", "replace")


def squeezed(text: str) -> str:
    """Without any white space."""
    return "".join(text.split())


def plain(text: str) -> str:
    """Without a terminal's colours and movements, and with one kind of line end."""
    return _TERMINAL.sub("", text).replace("\r\n", "\n").replace("\r", "\n")


def unwrapped(text: str) -> str:
    """With the lines joined that a terminal of 80 columns broke by force, perhaps within a word."""
    return _FULL_LINE.sub(r"\1", text)


class Pasted:
    """A text, and ``squeezed``, the same without white space: patterns are looked for there."""

    def __init__(self, text: str) -> None:
        self._lines = _MARGIN.sub("", plain(text)).translate(_TIDY).split("\n")
        parts = [squeezed(line) for line in self._lines]
        self.squeezed = "".join(parts)
        self._starts = [0, *accumulate(map(len, parts))]  # where each line begins in it, and its end
        self._runs = [found.start() for found in _RUN.finditer(self.squeezed)]

    def run_of(self, at: int) -> int:
        """Which run of esptool a place belongs to: 0 before the first one."""
        return bisect_right(self._runs, at)

    def start_of_run(self, at: int) -> int:
        run = self.run_of(at)
        return self._runs[run - 1] if run else 0

    def is_whole_line(self, start: int, end: int) -> bool:
        """Whether a place in ``squeezed`` is all that stands in its lines."""
        return self._begins(start) and self._begins(end)

    def is_line_start(self, at: int) -> bool:
        """Whether a line, or a name after a point, begins at a place in ``squeezed``."""
        return self._begins(at) or self.squeezed[at - 1] == "."

    def _begins(self, at: int) -> bool:
        n = bisect_left(self._starts, at)
        return n < len(self._starts) and self._starts[n] == at

    def lines(self, start: int, end: int) -> str:
        """The whole lines that a place in ``squeezed`` lies in, in one."""
        first, last = bisect_right(self._starts, start) - 1, bisect_right(self._starts, max(start, end - 1)) - 1
        joined = "".join(_joint(self._lines[n]) for n in range(first, last + 1)).strip()
        if len(joined) <= EVIDENCE_LENGTH:
            return joined
        # In a line of a megabyte: only what told it.
        return f"… {self.squeezed[start : min(end, start + EVIDENCE_LENGTH)]} …"


def _joint(line: str) -> str:
    """A line, ready for the next one: one that fills a terminal's width goes on within a word."""
    return line if len(line) == COLUMNS else line.rstrip() + " "
