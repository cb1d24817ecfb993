"""Where the kit keeps things: outside the clone and the virtual environment, and settable."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock
import platformdirs

__all__ = ["home", "one_at_a_time", "read_settings", "remember", "replace_patiently", "vault_folder"]


LOCK_SECONDS = 2.0
_in_this_program = threading.Lock()


def home() -> Path:
    """``$SONOFFKIT_HOME``, or this user's data folder."""
    chosen = os.environ.get("SONOFFKIT_HOME")
    return Path(chosen or platformdirs.user_data_dir("sonoffkit", appauthor=False)).expanduser()


def vault_folder() -> Path:
    """Where backups are kept: ``$SONOFFKIT_VAULT``, or ``vault`` in the kit's home."""
    chosen = os.environ.get("SONOFFKIT_VAULT")
    return Path(chosen).expanduser() if chosen else home() / "vault"


def read_settings() -> dict[str, Any]:
    """What was remembered, empty where that cannot be read: nothing in it is worth an error."""
    try:
        settings = json.loads(_settings_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def remember(**changes: Any) -> None:
    """Keep some settings for the next notebook; None forgets one."""
    path = _settings_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(path.with_suffix(".lock")):
        settings = {k: v for k, v in (read_settings() | changes).items() if v is not None}
        part = path.with_suffix(".new")
        part.write_text(json.dumps(settings, indent=1), encoding="utf-8")
        replace_patiently(part, path)


@contextlib.contextmanager
def one_at_a_time(path: Path) -> Iterator[None]:
    """Hold a lock file: two notebooks, or two jobs of one, must not undo what the other has just written."""
    lock = filelock.FileLock(path, timeout=LOCK_SECONDS)
    with _in_this_program:
        try:
            lock.acquire()
        except (filelock.Timeout, NotImplementedError) as exc:
            raise OSError(f"{path.stem} in {path.parent} is in use") from exc
        try:
            yield
        finally:
            lock.release()


def replace_patiently(new: Path, path: Path) -> None:
    """Put a file in another's place; on Windows that fails while somebody reads it, so try for a second."""
    for _ in range(20):
        try:
            new.replace(path)
            return
        except PermissionError:
            time.sleep(0.05)
    new.replace(path)


def _settings_file() -> Path:
    return home() / "settings.json"
