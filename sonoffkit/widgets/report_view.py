"""What a dump is, what lies where and whose secrets it holds, as tables in a notebook."""

from __future__ import annotations

import html
from collections.abc import Iterable

import anywidget
import ipywidgets as widgets
import traitlets

from ..firmware.secrets import grouped
from ..palette import REGIONS
from ..progress import note_inspected
from ..report import Report
from .noted import noted
from .sheet import sheet
from .style import says

__all__ = ["ReportView", "SecretsView"]

SWATCH = '<span class="sk-swatch" style="background:{}"></span>'
SHEET = """<style>
.sk-wide { border-collapse: collapse; margin: 2px 0 8px; }
.sk-wide th { text-align: left; font-weight: 600; color: var(--jp-ui-font-color2, #555); padding: 1px 14px 1px 0; }
.sk-wide td { text-align: left; vertical-align: top; padding: 1px 14px 1px 0; overflow-wrap: anywhere; }
.sk-wide td.at { font-family: var(--jp-code-font-family, monospace); white-space: nowrap; }
.sk-wide td.name { white-space: nowrap; }
.sk-wide td { min-width: 4em; } .sk-wide td:nth-child(4) { min-width: 11em; }
.sk-scrolls { overflow-x: auto; container-type: inline-size; }
.sk-secrets .sk-wide td { min-width: 6em; overflow-wrap: break-word; }
.sk-secrets .sk-wide td:nth-child(2), .sk-secrets .sk-wide td:nth-child(3) { min-width: 10em; }
.sk-secrets .sk-wide td:nth-child(2) { overflow-wrap: anywhere; }
@container (max-width: 480px) {
  .sk-wide, .sk-wide tbody, .sk-wide tr { display: block; }
  .sk-wide tr.head { display: none; }
  .sk-wide tr { padding: 3px 0; border-bottom: 1px solid var(--jp-border-color2, #ccc); }
  .sk-wide td { display: inline; }
  .sk-wide td::before { color: var(--jp-ui-font-color2, #555); }
  .sk-wide td.at::before { content: attr(data-label) " "; font-family: var(--jp-ui-font-family, sans-serif); }
  .sk-wide td.name { font-weight: 600; }
  .sk-wide td.name::before { content: "\\A"; white-space: pre; }
  .sk-secrets .sk-wide td { display: block; padding: 1px 0; }
  .sk-secrets .sk-wide td:first-child { font-weight: 600; }
  .sk-secrets .sk-wide td:not(:first-child) { display: grid; grid-template-columns: 6em minmax(0, 1fr); gap: 8px; }
  .sk-secrets .sk-wide td:not(:first-child):empty { display: none; }
  .sk-secrets .sk-wide td:not(:first-child)::before { content: attr(data-label); }
}
.sk-box.sk-report, .sk-box.sk-secrets { max-width: 940px; }
.sk-swatch { display: inline-block; width: .85em; height: .85em; border: 1px solid #777; margin-right: .5em; }
</style>"""
# What is told by message is drawn, and kept nowhere: a notebook that is saved with its widgets has the masked text.
TELLING = """
function render({ model, el }) {
  const draw = (html) => { el.innerHTML = html; };
  const told = (message) => draw(message.html);
  draw(model.get("masked"));
  model.on("msg:custom", told);
  model.send({ type: "ready" });
  return () => model.off("msg:custom", told);
}
export default { render };
"""


class ReportView(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A report's facts, its notices, and its regions in their order."""

    def __init__(self, report: Report) -> None:
        facts = [row for row in report.facts() if row[0] != "SHA-256"]
        cards = [says("care", "Mind this", notice) for notice in report.notices]
        body = "".join([says("good", report.name, rows=facts), *cards, "<b>What lies where</b>", _regions(report)])
        super().__init__([sheet(), widgets.HTML(SHEET + body).add_class("sk-html")])
        self.add_class("sk-box").add_class("sk-report")
        noted(note_inspected, report.sha256, report.firmware.name)


class SecretsView(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """The secrets in a dump, masked; a button shows them to whoever sees the screen, and hides them again."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._table = _Telling(masked=self._html(shown=False))
        self._button = widgets.Button(icon="eye").add_class("sk-reveal")
        self._button.on_click(lambda _: self.hide() if self._shown else self.reveal())
        if not report.secrets:
            self._button.layout.display = "none"
        super().__init__([sheet(), widgets.HTML(SHEET), self._table, self._button])
        self.add_class("sk-box").add_class("sk-secrets")
        self.hide()

    def reveal(self) -> None:
        """Show the values, to whoever sees the screen; they are not saved with the notebook."""
        self._show(shown=True)

    def hide(self) -> None:
        """Mask the values again."""
        self._show(shown=False)

    def _show(self, *, shown: bool) -> None:
        self._shown = shown
        self._button.description = "Hide them" if shown else "Show them"
        self._table.tell(self._html(shown=shown))

    def _html(self, *, shown: bool) -> str:
        found = self._report.secrets
        if not found:
            return says("care", "None found", "Where the firmware is not known, that proves nothing.")
        rows = ((g.kind.value, g.text(reveal=shown), g.places, g.proof) for g in grouped(found))
        return _table("Secrets", ("what", "value", "where", "how that is known"), map(_escaped, rows))


class _Telling(anywidget.AnyWidget):
    """HTML that can be told another text for a while; only the masked one is state, and can be saved."""

    _esm = TELLING
    masked = traitlets.Unicode().tag(sync=True)

    def __init__(self, masked: str) -> None:
        self.told = masked
        super().__init__(masked=masked)
        self.add_class("sk-html").add_class("sk-tells")
        self.on_msg(lambda *_: self.tell(self.told))  # a view that comes later shows what the others show

    def tell(self, text: str) -> None:
        """Show a text in all views."""
        self.told = text
        self.send({"html": text})


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
    return _table("What lies where", ("from", "to", "region", "what was found"), rows)


def _escaped(row: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(html.escape(cell) for cell in row)


def _table(label: str, head: Iterable[str], rows: Iterable[tuple[str, ...]]) -> str:
    """Cells are HTML already; one that begins with 0x is an address."""
    labels = tuple(map(html.escape, head))
    names = "".join(f"<th>{label}</th>" for label in labels)
    body = "".join(f"<tr>{_cells(labels, row)}</tr>" for row in rows)
    # With the focus on it, it scrolls by keys, too.
    return (
        '<div class="sk-scrolls" tabindex="0" role="region" '
        f'aria-label="{html.escape(label)}"><table class="sk-wide"><tr class="head">{names}</tr>{body}</table></div>'
    )


def _cells(labels: tuple[str, ...], row: tuple[str, ...]) -> str:
    """Each with its column's name: a narrow table has one below the other, and no head."""
    return "".join(
        f'<td{_kind(cell)} data-label="{label}">{cell}</td>' for label, cell in zip(labels, row, strict=True)
    )


def _kind(cell: str) -> str:
    if cell.startswith("0x"):
        return ' class="at"'
    return ' class="name"' if cell.startswith("<span") else ""
