"""What each outermost box begins with: the style sheet, and its keys."""

from __future__ import annotations

from pathlib import Path

import anywidget
import ipywidgets as widgets

__all__ = ["sheet"]

FOLDER = Path(__file__).parent


class Sheet(anywidget.AnyWidget):
    """Takes no room; gives the box around it its look, and keeps the notebook's shortcuts from its keys."""

    _esm = (FOLDER / "sheet.js").read_text(encoding="utf-8")
    _css = (FOLDER / "sheet.css").read_text(encoding="utf-8")


def sheet() -> Sheet:
    """The style sheet, to be put into each outermost box."""
    return Sheet(layout=widgets.Layout(margin="0", height="0"))
