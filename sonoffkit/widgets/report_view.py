"""What a dump is, what lies where and whose secrets it holds, as tables in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable

import ipywidgets as widgets

from ..firmware.secrets import grouped
from ..palette import REGIONS
from ..report import Report
from .style import says, sheet

__all__ = ["ReportView", "SecretsView"]

SWATCH = '<span class="sk-swatch" style="background:{}"></span>'
SHEET = """<style>
.sk-wide { border-collapse: collapse; margin: 2px 0 8px; }
.sk-wide th { text-align: left; font-weight: 600; color: var(--jp-ui-font-color2, #555); padding: 1px 14px 1px 0; }
.sk-wide td { text-align: left; vertical-align: top; padding: 1px 14px 1px 0; overflow-wrap: anywhere; }
.sk-wide td.at { font-family: var(--jp-code-font-family, monospace); white-space: nowrap; }
.sk-wide td.name, .sk-secrets .sk-wide td:first-child { white-space: nowrap; }
.sk-secrets .sk-wide td:nth-child(2) { min-width: 12em; }
.sk-secrets .sk-wide td:nth-child(4) { min-width: 11em; }
.sk-box.sk-report, .sk-box.sk-secrets { max-width: 940px; }
.sk-swatch { display: inline-block; width: .85em; height: .85em; border: 1px solid #777; margin-right: .5em; }
</style>"""


class ReportView(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A report's facts, its notices, and its regions in their order."""

    def __init__(self, report: Report) -> None:
        facts = [row for row in report.facts() if row[0] != "SHA-256"]
        cards = [says("care", "Mind this", notice) for notice in report.notices]
        body = "".join([says("good", report.name, rows=facts), *cards, "<b>What lies where</b>", _regions(report)])
        super().__init__([sheet(), widgets.HTML(SHEET + body).add_class("sk-html")])
        self.add_class("sk-box").add_class("sk-report")


class SecretsView(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The secrets in a dump, masked; a button shows them to whoever sees the screen, and hides them again."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._table = widgets.HTML().add_class("sk-html")
        self._button = widgets.Button(icon="eye").add_class("sk-reveal")
        self._button.on_click(lambda _: self.hide() if self._shown else self.reveal())
        super().__init__([sheet(), self._table, self._button])
        self.add_class("sk-box").add_class("sk-secrets")
        self.hide()

    def reveal(self) -> None:
        """Show the values; they would be saved with the notebook's widgets, if those were saved."""
        self._show(shown=True)

    def hide(self) -> None:
        """Mask the values again."""
        self._show(shown=False)

    def _show(self, *, shown: bool) -> None:
        self._shown = shown
        self._button.description = "Hide them" if shown else "Show them"
        found = self._report.secrets
        if not found:
            words = ("None found", "Where the firmware is not known, that proves nothing.")
            self._table.value = says("care", *words)
            self._button.layout.display = "none"
            return
        rows = ((g.kind.value, g.text(reveal=shown), g.places, g.proof) for g in grouped(found))
        self._table.value = SHEET + _table(("what", "value", "where", "how that is known"), map(_escaped, rows))


def _regions(report: Report) -> str:
    rows = (
        (
            f"{region.start:#x}",
            f"{region.end:#x}",
            SWATCH.format(REGIONS[region.kind.value]) + html.escape(region.name),
            html.escape(region.note),
        )
        for region in report.layout.regions
    )
    return _table(("from", "to", "region", "what was found"), rows)


def _escaped(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(html.escape(cell) for cell in row)


def _table(head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Cells are HTML already; one that begins with 0x is an address."""
    names = "".join(f"<th>{html.escape(name)}</th>" for name in head)
    body = "".join("<tr>" + "".join(f"<td{_kind(cell)}>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<table class="sk-wide"><tr>{names}</tr>{body}</table>'


def _kind(cell: str) -> str:
    if cell.startswith("0x"):
        return ' class="at"'
    return ' class="name"' if cell.startswith("<span") else ""
