"""From a dump on disk to a share-safe copy on disk: the copy is written whole, or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import html
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from .errors import NotRedacted
from .firmware.dump_file import read_dump
from .firmware.redaction import Redacted, redact

__all__ = ["SharedCopy", "redact_file"]

# As the widgets' cards look; it is no widget, so their style sheet need not be there.
CARD = (
    "max-width: 760px; padding: 6px 12px; line-height: 1.45; overflow-wrap: anywhere; "
    "border-left: 5px solid color-mix(in srgb, #1b7f3b 70%, var(--jp-ui-font-color1, #222)); "
    "background: var(--jp-layout-color2, #f3f3f3); color: var(--jp-ui-font-color1, #222);"
)


@dataclass(frozen=True)
class SharedCopy:
    """A share-safe copy: its file, and what was changed in it; a notebook shows it as a card."""

    path: Path
    redacted: Redacted = field(repr=False)

    def lines(self) -> list[str]:
        """What was replaced, and what was kept and why; no secret among it."""
        return [*self.redacted.lines(), f"The copy is {self.path}."]

    def _repr_mimebundle_(self, **kwargs: object) -> dict[str, str]:
        return {"text/plain": "\n".join(self.lines()), "text/html": self._card()}

    def _card(self) -> str:
        """The file and what to mind first; what was replaced and what was kept are folded."""
        mind = "".join(f"<div>{html.escape(sentence)}</div>" for sentence in self.redacted.mind)
        lists = _folded("Replaced", self.redacted.replaced()) + _folded("Kept", self.redacted.kept)
        return f'<div style="{CARD}"><b>Share-safe copy: {html.escape(str(self.path))}</b>{mind}{lists}</div>'


def redact_file(source: Path | str, out: Path | str) -> SharedCopy:
    """Redact a dump into a new file, or into a folder under a name that tells nothing of the device.

    No other file is ever overwritten: the same copy made again is left as it is. Raises NotRedacted where it cannot
    be done surely, or not be written; DumpUnreadable where the dump cannot be read.
    """
    done = redact(read_dump(source))
    path = Path(out)
    if path.is_dir():
        path /= f"share-safe-{hashlib.sha256(done.data).hexdigest()[:8]}.bin"
    _write(path, done.data)
    return SharedCopy(path, done)


def _folded(name: str, sentences: Sequence[str]) -> str:
    if not sentences:
        return f"<div>{name}: nothing</div>"
    items = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in sentences)
    summary = f'<summary style="cursor: pointer">{name} ({len(sentences)})</summary>'
    return f'<details style="margin: 4px 0">{summary}<ul style="margin: 2px 0">{items}</ul></details>'


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        if path.exists():
            if path.is_file() and path.read_bytes() == data:
                return
            raise NotRedacted(f"There is another file {path} already.", "Choose another name; nothing was written.")
        part.write_bytes(data)
        part.replace(path)
    except OSError as exc:
        with contextlib.suppress(OSError):
            part.unlink()
        hint = "Choose another folder; nothing was written."
        raise NotRedacted(f"{path} cannot be written. ({exc.strerror})", hint) from exc
