"""The record: one learner's progress as it is handed in, without what names the device to strangers."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from ..vault import Vault
from .entries import LONGEST, Done, Known, clean, moment, now, read_as
from .journal import Journal, read_journal

__all__ = [
    "TAG",
    "BackupMade",
    "DeviceRecord",
    "FaultMet",
    "Looked",
    "NotARecord",
    "Record",
    "Written",
    "make_record",
    "read_record",
]

VERSION = 1
LARGEST = 1 << 20  # bytes; one of ours has some ten thousand
MOST = 50  # of anything in a list
TAG = '<script type="application/json" id="sonoffkit-record">'
_DATA = re.compile(re.escape(TAG) + r"(.*?)</script>", re.DOTALL)
_SHA256 = re.compile(r"[0-9a-f]{64}")


class NotARecord(ValueError):
    """A file that is no record, or not as it was saved; the text says which, as the end of a sentence."""


@dataclass(frozen=True)
class BackupMade:
    """A verified backup; ``blank`` is one of an erased flash."""

    sha256: str
    when: str
    blank: bool


@dataclass(frozen=True)
class Written:
    """A firmware that was written, or with ``restored`` a backup that was written back."""

    name: str
    sha256: str
    when: str
    restored: bool


@dataclass(frozen=True)
class Looked:
    """A dump that was looked at."""

    firmware: str
    when: str


@dataclass(frozen=True)
class FaultMet:
    """A fault, how often it was met, and when it was solved last; empty for not."""

    title: str
    times: int
    first: str
    solved: str


@dataclass(frozen=True)
class DeviceRecord:
    """One device and what was done with it. No MAC: the sticker tells which one it is."""

    sticker: str
    chip: str
    flash_size: int
    practice: bool
    hello: str
    erased: str
    backups: tuple[BackupMade, ...]
    written: tuple[Written, ...]

    @property
    def is_worked_on(self) -> bool:
        return bool(self.backups or self.written or self.erased)

    @property
    def original(self) -> BackupMade | None:
        """The first backup that is not blank: what the device held when it came."""
        return next((backup for backup in self.backups if not backup.blank), None)

    @property
    def size_text(self) -> str:
        return f"{self.flash_size / 0x100000:g} MB"


@dataclass(frozen=True)
class Record:
    """A learner's record. ``key`` is the same in all records of one learner; ``seal`` is a digest of all the rest."""

    key: str
    learner: str
    saved: str
    devices: tuple[DeviceRecord, ...]
    looked: tuple[Looked, ...]
    faults: tuple[FaultMet, ...]
    seal: str = ""

    LISTS: ClassVar[dict[str, type]] = {"devices": DeviceRecord, "looked": Looked, "faults": FaultMet}

    def sealed(self) -> Record:
        return replace(self, seal=self._digest())

    def is_whole(self) -> bool:
        return self.seal == self._digest()

    def _digest(self) -> str:
        rest = asdict(replace(self, seal=""))
        return hashlib.sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        return {"sonoffkit record": VERSION} | asdict(self)


def make_record(journal: Journal | None = None, vault: Vault | None = None) -> Record:
    """The record as of now: real devices first; practice Sonoffs that only said hello, as in a lesson, are left out."""
    journal = read_journal() if journal is None else journal
    devices = [_device(device, journal, vault or Vault()) for device in journal.devices[::-1]]
    devices = [one for one in devices if one.is_worked_on or not one.practice] or devices
    devices.sort(key=lambda one: (one.practice, not one.is_worked_on))
    looked = [Looked(done.facts.get("firmware", ""), done.last) for done in journal.done if done.what == "inspect"]
    return Record(
        key=journal.key,
        learner=journal.learner,
        saved=now(),
        devices=tuple(devices[:MOST]),
        looked=tuple(looked[::-1][:MOST]),
        faults=_faults(journal),
    ).sealed()


def _device(device: Known, journal: Journal, vault: Vault) -> DeviceRecord:
    hello, erased = journal.last("hello", mac=device.mac), journal.last("erase", mac=device.mac)
    return DeviceRecord(
        sticker=device.sticker,
        chip=device.chip,
        flash_size=device.flash_size,
        practice=device.practice,
        hello=hello.first if hello else "",
        erased=erased.last if erased else "",
        backups=_backups(device.mac, journal, vault),
        written=_written(device.mac, journal),
    )


def _backups(mac: str, journal: Journal, vault: Vault) -> tuple[BackupMade, ...]:
    """Those that were written down, and those that lie in the vault, the oldest first."""
    made = {
        done.facts.get("sha256", ""): BackupMade(done.facts.get("sha256", ""), done.first, "blank" in done.facts)
        for done in journal.done
        if done.what == "backup" and done.mac == mac and _has_digest(done)
    }
    for backup in reversed(vault.backups(mac)):
        if backup.manifest.verified and backup.manifest.is_whole():
            there = BackupMade(backup.manifest.sha256, backup.manifest.created, backup.is_blank)
            made.setdefault(there.sha256, there)
    return tuple(sorted(made.values(), key=lambda one: moment(one.when))[:MOST])


def _written(mac: str, journal: Journal) -> tuple[Written, ...]:
    found = [
        Written(done.facts.get("name", ""), done.facts.get("sha256", ""), done.last, done.what == "restore")
        for done in journal.done
        if done.what in ("flash", "restore") and done.mac == mac and _has_digest(done)
    ]
    return tuple(found[-MOST:])


def _has_digest(done: Done) -> bool:
    return bool(_SHA256.fullmatch(done.facts.get("sha256", "")))


def _faults(journal: Journal) -> tuple[FaultMet, ...]:
    """One for each title, whatever the port and the operation; solved is what was solved everywhere.

    Those that were hunted down on the practice bench stand among them, under words of their own.
    """
    together = []
    for title in dict.fromkeys(fault.title for fault in journal.faults):
        same = [fault for fault in journal.faults if fault.title == title]
        solved = "" if not all(one.solved for one in same) else max((one.solved for one in same), key=moment)
        first = min((one.first for one in same), key=moment)
        together.append(FaultMet(title, sum(one.times for one in same), first, solved))
    together += [_hunted(done) for done in journal.done if done.what == "hunt"]
    return tuple(sorted(together, key=lambda one: moment(one.first))[:MOST])


def _hunted(hunt: Done) -> FaultMet:
    title = clean(f"Hidden on the bench, and named: {hunt.facts.get('fault', '')}")
    return FaultMet(title, hunt.times, hunt.first, hunt.last)


def read_record(path: Path | str) -> Record:
    """A record out of a file that a learner handed in; raises NotARecord, or OSError."""
    path = Path(path)
    if path.stat().st_size > LARGEST:
        raise NotARecord("it is larger than any record")
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotARecord("it is no text in UTF-8") from None
    found = _DATA.search(text)
    if not found:
        raise NotARecord("there is a record in it, but it is cut off" if TAG in text else "there is no record in it")
    return _from_text(found[1])


def _from_text(text: str) -> Record:
    try:
        saved = json.loads(text)
        if not isinstance(saved, dict) or "sonoffkit record" not in saved:
            raise ValueError("it is no record")
        if saved.pop("sonoffkit record") != VERSION:
            raise NotARecord("it was saved by another version of sonoffkit")
        record = _record_of(saved)
    except NotARecord:
        raise
    except (ValueError, RecursionError) as exc:
        raise NotARecord(f"its data are damaged ({clean(str(exc))})") from exc
    if not record.is_whole():
        raise NotARecord("it was changed after it was saved")
    return record


def _record_of(saved: dict[str, Any]) -> Record:
    names = {"key", "learner", "saved", "seal", *Record.LISTS}
    if set(saved) != names:
        raise ValueError("its entries are not a record's")
    for name in ("key", "learner", "saved", "seal"):
        if not isinstance(saved[name], str) or clean(saved[name]) != saved[name]:
            raise ValueError(f"its {name} is no text of at most {LONGEST} characters")
    moment(saved["saved"])
    lists = {name: _list_of(saved[name], kind) for name, kind in Record.LISTS.items()}
    return Record(**(saved | lists))


def _list_of(saved: Any, kind: type) -> tuple[Any, ...]:
    if not isinstance(saved, list) or len(saved) > MOST:
        raise ValueError("a list in it is none, or too long")
    return tuple(_device_of(one) if kind is DeviceRecord else read_as(kind, one) for one in saved)


def _device_of(saved: Any) -> DeviceRecord:
    if not isinstance(saved, dict):
        raise ValueError("a device in it is none")
    backups, written = (
        _list_of(saved.get(name), kind) for name, kind in (("backups", BackupMade), ("written", Written))
    )
    device: DeviceRecord = read_as(DeviceRecord, saved | {"backups": (), "written": ()})
    for one in (*backups, *written):
        if not _SHA256.fullmatch(one.sha256):
            raise ValueError("a SHA-256 in it is none")
    return replace(device, backups=backups, written=written)
