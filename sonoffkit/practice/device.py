"""A practice device in its folder: its flash and its state outlive every program that uses it."""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import re
import secrets
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import filelock
import platformdirs

from .chip import EN_RISE_SECONDS, Chip, ChipState, Running
from .factory import factory_image
from .faults import Faults
from .flash import NorFlash
from .line import FTDI_LATENCY, Line
from .models import MODELS, STARTERS, Model
from .tampering import Tampering

__all__ = ["LESSON", "DeviceInUse", "PracticeDevice", "known_devices", "practice_device", "practice_folder"]

# A maker's prefix of Espressif's, as on many Sonoffs; the rest is drawn for each device.
OUI = bytes.fromhex("5ccf7f")
LESSON = "lesson"  # devices of such names belong to one lesson, and nobody is offered them elsewhere
REPLACE_TRIES = 20
LOCK_WAIT_SECONDS = 2.0  # an action by hand waits so long for another program's to end


class DeviceInUse(Exception):
    """Another program, or another notebook, has this device's port open."""


def practice_folder() -> Path:
    """Where the practice devices live: ``$SONOFFKIT_HOME/practice``, or in the user's data folder."""
    home = os.environ.get("SONOFFKIT_HOME")
    return Path(home or platformdirs.user_data_dir("sonoffkit", appauthor=False)) / "practice"


def known_devices() -> list[str]:
    """The names of the practice devices: those that everybody is offered, and others that somebody made.

    Not those of a lesson, whose names begin so.
    """
    folder = practice_folder()
    made = {path.parent.name for path in folder.glob("*/device.json")} if folder.is_dir() else set()
    return [*STARTERS, *sorted(name for name in made - set(STARTERS) if not name.startswith(LESSON))]


_devices: dict[Path, PracticeDevice] = {}
_devices_lock = threading.Lock()


def practice_device(name: str = "basic", folder: Path | str | None = None, model: str | None = None) -> PracticeDevice:
    """The device of a name (or in a folder), made new if there is none; one object for each in a process.

    Raises ValueError for a name that no folder can have, for an unknown model,
    and where the folder holds a device of another model.
    """
    if folder is None:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]*", name):
            raise ValueError(f"{name!r} is no name for a practice device: use letters, digits, '-' and '_'")
        folder = practice_folder() / name
    path = Path(folder).expanduser().resolve()
    with _devices_lock:
        if path not in _devices:
            _devices[path] = PracticeDevice(path, model or (name if name in MODELS else None))
        device = _devices[path]
    if model and device.model.name != model:
        raise ValueError(f"the practice device in {path} is a {device.model.name}, not a {model}")
    return device


class PracticeDevice:
    """One device: the chip's flash and state in a folder, the hand that touches it, and its faults.

    ``attach`` opens its one port; while it is open nobody else can, in this
    process or another. The hand works at any time.
    """

    def __init__(self, folder: Path, model: str | None = None) -> None:
        self.folder = folder
        self._faults = Faults()
        self._tampering = Tampering(self._faults)
        self.condition = threading.Condition(threading.RLock())
        self._lock = filelock.FileLock(folder / "lock", thread_local=False)
        self._open: _OpenChip | None = None
        self._asleep: _OpenChip | None = None  # what the chip has in its RAM, while nobody has the port open
        self.line: Line | None = None
        self._watchers: list[weakref.WeakMethod[Callable[[], None]]] = []
        if not (folder / "device.json").exists():
            if model is None:
                raise ValueError(f"there is no practice device in {folder}; name a model to make one")
            _make(folder, _model(model))
        try:
            about = json.loads((folder / "device.json").read_text(encoding="utf-8"))
            self.model = _model(about["model"])
            self.mac = bytes.fromhex(about["mac"].replace(":", ""))
        except (KeyError, TypeError, AttributeError):
            raise ValueError(f"{folder / 'device.json'} describes no practice device") from None

    def __repr__(self) -> str:
        return f"<PracticeDevice {self.model.name} in {self.folder}>"

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def faults(self) -> Faults:
        """What is wrong with it. While the device is at work, set them as a whole or by ``set_fault``."""
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        with self.condition:
            self._faults.take(faults)
            self.condition.notify_all()

    def set_fault(self, words: list[str]) -> None:
        """Set or take back a fault by words, as ``["flash-id", "0xffffff"]``; ValueError if it is none."""
        with self.condition:
            self._faults.parse(words)
            self.condition.notify_all()  # who waits for bytes must look again

    def tell_changes(self, watcher: Callable[[], None]) -> None:
        """Call this method after each touch by hand, and when the port is closed, as long as its object lives."""
        new = weakref.WeakMethod(watcher)
        self._watchers = [*(each for each in self._watchers if each() and each != new), new]

    def _tell(self) -> None:
        for each in self._watchers:
            if watcher := each():
                watcher()

    # The port

    def attach(
        self, *, realtime: bool = False, latency: float = FTDI_LATENCY, en_rise: float = EN_RISE_SECONDS
    ) -> Line:
        """Open the device's port; raises DeviceInUse if it is open already."""
        with self.condition:
            if self._open:
                raise DeviceInUse(self.name)
            self._open = self._load(wait=0)
            self._open.chip.unplug_if_due(time.monotonic())
            self._open.chip.en_rise = en_rise
            self.line = Line(self._open.chip, realtime=realtime, latency=latency, tampering=self._tampering)
            return self.line

    def detach(self) -> None:
        """Close the port; the device keeps what it runs."""
        with self.condition:
            opened, self._open, self.line = self._open, None, None
            if opened:
                opened.chip.let_go(time.monotonic())
                self._unload(opened)
            self.condition.notify_all()
        self._tell()

    # The hand

    def hold_button(self) -> None:
        """Press the button (GPIO0 low); it counts when the power comes."""
        with self._touch() as chip:
            chip.press_button(True)

    def release_button(self) -> None:
        """Let the button go."""
        with self._touch() as chip:
            chip.press_button(False)

    def power_off(self) -> None:
        """Take the 3.3 V away."""
        with self._touch() as chip:
            chip.power(False, time.monotonic())
            if self.line:
                self.line.drop_all()

    def power_on(self) -> None:
        """Give it 3.3 V: with the button held it goes into download mode, else it starts its firmware."""
        with self._touch() as chip:
            chip.power(True, time.monotonic())

    def power_cycle(self) -> None:
        """Off, and on again."""
        self.power_off()
        self.power_on()

    def unplug(self) -> None:
        """Pull the adapter: the port vanishes, and the device's power with it."""
        with self._touch() as chip:
            chip.unplug(time.monotonic())

    def plug_in(self) -> None:
        """Put the adapter back: the port is there again, and the power comes."""
        with self._touch() as chip:
            chip.state.plugged_in = True
            chip.power(True, time.monotonic())

    def state(self) -> ChipState:
        """A copy of the pins, the power and what runs: now where its port is open here, else as last written down."""
        with self.condition:
            if self._asleep and self._asleep.chip.unplug_due is not None:
                with self._touch() as chip:
                    chip.unplug_if_due(time.monotonic())
            if self._open:
                if self.line:
                    self.line.settle()
                return ChipState.from_dict(self._open.chip.state.to_dict())
        return _read_state(self.folder)[0]

    def contents(self) -> bytes:
        """What the flash holds now."""
        return (self.folder / "flash.bin").read_bytes()

    @contextlib.contextmanager
    def _touch(self) -> Iterator[Chip]:
        with self.condition:
            if self._open:
                yield self._open.chip
                if self.line:
                    self.line.collect()  # it may have said something
            else:
                opened = self._load(wait=LOCK_WAIT_SECONDS)
                try:
                    yield opened.chip
                finally:
                    self._unload(opened)
            self.condition.notify_all()
        self._tell()

    def _load(self, wait: float) -> _OpenChip:
        try:
            self._lock.acquire(timeout=wait)
        except filelock.Timeout:
            raise DeviceInUse(self.name) from None
        try:
            asleep, self._asleep = self._asleep, None
            return asleep if asleep and asleep.wake() else _OpenChip(self)
        except BaseException:
            self._lock.release()
            raise

    def _unload(self, opened: _OpenChip) -> None:
        try:
            opened.close()
            self._asleep = opened
        finally:
            self._lock.release()


class _OpenChip:
    """The chip with its flash in memory, written through to the folder.

    Closed, it keeps what is in its RAM: a stub that waits in its read loop
    does so while nobody has the port open, as long as no other program had it.
    """

    def __init__(self, device: PracticeDevice) -> None:
        self._folder = device.folder
        state, opened = _read_state(device.folder)
        self._opened = opened + 1
        self._cells = self._map()
        self.chip = Chip(device.model, device.mac, NorFlash(self._cells), state, device.faults, self.save)
        self.save()

    def wake(self) -> bool:
        """Open it again; False where another program had the device meanwhile."""
        if _read_state(self._folder) != (self.chip.state, self._opened):
            return False
        self._opened += 1
        self._cells = self.chip.flash.cells.cells = self._map()
        self.save()
        return True

    def save(self) -> None:
        _write_state(self._folder, self.chip.state, self._opened)

    def close(self) -> None:
        self.chip.said()  # nobody listens any more
        try:
            self.save()
        finally:
            self._cells.flush()
            self._cells.close()

    def _map(self) -> mmap.mmap:
        with (self._folder / "flash.bin").open("r+b") as file:
            return mmap.mmap(file.fileno(), 0)


def _model(name: str | None) -> Model:
    if name not in MODELS:
        raise ValueError(f"there is no practice model {name!r}; there are: {', '.join(MODELS)}")
    return MODELS[name]


def _make(folder: Path, model: Model) -> None:
    """A device as it comes from the shop, but already in download mode: somebody held the button."""
    mac = OUI + secrets.token_bytes(3)
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / "lock"):
        if (folder / "device.json").exists():  # another program was faster
            return
        (folder / "flash.bin").write_bytes(factory_image(model, mac))
        _write_state(folder, ChipState(running=Running.ROM))
        about = {"model": model.name, "mac": mac.hex(":")}
        _write_whole(folder / "device.json", json.dumps(about, indent=1))


def _read_state(folder: Path) -> tuple[ChipState, int]:
    """What was written down, and how often the device has been opened by then."""
    saved = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    return ChipState.from_dict(saved), int(saved.get("opened", 0))


def _write_state(folder: Path, state: ChipState, opened: int = 0) -> None:
    _write_whole(folder / "state.json", json.dumps(state.to_dict() | {"opened": opened}, indent=1))


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader, or a crash, finds the old or the new one and nothing between."""
    part = path.with_suffix(".new")
    part.write_text(text, encoding="utf-8")
    for _ in range(REPLACE_TRIES):
        try:
            part.replace(path)
            return
        except PermissionError:  # Windows, while another program reads it
            time.sleep(0.05)
    part.replace(path)
