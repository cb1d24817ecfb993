"""The esptool command that does the same, for those who want to leave the kit."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

from . import practice
from .ports import is_practice, practice_at

__all__ = ["RFC2217_PORT", "esptool_command", "served_port", "terminal_steps"]

RFC2217_PORT = 2217  # the number that the shown command uses; any other will do


def esptool_command(port: str, *words: str) -> str:
    """One line for a terminal, with this port and these words, quoted for this system's shell."""
    return _quoted(["esptool", "--port", served_port(port), *words])


def served_port(port: str) -> str:
    """The port's name for a terminal: a practice Sonoff's is where ``sonoffkit practice`` serves it."""
    if not is_practice(port):
        return port
    if sys.platform == "win32":
        return f"rfc2217://127.0.0.1:{RFC2217_PORT}"
    return str(practice_at(port).folder / "port")


def terminal_steps(port: str, *words: str) -> list[str]:
    """The commands to type: for a practice Sonoff first the one that puts it on a port, in another terminal."""
    if not is_practice(port):
        return [esptool_command(port, *words)]
    device = practice_at(port)
    start = ["sonoffkit", "practice", "--model", device.model.name]
    if device.folder != practice.practice_folder().resolve() / device.model.name:
        start += ["--home", str(device.folder)]
    if sys.platform == "win32":
        start += ["--serve", str(RFC2217_PORT)]
    return [_quoted(start), esptool_command(port, *words)]


def _quoted(words: list[str]) -> str:
    if sys.platform == "win32":
        return subprocess.list2cmdline(words)
    return " ".join(_quoted_word(word) for word in words)


def _quoted_word(word: str) -> str:
    home = f"{Path.home()}/"
    if word.startswith(home):  # the shell reads "~/" only outside quotes
        return "~/" + shlex.quote(word.removeprefix(home))
    return shlex.quote(word)
