"""A finished picture: it shows itself in a notebook, saves itself, and says in words what it shows."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from matplotlib.figure import Figure

from ..readable import readable_picture
from .page import PIXELS
from .style import drawing

__all__ = ["Picture"]

READABLE = 700  # pixels on the screen: narrower, and its letters are smudges
SHARPNESS = 2  # pixels of the file to one on the screen: sharp on a dense screen and in print


@dataclass(frozen=True, eq=False)
class Picture:
    """A matplotlib figure, and the same in words for who does not see it.

    As the last line of a cell it is shown; ``save`` writes it with its words inside.
    """

    figure: Figure = field(repr=False)
    alt: str

    def save(self, path: Path | str) -> Path:
        """Write a ``.png`` or an ``.svg``; ValueError for any other ending."""
        path = Path(path)
        ending = path.suffix.lower()
        if ending == ".png":
            path.write_bytes(self.png())
        elif ending == ".svg":
            path.write_text(self.svg(), encoding="utf-8", newline="\n")
        else:
            raise ValueError(f"A picture is saved as .png or .svg; the name {path.name!r} ends in neither.")
        return path

    def png(self) -> bytes:
        """As PNG; the words are its metadata."""
        words = {"Title": self.title, "Description": self.alt, "Software": None}
        return self._file("png", words)

    def svg(self) -> str:
        """As SVG; the words are its title and description. The same picture is always the same text."""
        words = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        text = self._file("svg", words).decode("utf-8")
        head, tag, rest = text.partition("<svg ")
        opening, bracket, body = rest.partition(">")
        names = 'role="img" aria-labelledby="title desc" '
        told = f'\n <title id="title">{escape(self.title)}</title>\n <desc id="desc">{escape(self.alt)}</desc>'
        return head + tag + names + opening + bracket + told + body

    @property
    def title(self) -> str:
        """The first sentence of its words."""
        return self.alt.partition(". ")[0].rstrip(".") + "."

    def _file(self, kind: str, words: dict[str, Any]) -> bytes:
        out = io.BytesIO()
        with drawing():
            self.figure.savefig(out, format=kind, dpi=SHARPNESS * PIXELS, metadata=words)
        return out.getvalue()

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows: an image with its words."""
        png = base64.b64encode(self.png()).decode("ascii")
        wide = round(self.figure.get_figwidth() * PIXELS)
        picture = readable_picture(f"data:image/png;base64,{png}", self.alt, wide, READABLE)
        return {"text/html": picture, "image/png": png, "text/plain": self.alt}
