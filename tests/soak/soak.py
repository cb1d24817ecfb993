"""Backups, restores and flashes under seeded random faults: nothing may get lost, untyped, stuck or left open.

Run by hand: python tests/soak/soak.py [--operations 10000] [--seed 1] [--jobs 2]
One operation again, and told: python tests/soak/soak.py --seed 1 --only 123

An operation is set up from ``Random(f"{seed} {number}")`` alone: device, its
contents, the vault, what is done and what goes wrong. It is tried once or
twice with a fault, then once without. After each try is checked that

(a) every file called a backup equals the flash at that time, and older ones are as they were,
(b) every failure was an error of ours, with a hint,
(c) the try without a fault succeeds, and does what it says,
(d) no port, file, thread or lock is left.

The line is the in-process one in a hurry. Late bytes and ``unplug_at`` go by
the clock: these may differ a little when they are run again.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import hashlib
import json
import math
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from sonoffkit import operations, paths
from sonoffkit.errors import SonoffkitError
from sonoffkit.firmware import Image
from sonoffkit.operations import Waiver
from sonoffkit.practice import Faults, PracticeDevice, lesson_images, practice_device
from sonoffkit.practice.chip import ChipState, Running
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.faults import Wires
from sonoffkit.practice.images import Segment, boot_image
from sonoffkit.practice.port import PracticeSerial
from sonoffkit.practice.tampering import Tampering, Way
from sonoffkit.session import Cancel, Device, Progress, connect
from sonoffkit.vault import Backup, Vault

try:
    import resource
except ImportError:  # Windows: the disk is full in the other ways only
    resource = None

SECTOR = 0x1000
MB = 0x100000
SAFE_BAUD = 115200
HUNG_SECONDS = 180
NAP_SECONDS = 0.001
# Of 10,000 operations; fewer, in proportion.
LEAST_OF_A_KIND, LEAST_RESUMES = 20 / 10_000, 50 / 10_000

MODELS = {"basic": 40, "mini": 22, "s20": 22, "pow-r2": 12, "nodemcu": 4}
# A fault's share of the tries. The slow ones (noise, which never gives silence, and late bytes) are rarer.
KINDS = {
    "none": 13, "drop_to_host": 6, "drop_to_chip": 6, "flip_to_host": 6, "flip_to_chip": 6, "duplicate_to_host": 6,
    "duplicate_to_chip": 6, "delay_to_host": 2, "delay_to_chip": 2, "flip_after": 7, "unplug_after": 7, "unplug_at": 6,
    "sag_after": 5, "power_cut": 7, "wires": 6, "noise_00": 1, "noise_ff": 1, "cancel": 7, "killed": 8,
    "disk_full": 7, "top_speed": 3, "frail_above": 4,
}  # fmt: skip
FAULTS = [kind for kind in KINDS if kind != "none"]


class Killed(BaseException):
    """The program dies here: nobody tidies up."""


class Hung(BaseException):
    """A try did not end."""


# What goes wrong


@dataclass
class Fault:
    """One thing that goes wrong in a try.

    ``settings`` are those of the practice device, from before the connecting
    on if ``early``; ``at`` is the share of the operation's bytes after which
    ``stroke`` happens, and ``lasts`` how many writes of the host it lasts.
    """

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    early: bool = False
    at: float = 0.0
    stroke: str = ""
    lasts: float = math.inf
    disk: FullDisk | None = None
    struck: bool = False


class Watch(Tampering):
    """The device's tampering, which also tells whether there was any, and ends what does not last."""

    def __init__(self, device: PracticeDevice) -> None:
        super().__init__(device.faults)
        self._device = device
        self.hits = 0
        self.too_fast = False
        self.bauds: set[int] = set()
        self.ends_in = math.inf  # writes of the host until wires and noise are as they were

    def on(self, data: bytes, way: Way, baud: int = 0) -> list[tuple[float, bytes]]:
        pieces = super().on(data, way, baud)
        self.hits += bool(data) and pieces != [(0.0, data)]
        line, faults = self._device.line, self._device.faults
        if line is not None:
            self.bauds.add(line.baud)
            self.too_fast |= faults.top_speed is not None and line.baud > faults.top_speed
        if way == "to_chip":
            self.ends_in -= 1
            if self.ends_in <= 0:
                faults.wires, faults.noise = Wires.GOOD, None
        return pieces


class FullDisk:
    """From one write to another the disk takes nothing: creating and syncing fail, or files may not grow beyond a size.

    The device's own folder is on another disk.
    """

    def __init__(self, first: int, last: float, limit: int | None) -> None:
        self._first, self._last, self.limit = first, last, limit
        self._calls = 0
        self.struck = False

    @contextlib.contextmanager
    def inserted(self) -> Iterator[None]:
        sync, create = os.fsync, os.open

        def full_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & os.O_CREAT and Path(os.fspath(path)).name != "lock":
                self._spend()
            return create(path, flags, *args, **kwargs)

        def full_sync(number: int) -> None:
            self._spend()
            sync(number)

        if self.limit is not None and resource is not None:
            with _file_limit(self.limit):
                yield
        else:
            with mock.patch("os.fsync", full_sync), mock.patch("os.open", full_open):
                yield

    def _spend(self) -> None:
        self._calls += 1
        if self._first <= self._calls < self._last:
            self.struck = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@contextlib.contextmanager
def _file_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def draw_fault(rng: random.Random, action: Action, *, none: bool) -> Fault:
    """A fault that can strike in this operation."""
    kinds = {kind: share for kind, share in KINDS.items() if _can_strike(kind, action) and (none or kind != "none")}
    fault = Fault(rng.choices(list(kinds), list(kinds.values()))[0], early=rng.random() < 0.25, at=rng.random())
    _drawn(fault.kind)(fault, rng, action)
    return fault


def _can_strike(kind: str, action: Action) -> bool:
    if kind == "disk_full":
        return action.name == "back_up"
    if kind == "sag_after":
        return action.name in ("restore", "flash")
    if kind in ("top_speed", "frail_above"):
        return action.baud != SAFE_BAUD
    strokes = ("power_cut", "wires", "noise_00", "noise_ff", "cancel", "killed")
    return action.name != "erase" or kind not in strokes  # an erase has no middle


def _drawn(kind: str) -> Callable[[Fault, random.Random, Action], None]:
    if kind.endswith(("to_host", "to_chip")):
        return _draw_rate
    return {
        "none": lambda fault, rng, action: None,
        "flip_after": _draw_count, "unplug_after": _draw_count, "sag_after": _draw_sag, "unplug_at": _draw_moment,
        "power_cut": _draw_power_cut, "wires": _draw_wires, "noise_00": _draw_noise, "noise_ff": _draw_noise,
        "cancel": _draw_stroke, "killed": _draw_stroke, "disk_full": _draw_disk, "top_speed": _draw_speed,
        "frail_above": _draw_speed,
    }[kind]  # fmt: skip


def _draw_rate(fault: Fault, rng: random.Random, action: Action) -> None:
    """One byte in so many: from hopeless to about one in the whole operation. Late ones are few, as each takes time."""
    size = action.to_host if fault.kind.endswith("to_host") else action.to_chip
    one_in = math.exp(rng.uniform(math.log(300), math.log(min(200_000, max(1000, size)))))
    if fault.kind.startswith("delay"):
        one_in = max(300, size / rng.uniform(1, 6))
    fault.settings = {fault.kind: int(one_in), "seed": rng.randrange(1 << 30)}


def _draw_count(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {fault.kind: rng.randrange(action.to_host)}


def _draw_sag(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {"sag_after": rng.randrange(max(1, action.size))}


def _draw_moment(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {"unplug_at": rng.uniform(0, 0.2 if fault.early else 0.08)}


def _draw_speed(fault: Fault, rng: random.Random, action: Action) -> None:
    slower = [speed for speed in (120_000, 230_400, 300_000) if speed < (action.baud or 460_800)]
    fault.early, fault.settings = True, {fault.kind: rng.choice(slower)}


def _draw_stroke(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = fault.kind


def _draw_power_cut(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = rng.choice(["off", "off and on", "off and on with the button held"])


def _draw_wires(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = str(rng.choice([Wires.SWAPPED, Wires.TX_OPEN, Wires.RX_OPEN]))
    fault.lasts = rng.choice([1, 2, rng.randrange(3, 60), math.inf])


def _draw_noise(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = fault.kind.removeprefix("noise_")
    fault.lasts = rng.choice([1, 2, rng.randrange(3, 9), math.inf])


def _draw_disk(fault: Fault, rng: random.Random, action: Action) -> None:
    first = rng.randrange(1, 40)
    lasts = rng.choice([1, 2, math.inf])
    fault.disk = FullDisk(first, first + lasts, rng.choice([None, None, rng.randrange(0x8000, MB)]))


# What is done


@dataclass(frozen=True)
class Action:
    """An operation, and about how many bytes it moves; ``size`` are those that it programs, ``kept`` those it need not.

    ``wrong`` says what is not as it should be afterwards.
    """

    name: str
    run: Callable[[Device, Progress, Cancel], Any]
    wrong: Callable[[Any], str]
    baud: int | None
    to_host: int
    to_chip: int
    size: int = 0
    kept: int = 0
    says: str = ""


def draw_action(rng: random.Random, world: World) -> Action:
    name = rng.choices(["back_up", "restore", "flash", "erase"], [52, 20, 22, 6])[0]
    baud = rng.choices([None, SAFE_BAUD, 230_400, 460_800, 921_600], [40, 20, 10, 20, 10])[0]
    return ACTIONS[name](rng, world, baud)


def _back_up(rng: random.Random, world: World, baud: int | None) -> Action:
    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.BackUpResult:
        return operations.back_up(device, world.vault, progress=progress, cancel=cancel)

    def wrong(result: operations.BackUpResult) -> str:
        left = [path.name for path in world.vault.folder.iterdir() if path.suffix not in (".bin", ".json", ".lock")]
        if left:
            return f"after a backup there is still {', '.join(left)}"
        right = result.backup.read() == world.device.contents()
        return "" if right and result.backup in world.vault.backups() else "the backup is not what is in flash"

    unknown = world.unknown_bytes()
    return Action("back_up", run, wrong, baud, 6000 + unknown, 4000 + unknown // 300)


def _restore(rng: random.Random, world: World, baud: int | None) -> Action:
    backup = rng.choice(world.vault.backups())
    data = backup.read()

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.RestoreResult:
        return operations.restore(device, backup, progress=progress, cancel=cancel)

    def wrong(result: operations.RestoreResult) -> str:
        return "" if world.device.contents() == data else "what is in flash is not the backup"

    return Action("restore", run, wrong, baud, 6000, *world.work_for(0, data), says=backup.path.name)


def _flash(rng: random.Random, world: World, baud: int | None) -> Action:
    image = rng.choice(images())
    address = rng.choice([0, 0, 0, SECTOR * rng.randrange(0, 16)])
    proof = rng.choice([world.vault.backups()[0], Waiver.ORIGINAL_IS_LOST])
    end = address + -(-len(image.data) // SECTOR) * SECTOR

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.FlashResult:
        return operations.flash(device, image, proof, address=address, progress=progress, cancel=cancel)

    def wrong(result: operations.FlashResult) -> str:
        now, before = world.device.contents(), world.contents
        written = now[address : address + -(-len(image.data) // 4) * 4]
        if hashlib.md5(written).hexdigest() != result.md5 or written[4 : len(image.data)] != image.data[4:]:
            return "what is in flash is not the image"
        same = now[:address] == before[:address] and now[end:] == before[end:]
        return "" if same or world.may_write_anywhere else "flashing changed what lies beside the image"

    about = f"{image.name} at {address:#x}, {'a backup' if isinstance(proof, Backup) else 'a waiver'} as proof"
    return Action("flash", run, wrong, baud, 3000, *world.work_for(address, image.data), says=about)


def _erase(rng: random.Random, world: World, baud: int | None) -> Action:
    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.EraseResult:
        return operations.erase(device, world.vault.backups()[0], progress=progress, cancel=cancel)

    def wrong(result: operations.EraseResult) -> str:
        return "" if world.device.contents().strip(b"\xff") == b"" else "it is not blank"

    return Action("erase", run, wrong, baud, 1000, 1000)


ACTIONS: dict[str, Callable[[random.Random, World, int | None], Action]] = {
    "back_up": _back_up, "restore": _restore, "flash": _flash, "erase": _erase,
}  # fmt: skip


@functools.cache
def images() -> list[Image]:
    """Two small ones, one that is large, and one that is large and does not compress."""
    rng = random.Random("images")
    text = b"".join(rng.choice([b"relay ", b"switch ", b"led ", rng.randbytes(4)]) for _ in range(120_000))
    large = {"large.bin": text[:500_000], "dense.bin": rng.randbytes(300_003)}
    made = {name: boot_image([Segment(0x40201010, data)], mode=0, flash_size=MB) for name, data in large.items()}
    return [Image(name, data, hashlib.sha256(data).hexdigest()) for name, data in (lesson_images() | made).items()]


# What it is done to


class World:
    """One device of a model, its vault, and what is known about both."""

    def __init__(self, home: Path, model: str) -> None:
        folder = home / model
        folder.mkdir(parents=True)
        mac = "5c:cf:7f:" + hashlib.sha256(model.encode()).digest()[:3].hex(":")  # the same in each process
        (folder / "device.json").write_text(json.dumps({"model": model, "mac": mac}))
        (folder / "flash.bin").write_bytes(b"")
        self._write_state(folder, ChipState(running=Running.ROM))
        self.device = practice_device(model, folder)
        self.watch = Watch(self.device)
        self.url = f"practice://{model}?home={folder.as_posix()}&hurry=1&en_rise=0"
        self.vault = Vault(home / f"{model}-vault")
        self.size = self.device.model.flash_size
        self._factory = factory_image(self.device.model, self.device.mac)
        self._other = factory_image(self.device.model, bytes(6))  # the same code, other settings and keys
        self._other = _with(self._other, {at: b"%d " % at for at in range(0, self.size // 2, 2 * SECTOR)})
        self._known = {b"\xff" * SECTOR}
        self.contents = self._factory  # before the operation, but for what was edited since
        self._pool = self._make_pool(home / f"{model}-pool")
        self.sound: dict[str, bytes] = {}  # what each file called a backup must hold: its digest
        self.may_write_anywhere = False  # a line that breaks commands can have the device write where nobody wants

    def set_up(self, rng: random.Random) -> None:
        """All that an operation may depend on, from its own chances."""
        (paths.home() / "settings.json").unlink(missing_ok=True)
        shutil.rmtree(self.vault.folder, ignore_errors=True)
        shutil.copytree(self._pool, self.vault.folder)
        self.sound = {path.name: _digest(path) for path in self.vault.folder.glob("*.bin")}
        self.may_write_anywhere = False
        self.contents = _with(self._content(rng), _draw_edits(rng, self.size, rng.randrange(4)))
        self._put(self.contents)
        self.device.faults.heal()
        self.device._asleep = None  # what the last one left in the chip's RAM
        stub = {"running": Running.STUB, "baud": SAFE_BAUD}
        states = [ChipState(**stub), ChipState(**stub, stub_generation=1), ChipState(running=Running.ROM)]
        self._write_state(self.device.folder, rng.choices(states, [75, 10, 15])[0])
        self.fresh_watch()

    def fresh_watch(self) -> None:
        self.watch = self.device._tampering = Watch(self.device)

    def edit(self, rng: random.Random) -> None:
        """Somebody changes settings on the device between two tries."""
        edits = _draw_edits(rng, self.size, 2)
        self.contents = _with(self.contents, edits)
        self._put(_with(self.device.contents(), edits))

    def unknown_bytes(self) -> int:
        """How much of the flash is neither blank nor in an earlier backup."""
        return SECTOR * sum(sector not in self._known for sector in _sectors(self.contents))

    def work_for(self, address: int, data: bytes) -> tuple[int, int, int]:
        """Of writing this: about how many bytes it sends and programs, and how many are there already."""
        there = _sectors(self.contents[address : address + len(data)])
        new = [sector for sector, old in zip(_sectors(data), there, strict=True) if sector != old]
        size = sum(map(len, new))
        return 1000 + len(zlib.compress(b"".join(new), 1)), size, len(data) - size

    def _content(self, rng: random.Random) -> bytes:
        kind = rng.choices(["factory", "other firmware", "dense", "sparse"], [15, 40, 20, 25])[0]
        if kind == "factory":
            return self._factory
        if kind == "other firmware":
            return self._other
        if kind == "dense":
            return rng.randbytes(self.size)
        return _with(b"\xff" * self.size, _draw_edits(rng, self.size, rng.randrange(20)))

    def _put(self, contents: bytes) -> None:
        (self.device.folder / "flash.bin").write_bytes(contents)

    def _write_state(self, folder: Path, state: ChipState) -> None:
        (folder / "state.json").write_text(json.dumps(state.to_dict()))

    def _make_pool(self, folder: Path) -> Path:
        """Two earlier backups of this device."""
        file, half = folder.with_suffix(".bin"), self.size // 2
        sparse = b"\xff" * half + self._factory[half:]
        for contents in (self._factory, _with(sparse, _draw_edits(random.Random(1), self.size, 9))):
            self._put(contents)
            self._known |= set(_sectors(contents))
            file.write_bytes(contents)
            with connect(self.url) as device:
                Vault(folder).adopt(file, device)
        return folder


def _draw_edits(rng: random.Random, size: int, count: int) -> dict[int, bytes]:
    """What some sectors shall hold: nothing, noise, or a pattern."""
    sectors = [rng.randrange(size // SECTOR) * SECTOR for _ in range(count)]
    return {at: rng.choice([b"\xff", rng.randbytes(SECTOR), rng.randbytes(8)]) for at in sectors}


def _with(contents: bytes, edits: dict[int, bytes]) -> bytes:
    data = bytearray(contents)
    for at, pattern in edits.items():
        data[at : at + SECTOR] = (pattern * SECTOR)[:SECTOR]
    return bytes(data)


def _sectors(data: bytes) -> list[bytes]:
    return [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]


def _digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


# One try


@dataclass
class Outcome:
    """How a try ended: done, an error of ours, killed, or wrong (an error of another's, or none in time)."""

    ended: str
    result: Any = None
    error: str = ""
    told: str = ""
    in_reach: bool = True


class Trigger:
    """The progress callback: lets the fault's stroke happen at its point."""

    def __init__(self, world: World, fault: Fault, cancel: threading.Event, ports: list[PracticeSerial]) -> None:
        self._world, self._fault, self._cancel, self._ports = world, fault, cancel, ports

    def __call__(self, done: int, total: int) -> None:
        fault = self._fault
        if fault.stroke and not fault.struck and done >= fault.at * total:
            fault.struck = True
            self._strike(fault.kind, fault.stroke)

    def _strike(self, kind: str, stroke: str) -> None:
        device = self._world.device
        if kind == "cancel":
            self._cancel.set()
        elif kind == "killed":
            for port in self._ports:  # as the system does; whatever the kit tries now reaches nobody
                port.close()
            raise Killed
        elif kind == "power_cut":
            device.power_off()
            if "held" in stroke:
                device.hold_button()
            if "on" in stroke.split():
                device.power_on()
                device.release_button()
        else:
            self._world.watch.ends_in = self._fault.lasts
            device.set_fault(["wires" if kind == "wires" else "noise", stroke])


def attempt(world: World, action: Action, fault: Fault) -> Outcome:
    """Do it once, with this going wrong."""
    try:
        disk = fault.disk.inserted() if fault.disk else contextlib.nullcontext()
        with time_limit(), naps_only(fault), disk:
            return Outcome("done", _work(world, action, fault))
    except Killed:
        return Outcome("killed")
    except SonoffkitError as error:
        if fault.kind == "killed" and fault.struck:
            return Outcome("killed")
        ended = "error" if str(error).strip() and error.hint.strip() else "wrong"
        return Outcome(ended, error=type(error).__name__, told=traceback.format_exc())
    except (Exception, Hung) as error:
        return Outcome("wrong", error=type(error).__name__, told=traceback.format_exc())


def _work(world: World, action: Action, fault: Fault) -> Any:
    cancel = threading.Event()
    if fault.early:
        _put_on(world, fault)
    with ports_in_sight() as ports:
        device = connect(world.url) if action.baud is None else connect(world.url, action.baud)
        try:
            if not fault.early:
                _put_on(world, fault)
            return action.run(device, Trigger(world, fault, cancel, ports), cancel)
        finally:
            if not (fault.kind == "killed" and fault.struck):
                device.close()


def _put_on(world: World, fault: Fault) -> None:
    if fault.settings:
        world.device.faults = Faults(**fault.settings)


@contextlib.contextmanager
def ports_in_sight() -> Iterator[list[PracticeSerial]]:
    """The practice ports that are opened meanwhile: a program's death closes them, whoever holds them."""
    seen: list[PracticeSerial] = []
    plain = PracticeSerial.open

    def open_(port: PracticeSerial) -> None:
        plain(port)
        seen.append(port)

    with mock.patch.object(PracticeSerial, "open", open_):
        yield seen


@contextlib.contextmanager
def naps_only(fault: Fault) -> Iterator[None]:
    """Who sleeps gives the device time; this one needs none, but where the fault goes by the clock."""
    sleep = time.sleep
    if fault.kind in ("delay_to_host", "delay_to_chip", "unplug_at"):
        yield
        return
    with mock.patch("time.sleep", lambda seconds: sleep(min(seconds, NAP_SECONDS))):
        yield


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    """Hung where it takes too long, on systems that can interrupt."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(HUNG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def has_struck(world: World, fault: Fault, outcome: Outcome) -> bool:
    """Whether it really happened, in this try."""
    faults, settings = world.device.faults, fault.settings
    if fault.disk:
        by_size = fault.disk.limit is not None and outcome.error == "VaultNotWritable"
        return fault.disk.struck or by_size
    if fault.kind == "top_speed":
        return world.watch.too_fast
    if fault.kind in ("flip_after", "sag_after", "unplug_after", "unplug_at"):  # each takes itself back
        return bool(settings) and _was_put_on(world, fault) and getattr(faults, fault.kind) is None
    if settings:
        return world.watch.hits > 0
    return fault.struck


def _was_put_on(world: World, fault: Fault) -> bool:
    """An adapter that could not be connected to had its fault put on only if it was there early."""
    return fault.early or bool(world.watch.bauds)


# One operation


@dataclass
class Report:
    """What came of one operation, for the sums."""

    number: int
    about: str = ""
    tries: list[tuple[str, bool, str]] = field(default_factory=list)  # fault, whether it struck, how it ended
    errors: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)  # by operation
    hands: Counter[str] = field(default_factory=Counter)  # why somebody had to power it anew
    wrong: list[tuple[str, str]] = field(default_factory=list)  # check (a to d), and what
    seconds: float = 0.0


class Operation:
    """One operation from its set-up to the try that must succeed."""

    def __init__(self, seed: int, number: int, worlds: Worlds, told: Callable[[str], None] = lambda text: None) -> None:
        self._rng = random.Random(f"{seed} {number}")
        self._told = told
        self.report = Report(number)
        self._world = worlds[self._rng.choices(list(MODELS), list(MODELS.values()))[0]]
        self._world.set_up(self._rng)
        self._action = draw_action(self._rng, self._world)
        self._faults = [draw_fault(self._rng, self._action, none=True)]
        if self._faults[0].kind == "none":
            self._faults.clear()
        elif self._rng.random() < 0.2:
            self._faults.append(draw_fault(self._rng, self._action, none=False))
        device, action = self._world.device, self._action
        runs = device.state().running
        self.report.about = f"{device.model.name}, {runs}: {action.name} {action.says} at {action.baud}"
        self._told(self.report.about)

    def run(self) -> Report:
        began = time.monotonic()
        done = False
        for fault in self._faults:
            done = self._try(fault).ended == "done"
            if self._rng.random() < 0.2:
                self._world.edit(self._rng)
                done = False
        self._try_clean(done)
        self.report.seconds = time.monotonic() - began
        return self.report

    def _try(self, fault: Fault) -> Outcome:
        world, report = self._world, self.report
        self._told(f"{fault}")
        world.fresh_watch()
        before = world.device.contents()
        tampered = fault.kind in ("drop_to_chip", "flip_to_chip", "duplicate_to_chip", "frail_above")
        world.may_write_anywhere |= tampered or fault.kind in ("top_speed", "wires")
        leaks = _Leaks(world.device)
        outcome = attempt(world, self._action, fault)
        struck = has_struck(world, fault, outcome)
        report.tries.append((fault.kind, struck, outcome.ended))
        report.errors[outcome.error] += outcome.ended == "error"
        self._told(f"{'struck' if struck else 'did not strike'}; {outcome.ended}\n{outcome.told}")
        if outcome.ended == "wrong":
            self._wrong("b", outcome.told)
        if outcome.ended == "error" and not struck:
            self._wrong("c", f"{fault.kind} did not strike, and yet: {outcome.told}")
        self._check(outcome, leaks)
        if self._action.name == "back_up" and not tampered and world.device.contents() != before:
            self._wrong("a", f"a backup changed the flash, and {fault.kind} cannot have")
        self._tidy_up(fault)
        return outcome

    def _try_clean(self, done: bool) -> None:
        """The next try, with all in order: the whole operation again, or where it was done already, a look."""
        world, report = self._world, self.report
        action = _look(world) if done else self._action
        first = not self._faults
        world.fresh_watch()
        leaks = _Leaks(world.device)
        outcome = attempt(world, action, Fault("none"))
        if first:
            report.tries.append(("none", False, outcome.ended))
        self._told(f"without a fault: {outcome.ended} {outcome.result}\n{outcome.told}")
        if outcome.ended != "done":
            self._wrong("c", outcome.told or outcome.ended)
        self._check(outcome, leaks, action)
        report.resumed[action.name] += not first and _went_on(action, outcome.result)

    def _check(self, outcome: Outcome, leaks: _Leaks, action: Action | None = None) -> None:
        """What must hold after each try."""
        world = self._world
        for text in leaks.found():
            self._wrong("d", text)
        for text in _wrong_backups(world):
            self._wrong("a", text)
        if outcome.ended == "done":
            text = (action or self._action).wrong(outcome.result)
            if text:
                self._wrong("c", text)

    def _tidy_up(self, fault: Fault) -> None:
        """What a person does who reads the hint: the plug back in, the loader started where it is gone."""
        world, device = self._world, self._world.device
        bauds = world.watch.bauds | {SAFE_BAUD}
        device.faults.heal()
        why = ""
        if not device.state().plugged_in:
            why = "unplugged"
            device.hold_button()
            device.plug_in()
        elif device.state().running not in (Running.ROM, Running.STUB):
            why = f"runs {device.state().running}"
        elif device.state().baud not in (*bauds, None):
            why = "at a speed that nobody chose"
        elif _is_deaf(device):
            why = "busy for ever"
        elif fault.disk and fault.disk.struck and device.state().baud != SAFE_BAUD:
            why = "at a speed that could not be written down"
        if why:
            self._told(f"a hand: {why}")
            self.report.hands[why] += 1
            device.hold_button()
            device.power_cycle()
        device.release_button()

    def _wrong(self, check: str, text: str) -> None:
        self._told(f"WRONG ({check}): {text}")
        self.report.wrong.append((check, text))


def _look(world: World) -> Action:
    contents = world.device.contents()

    def run(device: Device, progress: Progress, cancel: Cancel) -> operations.VerifyResult:
        return operations.verify(device, contents)

    def wrong(result: operations.VerifyResult) -> str:
        return "" if result.matches else "the device says that it holds something else"

    return Action("look", run, wrong, SAFE_BAUD, 0, 0)


def _went_on(action: Action, result: Any) -> bool:
    """Whether it used what an earlier try had done: read, or written to the device."""
    written = getattr(result, "written", None)
    fetched = getattr(result, "fetched", None)
    return bool(fetched and fetched.resumed) or bool(written and written.kept > action.kept)


def _is_deaf(device: PracticeDevice) -> bool:
    """Whether the chip waits for something that never comes: nothing but its power helps."""
    chip = device._asleep.chip if device._asleep else None
    return chip is not None and chip._busy_until == math.inf


def _wrong_backups(world: World) -> list[str]:
    """Files called backups that are none. A new one must equal the flash as it is now; it is known from then on."""
    wrong = []
    now = hashlib.sha256(world.device.contents()).digest()
    found = {path.name: _digest(path) for path in world.vault.folder.glob("*.bin")}
    for name, digest in found.items():
        if digest != world.sound.setdefault(name, now):
            wrong.append(f"{name} is not what it should hold")
    wrong += [f"{name} is gone" for name in world.sound.keys() - found.keys()]
    return wrong + world.vault.problems()


class _Leaks:
    """Ports, files, threads and locks that there are now, to compare with later."""

    def __init__(self, device: PracticeDevice) -> None:
        self._device = device
        self._threads = set(threading.enumerate())
        self._files = _open_files()

    def found(self) -> list[str]:
        """What is left, a sentence each."""
        device = self._device
        left = [f"a thread is left: {thread}" for thread in set(threading.enumerate()) - self._threads]
        if device._open:
            left.append("the port is left open")
            device.detach()
        elif device._lock.is_locked:
            left.append("the lock is left")
        left += [f"a file is left open: {name}" for _, name in _open_files() - self._files]
        return left


def _open_files() -> set[tuple[int, str]]:
    found = set()
    folder = Path("/proc/self/fd")
    for entry in folder.iterdir() if folder.exists() else ():
        with contextlib.suppress(OSError):  # the one by which the folder is read
            found.add((int(entry.name), str(entry.readlink())))
    return {(number, name) for number, name in found if not name.startswith("/proc/")}


class Worlds(dict[str, World]):
    """A world for each model, made when it is first wanted."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home

    def __missing__(self, model: str) -> World:
        self[model] = world = World(self._home, model)
        return world


# All of them


@dataclass
class Sums:
    """What came of all operations."""

    operations: int = 0
    hit: int = 0
    seconds: float = 0.0
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)  # (fault, tried or hit or how it ended)
    errors: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)
    hands: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)

    def add(self, report: Report) -> None:
        self.operations += 1
        self.hit += any(struck for _, struck, _ in report.tries)
        self.seconds += report.seconds
        for kind, struck, ended in report.tries:
            for what in ("tried", "hit" if struck else "missed", ended):
                self.tries[kind, what] += 1
        self.errors += report.errors
        self.resumed += report.resumed
        self.hands += report.hands
        self.wrong += Counter(check for check, _ in report.wrong)

    def unmet(self) -> list[str]:
        """The quotas that were not met, in words."""
        texts = [] if 2 * self.hit >= self.operations else ["fewer than half of the operations hit a fault"]
        least = int(LEAST_OF_A_KIND * self.operations)
        texts += [f"{kind} hit fewer than {least} times" for kind in FAULTS if self.tries[kind, "hit"] < least]
        least = int(LEAST_RESUMES * self.operations)
        return texts + ([f"fewer than {least} resumes"] if self.resumed["back_up"] < least else [])

    def text(self, seed: int) -> str:
        columns = ("tried", "hit", "error", "killed", "done")
        rows = [f"{'fault':20}" + "".join(f"{name:>8}" for name in columns)]
        rows += [f"{kind:20}" + "".join(f"{self.tries[kind, name]:8}" for name in columns) for kind in KINDS]
        return "\n".join([
            f"seed {seed}: {self.operations} operations, {self.hit} of them hit a fault; "
            f"{self.seconds / max(1, self.operations):.2f} s each",
            *rows,
            f"resumes: {_counts(self.resumed)}",
            f"errors: {_counts(self.errors)}",
            f"powered anew by hand: {_counts(self.hands)}",
            f"wrong backups: {self.wrong['a']}; untyped errors: {self.wrong['b']}; "
            f"failed clean tries: {self.wrong['c']}; left open: {self.wrong['d']}",
        ])  # fmt: skip


def _counts(counter: Counter[str]) -> str:
    return ", ".join(f"{name} {n}" for name, n in counter.most_common() if n) or "none"


def describe(report: Report, seed: int) -> str:
    """A failed operation, and how to run just that one again."""
    head = f"FAILED: --seed {seed} --only {report.number}: {report.about}; {report.tries}"
    return "\n".join([head, *(f"({check}) {text}" for check, text in report.wrong)])


def soak(seed: int, numbers: range, home: Path, tell: Callable[[str], None] = print) -> Sums:
    """Run these operations in this process; tells of each that went wrong."""
    sums, worlds = Sums(), Worlds(home)
    for number in numbers:
        report = Operation(seed, number, worlds).run()
        if report.wrong:
            tell(describe(report, seed))
        sums.add(report)
    return sums


_mine: dict[str, Worlds] = {}  # of a process that works for others


def _start_worker(home: str) -> None:
    own = Path(home) / str(os.getpid())
    os.environ["SONOFFKIT_HOME"] = str(own / "kit")
    _mine["worlds"] = Worlds(own)


def _one(wanted: tuple[int, int]) -> Report:
    return Operation(*wanted, _mine["worlds"]).run()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--first", type=int, default=0, help="the number of the first operation")
    parser.add_argument("--only", type=int, help="run this one again, and tell all of it")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        if wanted.only is not None:
            _start_worker(home)
            sys.exit(1 if Operation(wanted.seed, wanted.only, _mine["worlds"], print).run().wrong else 0)
        sums = _spread(wanted, home)
    print(sums.text(wanted.seed), *sums.unmet(), sep="\n")
    sys.exit(1 if sums.wrong or sums.unmet() else 0)


def _spread(wanted: argparse.Namespace, home: str) -> Sums:
    sums = Sums()
    numbers = [(wanted.seed, number) for number in range(wanted.first, wanted.first + wanted.operations)]
    with multiprocessing.get_context("spawn").Pool(wanted.jobs, _start_worker, (home,)) as pool:
        for report in pool.imap_unordered(_one, numbers, chunksize=5):
            if report.wrong:
                print(describe(report, wanted.seed), flush=True)
            sums.add(report)
            if sums.operations % 500 == 0:
                print(f"{sums.operations} operations, {sums.hit} hit, wrong: {_counts(sums.wrong)}", flush=True)
    return sums


if __name__ == "__main__":
    main()
