"""The doors for terminals: the real esptool, as people type it, on a pseudo-terminal and over RFC 2217."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
from dataclasses import dataclass

import pytest
import serial
from waiting import wait_until

from sonoffkit.commands import terminal_steps
from sonoffkit.errors import PortBusy
from sonoffkit.ports import open_port
from sonoffkit.practice import lesson_images, practice_device
from sonoffkit.practice.console import say_state
from sonoffkit.session import connect

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")
MB = 0x100000
HELLO = lesson_images()["practice-hello.bin"]


class Served:
    """A practice Sonoff that ``sonoffkit practice`` serves in a process of its own."""

    def __init__(self, folder, model, *options: str):
        self.device = practice_device("any", folder, model)  # here only looked at
        self.link = self.device.folder / "port"
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sonoffkit", "practice", "--home", str(folder), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.port = self._process.stdout.readline().strip()
        self._drain = threading.Thread(target=self._process.stdout.read, daemon=True)
        self._drain.start()

    def say(self, *lines: str) -> None:
        self._process.stdin.write("".join(line + "\n" for line in lines))
        self._process.stdin.flush()

    def end(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        try:
            self._process.wait(60)
        finally:
            self._process.kill()
            self._drain.join(60)
            self._process.stdin.close()
            self._process.stdout.close()


@pytest.fixture
def serve(tmp_path):
    begun = []

    def serve(*options: str, model="basic") -> Served:
        begun.append(Served(tmp_path / model, model, *options))
        return begun[-1]

    yield serve
    for served in begun:
        served.end()


@dataclass(frozen=True)
class Told:
    """What esptool's command line said, and its exit status."""

    status: int
    text: str


def esptool(port, *words, folder=None) -> Told:
    """Run the real command line of esptool."""
    done = subprocess.run(
        [sys.executable, "-m", "esptool", "--port", str(port), *map(str, words)],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
    )
    return Told(done.returncode, done.stdout + done.stderr)


def passes(port, *words, folder=None) -> str:
    told = esptool(port, *words, folder=folder)
    assert told.status == 0, told.text
    return told.text


# A pseudo-terminal


@posix
def test_esptool_takes_it_for_an_esp8266(serve):
    served = serve()
    told = passes(served.port, "flash-id")
    assert re.search(r"Chip type: +ESP8266EX", told)
    assert re.search(rf"MAC: +{served.device.mac.hex(':')}", told)
    assert "Manufacturer: ef" in told
    assert "Device: 4014" in told
    assert "Detected flash size: 1MB" in told


@posix
def test_esptool_reads_erases_writes_and_verifies_one_after_the_other_without_a_hand(serve, tmp_path):
    served = serve()
    original = served.device.contents()
    passes(served.port, "read-flash", "0", "ALL", "backup.bin", folder=tmp_path)
    assert (tmp_path / "backup.bin").read_bytes() == original

    passes(served.port, "erase-flash")
    assert served.device.contents() == b"\xff" * MB

    (tmp_path / "hello.bin").write_bytes(HELLO)
    told = passes(served.port, "write-flash", "-fm", "dout", "-fs", "1MB", "0x0", "hello.bin", folder=tmp_path)
    assert "Hash of data verified." in told
    written = HELLO[:2] + b"\x03\x20" + HELLO[4:]
    assert served.device.contents() == written + b"\xff" * (MB - len(written))

    (tmp_path / "written.bin").write_bytes(written)
    assert "Verification successful" in passes(served.port, "verify-flash", "0x0", "written.bin", folder=tmp_path)
    differs = esptool(served.port, "verify-flash", "0x0", "hello.bin", folder=tmp_path)
    assert differs.status == 2
    assert "Verification failed (digest mismatch)." in differs.text

    passes(served.port, "write-flash", "-fm", "keep", "-fs", "keep", "0x0", "backup.bin", folder=tmp_path)
    assert served.device.contents() == original


@posix
def test_esptools_other_speeds_get_through(serve, tmp_path):
    served = serve()
    passes(served.port, "--baud", "921600", "read-flash", "0x1000", "0x2000", "part.bin", folder=tmp_path)
    assert (tmp_path / "part.bin").read_bytes() == served.device.contents()[0x1000:0x3000]


@posix
def test_the_link_in_its_folder_is_a_name_that_stays(serve):
    served = serve()
    assert str(served.link.readlink()) == served.port
    assert served.device.mac.hex(":") in passes(served.link, "read-mac")


@posix
def test_a_device_pulled_at_a_byte_breaks_esptool_off_and_works_again_when_it_is_back(serve, tmp_path):
    served = serve()
    passes(served.port, "read-mac")
    served.say("hold", "fault unplug-after 100000")
    broken = esptool(served.port, "read-flash", "0", "ALL", "backup.bin", folder=tmp_path)
    assert broken.status != 0
    assert "A serial exception error occurred" in broken.text, broken.text
    assert not served.device.state().plugged_in
    wait_until(lambda: not served.link.is_symlink())

    served.say("plug")
    wait_until(served.link.exists)
    assert "in download mode" in say_state(served.device)
    passes(served.link, "read-flash", "0", "0x2000", "again.bin", folder=tmp_path)
    assert (tmp_path / "again.bin").read_bytes() == served.device.contents()[:0x2000]


@posix
def test_a_device_that_is_unplugged_for_a_while_comes_back_on_the_link(serve):
    served = serve()
    served.say("hold", "unplug")
    wait_until(lambda: not served.link.is_symlink())
    served.say("plug")
    wait_until(served.link.exists)
    connect(str(served.link)).close()


@posix
def test_a_device_that_starts_its_firmware_is_silent_for_esptool(serve):
    served = serve("--button", "released")
    told = esptool(served.port, "--connect-attempts", "1", "read-mac")
    assert told.status == 2
    assert "Failed to connect to Espressif device: No serial data received." in told.text


@posix
def test_while_esptool_has_the_port_nobody_else_gets_it(serve):
    served = serve()
    with serial.Serial(served.port, exclusive=True), pytest.raises(PortBusy):
        open_port(served.port)


@posix
def test_in_real_time_bytes_take_as_long_as_on_a_cable(serve, tmp_path):
    served = serve("--realtime", "--latency", "0")
    with connect(served.port, 115200) as device:
        began = time.monotonic()
        data = device.read(0, 0x1000)
        took = time.monotonic() - began
    assert data == served.device.contents()[:0x1000]
    assert took >= 0x1000 * 10 / 115200  # ten bits a byte; a slow machine only takes longer


@posix
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_server_that_is_stopped_as_soon_as_its_port_is_known_leaves_none_behind(serve, number):
    served = serve()
    served.end(getattr(signal, number))
    assert not os.path.lexists(served.link)
    practice_device("any", served.device.folder).attach()  # nor a lock


# The steps that a runner shows, typed into a shell


@posix
@pytest.mark.parametrize("name", ["plain", "it's $HOME & co"])
@pytest.mark.parametrize("below_home", [False, True])
def test_the_shown_steps_work_in_a_shell(tmp_path, monkeypatch, name, below_home):
    user = tmp_path / "user"
    monkeypatch.setenv("HOME", str(user))
    monkeypatch.setenv("SONOFFKIT_HOME", str((user if below_home else tmp_path) / name))
    sonoff = practice_device("basic")
    start, step = terminal_steps("practice://basic", "read-mac")
    shell = {
        "env": os.environ | {"PATH": sysconfig.get_path("scripts") + os.pathsep + os.environ["PATH"]},
        "stdout": subprocess.PIPE,
        "text": True,
    }
    with subprocess.Popen(["sh", "-c", f"exec {start}"], stdin=subprocess.PIPE, **shell) as server:
        try:
            assert server.stdout.readline().startswith("/dev/")
            done = subprocess.run(["sh", "-c", step], stderr=subprocess.STDOUT, check=False, **shell)
        finally:
            server.terminate()
    assert done.returncode == 0, step + "\n" + done.stdout
    assert sonoff.mac.hex(":") in done.stdout


# RFC 2217: slow on esptool's side (0.2 s for each of its commands), so only what must be seen


def test_esptool_resets_a_board_over_rfc2217_and_talks_to_it(serve):
    served = serve("--serve", "0", "--button", "released", model="nodemcu")
    assert re.fullmatch(r"rfc2217://127\.0\.0\.1:\d+", served.port)
    assert served.device.state().running == "firmware"
    told = passes(served.port, "--after", "no-reset", "flash-id")
    assert re.search(rf"MAC: +{served.device.mac.hex(':')}", told)
    assert "Detected flash size: 4MB" in told
    assert served.device.state().running == "stub"


def sync(port) -> bytes:
    """What comes back on the loader's first command."""
    port.write(b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + 32 * b"\x55" + b"\xc0")
    return port.read(8 * 12)


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5's own client
def test_a_new_client_takes_over_from_one_that_hangs(serve):
    served = serve("--serve", "0")
    host, _, number = served.port.removeprefix("rfc2217://").rpartition(":")
    with socket.create_connection((host, int(number)), timeout=60) as hangs:
        assert hangs.recv(1)  # it is served
        for _ in range(2):  # the second comes after one that has closed
            with serial.serial_for_url(served.port, timeout=30) as port:
                assert len(sync(port)) == 8 * 12
        while hangs.recv(1000):  # until it is let go; else this times out
            pass


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")
def test_after_the_adapter_was_pulled_the_next_client_gets_through(serve):
    served = serve("--serve", "0")
    with serial.serial_for_url(served.port, timeout=30) as port:
        assert len(sync(port)) == 8 * 12
        served.say("unplug")
        wait_until(lambda: not served.device.state().plugged_in)
    served.say("hold", "plug")
    wait_until(lambda: served.device.state().plugged_in)
    with serial.serial_for_url(served.port, timeout=30) as port:
        assert len(sync(port)) == 8 * 12
