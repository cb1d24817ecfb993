"""The image picker: the firmware files in a folder, and a way to add one."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import ipywidgets as widgets

from ..errors import ImageError, ImageUnreadable
from ..firmware import Image, load_image
from ..practice import lesson_images
from .folder import firmware_files, keep_file
from .sheet import sheet
from .style import says

__all__ = ["ImagePicker"]


class ImagePicker(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """Shows the ``.bin`` and ``.bin.gz`` files of a folder and checks the one that is chosen.

    The practice images are put into the folder where they are missing, so
    that there is always something to flash on a practice Sonoff.
    """

    def __init__(self, folder: Path | str = "images") -> None:
        self.folder = Path(folder)
        wide = widgets.Layout(width="100%")
        self._choice = (
            widgets.Dropdown(description="Which firmware?", layout=wide).add_class("sk-images").add_class("sk-under")
        )
        self._unpack = widgets.Checkbox(description="unpack a .gz", indent=False)
        self._upload = widgets.FileUpload(accept=".bin,.gz", multiple=False, description="Add a file").add_class(
            "sk-upload"
        )
        self._says = widgets.HTML().add_class("sk-html").add_class("sk-says")
        self._choice.observe(self._changed, "value")
        self._unpack.observe(self._changed, "value")
        self._upload.observe(self._uploaded, "value")
        row = widgets.HBox([self._upload, self._unpack])
        # Many servers drop uploads over 10 MiB without a word; the one that "sonoffkit lab" starts takes 64 MB.
        large = widgets.HTML('<span class="sk-quiet">A file over 10 MB: copy it into the folder.</span>')
        super().__init__([sheet(), self._choice, row, large, self._says])
        self.add_class("sk-box")
        self.refresh()

    @property
    def file(self) -> Path | None:
        """The chosen file."""
        name = self._choice.value
        return self.folder / name if name else None

    def picked(self) -> Image:
        """The chosen image, checked; raises an ImageError."""
        if self.file is None:
            raise ImageUnreadable(f"There is no firmware in {self.folder.resolve()}.", "Put a .bin file there.")
        return load_image(self.file, unpack=self._unpack.value)

    def refresh(self) -> None:
        """Look what lies in the folder now."""
        self._fill()
        chosen = self._choice.value
        names = [path.name for path in firmware_files(self.folder)]
        self._choice.options = names
        self._choice.value = chosen if chosen in names else (names[0] if names else None)
        self._show()

    def add(self, name: str, data: bytes) -> None:
        """Put a file into the folder and choose it; a file of that name stays as it is."""
        path = self.folder / Path(name).name
        refused = keep_file(path, data)
        if refused:
            self._says.value = says("bad", *refused)
        else:
            self.refresh()
            self._choice.value = path.name

    def _fill(self) -> None:
        """Put the practice images there where they are missing; a read-only folder is left as it is."""
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True)
            for name, data in lesson_images().items():
                if not (self.folder / name).exists():
                    (self.folder / name).write_bytes(data)

    def _uploaded(self, change: dict[str, Any]) -> None:
        for upload in change["new"]:
            self.add(upload["name"], bytes(upload["content"]))

    def _changed(self, change: dict[str, Any]) -> None:
        self._show()

    def _show(self) -> None:
        place = ("Folder", str(self.folder.resolve()))
        try:
            image = self.picked()
        except ImageError as error:
            self._says.value = says("care", str(error), error.hint, [place])
            return
        rows = [("Size", f"{len(image.data):,} bytes".replace(",", " ")), ("SHA-256", image.sha256), place]
        if image.checked_against:
            rows.append(("Published", f"it matches {image.checked_against}"))
        if image.is_practice:
            rows.append(("Practice", "for the practice Sonoff, which pretends to run it; a real one would do nothing"))
        self._says.value = says("good", f"{image.name} is a sound ESP8266 image", rows=rows)
