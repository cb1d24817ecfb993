"""Starts the course from its own folder: an environment from the wheels there, then JupyterLab.

A bundle holds a copy of this file. It needs Python and the folder, no
network, and writes nothing outside the folder while it installs.
"""

from __future__ import annotations

import argparse
import errno
import hashlib
import io
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["damaged", "main", "platform_name", "prepare", "target_name", "this_platform"]

MANIFEST = "manifest.json"
READY = "ready.json"  # written last, so that an install that was cut off is done again
SYSTEMS = {"win": "windows", "macosx": "macos", "linux": "linux"}
CHIPS = {"amd64": "", "x86_64": "", "arm64": "-arm", "aarch64": "-arm"}
NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class Problem(Exception):
    """Why the course cannot be started: what is wrong, and what to do."""


def main(arguments: list[str]) -> int:
    """Start the course; the exit status. Options that are not its own go to ``sonoffkit lab``."""
    parser = argparse.ArgumentParser(prog="start", description="Start the course from this folder.", allow_abbrev=False)
    parser.add_argument("--prepare", action="store_true", help="install, and do not open JupyterLab")
    parser.add_argument("--suits", action="store_true", help="only tell by the exit status whether this Python will do")
    options, for_lab = parser.parse_known_args(arguments)
    here = Path(__file__).resolve().parent
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a path may have letters that an old console lacks
    try:
        if options.suits:
            _our_target(here)
            return 0
        python = prepare(here)
    except Problem as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    if options.prepare:
        print("Ready. Start it again without --prepare to open the course.")
        return 0
    return _call([str(python), "-m", "sonoffkit", "lab", str(here / "workshop"), *for_lab])


def prepare(here: Path) -> Path:
    """The Python of the environment, which is made first where it is missing or of another bundle."""
    name = _our_target(here)
    lock = here / "locks" / f"{name}.txt"
    folder = here / "env" / name
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if python.exists() and _ready(folder, lock):
        return python
    bad = list(damaged(here, _manifest(here), ("wheels/", "locks/")))
    if bad:
        raise Problem(f"This folder is not whole: {_few(bad)}.\nCopy it anew from where you got it. {UNCHANGED}")
    try:
        _install(here, folder, python, lock)
    except OSError as error:
        raise Problem(no_room(error, here)) from error
    return python


UNCHANGED = "Nothing has been changed."


def damaged(here: Path, manifest: Mapping[str, Any], begins: tuple[str, ...] = ("",)) -> Iterator[str]:
    """The files, of those whose names begin so, that are missing or not as they were gathered, and which it is."""
    for name, sha256 in manifest["files"].items():
        if not name.startswith(begins):
            continue
        try:
            same = hashlib.sha256((here / name).read_bytes()).hexdigest() == sha256
        except FileNotFoundError:
            yield f"{name} is missing"
        except OSError as error:
            yield f"{name} cannot be read ({error.strerror})"
        else:
            if not same:
                yield f"{name} is not as it was gathered"


def target_name(platform_: str, python: str) -> str:
    """How a platform and a Python are named together; short, because Windows counts a path's letters."""
    return f"{platform_}-{python}"


def platform_name(tag: str, machine: str, soabi: str, bits: int) -> str:
    """The platform's name, empty for one that we gather for nobody.

    ``tag`` is ``sysconfig.get_platform()``, which tells of the Python and not
    of the computer: an Intel Python on an Arm computer takes Intel's wheels.
    """
    system, _, rest = tag.partition("-")
    chip = machine.lower() if system == "macosx" and tag.endswith("universal2") else rest.rpartition("-")[2]
    if system not in SYSTEMS or chip not in CHIPS or bits != 64 or "musl" in soabi:
        return ""
    arm = CHIPS[chip]
    if system == "macosx":
        return "macos" if arm else "macos-intel"
    return SYSTEMS[system] + arm


def this_platform() -> str:
    soabi = str(sysconfig.get_config_var("SOABI") or "")
    return platform_name(sysconfig.get_platform(), platform.machine(), soabi, 64 if sys.maxsize > 2**32 else 32)


def _our_target(here: Path) -> str:
    manifest = _manifest(here)
    ours = target_name(this_platform(), f"{sys.version_info[0]}.{sys.version_info[1]}")
    usual = platform.python_implementation() == "CPython" and not sysconfig.get_config_var("Py_GIL_DISABLED")
    if ours in manifest["targets"] and usual:
        return ours
    raise Problem(
        f"This folder is not for this Python: {platform.python_implementation()} {platform.python_version()}, "
        f"{sysconfig.get_platform()}.\nIt is for: {', '.join(manifest['targets'])} (the usual 64-bit Python).\n"
        "Install such a Python beside the one that you have (README.txt says how), and start this again.\n"
        f"{UNCHANGED}"
    )


def _manifest(here: Path) -> dict[str, Any]:
    try:
        manifest = json.loads((here / MANIFEST).read_text(encoding="utf-8"))
        return {"files": dict(manifest["files"]), "targets": list(manifest["targets"])}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem(
            f"This folder is not whole: {MANIFEST} is missing or cannot be read.\n"
            f"Copy the folder anew from where you got it, all of it. {UNCHANGED}"
        ) from error


def _ready(folder: Path, lock: Path) -> bool:
    """Whether the environment was made to its end, from this very list."""
    try:
        return bool(json.loads((folder / READY).read_text(encoding="utf-8")) == _record(lock))
    except (OSError, ValueError):
        return False


def _record(lock: Path) -> dict[str, str]:
    return {"made_from": hashlib.sha256(lock.read_bytes()).hexdigest()}


def _install(here: Path, folder: Path, python: Path, lock: Path) -> None:
    packages = lock.read_text(encoding="utf-8").split()
    print(f"Installing {len(packages)} packages into {folder}.", flush=True)
    print("No network is needed. It takes a minute or two, the first time only.", flush=True)
    # The pip that was gathered runs from its wheel: Debian's Python comes without one.
    venv.EnvBuilder(clear=True, symlinks=os.name != "nt").create(folder)
    (pip,) = [p for p in (here / "wheels").glob("pip-*.whl") if f"pip=={p.name.split('-')[1]}" in packages]
    command = [
        str(python), str(pip / "pip"), "install", "--isolated", "--no-index", "--find-links", str(here / "wheels"),
        "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--quiet", "--requirement", str(lock),
    ]  # fmt: skip
    done = subprocess.run(command, env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        raise Problem(
            f"The packages could not be installed. pip says:\n{done.stdout.decode(errors='replace').strip()}\n\n"
            f"If the disk is full, make room ({_free(here)} MB are free). On Windows the folder's path may be too "
            "long: move it to C:\\sonoffkit.\nThen start this again. What you did in the folder workshop is untouched."
        )
    (folder / READY).write_text(json.dumps(_record(lock)), encoding="utf-8")
    print("Installed. From now on it starts at once.", flush=True)


def _environment() -> dict[str, str]:
    """The environment without what would lead Python or pip elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV") and not name.startswith("PIP_")
    }
    return kept | {"PIP_CONFIG_FILE": os.devnull}  # pip's own word for: no configuration at all


def no_room(error: OSError, here: Path) -> str:
    if error.errno in NO_SPACE:
        return f"The disk is full ({_free(here)} MB are free in {here}). Make room, and start this again."
    return (
        f"The packages cannot be installed in {here}: {error.strerror or error}.\n"
        "Close JupyterLab if it still runs from here. A USB stick and a network drive often cannot hold an "
        "environment:\ncopy the whole folder to this computer's own disk and start it there. "
        "What you did in the folder workshop is untouched."
    )


def _free(here: Path) -> int:
    return shutil.disk_usage(here).free // 1_000_000


def _few(words: list[str]) -> str:
    return ", ".join(words[:3]) + (f" and {len(words) - 3} more" if len(words) > 3 else "")


def _call(command: list[str]) -> int:
    """Become that program, or where there is no such thing run it until it ends; Ctrl-C is its own to handle."""
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(command[0], command, _environment())
    with subprocess.Popen(command, env=_environment()) as program:
        while True:
            try:
                return program.wait()
            except KeyboardInterrupt:
                continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
