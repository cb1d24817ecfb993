"""The explorer as a widget: what the notebook sees of it, and the one door through which secrets are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from .content import COLOURS, contents
from .pages import explorer_script, explorer_style

if TYPE_CHECKING:
    from ...report import Report

__all__ = ["FlashExplorer"]


class FlashExplorer(anywidget.AnyWidget):
    """Shows a dump as a map of its bytes, with a hex view, the facts of a selection, search and jumps.

    ``selection`` is the selected range, its end exclusive; it follows the
    mouse, and the view follows it. ``other`` is a second dump, shown beside
    the first. Secrets never leave Python unless :meth:`reveal` is called, or
    the button for it is pressed; even then no saved notebook holds them.
    """

    _esm = explorer_script()
    _css = explorer_style()
    name = traitlets.Unicode().tag(sync=True)
    payload = traitlets.Bytes().tag(sync=True)
    entropy = traitlets.Bytes().tag(sync=True)
    block = traitlets.Int(1024).tag(sync=True)
    ceiling = traitlets.Float(8.0).tag(sync=True)
    regions: traitlets.List[dict[str, object]] = traitlets.List().tag(sync=True)
    masks: traitlets.List[list[object]] = traitlets.List().tag(sync=True)
    colours = traitlets.Dict(COLOURS).tag(sync=True)
    other = traitlets.Dict(None, allow_none=True).tag(sync=True)
    selection = traitlets.Tuple(traitlets.Int(), traitlets.Int(), default_value=(0, 0)).tag(sync=True)

    def __init__(self, report: Report, other: Report | None = None) -> None:
        first, second = contents(report, other)
        self._contents = [one for one in (first, second) if one]
        self._revealed = False
        self.size = max(len(one.payload) for one in self._contents)
        super().__init__(**first.traits, other=second.traits if second else None)
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        names = " and ".join(one.report.name or "a dump" for one in self._contents)
        return f"<FlashExplorer of {names}, {self.size} bytes>"

    def show(self, start: int, end: int | None = None) -> None:
        """Select a range, or one byte, and look at it."""
        self.selection = (start, start + 1 if end is None else end)
        # Said as well: the view may be elsewhere although the selection was this one already.
        self.send({"type": "show", "start": self.selection[0], "end": self.selection[1]})

    def reveal(self) -> None:
        """Show the secrets in the explorer, to whoever sees the screen; they are not saved with the notebook."""
        self._revealed = True
        places = [
            (which, start, data) for which, one in enumerate(self._contents) for start, data in one.secret_bytes()
        ]
        ranges = [[which, start] for which, start, _ in places]
        self.send({"type": "revealed", "ranges": ranges}, [data for _, _, data in places])

    def hide(self) -> None:
        """Cover the secrets again."""
        self._revealed = False
        self.send({"type": "hidden"})

    @traitlets.validate("selection")
    def _inside(self, proposal: dict[str, Any]) -> tuple[int, int]:
        start, end = (min(max(int(place), 0), self.size) for place in proposal["value"])
        return (start, max(start, end))

    def _asked(self, _widget: object, content: dict[str, object], _buffers: object) -> None:
        asked = content.get("type")
        if asked == "reveal" or (asked == "ready" and self._revealed):
            self.reveal()
        elif asked == "hide":
            self.hide()
