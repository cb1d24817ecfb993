"""The end of the course: the record, with the learner's name and the number on the sticker, saved as a page."""

from __future__ import annotations

import html
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import ipywidgets as widgets

from ..errors import SonoffkitError
from ..paths import read_settings
from ..progress import Journal, change_journal, make_record, read_journal, save_record
from ..progress.entries import Known, clean
from ..progress.page import is_all_done, record_rows
from ..vault import Vault
from .sheet import sheet
from .style import says

__all__ = ["RecordView"]

WHERE = "Hand in this file: it is one page, needs no network, and can be printed. It holds no password and no MAC."


class RecordView(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows the record, takes name and sticker, and saves it; ``saved`` is the file, None before.

    The name may stay empty. It is kept on this machine, and stands in the file.
    """

    def __init__(self, folder: Path | str = ".", vault: Vault | None = None) -> None:
        self._folder, self._vault = Path(folder), vault or Vault()
        self.saved: Path | None = None
        wide = widgets.Layout(width="420px")
        self._name = (
            widgets.Text(description="Your name (if you like):", placeholder="stays on this computer", layout=wide)
            .add_class("sk-name")
            .add_class("sk-under")
        )
        self._sticker = widgets.Text(description="Number on the sticker:", layout=wide)
        self._sticker.add_class("sk-sticker").add_class("sk-under")
        self._save = widgets.Button(description="Save the record", button_style="primary", icon="save")
        self._save.add_class("sk-save").on_click(lambda _: self.save())
        self._again = widgets.Button(description="Look again", icon="refresh")
        self._again.on_click(lambda _: self.refresh())
        self._card = widgets.HTML().add_class("sk-html").add_class("sk-record")
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        self._link = widgets.Output().add_class("sk-link")  # the notebook follows links in outputs only
        title = widgets.HTML('<span class="sk-title">Your record</span>').add_class("sk-html")
        fields = widgets.VBox([self._name, self._sticker])
        buttons = widgets.HBox([self._save, self._again])
        super().__init__([sheet(), title, self._card, fields, buttons, self._says, self._link])
        self.add_class("sk-box").add_class("sk-record-view")
        self._fill()
        self.refresh()

    def refresh(self) -> None:
        """Show what the record would say now."""
        try:
            record = make_record(read_journal(), self._vault)
        except OSError as exc:
            self._card.value = says("bad", f"Your progress cannot be read. ({exc.strerror or exc})", "Nothing is lost.")
            return
        rows = record_rows(record)
        if rows and is_all_done(record):
            self._card.value = says("good", "What you did", rows=rows)
        elif rows:  # neither praise nor blame: each line has its own sign
            self._card.value = says("open", "What you did (✓), and what is open (○)", rows=rows)
        else:
            self._card.value = says("care", "Nothing was done yet.", "Begin with notebook 1-setup.")

    def save(self) -> None:
        """Write down name and sticker, and save the page; say where it is, or why it could not be."""
        try:
            journal = change_journal(self._with_what_was_typed)
            self.saved = save_record(make_record(journal, self._vault), self._folder)
        except SonoffkitError as error:
            self._tell(says("bad", str(error), error.hint))
        except OSError as exc:
            self._tell(says("bad", f"Your progress cannot be written. ({exc.strerror or exc})", "Nothing is lost."))
        else:
            rows = [("File", str(self.saved.resolve()))]
            self._tell(says("good", "Saved", WHERE, rows), self.saved.name if self._folder == Path() else "")
            self.refresh()

    def _fill(self) -> None:
        try:
            journal = read_journal()
        except OSError:
            return
        device = self._device(journal)
        self._name.value, self._sticker.value = journal.learner, device.sticker if device else ""

    def _with_what_was_typed(self, journal: Journal) -> Journal:
        journal = replace(journal, learner=clean(self._name.value))
        device = self._device(journal)
        return journal.with_device(replace(device, sticker=clean(self._sticker.value))) if device else journal

    def _device(self, journal: Journal) -> Known | None:
        """The one on the chosen port: it has the sticker."""
        port = read_settings().get("port")
        return journal.device_on(port) if isinstance(port, str) else None

    def _tell(self, text: str, file: str = "") -> None:
        self._says.value = text
        link = {"text/html": f'<a href="{quote(file)}">{html.escape(file)}</a>', "text/plain": file}
        self._link.outputs = ({"output_type": "display_data", "data": link, "metadata": {}},) if file else ()
