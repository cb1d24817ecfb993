"""The explorer for a page without a notebook: its script, its style, and a dump as JSON."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from .content import COLOURS, Content, contents

if TYPE_CHECKING:
    from ...report import Report

__all__ = ["explorer_data", "explorer_script", "explorer_style"]

FOLDER = Path(__file__).parent
# In this order: each file uses what stands before it.
SCRIPTS = (
    "page", "numbers", "dump", "differences", "colours", "geometry", "state", "cells", "map", "strip",
    "hexview", "facts", "lists", "toolbar", "status", "keys", "pointer", "main",
)  # fmt: skip


def explorer_script() -> str:
    """One module of JavaScript that exports ``mount``, ``mountPacked`` and, for a notebook, ``render``."""
    return "\n".join((FOLDER / f"{name}.js").read_text(encoding="utf-8") for name in SCRIPTS)


def explorer_style() -> str:
    """Its style sheet; the colours are JupyterLab's where it has any."""
    return (FOLDER / "explorer.css").read_text(encoding="utf-8")


def explorer_data(report: Report, other: Report | None = None) -> dict[str, object]:
    """Reports for ``mountPacked`` in a page of its own: JSON; secrets, names and ids are covered for good."""
    first, second = contents(report, other, everything=True)
    return {**_packed(first), "other": _packed(second) if second else None, "colours": COLOURS}


def _packed(content: Content) -> dict[str, object]:
    return {
        key: base64.b64encode(zlib.compress(value, 9)).decode() if isinstance(value, bytes) else value
        for key, value in content.traits.items()
    }
