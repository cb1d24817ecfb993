"""Take home and wipe: two buttons, the second of which is there only after the first one's copy was checked."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable

import ipywidgets as widgets

from ..errors import SonoffkitError
from ..progress import Packed, Wiped, take_home, wipe
from ..progress.take_home import others_in
from ..vault import Vault
from .sheet import sheet
from .style import says

__all__ = ["TakeHome"]

HOW = (
    "Your backups, your progress and your record go into one zip, which is read back and compared. Nothing is deleted "
    "by that. Mind: a backup holds your Wi-Fi password. Keep the zip to yourself; hand in the record."
)
STAYS = (
    "What notebooks show, and files that you put into the folders dumps and images, are not part of it: "
    "delete them by hand if this computer is not yours."
)


class TakeHome(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Zips a learner's backups to a folder, checks the copy, and offers to delete them from this computer.

    ``packed`` and ``wiped`` are what came of it, None before; ``wait()`` first in a script.
    """

    def __init__(self, vault: Vault | None = None) -> None:
        self._vault = vault or Vault()
        self.packed: Packed | None = None
        self.wiped: Wiped | None = None
        self._thread: threading.Thread | None = None
        self._folder = (
            widgets.Text(
                description="Zip into:",
                placeholder="folder, for example of a USB stick",
                layout=widgets.Layout(width="420px", max_width="100%"),
            )
            .add_class("sk-folder")
            .add_class("sk-under")
        )
        auto = widgets.Layout(width="auto")
        self._take = widgets.Button(description="Take home", button_style="primary", icon="suitcase", layout=auto)
        self._take.add_class("sk-take").on_click(lambda _: self.take())
        self._all = widgets.Checkbox(indent=False, layout=widgets.Layout(width="auto")).add_class("sk-everything")
        self._delete = widgets.Button(
            button_style="danger", icon="trash", layout=widgets.Layout(width="auto", align_self="flex-start")
        )
        self._delete.add_class("sk-delete").on_click(lambda _: self.delete())
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        title = widgets.HTML(f'<span class="sk-title">Take home, and wipe</span><p>{html.escape(HOW)}</p>')
        row = widgets.HBox([self._folder, self._take]).add_class("sk-form")
        super().__init__(
            [
                sheet(), title.add_class("sk-html"), row, self._all, self._says,
                self._delete,
            ]
        )  # fmt: skip
        self.add_class("sk-box").add_class("sk-take-home")
        self._offer()

    def take(self) -> None:
        """Zip to the folder that was typed, and check the zip."""
        if not self._folder.value.strip():
            self._says.value = says("care", "Where to?", "Type a folder first.")
            return
        self._begin("Copying, and reading the copy back …", self._taking)

    def delete(self) -> None:
        """Delete what was taken home, each file whose copy is good."""
        if self.packed:
            self._begin("Reading the zip once more, then deleting …", self._deleting)

    def wait(self, timeout: float | None = None) -> None:
        """Until it is done, or ``timeout`` seconds."""
        if self._thread:
            self._thread.join(timeout)

    def _begin(self, words: str, work: Callable[[], None]) -> None:
        """In a thread: a callback must not keep the kernel."""
        if self._thread and self._thread.is_alive():
            return
        self._take.disabled = self._delete.disabled = True
        self._says.value = f'<span class="sk-quiet" role="status">{words}</span>'
        self._thread = threading.Thread(target=self._working, args=(work,), name="sonoffkit take home", daemon=True)
        self._thread.start()

    def _working(self, work: Callable[[], None]) -> None:
        try:
            work()
        except SonoffkitError as error:
            self._says.value = says("bad", str(error), error.hint)
        except Exception as exc:  # nobody must wait for ever
            self._says.value = says("bad", f"{type(exc).__name__}: {exc}", "Look what is in the zip and in the vault.")
        finally:
            self._take.disabled = self._delete.disabled = False
            self._offer()

    def _taking(self) -> None:
        self.packed = self.wiped = None
        packed = take_home(self._folder.value.strip(), self._vault, everything=self._all.value)
        self.packed = packed
        rows = [
            ("Zip", str(packed.path)),
            ("Checked", f"{len(packed.sums)} files in it, {packed.size / 1e6:.1f} MB, each read back and the same"),
            *(("Mind", note) for note in packed.notes),
        ]
        if packed.same_disk:
            rows.append(("Mind", "The zip is on this computer's own disk: copy it to a stick before you leave."))
        self._says.value = says("good", f"Taken home: {_backups(packed.backups)}", rows=rows)

    def _deleting(self) -> None:
        assert self.packed is not None
        self.wiped = wiped = wipe(self.packed, self._vault)
        path, self.packed = self.packed.path, None
        rows = [("Zip", str(path)), *(("Still there", line) for line in wiped.kept), ("Mind", STAYS)]
        head = f"Deleted from this computer: {_backups(wiped.backups)}"
        if wiped.kept:
            self._says.value = says("care", f"{head}. Not everything could be deleted.", rows=rows)
        else:
            self._says.value = says("good", f"{head}, and your progress", rows=rows)

    def _offer(self) -> None:
        """The second button while there is a checked zip; the box to tick while others' backups are there."""
        self._delete.layout.display = None if self.packed else "none"
        if self.packed:
            self._delete.description = f"Delete them from this computer ({_backups(self.packed.backups)} and progress)"
        try:
            others = others_in(self._vault)
        except OSError:
            others = []
        self._all.layout.display = None if others else "none"
        self._all.description = f"Also {_backups(len(others))} that your progress does not name (perhaps not yours)"


def _backups(number: int) -> str:
    return f"{number} backup{'' if number == 1 else 's'}"
