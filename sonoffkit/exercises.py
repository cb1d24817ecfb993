"""Checks for the exercises in the notebooks: an answer in, a verdict with its reason out."""

from __future__ import annotations

import html
from dataclasses import dataclass

__all__ = ["Verdict", "check"]


@dataclass(frozen=True)
class Verdict:
    """What came of an exercise; a notebook shows it as a sentence."""

    right: bool
    text: str

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        sign = "✓" if self.right else "→"
        return {"text/plain": f"{sign} {self.text}", "text/html": f"<p>{sign} {html.escape(self.text)}</p>"}


def check(answer: object, right: object, why: str, hint: str) -> Verdict:
    """Compare an answer with the right one; an unanswered exercise (None) is no failure."""
    if answer is None:
        return Verdict(False, "Not answered yet: replace None, and run this cell again.")
    if answer == right:
        return Verdict(True, f"Right. {why}")
    return Verdict(False, f"Not quite. {hint}")
