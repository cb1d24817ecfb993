"""What somebody who helps needs to know, in a notebook: a text to be read, selected and sent."""

from __future__ import annotations

import html
from collections.abc import Iterable

import ipywidgets as widgets

from ..support import support_text
from .sheet import sheet

__all__ = ["SupportReport"]

WIDEST = 10_000  # characters in a line: the notebook alone breaks them, where its cell ends
LOOKS = "max-height: 460px; padding: 6px 12px; word-break: normal"  # JupyterLab has its own for any pre


class SupportReport(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows ``support_text`` of an error and its log, every secret masked; ``text`` is what it shows.

    Printed, it would do less: JupyterLab makes links of ports' names, and breaks lines within words.
    """

    def __init__(self, problem: str | bytes | BaseException = "", log: Iterable[str] = ()) -> None:
        self.text = support_text(problem, log, width=WIDEST)
        title = widgets.HTML('<span class="sk-title">A report for whoever helps</span>').add_class("sk-html")
        report = widgets.HTML(
            f'<pre class="sk-code" style="{LOOKS}" tabindex="0" role="region" aria-label="The report">'
            f"{html.escape(self.text)}</pre>"
        )
        super().__init__([sheet(), title, report.add_class("sk-html").add_class("sk-support")])
        self.add_class("sk-box")
