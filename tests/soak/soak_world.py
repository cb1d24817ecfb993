"""What the soak works on: one practice device of a model, its vault, and what is known about both."""

from __future__ import annotations

import hashlib
import json
import math
import random
import shutil
import zlib
from pathlib import Path

from sonoffkit import paths
from sonoffkit.practice import PracticeDevice, practice_device
from sonoffkit.practice.chip import ChipState, Running
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.faults import Wires
from sonoffkit.practice.tampering import Tampering, Way
from sonoffkit.session import connect
from sonoffkit.vault import Vault

__all__ = ["MB", "SAFE_BAUD", "SECTOR", "Watch", "World", "Worlds", "file_digest"]

SECTOR = 0x1000
MB = 0x100000
SAFE_BAUD = 115200


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
        self.sound = {path.name: file_digest(path) for path in self.vault.folder.glob("*.bin")}
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


class Worlds(dict[str, World]):
    """A world for each model, made when it is first wanted."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self._home = home

    def __missing__(self, model: str) -> World:
        self[model] = world = World(self._home, model)
        return world


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


def file_digest(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


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
