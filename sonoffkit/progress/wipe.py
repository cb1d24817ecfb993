"""Wiping: what was taken home is deleted from a shared computer, file by file, each only if its copy is good."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path

from ..paths import remember
from ..vault import Vault
from .journal import damaged_journals, journal_file, nobody_writes
from .take_home import Packed, check_none_running, check_zip, journal_or_refuse, sha256_of

__all__ = ["Wiped", "wipe"]

NOT_COPIED = "it was changed since it was copied. Take it home again"


@dataclass(frozen=True)
class Wiped:
    """What is deleted, and what is still there and why, a sentence each."""

    deleted: tuple[Path, ...]
    kept: tuple[str, ...]

    @property
    def backups(self) -> int:
        return sum(path.suffix == ".bin" for path in self.deleted)


def wipe(packed: Packed, vault: Vault | None = None) -> Wiped:
    """Delete what the zip holds, and the learner's progress, from this computer.

    First the zip is read once more, where it is now: a stick may have been
    pulled since. What differs from its copy stays, and all else in the vault.
    Raises BackupDamaged or BackupRunning with nothing deleted.
    """
    check_none_running(vault or Vault(), journal_or_refuse(), everything=False)
    check_zip(packed.path, packed.sums)
    deleted: list[Path] = []
    kept: list[str] = []
    for path, sha256 in packed.sources.items():
        if path.suffix == ".json" and path.with_suffix(".bin") in packed.sources and path.with_suffix(".bin").exists():
            kept.append(f"{path.name}: its backup is still there.")  # a pair stays a pair
        elif why := _not_deleted(path, sha256):
            kept.append(f"{path.name}: {why}.")
        else:
            deleted.append(path)
    kept += _not_taken(packed)
    if journal_file() in deleted:
        kept += _forget_port()
    return Wiped(tuple(deleted), tuple(kept))


def _not_deleted(path: Path, sha256: str) -> str:
    """Delete a file whose copy is good; why not, if not."""
    try:
        with nobody_writes() if path == journal_file() else contextlib.nullcontext():
            if sha256_of(path) != sha256:
                return NOT_COPIED
            path.unlink()
    except FileNotFoundError:
        return ""
    except OSError as exc:
        return f"it cannot be deleted ({exc.strerror or exc}). Close what uses it, and delete it by hand"
    return ""


def _not_taken(packed: Packed) -> list[str]:
    """Progress that came into being after the copy."""
    return [
        f"{path.name}: it is newer than the zip. Take it home again."
        for path in (journal_file(), *damaged_journals())
        if path.exists() and path not in packed.sources
    ]


def _forget_port() -> list[str]:
    """The next learner chooses anew."""
    try:
        remember(port=None)
    except OSError as exc:
        return [f"the chosen port: it cannot be forgotten ({exc.strerror or exc})."]
    return []
