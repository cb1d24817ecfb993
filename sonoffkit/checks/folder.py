"""The backup folder: can be written, and has room."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

from ..paths import vault_folder
from .check import Check
from .system import Kind, System

__all__ = ["NEEDED", "backup_folder"]

MB = 0x100000
# The largest flash has 16 MB; where the disk has no links, a backup is there twice while it gets its name.
NEEDED = 33 * MB


def backup_folder(system: System) -> Iterator[Check]:
    """Whether a backup of the largest flash could be written now."""
    folder = vault_folder()
    there = _nearest(folder)
    another = f"choose another folder: {_choosing(system)}"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
        free = system.free_bytes(there)
    except OSError as exc:
        why = exc.strerror or str(exc)
        yield Check(
            "backup folder",
            False,
            f"Backups cannot be written to {folder}. ({why})",
            f"Give yourself the right to write there, or {another}",
        )
        return
    if free < NEEDED:
        says = f"The disk of the backup folder {folder} has {free // MB} MB free; a backup may need {NEEDED // MB} MB."
        yield Check("backup folder", False, says, f"Free some space, or {another}")
    else:
        yield Check("backup folder", True, f"Backups can be written to {folder}, {free // MB} MB are free")


def _nearest(folder: Path) -> Path:
    """The folder, or what there is of the way to it: looking must not make it."""
    return next((path for path in (folder, *folder.parents) if path.exists()), folder)


def _choosing(system: System) -> str:
    if system.kind is Kind.WINDOWS:
        return "setx SONOFFKIT_VAULT D:\\sonoff-backups (then open a new terminal)"
    return "export SONOFFKIT_VAULT=~/sonoff-backups (in the terminal that starts the kit)"
