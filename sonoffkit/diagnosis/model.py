"""What a diagnosis is: the words for one failure, and the lines that told it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Cause", "Diagnosis"]


@dataclass(frozen=True)
class Cause:
    """One thing that may be behind it: how to see whether it is, and what to do if so."""

    what: str
    check: str
    fix: str


@dataclass(frozen=True)
class Diagnosis:
    """One failure explained. ``causes`` are in the order to try; ``evidence`` are the lines that told it, masked."""

    name: str
    title: str
    means: str
    causes: tuple[Cause, ...]
    safe: str
    sources: tuple[str, ...]
    evidence: tuple[str, ...] = ()
    language: str = "en"
