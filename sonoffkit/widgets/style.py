"""How the widgets look, in the notebook's own colours: small pieces of HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable

__all__ = ["code_block", "says", "table"]


def says(kind: str, head: str, body: str = "", rows: Iterable[tuple[str, str]] = ()) -> str:
    """A card as HTML: ``kind`` is good, bad, care, or open for none of them; the texts are escaped here."""
    text = f"<div>{html.escape(body)}</div>" if body else ""
    return f'<div class="sk-card sk-{kind}"><b class="sk-head">{html.escape(head)}</b>{text}{table(rows)}</div>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names and values in two columns, escaped."""
    cells = "".join(f"<tr><td>{html.escape(name)}</td><td>{html.escape(value)}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>" if cells else ""


def code_block(lines: Iterable[str]) -> str:
    """Lines as they are, in a fixed-width block."""
    return f'<pre class="sk-code">{html.escape(chr(10).join(lines))}</pre>'
