"""What is looked for after each try of the soak: wrong backups, and what is left open."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from pathlib import Path

from soak_world import World, file_digest

from sonoffkit.practice import PracticeDevice

__all__ = ["Leaks", "wrong_backups"]


def wrong_backups(world: World) -> list[str]:
    """Files called backups that are none. A new one must equal the flash as it is now; it is known from then on."""
    wrong = []
    now = hashlib.sha256(world.device.contents()).digest()
    found = {path.name: file_digest(path) for path in world.vault.folder.glob("*.bin")}
    for name, digest in found.items():
        if digest != world.sound.setdefault(name, now):
            wrong.append(f"{name} is not what it should hold")
    wrong += [f"{name} is gone" for name in world.sound.keys() - found.keys()]
    return wrong + world.vault.problems()


class Leaks:
    """Ports, files, threads and locks that there are now, to compare with later."""

    def __init__(self, device: PracticeDevice) -> None:
        self._device = device
        self._threads = set(threading.enumerate())
        self._files = _open_files()

    def found(self) -> list[str]:
        """What is left, a sentence each."""
        device = self._device
        left = [f"a thread is left: {thread}" for thread in set(threading.enumerate()) - self._threads]
        if device._open:
            left.append("the port is left open")
            device.detach()
        elif device._lock.is_locked:
            left.append("the lock is left")
        left += [f"a file is left open: {name}" for _, name in _open_files() - self._files]
        return left


def _open_files() -> set[tuple[int, str]]:
    found = set()
    folder = Path("/proc/self/fd")
    for entry in folder.iterdir() if folder.exists() else ():
        with contextlib.suppress(OSError):  # the one by which the folder is read
            found.add((int(entry.name), str(entry.readlink())))
    return {(number, name) for number, name in found if not name.startswith("/proc/")}
