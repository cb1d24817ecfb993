"""Backups on disk: written beside a ``.part``, verified, sealed with a manifest, never overwritten.

A backup is two files of one name: the flash's bytes (``.bin``) and what is
known about them (``.json``, the manifest). While one is being made there is a
``.part`` with a ``.checkpoint``, from which the next try goes on.
"""

from __future__ import annotations

import contextlib
import datetime
import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Protocol

from .errors import (
    BackupDamaged,
    BackupExists,
    BackupNeeded,
    ForeignBackup,
    OutOfRange,
    VaultNotWritable,
    VerifyFailed,
)
from .paths import vault_folder
from .session import Identity
from .transfer import Piece, pieces_of

__all__ = ["Backup", "Draft", "Manifest", "Vault"]

MB = 0x100000
KINDS = {"size": int, "verified": bool, "tools": dict}  # a manifest's entries that are no texts
# What unreadable JSON raises; the last for one that is nested beyond reason.
UNREADABLE = (OSError, ValueError, RecursionError)


class Hashes(Protocol):
    """A device that can say who it is and hash its flash; ``session.Device`` is one."""

    @property
    def identity(self) -> Identity: ...
    def md5(self, address: int, size: int) -> str: ...


@dataclass(frozen=True)
class Manifest:
    """What is known about a backup.

    ``verified``: at ``created`` (ISO 8601, local time with offset) the device's
    own MD5 of its whole flash was ``md5``. ``sticker`` is the number a learner
    put on the device. ``seal`` is a digest of all the rest.
    """

    mac: str
    chip: str
    flash_id: str
    size: int
    md5: str
    sha256: str
    verified: bool
    created: str
    sticker: str
    tools: Mapping[str, str]
    seal: str = ""

    def sealed(self) -> Manifest:
        return replace(self, seal=self._digest())

    def is_whole(self) -> bool:
        """Whether nothing was changed since it was sealed."""
        return self.seal == self._digest()

    def _digest(self) -> str:
        rest = asdict(replace(self, seal=""))
        return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read a manifest; ValueError if it is none."""
        saved = json.loads(text)
        if not isinstance(saved, dict) or set(saved) != {field.name for field in fields(cls)}:
            raise ValueError("its entries are not a manifest's")
        for name, value in saved.items():
            if type(value) is not KINDS.get(name, str):
                raise ValueError(f"its entry {name!r} is not of its kind")
        return cls(**saved)


@dataclass(frozen=True)
class Backup:
    """A backup in a vault: the file and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def manifest_path(self) -> Path:
        return self.path.with_suffix(".json")

    def read(self) -> bytes:
        """The bytes, after checking that they are what was saved; raises BackupDamaged."""
        try:
            data = self.path.read_bytes()
        except OSError as exc:
            raise BackupDamaged(f"The backup {self.path.name} cannot be read. ({exc.strerror})") from exc
        same = hashlib.sha256(data).hexdigest() == self.manifest.sha256
        if len(data) != self.manifest.size or not same:
            raise BackupDamaged(f"The backup {self.path.name} was changed after it was saved.")
        if not self.manifest.is_whole():
            raise BackupDamaged(f"The manifest {self.manifest_path.name} was changed after it was saved.")
        return data

    def check_proves(self, identity: Identity) -> None:
        """Raise unless this is a whole, verified, full-size backup of that device."""
        self.check_belongs_to(identity)
        if not self.manifest.verified:
            raise BackupNeeded(f"The backup {self.path.name} was never verified against its device.")
        self.read()

    def check_belongs_to(self, identity: Identity) -> None:
        """Raise ForeignBackup unless MAC and flash size are that device's."""
        if self.manifest.mac != identity.mac:
            raise ForeignBackup(
                f"The backup {self.path.name} is of the device {self.manifest.mac}, and this is {identity.mac}."
            )
        self.check_size(identity)

    def check_size(self, identity: Identity) -> None:
        """Raise ForeignBackup unless it is as large as that device's flash."""
        if self.manifest.size != identity.flash_size:
            raise ForeignBackup(
                f"The backup {self.path.name} holds {self.manifest.size / MB:g} MB, "
                f"and this flash has {identity.size_text}."
            )


class Vault:
    """A folder of backups."""

    def __init__(self, folder: Path | str | None = None) -> None:
        self.folder = Path(folder).expanduser() if folder else vault_folder()

    def __repr__(self) -> str:
        return f"<Vault {self.folder}>"

    def backups(self, mac: str | None = None) -> list[Backup]:
        """The backups with a readable manifest, newest first; of one device, if a MAC is given."""
        found = [self._load(path) for path in self.folder.glob("*.json")]
        sound = [b for b in found if isinstance(b, Backup) and mac in (None, b.manifest.mac)]
        return sorted(sound, key=lambda b: (b.manifest.created, b.path.name), reverse=True)

    def problems(self) -> list[str]:
        """What lies in the folder and is no whole backup, a sentence each."""
        texts = [text for path in self.folder.glob("*.json") if (text := self._problem(path))]
        lonely = [
            f"{path.name} has no manifest; if it is yours, take it in with adopt()."
            for path in self.folder.glob("*.bin")
            if not path.with_suffix(".json").exists()
        ]
        return sorted(texts + lonely)

    def proof_for(self, identity: Identity) -> Backup:
        """The newest verified backup of that device; raises BackupNeeded, or BackupDamaged if only such are there."""
        mine = [b for b in self.backups(identity.mac) if b.manifest.verified]
        damaged: BackupDamaged | None = None
        for backup in mine:
            try:
                backup.check_proves(identity)
            except BackupDamaged as error:
                damaged = error
            except ForeignBackup:
                continue
            else:
                return backup
        if damaged:
            raise damaged
        raise BackupNeeded(f"There is no verified backup of the device {identity.mac} in {self.folder}.")

    def begin(self, identity: Identity) -> Draft:
        """Begin a backup of that device, or go on with the one that was cut off."""
        return Draft(self, identity)

    def adopt(
        self, file: Path | str, device: Hashes, tools: Mapping[str, str] | None = None, sticker: str = ""
    ) -> Backup:
        """Take in a file that was made with plain esptool: it is called verified, for its MD5 equals the device's.

        Raises OutOfRange if it is not as large as the flash, VerifyFailed if
        it differs from what the device holds. The file itself stays as it is.
        """
        try:
            data = Path(file).read_bytes()
        except OSError as exc:
            raise BackupDamaged(
                f"The file {file} cannot be read. ({exc.strerror})", "Check its name. Nothing was changed."
            ) from exc
        identity = device.identity
        if len(data) != identity.flash_size:
            raise OutOfRange(
                f"{Path(file).name} holds {len(data) / MB:g} MB, and this flash has {identity.size_text}.",
                "It is not a whole backup of this device. Make one: notebook 2-backup.",
            )
        if device.md5(0, len(data)) != _md5(data):
            raise VerifyFailed(
                f"{Path(file).name} is not what this device holds now.",
                "If the device was changed since, that is to be expected, and the file cannot be verified any "
                "more: keep it, and make a new backup in notebook 2-backup. Nothing was changed.",
            )
        draft = self.begin(identity)
        draft.keep(Piece(0, len(data), _md5(data)), data)
        return draft.finish(tools or {}, sticker)

    def copy(self, backup: Backup, folder: Path | str) -> Backup:
        """A copy of a backup elsewhere (a USB stick, say), checked after writing; raises BackupExists."""
        target = Path(folder).expanduser() / backup.path.name
        data = backup.read()
        with _writing(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            _create(target, data)
            with _undone_by_failure(target):
                _create(target.with_suffix(".json"), backup.manifest_path.read_bytes())
        copied = Backup(target, backup.manifest)
        copied.read()
        return copied

    def _problem(self, path: Path) -> str:
        backup = self._load(path)
        if isinstance(backup, str):
            return backup
        if not backup.path.exists():
            return f"{backup.path.name} is missing; its manifest is still there."
        return "" if backup.manifest.is_whole() else f"{path.name} was changed after it was saved."

    def _load(self, path: Path) -> Backup | str:
        try:
            manifest = Manifest.from_json(path.read_text(encoding="utf-8"))
        except UNREADABLE as exc:
            return f"{path.name} is no readable manifest. ({exc})"
        return Backup(path.with_suffix(".bin"), manifest)


class Draft:
    """A backup in the making: a ``.part`` as large as the flash, and which pieces of it are good.

    Each piece is on disk before the checkpoint names it, so that a power cut
    leaves a checkpoint that tells the truth.
    """

    def __init__(self, vault: Vault, identity: Identity) -> None:
        self._vault, self._identity = vault, identity
        stem = f"{identity.mac.replace(':', '')}_{_size_name(identity.flash_size)}"
        self._part = vault.folder / f"{stem}.part"
        self._checkpoint = vault.folder / f"{stem}.checkpoint"
        with _writing(vault.folder):
            _make_private_folder(vault.folder)
            self._check_room()
            self._let_go_of_published()
            self.pieces = self._good_pieces()
            if not self.pieces:
                self._start()

    def keep(self, piece: Piece, data: bytes) -> None:
        """Put a piece's bytes on disk."""
        with _writing(self._vault.folder):
            with self._part.open("r+b") as file:
                file.seek(piece.address)
                file.write(data)
                _to_disk(file)
            self.pieces = sorted(
                [p for p in self.pieces if p.address != piece.address] + [piece], key=lambda p: p.address
            )
            self._save_checkpoint()

    def drop(self, pieces: list[Piece]) -> None:
        """Forget pieces that turned out wrong."""
        with _writing(self._vault.folder):
            self.pieces = [p for p in self.pieces if p not in pieces]
            self._save_checkpoint()

    def data(self) -> bytes:
        """All bytes as they are on disk."""
        return self._part.read_bytes()

    def finish(self, tools: Mapping[str, str], sticker: str = "") -> Backup:
        """Seal it, now that the device's MD5 equals that of the bytes on disk."""
        now = datetime.datetime.now().astimezone().replace(microsecond=0)
        with _writing(self._vault.folder):
            manifest = self._manifest(self.data(), now, tools, sticker)
            path = self._publish(f"{now:%Y-%m-%d_%H%M%S}_{self._identity.mac.replace(':', '')}")
            backup = Backup(path, manifest)
            with _undone_by_failure(path):  # the bytes are still in the part
                _create(backup.manifest_path, json.dumps(asdict(manifest), indent=1).encode())
            self._part.unlink()
            self._checkpoint.unlink()
        return backup

    def _manifest(self, data: bytes, now: datetime.datetime, tools: Mapping[str, str], sticker: str) -> Manifest:
        return Manifest(
            mac=self._identity.mac,
            chip=self._identity.chip,
            flash_id=f"{self._identity.flash_id:06x}",
            size=len(data),
            md5=_md5(data),
            sha256=hashlib.sha256(data).hexdigest(),
            verified=True,
            created=now.isoformat(),
            sticker=sticker,
            tools=dict(tools),
        ).sealed()

    def _publish(self, stem: str) -> Path:
        size = _size_name(self._identity.flash_size)
        for n in range(1, 1000):
            target = self._vault.folder / f"{stem}_{size}{f'-{n}' if n > 1 else ''}.bin"
            with contextlib.suppress(FileExistsError, BackupExists):
                if target.with_suffix(".json").exists():
                    continue
                _publish_as(self._part, target)
                return target
        raise BackupExists(f"There are a thousand backups named {stem} already.")

    def _let_go_of_published(self) -> None:
        """A power cut at the end leaves the finished file under two names: what follows must not write into it."""
        if self._part.exists() and self._part.stat().st_nlink > 1:
            data = self._part.read_bytes()
            self._part.unlink()
            _create(self._part, data)

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
        held = {p for p in pieces if (p.address, p.size) in cut and _md5(data[p.address : p.address + p.size]) == p.md5}
        return sorted(held, key=lambda p: p.address)

    def _start(self) -> None:
        self._part.unlink(missing_ok=True)
        _create(self._part, b"\xff" * self._identity.flash_size)
        self._save_checkpoint()

    def _save_checkpoint(self) -> None:
        saved: dict[str, Any] = {
            "mac": self._identity.mac,
            "size": self._identity.flash_size,
            "pieces": [[p.address, p.size, p.md5] for p in self.pieces],
        }
        new = self._checkpoint.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            json.dump(saved, file)
            _to_disk(file)
        new.replace(self._checkpoint)

    def _check_room(self) -> None:
        wanted = self._identity.flash_size + 64 * 1024
        free = shutil.disk_usage(self._vault.folder).free
        if not self._part.exists() and free < wanted:
            raise VaultNotWritable(
                f"The disk of {self._vault.folder} has {free / MB:.1f} MB left, and the backup needs "
                f"{wanted / MB:.1f} MB."
            )


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def _size_name(size: int) -> str:
    return f"{size // MB}MB" if size % MB == 0 else f"{size // 1024}KB"


def _make_private_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def _create(path: Path, data: bytes) -> None:
    """Write a new file, for its owner only where the system has such a thing; raises BackupExists."""
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    except FileExistsError:
        raise BackupExists(f"There is a file {path} already.") from None
    with _undone_by_failure(path), os.fdopen(number, "wb") as file:
        file.write(data)
        _to_disk(file)


@contextlib.contextmanager
def _undone_by_failure(path: Path) -> Iterator[None]:
    """Take a file away again if what follows fails: half of something must not look like the whole."""
    try:
        yield
    except (OSError, BackupExists):
        path.unlink(missing_ok=True)
        raise


def _publish_as(part: Path, target: Path) -> None:
    """Give the finished part its name. Not by a rename, which would overwrite a file on POSIX."""
    try:
        os.link(part, target)
    except FileExistsError:
        raise
    except OSError:  # a file system without links (a USB stick's): copy
        _create(target, part.read_bytes())


def _to_disk(file: Any) -> None:
    file.flush()
    os.fsync(file.fileno())


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as exc:
        why = "The disk is full" if exc.errno == errno.ENOSPC else exc.strerror or str(exc)
        raise VaultNotWritable(f"The backup cannot be written to {folder}. ({why})") from exc
