"""How the widgets look: one style sheet, in the notebook's own colours, and small pieces of HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable

import ipywidgets as widgets

__all__ = ["code_block", "says", "sheet", "table"]

SHEET = """<style>
.sk-box { border: 1px solid var(--jp-border-color2, #ccc); border-radius: 6px; padding: 10px 14px;
  max-width: 760px; background: var(--jp-layout-color1, #fff); color: var(--jp-ui-font-color1, #222);
  overflow: hidden; }
.sk-box > * { max-width: calc(100% - 2 * var(--jp-widgets-margin, 2px)); }
.sk-box .widget-hbox { flex-wrap: wrap; max-width: 100%; }
.sk-box .jupyter-button { flex: none; max-width: 100%; white-space: normal; height: auto;
  min-height: var(--jp-widgets-inline-height, 28px); }
.sk-box :focus-visible { outline: 2px solid var(--jp-brand-color1, #1565c0) !important; outline-offset: 1px; }
.sk-box .sk-under { flex-direction: column; align-items: stretch; height: auto; }
.sk-box .sk-under > .widget-label { width: auto; height: auto; margin: 0; font-weight: 600; text-align: left;
  white-space: normal; line-height: 1.9; }
.sk-box .sk-under > select, .sk-box .sk-under > textarea { flex: none; max-width: 100%;
  min-height: var(--jp-widgets-inline-height, 28px); }
.sk-box .sk-under option { white-space: normal; word-break: normal; overflow-wrap: break-word; }
.sk-box .sk-html, .sk-html .widget-html-content { line-height: 1.45; color: var(--jp-ui-font-color1, #222); }
.sk-title { font-size: 1.1em; font-weight: 600; }
.sk-quiet { color: var(--jp-ui-font-color2, #555); }
.sk-box { --sk-good: color-mix(in srgb, #1b7f3b 70%, var(--jp-ui-font-color1, #222));
  --sk-bad: color-mix(in srgb, #b3261e 70%, var(--jp-ui-font-color1, #222));
  --sk-care: color-mix(in srgb, #b06f00 70%, var(--jp-ui-font-color1, #222)); }
.sk-card { border-left: 5px solid #888; padding: 6px 12px; margin: 4px 0;
  background: var(--jp-layout-color2, #f3f3f3); }
.sk-card.sk-good { border-color: var(--sk-good); }
.sk-card.sk-bad { border-color: var(--sk-bad); }
.sk-card.sk-care { border-color: var(--sk-care); }
.sk-card b.sk-head { display: block; margin-bottom: 2px; }
.sk-card table { border-collapse: collapse; margin: 2px 0; }
.sk-card td { padding: 1px 12px 1px 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
.sk-card td:first-child { color: var(--jp-ui-font-color2, #555); white-space: nowrap; }
.sk-card .sk-step { margin: 6px 0; padding: 4px 10px; border: 1px solid var(--jp-border-color2, #ccc); }
.sk-box details { margin: 4px 0 4px 17px; } .sk-box summary { cursor: pointer; }
.sk-box details ol { margin: 2px 0; padding-left: 1.6em; } .sk-box details li { margin: 4px 0; }
.sk-code { background: var(--jp-layout-color2, #f3f3f3); padding: 6px 8px; margin: 0; white-space: pre-wrap;
  overflow-wrap: anywhere; font-size: 0.92em; max-height: 220px; overflow-y: auto; }
</style>"""


def sheet() -> widgets.HTML:
    """The style sheet, to be put into each outermost box."""
    return widgets.HTML(SHEET, layout=widgets.Layout(margin="0", height="0"))


def says(kind: str, head: str, body: str = "", rows: Iterable[tuple[str, str]] = ()) -> str:
    """A card as HTML: ``kind`` is good, bad or care; the texts are escaped here."""
    text = f"<div>{html.escape(body)}</div>" if body else ""
    return f'<div class="sk-card sk-{kind}"><b class="sk-head">{html.escape(head)}</b>{text}{table(rows)}</div>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values in two columns, escaped."""
    cells = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>" if cells else ""


def code_block(lines: Iterable[str]) -> str:
    """Lines as they are, in a fixed-width block."""
    return f'<pre class="sk-code">{html.escape(chr(10).join(lines))}</pre>'
