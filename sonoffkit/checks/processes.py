"""Linux: the processes that can be seen, and which of them has a port open."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .system import System

__all__ = ["Process", "processes", "real_name", "who_has"]


@dataclass(frozen=True)
class Process:
    """A process by its number, its name and the words that it was started with."""

    pid: int
    name: str
    words: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its name, and what a Python runs; no further words, since there may be passwords among them."""
        run = _script(self.words) if self.name.startswith("python") else ""
        return f"{self.name} {run}".strip()


def processes(system: System) -> Iterator[Process]:
    """All that can be seen; the words of others can be read by everybody."""
    for folder in _folders(system):
        with contextlib.suppress(OSError):  # it has just ended
            name = (folder / "comm").read_text(encoding="utf-8", errors="replace").strip()
            words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
            yield Process(int(folder.name), name, tuple(word for word in words if word))


def who_has(system: System, device: str) -> list[Process]:
    """Those that have a port open, as far as this user may see; without root, only one's own."""
    name = real_name(system, device)
    holders = {int(folder.name) for folder in _folders(system) if _has_open(folder, name)}
    return [process for process in processes(system) if process.pid in holders]


def real_name(system: System, device: str) -> str:
    """What a link such as /dev/serial/by-id/… leads to."""
    root = os.path.realpath(system.root)
    real = os.path.realpath(system.at(device))
    return "/" + os.path.relpath(real, root) if real.startswith(root) else device


def _folders(system: System) -> list[Path]:
    return sorted(path for path in system.at("/proc").glob("[0-9]*") if path.name.isdigit())


def _has_open(folder: Path, name: str) -> bool:
    opened = dict(_opened(folder))
    return name in opened.values() and not _serves(folder, name, opened)


def _opened(folder: Path) -> Iterator[tuple[str, str]]:
    """A process's open files: their numbers and names."""
    with contextlib.suppress(OSError):  # another user's, or it has ended
        for link in (folder / "fd").iterdir():
            with contextlib.suppress(OSError):
                yield link.name, str(link.readlink())


def _serves(folder: Path, name: str, opened: dict[str, str]) -> bool:
    """Whether it has a pseudo-terminal's other end: then it is the device, as ``sonoffkit practice`` is, no user of it.

    The kernel tells which pseudo-terminal an open /dev/ptmx is of as "tty-index" (Linux, drivers/tty/pty.c).
    """
    index = re.fullmatch(r"/dev/pts/(\d+)", name)
    masters = [number for number, target in opened.items() if target.endswith("/ptmx")]
    return bool(index) and any(_tty_index(folder / "fdinfo" / number) == index[1] for number in masters)  # type: ignore[index]


def _tty_index(file: Path) -> str:
    with contextlib.suppress(OSError):
        found = re.search(r"^tty-index:\s*(\d+)", file.read_text(encoding="utf-8"), re.MULTILINE)
        return found[1] if found else ""
    return ""


def _script(words: tuple[str, ...]) -> str:
    """What a Python runs: a module, or a file by its last name; nothing for code that was typed in."""
    rest = list(words[1:])
    while rest and rest[0].startswith("-") and rest[0] not in ("-m", "-c"):
        rest.pop(0)
    if not rest or rest[0] == "-c":
        return ""
    return f"-m {rest[1]}" if rest[0] == "-m" and rest[1:] else Path(rest[0]).name
