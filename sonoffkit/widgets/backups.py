"""The backup picker: what lies in the vault."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from ..errors import BackupDamaged, BackupNeeded
from ..vault import Backup, Vault
from .copying import CopyRow
from .sheet import sheet
from .style import says

__all__ = ["BackupPicker"]


class BackupPicker(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows the vault's backups, newest first; of one device, if a MAC is given.

    The newest is chosen, or with ``first`` the oldest that is not blank: the
    original, as a rule.
    """

    def __init__(self, vault: Vault | None = None, mac: str | None = None, *, first: bool = False) -> None:
        self._vault, self._mac, self._first = vault or Vault(), mac, first
        wide = widgets.Layout(width="100%")
        self._choice = (
            widgets.Dropdown(description="Which backup?", layout=wide).add_class("sk-backups").add_class("sk-under")
        )
        self._again = widgets.Button(description="Look again", icon="refresh")
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        self._copy = CopyRow()
        self._choice.observe(self._chosen, "value")
        self._again.on_click(lambda _: self.refresh())
        super().__init__([sheet(), self._choice, self._again, self._says, self._copy])
        self.add_class("sk-box")
        self.refresh()

    def picked(self) -> Backup:
        """The chosen backup; raises BackupNeeded."""
        backup: Backup | None = self._choice.value
        if backup is None:
            raise BackupNeeded(f"There is no backup to choose in {self._vault.folder}.")
        return backup

    def refresh(self) -> None:
        """Look what lies in the vault now."""
        backups = self._vault.backups(self._mac)
        self._choice.options = [(_label(backup), backup) for backup in backups]
        self._choice.value = self._usual(backups)
        self._show(self._choice.value)

    def _usual(self, backups: list[Backup]) -> Backup | None:
        if not self._first:
            return backups[0] if backups else None
        return next((b for b in reversed(backups) if not b.is_blank), None) or (backups[-1] if backups else None)

    def _chosen(self, change: dict[str, Any]) -> None:
        self._show(change["new"])

    def _show(self, backup: Backup | None) -> None:
        self._copy.offer(backup)
        problems = [("Look at", text) for text in self._vault.problems()]
        place = ("Vault", str(self._vault.folder))
        if backup is None:
            none = ("There is no backup yet.", "Notebook 2-backup makes one.")
            self._says.value = says("care", *none, [place, *problems])
            return
        try:
            backup.read()
        except BackupDamaged as error:
            self._says.value = says("bad", str(error), error.hint, [place, *problems])
            return
        verified = ("Verified", "by the device itself" if backup.manifest.verified else "no")
        rows = [verified, ("SHA-256", backup.manifest.sha256), place, *problems]
        if backup.is_blank:
            rows.insert(0, ("Blank", "it holds an erased flash: every byte is FF"))
        self._says.value = says("good", backup.path.name, rows=rows)


def _label(backup: Backup) -> str:
    manifest = backup.manifest
    sticker = f", sticker {manifest.sticker}" if manifest.sticker else ""
    blank = ", blank" if backup.is_blank else ""
    return f"{manifest.created[:16].replace('T', ' ')}, {manifest.mac}, {manifest.size_text}{sticker}{blank}"
