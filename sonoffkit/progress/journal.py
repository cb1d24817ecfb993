"""The journal: a learner's progress in one file of the kit's home, replaced whole, never half."""

from __future__ import annotations

import contextlib
import json
import secrets
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from ..paths import home, one_at_a_time, replace_patiently
from ..vault.files import create, make_private_folder
from .entries import Done, Fault, Known, clean, now, read_as

__all__ = ["Journal", "change_journal", "damaged_journals", "journal_file", "nobody_writes", "read_journal"]

VERSION = 1
LARGEST = 4 << 20  # bytes; one of ours is far from that


@dataclass(frozen=True)
class Journal:
    """What one learner did on this machine.

    ``key`` is drawn by lot, so that two records of theirs are told as such.
    Each tuple is in the order of what was met or done last, for a clock may
    be set back.
    """

    key: str = ""
    learner: str = ""
    devices: tuple[Known, ...] = ()
    done: tuple[Done, ...] = ()
    faults: tuple[Fault, ...] = field(default=())

    def device_on(self, port: str) -> Known | None:
        """The device that answered last on a port."""
        port = clean(port)
        return next((device for device in reversed(self.devices) if device.port == port), None)

    def device(self, mac: str) -> Known | None:
        return next((device for device in self.devices if device.mac == mac), None)

    def last(self, *what: str, mac: str | None = None) -> Done | None:
        """The latest of those things; of one device, if a MAC is given."""
        return next((one for one in reversed(self.done) if one.what in what and mac in (None, one.mac)), None)

    def with_device(self, device: Known) -> Journal:
        """With a device as it is known now; a sticker that was told before stays."""
        before = self.device(device.mac)
        if before and not device.sticker:
            device = replace(device, sticker=before.sticker)
        return replace(self, devices=(*(one for one in self.devices if one.mac != device.mac), device))

    def with_done(self, what: str, mac: str = "", facts: dict[str, str] | None = None) -> Journal:
        """With a thing done now; the same thing done again is counted, so that the journal stays small."""
        when, facts = now(), {name: clean(value) for name, value in (facts or {}).items()}
        same = next((d for d in self.done if (d.what, d.mac, d.facts) == (what, mac, facts)), None)
        new = replace(same, last=when, times=same.times + 1) if same else Done(what, mac, when, when, 1, facts)
        return replace(self, done=(*(one for one in self.done if one is not same), new))

    def with_fault(self, title: str, port: str, operation: str) -> Journal:
        """With a fault met now."""
        when, about = now(), (clean(title), clean(port), operation)
        same = next((f for f in self.faults if (f.title, f.port, f.operation) == about), None)
        new = replace(same, last=when, times=same.times + 1, solved="") if same else Fault(*about, when, when)
        return replace(self, faults=(*(one for one in self.faults if one is not same), new))

    def with_success(self, port: str, operation: str) -> Journal:
        """With the faults solved that an operation's success solves."""
        when, port = now(), clean(port)
        solved = (
            replace(f, solved=when) if f.port in ("", port) and not f.solved and f.operation in ("", operation) else f
            for f in self.faults
        )
        return replace(self, faults=tuple(solved))

    def to_json(self) -> dict[str, Any]:
        return {"sonoffkit progress": VERSION} | asdict(self)

    @classmethod
    def from_json(cls, saved: Any) -> Journal:
        """Read one; raises ValueError if it is none."""
        if not isinstance(saved, dict) or saved.get("sonoffkit progress") != VERSION:
            raise ValueError("it is no progress of this version")
        lists = [saved.get(name) for name in ("devices", "done", "faults")]
        texts = [saved.get(name) for name in ("key", "learner")]
        if not all(isinstance(one, list) for one in lists) or not all(isinstance(one, str) for one in texts):
            raise ValueError("its entries are not of their kind")
        devices, done, faults = (
            tuple(read_as(kind, one) for one in saved[name])
            for name, kind in (("devices", Known), ("done", Done), ("faults", Fault))
        )
        return cls(clean(saved["key"]), clean(saved["learner"]), devices, done, faults)  # type: ignore[arg-type]


def journal_file() -> Path:
    return home() / "progress.json"


def read_journal() -> Journal:
    """What was done so far; empty where there is nothing, or nothing readable. Raises OSError where it is denied."""
    with contextlib.suppress(ValueError, RecursionError):
        return _read(journal_file())
    return Journal()


def change_journal(change: Callable[[Journal], Journal]) -> Journal:
    """Change the journal on disk, one writer at a time; raises OSError.

    One that cannot be read is kept beside it under another name, and a new
    one is begun.
    """
    path = journal_file()
    with nobody_writes():
        try:
            before = _read(path)
        except (ValueError, RecursionError):
            _put_aside(path)
            before = Journal()
        after = change(before)
        if not after.key:
            after = replace(after, key=secrets.token_hex(4))
        if after != before:
            _write(path, after)
    return after


@contextlib.contextmanager
def nobody_writes() -> Iterator[None]:
    """While this lasts, no notebook changes the journal; raises OSError where one does for too long."""
    path = journal_file()
    make_private_folder(path.parent)
    with one_at_a_time(path.with_suffix(".lock")):
        yield


def damaged_journals() -> list[Path]:
    """Those that could not be read and were kept."""
    return sorted(home().glob("progress-damaged-*.json"))


def _read(path: Path) -> Journal:
    try:
        if path.stat().st_size > LARGEST:
            raise ValueError("it is too large")
        return Journal.from_json(json.loads(path.read_bytes()))
    except FileNotFoundError:
        return Journal()


def _write(path: Path, journal: Journal) -> None:
    part = path.with_suffix(".new")
    part.unlink(missing_ok=True)  # of a kernel that was killed
    create(part, json.dumps(journal.to_json(), indent=1).encode())
    replace_patiently(part, path)


def _put_aside(path: Path) -> None:
    for n in range(1, 1000):
        aside = path.with_name(f"progress-damaged-{n}.json")
        if not aside.exists():
            return replace_patiently(path, aside)
    raise OSError(f"a thousand damaged files lie in {path.parent}")
