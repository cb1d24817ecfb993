"""A practice server that is killed in the middle of a write: what it said that it wrote is there."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
import serial

from sonoffkit.practice import DeviceInUse, practice_device
from sonoffkit.practice.chip import Running
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import HEADER, RomDecoder, checksum, slip_encode
from sonoffkit.session import connect

pytestmark = pytest.mark.skipif(os.name != "posix", reason="there is no pseudo-terminal on this system")

MB = 0x100000
SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
PATIENCE = 60  # for a loaded machine


class Server:
    """``sonoffkit practice --pty`` in a process of its own."""

    def __init__(self, folder, *options: str):
        command = [sys.executable, "-m", "sonoffkit", "practice", "--pty", "--home", str(folder), *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hears(self) -> str:
        """The next line that it says."""
        return self.process.stdout.readline().rstrip("\n")

    def started(self) -> tuple[str, str]:
        """Its port, and what it says of its device."""
        return self.hears(), self.hears()

    def say(self, word: str) -> str:
        """What it answers to a word on its standard input."""
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        return next(line for line in iter(self.hears, "") if line.startswith(("power ", "adapter ")))

    def kill(self) -> None:
        """End it without a chance to do anything more (SIGKILL)."""
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def serve(folder):
    """Starts a server of the device in ``folder``; all are gone after the test."""
    begun = []

    def serve(*options: str) -> Server:
        begun.append(Server(folder, *options))
        return begun[-1]

    yield serve
    for server in begun:
        server.kill()


@pytest.fixture
def folder(made, tmp_path):
    """The folder of a practice Sonoff whose stub runs."""
    return shutil.copytree(made, tmp_path / "sonoff")


class Client:
    """Speaks the loader's protocol over a port, one command after the other."""

    def __init__(self, port: str):
        self._serial = serial.Serial(port, 115200, write_timeout=PATIENCE)
        self._decoder, self._frames = RomDecoder(), []

    def close(self) -> None:
        self._serial.close()

    def send(self, op: int, data: bytes, check: int = 0) -> None:
        self._serial.write(slip_encode(HEADER.pack(0, op, len(data), check) + data))

    def hears_answer(self, op: int, deadline: float) -> bool:
        """Whether a command is answered by then; the answer must be that all is well."""
        while not self._frames:
            self._serial.timeout = max(0.0, deadline - time.monotonic())
            heard = self._serial.read(1) + self._serial.read(self._serial.in_waiting)
            self._frames = self._decoder.feed(heard)
            if not heard:
                return False
        frame = self._frames.pop(0)
        assert (frame[:2], frame[-2:]) == (bytes([1, op]), b"\0\0")
        return True

    def sync(self) -> None:
        self.send(Op.SYNC, SYNC)
        for _ in range(8):
            assert self.hears_answer(Op.SYNC, time.monotonic() + PATIENCE)


class Write:
    """A write over the wire, and how far it is known to have come."""

    def __init__(self, rng: random.Random):
        self.block = rng.choice([0x400, 0x800, 0x1000])
        self.start = rng.randrange(0, 0x80) * 0x1000
        self.data = rng.randbytes(0x40000)
        self.acknowledged = 0  # bytes

    @property
    def end(self) -> int:
        return self.start + len(self.data)

    def _steps(self) -> Iterator[tuple[int, bytes]]:
        """The commands that it takes."""
        blocks = len(self.data) // self.block
        yield Op.FLASH_BEGIN, struct.pack("<IIII", len(self.data), blocks, self.block, self.start)
        for n in range(blocks):
            yield Op.FLASH_DATA, struct.pack("<IIII", self.block, n, 0, 0) + self.data[n * self.block :][: self.block]

    def run(self, client: Client, deadline: float) -> None:
        """Send one command after the other, each when the last was answered, until then."""
        for op, data in self._steps():
            client.send(op, data, checksum(data[16:]))
            if not client.hears_answer(op, deadline):
                return
            self.acknowledged += self.block if op == Op.FLASH_DATA else 0

    def check(self, before: bytes, after: bytes) -> None:
        """What was acknowledged is there, one block more may be; behind it nothing but erased and old bytes."""
        assert after[: self.start] == before[: self.start]
        assert after[self.end :] == before[self.end :]
        known = self.start + self.acknowledged
        assert after[self.start : known] == self.data[: self.acknowledged]
        under_way = min(known + self.block, self.end)
        for at in range(known, self.end):
            may_be = {before[at], 0xFF} | ({self.data[at - self.start]} if at < under_way else set())
            assert after[at] in may_be, f"{at:#x} is neither old nor erased"


def connected(server: Server) -> Client:
    client = Client(server.started()[0])
    client.sync()
    return client


def check_it_goes_on(serve, folder, *, read: bool = False) -> None:
    """A new server starts from that folder; its stub answers, and holds what lies in the file."""
    server = serve()
    port, told = server.started()
    assert "power on, button released, in download mode (stub)" in told
    client = Client(port)
    client.sync()
    client.close()
    contents = (folder / "flash.bin").read_bytes()
    with connect(port) as device:
        assert device.md5(0, MB) == hashlib.md5(contents).hexdigest()
        if read:
            assert device.read(0, MB) == contents


rng = random.Random("kills")
# Seconds into the write, which begins with an erase and takes 0.05 s and more.
MOMENTS = [0.0, 0.0002, 0.0005, *(rng.uniform(0.001, 0.04) for _ in range(9))]


@pytest.mark.parametrize("n", range(len(MOMENTS)))
def test_a_killed_server_has_written_what_it_acknowledged_and_little_more(serve, folder, n):
    before = (folder / "flash.bin").read_bytes()
    server = serve()
    client = connected(server)
    write = Write(random.Random(n))
    write.run(client, time.monotonic() + MOMENTS[n])
    server.kill()
    client.close()
    write.check(before, (folder / "flash.bin").read_bytes())
    check_it_goes_on(serve, folder, read=n % 4 == 0)


@pytest.mark.parametrize("delay", [0.0, 0.0005, 0.001])
def test_a_server_killed_while_it_erases_has_touched_nothing_else(serve, folder, delay):
    before = (folder / "flash.bin").read_bytes()
    start, end = 0x21000, 0xB3000
    server = serve()
    client = connected(server)
    client.send(Op.ERASE_REGION, struct.pack("<II", start, end - start))
    time.sleep(delay)
    server.kill()
    client.close()
    after = (folder / "flash.bin").read_bytes()
    assert (after[:start], after[end:]) == (before[:start], before[end:])
    assert all(new in (old, 0xFF) for old, new in zip(before[start:end], after[start:end], strict=True))
    check_it_goes_on(serve, folder)


@pytest.mark.parametrize("delay", [0.05, 0.12, 0.14, 0.16, 0.18, 0.25])
def test_a_server_killed_while_it_makes_its_device_is_in_nobodys_way(serve, tmp_path, folder, delay):
    shutil.rmtree(folder)
    server = serve()
    time.sleep(delay)
    server.kill()
    port, told = serve().started()
    assert "power on, button released, in download mode." in told
    with connect(port) as device:
        assert device.read(0xFF000, 0x1000) == (folder / "flash.bin").read_bytes()[0xFF000:]
    assert len((folder / "flash.bin").read_bytes()) == MB


def test_a_server_killed_before_anybody_came_changed_nothing(serve, folder):
    before = state_and_flash(folder)
    server = serve()
    server.started()
    server.kill()
    assert state_and_flash(folder) == before
    check_it_goes_on(serve, folder)


def state_and_flash(folder) -> tuple[dict, bytes]:
    state = json.loads((folder / "state.json").read_text())
    del state["opened"]  # how often: that counts on
    return state, (folder / "flash.bin").read_bytes()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hold"], "power on, button held, in download mode (stub)"),
        (["off"], "power off, button released, does nothing"),
        (["hold", "off"], "power off, button held, does nothing"),
        (["cycle"], "power on, button released, runs its firmware"),
        (["hold", "cycle", "release"], "power on, button released, in download mode"),
        (["hold", "unplug", "plug"], "power on, button held, in download mode"),
    ],
)
def test_what_the_hand_did_outlives_a_killed_server(serve, folder, words, told):
    server = serve()
    server.started()
    for word in words:
        last = server.say(word)
    assert last == told
    before = state_and_flash(folder)
    server.kill()
    assert state_and_flash(folder) == before
    again = serve()
    assert f": {told}. Stop with" in again.started()[1]


def test_an_adapter_that_was_pulled_is_plugged_in_by_who_serves_the_device_again(serve, folder):
    server = serve()
    server.started()
    assert server.say("unplug") == "adapter unplugged, power off, button released"
    server.kill()
    assert ": power on, button released, runs its firmware. Stop with" in serve().started()[1]


@pytest.mark.parametrize("delay", [0.002, 0.01, 0.03])
def test_a_server_killed_while_it_writes_its_state_leaves_a_whole_one(serve, folder, delay):
    server = serve()
    server.started()
    server.process.stdin.write("hold\noff\nrelease\non\n" * 500)
    server.process.stdin.flush()
    time.sleep(delay)
    server.kill()
    saved, _ = state_and_flash(folder)
    words = [f"button {'held' if saved['button_held'] else 'released'}", f"power {'on' if saved['powered'] else 'off'}"]
    told = serve().started()[1]
    assert all(word in told for word in words)


def test_a_killed_server_leaves_no_device_that_is_in_use(serve, folder):
    server = serve()
    client = connected(server)
    sonoff = practice_device("any", folder)
    with pytest.raises(DeviceInUse):
        sonoff.attach()
    server.kill()
    client.close()
    sonoff.attach()
    sonoff.detach()
    sonoff.power_cycle()
    assert sonoff.state().running is Running.FIRMWARE


def test_the_link_of_a_killed_server_is_taken_over_by_the_next(serve, folder):
    server = serve()
    server.started()
    server.kill()
    link = folder / "port"
    assert link.is_symlink()  # nobody was there to take it away
    link.unlink()
    link.symlink_to("/dev/pts/gone")  # its number may be another's, or nobody's, by now
    port, _ = serve().started()
    assert str(link.readlink()) == port
    connect(str(link)).close()
