"""The catalogue of failures: each file in ``entries`` is one, its words apart from how it is told."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from .model import Cause
from .pasted import squeezed

__all__ = ["Entry", "Pattern", "Words", "catalogue", "languages", "phrases", "words_of"]

FOLDER = files(__package__) / "entries"
ENGLISH = "en"


@dataclass(frozen=True)
class Pattern:
    """A text that tells a failure. ``same_run`` and ``earlier`` must come before it, in this run or in any.

    ``not_in_run`` must not. ``whole_line``: only where it is all that stands in its lines; ``line_start``: only
    where a line, or a name after a point, begins with it.
    """

    text: re.Pattern[str]
    example: str
    whole_line: bool = False
    line_start: bool = False
    same_run: re.Pattern[str] | None = None
    not_in_run: re.Pattern[str] | None = None
    earlier: re.Pattern[str] | None = None


@dataclass(frozen=True)
class Entry:
    """How a failure is told, and which causes come first on what was heard at the boot log's speed.

    ``errors`` are names of ``sonoffkit.errors`` that mean it, ``errors_with_text``
    those that do where a pattern is in their text as well. ``before`` names the
    entries whose failures follow from it, ``unless`` is a text beside which it means nothing.
    """

    name: str
    errors: tuple[str, ...]
    errors_with_text: tuple[str, ...]
    before: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    unless: re.Pattern[str] | None
    heard: tuple[tuple[str, ...], ...]
    tells_ports: bool
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """What a person reads of an entry, in one language."""

    title: str
    means: str
    causes: tuple[Cause, ...]
    safe: str


@cache
def catalogue() -> dict[str, Entry]:
    """All entries, by name."""
    found = sorted((file for file in FOLDER.iterdir() if _is_entry(file.name)), key=lambda file: file.name)
    return {file.name.removesuffix(".toml"): _entry(file) for file in found}


@cache
def words_of(name: str, language: str = ENGLISH) -> Words:
    """An entry's words; the English ones where nobody has translated them."""
    file = FOLDER / f"{name}.{language}.toml"
    translated = language != ENGLISH and language.isalpha() and file.is_file()
    data = _read(file if translated else FOLDER / f"{name}.toml")
    causes = tuple(Cause(_line(c["what"]), _line(c["check"]), _line(c["fix"])) for c in data["causes"])
    return Words(_line(data["title"]), _line(data["means"]), causes, _line(data["safe"]))


@cache
def phrases(language: str = ENGLISH) -> dict[str, str]:
    """The few words around an entry's own, in a language; English where there are none."""
    root = files(__package__)
    file = root / f"phrases.{language}.toml"
    english = {name: str(text) for name, text in _read(root / "phrases.toml").items()}
    return english | _read(file) if language.isalpha() and file.is_file() else english


def languages(name: str) -> tuple[str, ...]:
    """The languages that an entry has words in."""
    there = {file.name for file in FOLDER.iterdir()}
    others = (file.split(".")[1] for file in there if file.startswith(f"{name}.") and file.count(".") == 2)
    return (ENGLISH, *sorted(others))


def _is_entry(file: str) -> bool:
    return file.endswith(".toml") and file.count(".") == 1


def _entry(file: Traversable) -> Entry:
    data = _read(file)
    return Entry(
        name=data["name"],
        errors=tuple(data.get("errors", ())),
        errors_with_text=tuple(data.get("errors_with_text", ())),
        before=tuple(data.get("before", ())),
        patterns=(*map(_pattern, data.get("patterns", ())), *map(_named, data.get("errors", ()))),
        unless=_compiled(data.get("unless")),
        heard=tuple(tuple(cause.get("heard", ())) for cause in data["causes"]),
        tells_ports=bool(data.get("tells_ports")),
        sources=tuple(data["sources"]),
    )


def _pattern(data: dict[str, Any]) -> Pattern:
    return Pattern(
        text=re.compile(squeezed(data["text"])),
        example=data["example"],
        whole_line=bool(data.get("whole_line")),
        same_run=_compiled(data.get("same_run")),
        not_in_run=_compiled(data.get("not_in_run")),
        earlier=_compiled(data.get("earlier")),
    )


def _named(error: str) -> Pattern:
    """An error of ours, pasted as a notebook shows it."""
    return Pattern(re.compile(f"{error}:"), f"{error}: It went wrong.", line_start=True)


def _compiled(text: str | None) -> re.Pattern[str] | None:
    return re.compile(squeezed(text)) if text else None


def _line(text: str) -> str:
    """One line of the several that a file breaks it into."""
    return " ".join(text.split())


def _read(file: Traversable) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
