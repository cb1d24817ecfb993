"""Bytes of a serial line → the boots in them, whatever is cut off or lies between."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .boots import Boot, BootLog, Load, ResetCause

__all__ = ["decode", "readable_lines"]

# The ROM's formats, after its strings; "2014", and "rst cause 1, boot mode 3", are the wordings of esptool's documents.
# Every repetition has a bound, so the search stays linear whatever comes.
WORDS = {
    "ets": r"ets [A-Z][a-z]{2} {1,2}\d{1,2} 20\d\d",
    "cause": r"rst cause[: ]{1,2}(?P<number>\d)",
    "mode": r"boot mode[: ]{1,2}\(?(?P<first>\d{1,2})(?!\d)",
    "load": r"load 0x(?P<address>[0-9a-f]{8}), ?len (?P<size>-?\d{1,10}), ?room (?P<room>\d{1,2})",
    "runover": r"ho \d{1,2} tail \d{1,2} room \d{1,2}",  # a header that runs over a block: no tail of a segment
    "tail": r"tail (?P<tail>\d{1,2})",
    "chksum": r"chksum 0x(?P<chksum>[0-9a-f]{2})",
    "csum": r"csum 0x(?P<csum>[0-9a-f]{2})",
    "version": r"2nd boot version {0,2}: {0,2}(?P<version>\d\.\d{1,2}(?:\(\w{1,8}\))?)",
    "runs": r"jump to run (?P<runs>user[12] @ [0-9a-f]{1,6})",
    "eboot": r"v(?P<stamp>[0-9a-f]{8})[\r\n]{1,3}~ld",
    "copies": r"@cp:",
    "trouble": (
        r"csum err|flash read err(?:, ?\w{1,40})?|ets_main\.c(?: \d{1,5})?|wdt reset|Soft WDT reset|unknown reset"
        r"|rf_cal\[0\] {0,2}!=0x05, ?is 0x[0-9A-Fa-f]{2}|error magic!|first boot failed|backup boot failed"
        r"|Fatal exception \(?\d{1,3}\)?|User exception \([\w /]{1,40}\)|Exception \(\d{1,3}\)"
        r"|user code done|waiting for host"
    ),
}
WORD = re.compile("|".join(f"(?P<is_{name}>{pattern})" for name, pattern in WORDS.items()))
NOT_READABLE = re.compile(r"[^\x20-\x7e\t]")
LONGEST_LINE, MOST_ERRORS = 200, 50  # of a line's characters, and of one boot's errors: they are to be read


def decode(data: bytes) -> BootLog:
    """The boots in what was heard. Never raises, and takes time in proportion to the length."""
    text = data.decode("latin-1")
    drafts: list[_Draft] = []
    for word in WORD.finditer(text):
        if not drafts or drafts[-1].ends_before(word):
            drafts.append(_Draft(word.start()))
        drafts[-1].take(word)
    ends = [*(draft.at for draft in drafts), len(text)]
    boots = [
        replace(draft.boot, loads=tuple(draft.loads), errors=tuple(draft.errors), lines=readable_lines(text[at:end]))
        for draft, (at, end) in zip(drafts, pairwise(ends), strict=True)
    ]
    return BootLog(tuple(boots), readable_lines(text[: ends[0]]))


def readable_lines(text: str) -> tuple[str, ...]:
    """The lines that a person can read, with a dot for each character of them that is none."""
    lines = (NOT_READABLE.sub("·", line[:LONGEST_LINE]).strip() for line in re.split(r"[\r\n]+", text))
    return tuple(line for line in lines if line and line.count("·") * 4 <= len(line))


class _Draft:
    """A boot of which more may come."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.boot = Boot()
        self.loads: list[Load] = []
        self.errors: list[str] = []
        self._had: set[str] = set()

    def ends_before(self, word: re.Match[str]) -> bool:
        """Whether a word can only be the next boot's: each has its place, though any may be missing."""
        kind = _kind(word)
        if kind == "ets":
            return True
        if kind == "cause":
            return bool(self._had - {"ets"})
        if kind == "mode":
            return bool(self._had - {"ets", "cause"})
        return kind == "load" and bool(self._had & {"csum", "version", "runs", "eboot"})

    def take(self, word: re.Match[str]) -> None:
        kind = _kind(word)
        self._had.add(kind)
        if kind == "load":
            self.loads.append(Load(int(word["address"], 16), int(word["size"]), int(word["room"])))
        elif kind in ("tail", "chksum") and self.loads:
            value = int(word[kind], 10 if kind == "tail" else 16)
            if getattr(self.loads[-1], kind) is None:
                self.loads[-1] = replace(self.loads[-1], **{kind: value})
        elif kind == "trouble" and len(self.errors) < MOST_ERRORS:
            self.errors.append(word.group())
        else:
            self.boot = replace(self.boot, **_facts(kind, word))


def _kind(word: re.Match[str]) -> str:
    return (word.lastgroup or "").removeprefix("is_")


def _facts(kind: str, word: re.Match[str]) -> dict[str, Any]:
    """What a word tells of its boot as a whole."""
    if kind == "cause":
        number = int(word["number"])
        return {"cause": ResetCause(number) if number in list(ResetCause) else None}
    if kind == "mode":
        return {"mode": int(word["first"])}
    if kind == "csum":
        return {"csum": int(word["csum"], 16)}
    if kind == "version":
        return {"boot_version": word["version"]}
    if kind == "runs":
        return {"runs": word["runs"]}
    if kind == "eboot":
        return {"boot_version": "eboot", "stamp": int(word["stamp"], 16), "runs": "sketch @ 1000"}
    return {}
