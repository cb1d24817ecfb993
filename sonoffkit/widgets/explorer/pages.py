"""What the explorer is in a browser: its script and its style."""

from __future__ import annotations

from pathlib import Path

__all__ = ["explorer_script", "explorer_style"]

FOLDER = Path(__file__).parent
# In this order: each file uses what stands before it.
SCRIPTS = (
    "page", "numbers", "dump", "differences", "colours", "geometry", "state", "cells", "map", "strip",
    "hexview", "facts", "lists", "toolbar", "status", "keys", "pointer", "main",
)  # fmt: skip


def explorer_script() -> str:
    """One module of JavaScript, as anywidget wants it."""
    return "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


def explorer_style() -> str:
    """Its style sheet; the colours are JupyterLab's where it has any."""
    return (FOLDER / "explorer.css").read_text(encoding="utf-8")
