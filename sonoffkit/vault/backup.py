"""A backup: the flash's bytes in one file, and what is known about them in another."""

from __future__ import annotations

import datetime
import functools
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from ..errors import BackupDamaged, BackupNeeded, ForeignBackup
from ..session import Identity
from .files import MB, md5_of

__all__ = ["Backup", "Manifest"]

LARGEST_FLASH = 16 * MB
KINDS = {"size": int, "verified": bool, "tools": dict}  # a manifest's entries that are no texts


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

    @property
    def size_text(self) -> str:
        return f"{self.size / MB:g} MB"

    @property
    def moment(self) -> float:
        """When it was made, in seconds since 1970: texts of different time zones cannot be compared."""
        return datetime.datetime.fromisoformat(self.created).timestamp()

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
        manifest = cls(**saved)
        try:
            _ = manifest.moment
        except (OverflowError, OSError) as exc:
            raise ValueError(f"its time {manifest.created!r} cannot be") from exc
        return manifest


@dataclass(frozen=True)
class Backup:
    """A backup in a vault: the file and its manifest."""

    path: Path
    manifest: Manifest

    @property
    def manifest_path(self) -> Path:
        return self.path.with_suffix(".json")

    @property
    def md5(self) -> str:
        """Of the whole flash, as its manifest says."""
        return self.manifest.md5

    @property
    def is_blank(self) -> bool:
        """Whether it holds an erased flash, every byte FF."""
        return self.manifest.md5 == _blank_md5(self.manifest.size)

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

    def part(self, address: int, size: int) -> bytes:
        """Some of its bytes as they are on disk now, unchecked; empty where they cannot be read."""
        try:
            with self.path.open("rb") as file:
                file.seek(address)
                return file.read(size)
        except OSError:
            return b""

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
                f"The backup {self.path.name} holds {self.manifest.size_text}, and this flash has {identity.size_text}."
            )


@functools.cache
def _blank_md5(size: int) -> str:
    return md5_of(b"\xff" * size) if 0 < size <= LARGEST_FLASH else ""
