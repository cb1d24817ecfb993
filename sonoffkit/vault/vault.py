"""The folder in which backups are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ..errors import BackupDamaged, BackupNeeded, ForeignBackup, OutOfRange, VerifyFailed
from ..paths import vault_folder
from ..session import Identity
from ..transfer import Piece
from .backup import Backup, Manifest
from .draft import Draft
from .files import MB, UNREADABLE, create, md5_of, undone_by_failure, writing

__all__ = ["Vault"]


class Hashes(Protocol):
    """A device that can say who it is and hash its flash; ``session.Device`` is one."""

    @property
    def identity(self) -> Identity: ...
    def md5(self, address: int, size: int) -> str: ...


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
        return sorted(sound, key=lambda b: (b.manifest.moment, len(b.path.name), b.path.name), reverse=True)

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
        mine.sort(key=lambda b: b.is_blank)  # a copy of an erased flash proves little where there is another
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
        return Draft(self.folder, identity)

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
        md5 = device.md5(0, len(data))
        if md5 != md5_of(data):
            md5 = device.md5(0, len(data))  # its answer carries no checksum
        if md5 != md5_of(data):
            raise VerifyFailed(
                f"{Path(file).name} is not what this device holds now.",
                "If the device was changed since, that is to be expected, and the file cannot be verified any "
                "more: keep it, and make a new backup in notebook 2-backup. Nothing was changed.",
            )
        with self.begin(identity) as draft:
            draft.keep((Piece(0, len(data), md5), data))
            return draft.finish(md5, tools or {}, sticker)

    def copy(self, backup: Backup, folder: Path | str) -> Backup:
        """A copy of a backup elsewhere (a USB stick, say), checked after writing; raises BackupExists."""
        target = Path(folder).expanduser() / backup.path.name
        data = backup.read()
        with writing(target.parent):
            target.parent.mkdir(parents=True, exist_ok=True)
            create(target, data)
            with undone_by_failure(target):
                create(target.with_suffix(".json"), backup.manifest_path.read_bytes())
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
