"""The flash explorer: a dump as a map of its bytes, to wander through with mouse and keyboard."""

from __future__ import annotations

from .explorer import FlashExplorer
from .pages import explorer_script, explorer_style

__all__ = ["FlashExplorer", "explorer_script", "explorer_style"]
