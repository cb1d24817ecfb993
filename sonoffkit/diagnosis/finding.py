"""From a problem to its diagnoses, best first."""

from __future__ import annotations

from collections.abc import Iterable

from ..bootlog import Heard, judge
from ..masking import mask_text
from ..ports import Port, find_ports, is_practice
from .catalogue import Entry, catalogue, phrases, words_of
from .matching import Told, told_by
from .model import Cause, Diagnosis
from .problem import class_names, text_of

__all__ = ["diagnose", "explain", "known"]


def diagnose(
    problem: str | bytes | BaseException,
    *,
    ports: Iterable[Port] | None = None,
    heard: Heard | None = None,
    language: str = "en",
) -> tuple[Diagnosis, ...]:
    """What is behind a problem, the likeliest first; nothing where none of it is known.

    ``ports`` are those that there are now; they are looked up where it matters
    and none are given. ``heard`` is what the device said at power-up.
    """
    told = _told(problem)
    says = _Says(ports, heard, language)
    return tuple(says.all_of(found) for found in told)


def explain(name: str, *, language: str = "en") -> Diagnosis:
    """An entry of the catalogue by its name; raises ValueError for none."""
    if name not in catalogue():
        raise ValueError(f"there is no entry {name!r}; there are: {', '.join(catalogue())}")
    return _Says((), None, language).all_of(Told(catalogue()[name], 0, ()))


def known() -> tuple[str, ...]:
    """The names of all that can be diagnosed."""
    return tuple(catalogue())


def _told(problem: str | bytes | BaseException) -> list[Told]:
    """By the text; an error of ours by its class, which the text can only make narrower."""
    told = told_by(text_of(problem))
    names = class_names(problem)
    if not names:
        return told
    narrower = [found for found in told if names[0] in found.entry.errors_with_text]
    nearest = next((name for name in names if _entries_for(name)), names[0])
    return [*narrower, *_told_by_class(nearest, told, problem)]


def _entries_for(name: str) -> list[Entry]:
    return [entry for entry in catalogue().values() if name in entry.errors]


def _told_by_class(name: str, told: list[Told], problem: object) -> list[Told]:
    lines = {found.entry.name: found.evidence for found in told}
    itself = (mask_text(str(problem)),)
    return [Told(entry, 0, lines.get(entry.name, itself)) for entry in _entries_for(name)]


class _Says:
    """Finds the words for what was told, in one language, and adds what is so here and now."""

    def __init__(self, ports: Iterable[Port] | None, heard: Heard | None, language: str) -> None:
        self._ports: list[Port] | None = None if ports is None else list(ports)
        self._finding = judge(heard) if heard else None
        self._language = language

    def all_of(self, told: Told) -> Diagnosis:
        entry = told.entry
        words = words_of(entry.name, self._language)
        return Diagnosis(
            name=entry.name,
            title=words.title,
            means=" ".join([words.means, *self._now(told)]),
            causes=self._in_order(entry, words.causes),
            safe=words.safe,
            sources=entry.sources,
            evidence=told.evidence,
            language=self._language,
        )

    def _now(self, told: Told) -> list[str]:
        """What is known beyond the text: the ports that there are, and what the device said at power-up."""
        said = [self._finding.says] if self._finding and any(told.entry.heard) else []
        return [*said, *([self._ports_now(told)] if told.entry.tells_ports else [])]

    def _ports_now(self, told: Told) -> str:
        """The real ones; who asks for a practice Sonoff is told of those, too."""
        if self._ports is None:
            self._ports = find_ports()
        say = phrases(self._language)
        practises = any(is_practice(word.strip("'(")) for line in told.evidence for word in line.split())
        ports = [port for port in self._ports if practises or not port.is_practice]
        return f"{say['ports_now']} {'; '.join(map(str, ports))}." if ports else say["no_ports_now"]

    def _in_order(self, entry: Entry, causes: tuple[Cause, ...]) -> tuple[Cause, ...]:
        """As the catalogue has them; those that fit what was heard go first."""
        verdict = self._finding.verdict.name.lower() if self._finding else ""
        order = sorted(range(len(causes)), key=lambda n: verdict not in entry.heard[n])
        return tuple(causes[n] for n in order)
