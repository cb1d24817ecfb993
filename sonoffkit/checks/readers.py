"""How the machine that this runs on is asked: small questions, each with its answer or none."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from ..ports import find_ports, open_port
from .rehearsed import ask_practice_sonoff

__all__ = [
    "ask_practice_sonoff",
    "find_ports",
    "free_bytes",
    "group_and_mode",
    "group_name",
    "may_use",
    "run",
    "try_port",
    "version_of",
]

PROGRAM_SECONDS = 5.0
OPENING_SECONDS = 4.0


def may_use(node: Path) -> bool:
    return os.access(node, os.R_OK | os.W_OK)


def group_and_mode(node: Path) -> tuple[int, int]:
    """The number of the group that a file belongs to, and the file's mode."""
    about = node.stat()
    return about.st_gid, about.st_mode


def group_name(gid: int) -> str:
    """A group's name, or nothing where it has none."""
    if sys.platform == "win32":
        return ""
    import grp

    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


def run(words: Sequence[str]) -> str | None:
    """What a program says; None where there is no such program, or it fails, or takes too long."""
    try:
        done = subprocess.run(
            list(words), capture_output=True, text=True, encoding="utf-8", errors="replace",
            stdin=subprocess.DEVNULL, timeout=PROGRAM_SECONDS, check=False,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout if done.returncode == 0 or done.stdout else None


def version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def try_port(device: str) -> None:
    """Open a port and close it; raises a PortError, or TimeoutError where its driver does not come back."""
    ended: list[BaseException | None] = []
    opening = threading.Thread(target=_open_and_close, args=(device, ended), name="sonoffkit port", daemon=True)
    opening.start()
    opening.join(OPENING_SECONDS)
    if not ended:
        raise TimeoutError(f"opening {device} does not end")
    if ended[0]:
        raise ended[0]


def _open_and_close(device: str, ended: list[BaseException | None]) -> None:
    try:
        open_port(device).close()
    except BaseException as exc:
        ended.append(exc)
    else:
        ended.append(None)
