"""The two buttons under an advice: back; and I did that."""

from __future__ import annotations

from collections.abc import Callable

import ipywidgets as widgets

from ..guide import Advice

__all__ = ["GuidanceRow"]


class GuidanceRow(widgets.HBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Hidden until there is an advice."""

    def __init__(self, tried: Callable[[], None], back: Callable[[], None]) -> None:
        wide = widgets.Layout(width="auto")
        self._tried = widgets.Button(description="I did that, and it still waits", icon="arrow-right", layout=wide)
        self._back = widgets.Button(description="Back", icon="arrow-left", layout=wide)
        self._tried.add_class("sk-tried").on_click(lambda _: tried())
        self._back.add_class("sk-back").on_click(lambda _: back())
        super().__init__([self._back, self._tried])
        self.add_class("sk-guidance")
        self.offer(None)

    def offer(self, advice: Advice | None) -> None:
        """Show the buttons that this advice needs, or none."""
        self.layout.display = None if advice else "none"
        if advice:
            self._tried.disabled, self._back.disabled = advice.is_last, advice.number == 1
