"""What all tests share: a home of their own, and a bare practice chip to talk to."""

from __future__ import annotations

import shutil
import struct
from dataclasses import dataclass

import pytest
from hypothesis import settings

from sonoffkit.practice import MODELS, Faults, practice_device
from sonoffkit.practice.chip import Chip, ChipState, Running, Sent
from sonoffkit.practice.device import _devices
from sonoffkit.practice.flash import NorFlash
from sonoffkit.practice.slip import checksum, slip_encode
from sonoffkit.session import connect
from sonoffkit.vault import Vault

# A loaded machine is slow now and then, and that is no failure.
settings.register_profile("sonoffkit", deadline=None)
settings.load_profile("sonoffkit")

MAC = bytes.fromhex("5ccf7f010203")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """An empty home for each test: no test may see, or touch, the devices and backups of a person."""
    home = tmp_path / "home"
    monkeypatch.setenv("SONOFFKIT_HOME", str(home))
    monkeypatch.delenv("SONOFFKIT_VAULT", raising=False)
    yield home
    for device in list(_devices.values()):
        device.detach()
    _devices.clear()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """The folder of a practice Sonoff whose stub runs, made once: the first connect takes half a second."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:  # it is made before any test has its home
        patch.setenv("SONOFFKIT_HOME", str(root / "home"))
        connect(f"practice://basic?home={(root / 'basic').as_posix()}").close()
    return root / "basic"


@pytest.fixture
def sonoff(made, home):
    """A practice Sonoff Basic, already answering, behind ``practice://basic``."""
    shutil.copytree(made, home / "practice" / "basic")
    return practice_device("basic")


@pytest.fixture
def device(sonoff):
    """A connection to it."""
    with connect("practice://basic") as device:
        yield device


@pytest.fixture
def proof(sonoff, tmp_path):
    """A whole, verified backup of the device, made without reading it."""
    file = tmp_path / "whole.bin"
    file.write_bytes(sonoff.contents())
    with connect("practice://basic") as device:
        return Vault().adopt(file, device)


@dataclass(frozen=True)
class Reply:
    """One answer of ROM or stub: its command, its value word, its body and its status."""

    op: int
    value: int
    body: bytes
    status: int


class Bench:
    """A chip without a wire: commands in, answers out, all at once."""

    BAUD = 115200

    def __init__(self, running=Running.ROM, *, model="basic", generation=2, size=0x40000, fill=b"\xff"):
        self.cells = bytearray(fill * size)
        state = ChipState(running=running, stub_generation=generation)
        self.faults = Faults()
        self.chip = Chip(MODELS[model], MAC, NorFlash(self.cells), state, self.faults)

    def sends(self, raw: bytes, baud=BAUD, at=0.0) -> list[Sent]:
        """What the chip sends on raw bytes, with the times and speeds."""
        self.chip.hear(raw, baud, at)
        return self.chip.said()

    def frames(self, payload: bytes) -> list[bytes]:
        """The frames that come back on one frame. Taken apart here, not by the code under test."""
        raw = b"".join(sent.data for sent in self.sends(slip_encode(payload)))
        return [part.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb") for part in raw.split(b"\xc0") if part]

    def ask(self, op: int, data: bytes = b"", check: int = 0) -> list[Reply]:
        """The answers to one command."""
        return [_reply(frame) for frame in self.frames(self.request(op, data, check))]

    def ask_words(self, op: int, *words: int) -> list[Reply]:
        """The answers to a command whose data are 32-bit words."""
        return self.ask(op, struct.pack(f"<{len(words)}I", *words))

    def send_block(self, op: int, data: bytes, *, check: int | None = None, size: int | None = None) -> Reply:
        """The answer to a block of data; a false checksum or size on request."""
        head = struct.pack("<IIII", len(data) if size is None else size, 0, 0, 0)
        (reply,) = self.ask(op, head + data, checksum(data) if check is None else check)
        return reply

    @staticmethod
    def request(op: int, data: bytes = b"", check: int = 0) -> bytes:
        return struct.pack("<BBHI", 0, op, len(data), check) + data


def _reply(frame: bytes) -> Reply:
    direction, op, size, value = struct.unpack_from("<BBHI", frame)
    body, status = frame[8:-2], int.from_bytes(frame[-2:], "big")
    assert (direction, size) == (1, len(body) + 2)
    return Reply(op, value, body, status)


@pytest.fixture(scope="session")
def bench():
    """Builds bare chips; session-wide because hypothesis wants no fixture made anew for each example."""
    return Bench
