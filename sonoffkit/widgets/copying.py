"""The row under a finished backup: copy it to another folder, a USB stick say."""

from __future__ import annotations

import ipywidgets as widgets

from ..errors import SonoffkitError
from ..vault import Backup, Vault
from .style import says

__all__ = ["CopyRow"]


class CopyRow(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Hidden until there is a backup to offer."""

    def __init__(self) -> None:
        self._backup: Backup | None = None
        self._folder = widgets.Text(
            placeholder="folder, for example of a USB stick",
            description="Copy to:",
            layout=widgets.Layout(width="420px"),
        ).add_class("sk-under")
        self._button = widgets.Button(description="Copy", icon="copy").add_class("sk-copy")
        self._says = widgets.HTML().add_class("sk-html")
        self._button.on_click(lambda _: self.copy())
        row = widgets.HBox([self._folder, self._button]).add_class("sk-form")
        super().__init__([row, self._says])
        self.offer(None)

    def offer(self, backup: Backup | None) -> None:
        """Show the row for a backup, or hide it."""
        if backup is not self._backup:
            self._says.value = ""
        self._backup = backup
        self.layout.display = None if backup else "none"

    def copy(self) -> None:
        """Copy the offered backup to the folder that was typed, and say how it went."""
        if not self._backup:
            return
        if not self._folder.value.strip():
            self._says.value = says("care", "Where to?", "Type a folder first.")
            return
        try:
            copied = Vault().copy(self._backup, self._folder.value.strip())
        except SonoffkitError as error:
            self._says.value = says("bad", str(error), error.hint)
        else:
            self._says.value = says("good", "Copied, and checked after copying", str(copied.path))
