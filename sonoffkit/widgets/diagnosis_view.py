"""Diagnoses on the screen: in an error's card, and for a text that a person pastes."""

from __future__ import annotations

import html
from collections.abc import Iterable

import ipywidgets as widgets

from ..diagnosis import Cause, Diagnosis, diagnose, unknown_text_help
from .sheet import sheet
from .style import code_block, says

__all__ = ["DiagnosisBox", "diagnosis_details"]

ASK = "Paste the whole error text here, starting with the command you typed:"
NOTHING = "Paste something first."
PLACE = "A fatal error occurred: …"


class DiagnosisBox(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A box to paste any error into; ``diagnoses`` are what was found in it, the likeliest first.

    ``text`` is there from the beginning, and looked at at once. Passwords in it are masked in what is shown.
    """

    def __init__(self, text: str = "") -> None:
        self.diagnoses: tuple[Diagnosis, ...] = ()
        layout = widgets.Layout(width="100%")  # a height would be that of label and field together
        self._text = widgets.Textarea(text, description=ASK, placeholder=PLACE, rows=4, layout=layout)
        self._text.add_class("sk-pasted").add_class("sk-under")
        below = widgets.Layout(width="auto", margin="8px 2px")
        self._button = widgets.Button(
            description="What is it?", button_style="primary", icon="search", layout=below
        ).add_class("sk-explain")
        self._answer = widgets.HTML().add_class("sk-html").add_class("sk-answer")
        self._button.on_click(lambda _: self.look())
        super().__init__([sheet(), self._text, self._button, self._answer])
        self.add_class("sk-box")
        self.add_class("sk-diagnosis")
        if text:
            self.look()

    def look(self) -> tuple[Diagnosis, ...]:
        """Explain what stands in the box now."""
        text = str(self._text.value)
        self.diagnoses = diagnose(text)
        self._answer.value = _answer(text, self.diagnoses)
        return self.diagnoses


def diagnosis_details(diagnosis: Diagnosis, *, is_open: bool = False) -> str:
    """Why, what to try in which order, and what is safe; folded, as HTML."""
    count = len(diagnosis.causes)
    order = f", and what to try in which order ({count})" if count > 1 else ", and what to do"
    causes = "".join(map(_cause, diagnosis.causes))
    return (
        f"<details{' open' if is_open else ''}><summary>What it means{order}</summary>"
        f"<p>{html.escape(diagnosis.means)}</p><ol>{causes}</ol>"
        f"<p><b>Safe meanwhile:</b> {html.escape(diagnosis.safe)}</p></details>"
    )


def _answer(text: str, diagnoses: Iterable[Diagnosis]) -> str:
    if not text.strip():
        return says("care", NOTHING)
    first, *others = diagnoses or (None,)
    if first is None:
        return says("care", "Nothing in this text is known here.") + code_block([unknown_text_help()])
    cards = [says("bad", first.title, rows=_evidence(first)) + diagnosis_details(first, is_open=True)]
    cards += [
        says("care", f"Also: {other.title}", rows=_evidence(other)) + diagnosis_details(other) for other in others
    ]
    return "".join(cards)


def _evidence(diagnosis: Diagnosis) -> list[tuple[str, str]]:
    return [("told by", line) for line in diagnosis.evidence]


def _cause(cause: Cause) -> str:
    return (
        f"<li><b>{html.escape(cause.what)}</b><br>How to see it: {html.escape(cause.check)}"
        f"<br>What to do: {html.escape(cause.fix)}</li>"
    )
