"""Files that are whole or not there: created exclusively, on disk before they count, taken away if half."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import BackupExists, VaultNotWritable

__all__ = [
    "MB",
    "UNREADABLE",
    "create",
    "make_private_folder",
    "md5_of",
    "publish_as",
    "size_name",
    "to_disk",
    "undone_by_failure",
    "writing",
]

MB = 0x100000
# What unreadable JSON raises; the last for one that is nested beyond reason.
UNREADABLE = (OSError, ValueError, RecursionError)


def md5_of(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def size_name(size: int) -> str:
    return f"{size // MB}MB" if size % MB == 0 else f"{size // 1024}KB"


def make_private_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def create(path: Path, data: bytes) -> None:
    """Write a new file, for its owner only where the system has such a thing; raises BackupExists."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise BackupExists(f"There is a file {path} already.") from None
    with undone_by_failure(path), os.fdopen(number, "wb") as file:
        file.write(data)
        to_disk(file)


@contextlib.contextmanager
def undone_by_failure(path: Path) -> Iterator[None]:
    """Take a file away again if what follows fails: half of something must not look like the whole."""
    try:
        yield
    except (OSError, BackupExists):
        path.unlink(missing_ok=True)
        raise


def publish_as(part: Path, target: Path) -> None:
    """Give the finished part its name. Not by a rename, which would overwrite a file on POSIX."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links (a USB stick's): copy
        create(target, part.read_bytes())


def to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        why = "The disk is full" if exc.errno == errno.ENOSPC else exc.strerror or str(exc)
        raise VaultNotWritable(f"The backup cannot be written to {folder}. ({why})") from exc
