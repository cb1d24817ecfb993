"""The folder of a bundle: made, brought up to date, checked."""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..course import course_notebooks
from ..errors import BundleError
from ..paths import replace_patiently
from . import start
from .closure import Wheel, find_closure
from .own import own_wheel
from .pip import disk_full, is_disk_full
from .targets import Target
from .texts import readme, start_scripts

__all__ = ["BUNDLE_MARK", "Bundle", "check_bundle", "gather"]

BUNDLE_MARK = "sonoffkit bundle"
STAGE = ".gathering"  # what is being fetched; it takes its place at the end, all at once
EXECUTABLE = {"start.sh", "start.command"}


@dataclass(frozen=True)
class Bundle:
    """A bundle that was gathered."""

    folder: Path
    version: str
    targets: tuple[Target, ...]
    files: int
    bytes: int
    set_aside: tuple[Path, ...] = ()

    def __str__(self) -> str:
        return (
            f"{self.folder}: sonoffkit {self.version} for {'; '.join(map(str, self.targets))}: "
            f"{self.files} files, {self.bytes / 1e6:.0f} MB"
        )


def gather(
    folder: Path,
    targets: Sequence[Target],
    tell: Callable[[str], object] = lambda line: None,
    *,
    own: Path | None = None,
) -> Bundle:
    """Gather all that a computer without network needs for the course, and tell of it as it goes.

    An earlier bundle in the folder is brought up to date when all is there,
    and not before; files that are no bundle's are never touched. ``own`` is
    sonoffkit's wheel where it is there already.
    """
    before = _earlier(folder)
    was_there = folder.exists()
    stage = folder / STAGE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(stage, ignore_errors=True)  # of one that was stopped
        stage.mkdir()
        new = stage / "new"
        version = _fill(new, stage, targets, own, tell)
        names = _names(new)
        _refuse_foreign(folder, names, before)
        manifest = _manifest(new, names, version, targets)
        set_aside = _put_in_place(new, folder, names, before, manifest)
        total = sum((folder / name).stat().st_size for name in names)
    except OSError as error:
        raise plain(error, folder) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        if not was_there:
            with contextlib.suppress(OSError):  # it is not empty when all went well
                folder.rmdir()
    return Bundle(folder, version, tuple(targets), len(names), total, set_aside)


def check_bundle(folder: Path) -> list[str]:
    """What is wrong with a bundle's files, a line each; empty where all are as they were gathered."""
    manifest = _read_manifest(folder)
    if manifest is None:
        raise BundleError(f"{folder} is no bundle: it has no {start.MANIFEST} of one.", "Name the bundle's own folder.")
    return list(start.damaged(folder, manifest))


# Gathering


def _fill(new: Path, stage: Path, targets: Sequence[Target], own: Path | None, tell: Callable[[str], object]) -> str:
    """Put all files of the bundle into a new folder; the version of sonoffkit."""
    wheels, built = new / "wheels", stage / "built"
    for path in (wheels, built, new / "locks", new / "notebooks"):
        path.mkdir(parents=True)
    if own is None:
        tell("sonoffkit itself")
        own = own_wheel(stage / "own")
    largest, version = 0, ""
    for target in targets:
        closure = find_closure(target, own, stage / target.name, built, tell)
        _take(closure, wheels)
        lock = "".join(f"{wheel.name}=={wheel.version}\n" for wheel in closure.values())
        (new / "locks" / f"{target.name}.txt").write_text(lock, encoding="utf-8")
        size = sum((wheels / wheel.path.name).stat().st_size for wheel in closure.values())
        tell(f"{target}: {len(closure)} packages, {size / 1e6:.0f} MB")
        largest, version = max(largest, size), str(closure["sonoffkit"].version)
    for notebook in course_notebooks():
        shutil.copyfile(notebook, new / "notebooks" / notebook.name)
    shutil.copyfile(start.__file__, new / "start.py")
    for name, text in start_scripts(targets).items():
        (new / name).write_text(text, encoding="utf-8", newline="")
        (new / name).chmod(0o755 if name in EXECUTABLE else 0o644)
    total = sum(path.stat().st_size for path in new.rglob("*") if path.is_file())
    text = readme(version, targets, round(total / 1e6), round(largest / 1e6))
    (new / "README.txt").write_text(text, encoding="utf-8", newline="")
    return version


def _take(closure: dict[str, Wheel], wheels: Path) -> None:
    for wheel in closure.values():
        if not (wheels / wheel.path.name).exists():  # many are for every system
            shutil.copyfile(wheel.path, wheels / wheel.path.name)


def _names(new: Path) -> list[str]:
    return sorted(path.relative_to(new).as_posix() for path in new.rglob("*") if path.is_file())


def _manifest(new: Path, names: list[str], version: str, targets: Sequence[Target]) -> dict[str, Any]:
    return {
        "what": BUNDLE_MARK,
        "sonoffkit": version,
        "targets": [target.name for target in targets],
        "files": {name: _sha256(new / name) for name in names},
    }


# Putting in place


def _earlier(folder: Path) -> dict[str, str]:
    """The files of an earlier bundle there, with their checksums; refuses a folder of something else."""
    if not folder.exists():
        return {}
    if not folder.is_dir():
        raise BundleError(f"{folder} is a file, not a folder.", "Name another folder. The file is as it was.")
    manifest = _read_manifest(folder)
    if manifest is not None:
        return dict(manifest["files"])
    others = [path.name for path in folder.iterdir() if path.name != STAGE]
    if others:
        raise BundleError(
            f"{folder} is not empty, and holds no bundle: there is {others[0]}.",
            "Name a folder that does not exist yet, or an empty one. Nothing has been changed.",
        )
    return {}


def _read_manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / start.MANIFEST).read_text(encoding="utf-8"))
        ours = manifest["what"] == BUNDLE_MARK and all(map(_is_inside, manifest["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return manifest if ours else None


def _is_inside(name: str) -> bool:
    """Whether it names a file of the folder: by an altered manifest nothing elsewhere may be removed."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and ":" not in name and "\\" not in name


def _refuse_foreign(folder: Path, names: list[str], before: dict[str, str]) -> None:
    foreign = [name for name in names if name not in before and (folder / name).exists()]
    if foreign:
        raise BundleError(
            f"{folder / foreign[0]} is there, and no bundle put it there.",
            "Move it elsewhere, or name another folder. Nothing has been changed.",
        )


def _put_in_place(
    new: Path, folder: Path, names: list[str], before: dict[str, str], manifest: dict[str, Any]
) -> tuple[Path, ...]:
    """Move the new files to their places; the files that somebody had changed, and which were set aside."""
    set_aside = []
    for name in sorted(set(before) - {name for name in before if name.startswith("wheels/")}):
        if (folder / name).is_file() and _sha256(folder / name) not in (before[name], manifest["files"].get(name)):
            set_aside.append(_set_aside(folder / name))
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        replace_patiently(new / name, folder / name)
    written = new / start.MANIFEST
    written.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    replace_patiently(written, folder / start.MANIFEST)
    for name in sorted(set(before) - set(names)):
        (folder / name).unlink(missing_ok=True)
    return tuple(set_aside)


def _set_aside(path: Path) -> Path:
    """Rename a file that is somebody's by now; the wheels are nobody's."""
    n = 1
    while (aside := path.with_name(f"{path.stem}-changed{'' if n == 1 else n}{path.suffix}")).exists():
        n += 1
    return path.rename(aside)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def plain(error: OSError, folder: Path) -> BundleError:
    if is_disk_full(error):
        return disk_full()
    return BundleError(f"The bundle cannot be written: {error.strerror or error} ({error.filename or folder}).")
