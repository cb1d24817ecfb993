"""pip as a program, and its failures as sentences."""

from __future__ import annotations

import errno
import importlib.util
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import BundleError

if TYPE_CHECKING:
    from .targets import Target

__all__ = ["PipFailed", "disk_full", "download_command", "run_pip", "wheel_command"]

UNCHANGED = BundleError.usual_hint
NO_NETWORK = re.compile(r"connection broken by|Could not fetch URL|Failed to establish a new connection|timed out")
# Windows says it in its own language, with this number.
NO_SPACE = re.compile(r"No space left on device|Disk quota exceeded|Errno 28\b|WinError (112|39)\b")


class PipFailed(BundleError):
    """pip did not do it, for a reason of its own."""


def download_command(target: Target, requirements: Sequence[str], into: Path, links: Path) -> list[str]:
    """The words for pip to fetch wheels for a target; ``links`` holds those that were built here."""
    where = ["--dest", str(into), "--find-links", str(links)]
    return ["download", "--no-deps", *target.pip_options(), *where, *requirements]


def wheel_command(requirement: str, into: Path) -> list[str]:
    """The words for pip to build the wheel of what comes as source only."""
    return ["wheel", "--no-deps", "--wheel-dir", str(into), requirement]


def run_pip(words: Sequence[str]) -> None:
    """Run pip, by this Python and with its user's own configuration."""
    if not importlib.util.find_spec("pip"):
        raise BundleError(
            "This Python has no pip, and a bundle is gathered by pip.",
            f"Install it (python -m ensurepip, or by whatever made this environment), and try again. {UNCHANGED}",
        )
    common = ["--no-input", "--disable-pip-version-check", "--retries", "2", "--progress-bar", "off"]
    command = [sys.executable, "-m", "pip", words[0], *common, *words[1:]]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", errors="replace", check=False)
    if done.returncode:
        raise pip_failure(done.stderr or done.stdout)


def pip_failure(said: str) -> BundleError:
    """What a failed pip's words mean."""
    if NO_SPACE.search(said):
        return disk_full()
    if NO_NETWORK.search(said):
        return BundleError(
            "The packages cannot be fetched: there is no network, or the package index does not answer.",
            f"Gathering a bundle needs the network; starting from it does not. Connect, and try again. {UNCHANGED}",
        )
    lines = [line for line in said.splitlines() if line.strip() and not line.startswith(("WARNING", "[notice]"))]
    return PipFailed("pip could not do it. It said:\n" + "\n".join(lines[-8:]))


def disk_full() -> BundleError:
    return BundleError(
        "The disk is full: the one of the folder, or the one of this computer's temporary files.",
        f"Make room (a bundle takes about 100 MB for each platform, and twice that while it is made). {UNCHANGED}",
    )


def is_disk_full(error: OSError) -> bool:
    full = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
    return error.errno in full or getattr(error, "winerror", None) in (112, 39)
