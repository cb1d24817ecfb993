"""The dump picker: a backup out of the vault, a file in a folder, or one that is added."""

from __future__ import annotations

import contextlib
import html
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..errors import DumpUnreadable
from ..practice import sample_dumps
from ..vault import Backup, Vault
from .folder import firmware_files, keep_file
from .sheet import sheet
from .style import says

__all__ = ["DumpPicker"]


class DumpPicker(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows the vault's backups, newest first, and the files of a folder.

    The newest backup that is not blank is chosen. Sample dumps of practice
    Sonoffs are put into the folder where they are missing, so that there is
    always something to look at.
    """

    def __init__(self, folder: Path | str = "dumps", vault: Vault | None = None) -> None:
        self.folder, self._vault = Path(folder), vault or Vault()
        wide = widgets.Layout(width="100%")
        self._choice = (
            widgets.Dropdown(description="Which dump?", layout=wide).add_class("sk-dumps").add_class("sk-under")
        )
        self._upload = widgets.FileUpload(accept=".bin,.gz", multiple=False, description="Add a file")
        self._again = widgets.Button(description="Look again", icon="refresh")
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        self._upload.observe(self._uploaded, "value")
        self._choice.observe(lambda _: self._show(), "value")
        self._again.on_click(lambda _: self.refresh())
        row = widgets.HBox([self._upload, self._again])
        name = html.escape(self.folder.resolve().name)
        large = widgets.HTML(f'<span class="sk-quiet">A file over 10 MB: copy it into the folder {name}.</span>')
        super().__init__([sheet(), self._choice, row, large, self._says])
        self.add_class("sk-box")
        self.refresh()

    def picked(self) -> Path:
        """The chosen file; raises DumpUnreadable."""
        path: Path | None = self._choice.value
        if path is None:
            raise DumpUnreadable(f"There is no backup in {self._vault.folder}, and no dump in {self.folder.resolve()}.")
        return path

    def refresh(self) -> None:
        """Look what lies in the vault and in the folder now."""
        self._fill()
        chosen = self._choice.value
        backups = self._vault.backups()
        files = [(f"{path.parent.name}/{path.name}", path) for path in firmware_files(self.folder)]
        self._choice.options = [*((_label(backup), backup.path) for backup in backups), *files]
        paths = [path for _, path in self._choice.options]
        usual = next((backup.path for backup in backups if not backup.is_blank), None)
        self._choice.value = chosen if chosen in paths else (usual or next(iter(paths), None))
        self._show()

    def add(self, name: str, data: bytes) -> None:
        """Put a file into the folder and choose it; a file of that name stays as it is."""
        path = self.folder / Path(name).name
        refused = keep_file(path, data)
        if refused:
            self._says.value = says("bad", *refused)
        else:
            self.refresh()
            self._choice.value = path

    def _fill(self) -> None:
        with contextlib.suppress(OSError):  # a read-only folder is left as it is
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, data in sample_dumps().items():
                if not (self.folder / name).exists():
                    (self.folder / name).write_bytes(data)

    def _uploaded(self, change: dict[str, Any]) -> None:
        for upload in change["new"]:
            self.add(upload["name"], bytes(upload["content"]))

    def _show(self) -> None:
        path = self._choice.value
        if path is None:
            self._says.value = says("care", "There is nothing to look at yet.", "Notebook 2-backup makes a backup.")
            return
        rows = [("Folder", str(path.parent.resolve()))]
        self._says.value = says("good", path.name, "Looking at it changes nothing in it.", rows)


def _label(backup: Backup) -> str:
    manifest = backup.manifest
    blank = ", blank" if backup.is_blank else ""
    # What tells backups apart first: a narrow list shows no more.
    return f"backup of {manifest.created[:16].replace('T', ' ')}, {manifest.size_text}{blank}, {manifest.mac}"
