"""A backup in the making, which survives a pulled cable, a power cut and a full disk."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import filelock

from ..errors import BackupExists, BackupRunning, VaultNotWritable, VerifyFailed
from ..paths import replace_patiently
from ..session import Identity
from ..transfer import Piece, pieces_of
from .backup import Backup, Manifest
from .files import (
    MB,
    UNREADABLE,
    create,
    make_private_folder,
    md5_of,
    publish_as,
    size_name,
    to_disk,
    undone_by_failure,
    writing,
)  # fmt: skip

__all__ = ["Draft"]


class Draft:
    """A backup in the making: a ``.part`` as large as the flash, and which pieces of it are good.

    Each piece is on disk before the checkpoint names it, so that a power cut
    leaves a checkpoint that tells the truth.
    """

    def __init__(self, folder: Path, identity: Identity) -> None:
        self._folder, self._identity = folder, identity
        stem = f"{identity.mac.replace(':', '')}_{size_name(identity.flash_size)}"
        self._part = folder / f"{stem}.part"
        self._checkpoint = folder / f"{stem}.checkpoint"
        with writing(folder):
            make_private_folder(folder)
            self._lock = self._lock_or_refuse(folder / f"{stem}.lock")
            try:
                self._check_room()
                self._let_go_of_published()
                self.pieces = self._good_pieces()
                if not self.pieces:
                    self._start()
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Draft:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another backup of the same device begin; what was kept stays."""
        if self._lock.is_locked:
            with contextlib.suppress(OSError):  # Windows takes it away by itself, and not before
                Path(self._lock.lock_file).unlink()
            self._lock.release()

    def keep(self, *kept: tuple[Piece, bytes]) -> None:
        """Put the bytes of some pieces on disk, in one go: a disk takes its time to say that they are there."""
        with writing(self._folder):
            with self._part.open("r+b") as file:
                for piece, data in kept:
                    file.seek(piece.address)
                    file.write(data)
                to_disk(file)
            new = {piece.address: piece for piece, _ in kept}
            all_pieces = {piece.address: piece for piece in self.pieces} | new
            self.pieces = [piece for _, piece in sorted(all_pieces.items())]
            self._save_checkpoint()

    def drop(self, pieces: list[Piece]) -> None:
        """Forget pieces that turned out wrong."""
        with writing(self._folder):
            self.pieces = [p for p in self.pieces if p not in pieces]
            self._save_checkpoint()

    def data(self) -> bytes:
        """All bytes as they are on disk."""
        with writing(self._folder):
            return self._part.read_bytes()

    def read(self, address: int, size: int) -> bytes:
        """Some of them."""
        with writing(self._folder), self._part.open("rb") as file:
            file.seek(address)
            return file.read(size)

    def md5(self) -> str:
        """The MD5 of all bytes as they are on disk."""
        with writing(self._folder), self._part.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()

    def finish(self, md5: str, tools: Mapping[str, str], sticker: str = "") -> Backup:
        """Seal it; ``md5`` is the device's own of its whole flash. Raises VerifyFailed if the disk holds another."""
        now = datetime.datetime.now().astimezone().replace(microsecond=0)
        with writing(self._folder):
            manifest = self._manifest(self.data(), now, tools, sticker)
            if manifest.md5 != md5:
                raise VerifyFailed(
                    "What is on the disk is not what the device holds.",
                    "Run this again; what is right is kept. Nothing on the device was changed.",
                )
            path = self._publish(f"{now:%Y-%m-%d_%H%M%S}_{self._identity.mac.replace(':', '')}")
            backup = Backup(path, manifest)
            with undone_by_failure(path):  # the bytes are still in the part
                create(backup.manifest_path, json.dumps(asdict(manifest), indent=1).encode())
            self._part.unlink()
            self._checkpoint.unlink()
        self.close()
        return backup

    def _lock_or_refuse(self, path: Path) -> filelock.BaseFileLock:
        """One draft of a device at a time: two programs writing into one ``.part`` would mix their bytes."""
        lock = filelock.FileLock(path, timeout=0, thread_local=False)
        try:
            lock.acquire()
        except NotImplementedError:  # a file system that knows no locks
            return lock
        except filelock.Timeout:
            raise BackupRunning(f"A backup of the device {self._identity.mac} is being made already.") from None
        return lock

    def _manifest(self, data: bytes, now: datetime.datetime, tools: Mapping[str, str], sticker: str) -> Manifest:
        return Manifest(
            mac=self._identity.mac,
            chip=self._identity.chip,
            flash_id=f"{self._identity.flash_id:06x}",
            size=len(data),
            md5=md5_of(data),
            sha256=hashlib.sha256(data).hexdigest(),
            verified=True,
            created=now.isoformat(),
            sticker=sticker,
            tools=dict(tools),
        ).sealed()

    def _publish(self, stem: str) -> Path:
        size = size_name(self._identity.flash_size)
        for n in range(1, 1000):
            target = self._folder / f"{stem}_{size}{f'-{n}' if n > 1 else ''}.bin"
            with contextlib.suppress(FileExistsError, BackupExists):
                if target.with_suffix(".json").exists():
                    continue
                publish_as(self._part, target)
                return target
        raise BackupExists(f"There are a thousand backups named {stem} already.")

    def _let_go_of_published(self) -> None:
        """A power cut at the end leaves the finished file under two names: what follows must not write into it."""
        if self._part.exists() and self._part.stat().st_nlink > 1:
            data = self._part.read_bytes()
            self._part.unlink()
            create(self._part, data)

    def _good_pieces(self) -> list[Piece]:
        """The pieces that the checkpoint names and the part really holds."""
        try:
            saved = json.loads(self._checkpoint.read_text(encoding="utf-8"))
            pieces = [Piece(int(a), int(n), str(md5)) for a, n, md5 in saved["pieces"]]
            data = self._part.read_bytes()
        except (*UNREADABLE, TypeError, KeyError, OverflowError):
            return []
        about = {"mac": self._identity.mac, "size": self._identity.flash_size}
        if {k: saved.get(k) for k in about} != about or len(data) != self._identity.flash_size:
            return []
        cut = {(p.address, p.size) for p in pieces_of(self._identity.flash_size)}
        held = {
            p for p in pieces if (p.address, p.size) in cut and md5_of(data[p.address : p.address + p.size]) == p.md5
        }
        return sorted(held, key=lambda p: p.address)

    def _start(self) -> None:
        self._part.unlink(missing_ok=True)
        create(self._part, b"\xff" * self._identity.flash_size)
        self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        saved: dict[str, Any] = {
            "mac": self._identity.mac,
            "size": self._identity.flash_size,
            "pieces": [[p.address, p.size, p.md5] for p in self.pieces],
        }
        new = self._checkpoint.with_suffix(".new")
        new.unlink(missing_ok=True)
        create(new, json.dumps(saved).encode())
        replace_patiently(new, self._checkpoint)

    def _check_room(self) -> None:
        wanted = self._identity.flash_size + 64 * 1024
        free = shutil.disk_usage(self._folder).free
        if not self._part.exists() and free < wanted:
            raise VaultNotWritable(
                f"The disk of {self._folder} has {free / MB:.1f} MB left, and the backup needs {wanted / MB:.1f} MB."
            )
