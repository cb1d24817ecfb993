"""Old versions of esptool, each in an environment of its own that is built once and kept."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from filelock import FileLock

__all__ = ["NotBuilt", "folder_of_environments", "python_with_esptool"]

ROOT = Path(__file__).parents[2]
PYTHON = "Scripts/python.exe" if os.name == "nt" else "bin/python"
BUILD_SECONDS = 600
_failed: dict[str, str] = {}  # what could not be built is not tried again by the next test


class NotBuilt(Exception):
    """There is no environment with that version, and none could be made."""


def folder_of_environments() -> Path:
    """``$SONOFFKIT_TEST_ESPTOOLS``, or ``build`` in the repository."""
    return Path(os.environ.get("SONOFFKIT_TEST_ESPTOOLS") or ROOT / "build").absolute()


def python_with_esptool(version: str) -> Path:
    """The Python that has this version of esptool; raises NotBuilt."""
    cache = folder_of_environments()
    home = cache / f"esptool-{version}-py{sys.version_info.major}.{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(home.with_name(home.name + ".lock")):
        if not (home / PYTHON).exists():
            if version not in _failed:
                _build(version, home)
            if version in _failed:
                raise NotBuilt(_failed[version])
    return home / PYTHON


def _build(version: str, home: Path) -> None:
    """Made under another name first, so that half an environment is never taken for a whole one."""
    shutil.rmtree(home, ignore_errors=True)  # its Python is gone
    part = Path(tempfile.mkdtemp(prefix=home.name + "-", dir=home.parent))
    try:
        _run(sys.executable, "-m", "venv", part)
        # esptool 2.8 needs pkg_resources, which setuptools no longer brings.
        _run(part / PYTHON, "-m", "pip", "install", "--retries", "1", f"esptool=={version}", "setuptools<80")
        _run(part / PYTHON, "-m", "esptool", "version")
        part.rename(home)
    except (OSError, subprocess.SubprocessError) as problem:
        said = getattr(problem, "stderr", None) or str(problem)
        _failed[version] = (
            f"esptool {version} could not be installed into {home.parent}: {said.strip().splitlines()[-1]} -- "
            "connect to the internet once, or set SONOFFKIT_TEST_ESPTOOLS to a folder that has it"
        )
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _run(*words: object) -> None:
    subprocess.run(
        list(map(str, words)), check=True, capture_output=True, text=True, errors="replace", timeout=BUILD_SECONDS
    )
