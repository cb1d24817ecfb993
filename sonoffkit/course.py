"""The notebooks: where they lie, and a learner's own copy of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from importlib import resources
from pathlib import Path

__all__ = ["Copied", "copy_course", "course_folder", "course_notebooks"]

RECORD = ".sonoffkit-course.json"  # what was copied, so that a learner's changes can be told from ours


class Copied(Enum):
    """What became of one notebook when the course was copied."""

    NEW = "new"
    UPDATED = "updated"
    SAME = "already there"
    KEPT = "kept: you changed it"


@dataclass(frozen=True)
class _Notebook:
    name: str
    data: bytes

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def course_folder() -> Path:
    """The folder of the notebooks: inside an installed package, or in the checkout of an editable one."""
    inside = Path(str(resources.files("sonoffkit"))) / "notebooks"
    return inside if inside.is_dir() else Path(__file__).resolve().parent.parent / "notebooks"


def course_notebooks() -> list[Path]:
    """The notebooks, in the course's order."""
    return sorted(course_folder().glob("[0-9]-*.ipynb"))


def copy_course(folder: Path) -> dict[str, Copied]:
    """Copy the notebooks into a workshop folder, never over a learner's changes; what became of each.

    A notebook that is as we copied it is brought up to date; one that was
    changed since stays, and the new one is put beside it as ``NAME-new``.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "images").mkdir(exist_ok=True)
    record = _read_record(folder)
    outcome = {}
    for notebook in _notebooks():
        outcome[notebook.name] = _copy(notebook, folder, record)
    (folder / RECORD).write_text(json.dumps(record, indent=1), encoding="utf-8")
    return outcome


def _copy(notebook: _Notebook, folder: Path, record: dict[str, str]) -> Copied:
    target = folder / notebook.name
    copied_before = record.get(notebook.name)
    outcome = _put(notebook, target, record)
    if outcome is Copied.KEPT and copied_before != notebook.digest:  # there is something newer
        _put(notebook, target.with_name(f"{target.stem}-new{target.suffix}"), record)
    return outcome


def _put(notebook: _Notebook, target: Path, record: dict[str, str]) -> Copied:
    """Write a notebook, unless the file there is not as we copied it."""
    if not target.exists():
        outcome = Copied.NEW
    else:
        now = hashlib.sha256(target.read_bytes()).hexdigest()
        if now not in (notebook.digest, record.get(target.name)):
            return Copied.KEPT
        outcome = Copied.SAME if now == notebook.digest else Copied.UPDATED
    if outcome is not Copied.SAME:
        target.write_bytes(notebook.data)
    record[target.name] = notebook.digest
    return outcome


def _notebooks() -> Iterator[_Notebook]:
    for path in course_notebooks():
        yield _Notebook(path.name, path.read_bytes())


def _read_record(folder: Path) -> dict[str, str]:
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return record if isinstance(record, dict) else {}
