"""What four generations of the real esptool say on each fault of the practice Sonoff, told as what it is.

Several of them work at a time, each on a practice Sonoff of its own, and the
tests ask how each went. An old one that hangs, as some do, is ended once it
has said what it had to say: people paste just that.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import pytest
from practice.esptools import NotBuilt, python_with_esptool
from quick_doors import quick_doors
from waiting import wait_until

from sonoffkit.diagnosis import diagnose
from sonoffkit.practice import lesson_images, practice_device
from sonoffkit.practice.pty_door import PtyDoor

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")

NEW = version("esptool")  # the one beside pytest
OLD = ("4.8.1", "3.3.3", "2.8")
ALL = (NEW, *OLD)
AT_ONCE = 6
COMMAND_SECONDS = 120  # only for an esptool that hangs unexpectedly
SILENT_SECONDS = 5  # so long nothing more came: it hangs
ALL_SECONDS = 900
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ESPTOOL")}

HELLO = lesson_images()["practice-hello.bin"]
FILES = {
    "image.bin": HELLO + random.Random(1).randbytes(57_000 - len(HELLO)),  # noise cannot be compressed
    "big.bin": HELLO + random.Random(2).randbytes(0x200000),
    "other.bin": random.Random(3).randbytes(0x1000),
}
FLASH_ID = ("flash_id",)
READ = ("read_flash", "0", "0x20000", "read.bin")
WRITE = ("write_flash", "-fs", "1MB", "-fm", "dout", "0x0", "image.bin")


@dataclass(frozen=True)
class Case:
    """A command, what is wrong, and the entries that may come first: one, where the text alone decides it."""

    command: tuple[str, ...]
    first: tuple[str, ...]
    faults: tuple[str, ...] = ()
    versions: tuple[str, ...] = ALL
    options: tuple[str, ...] = ()
    button: bool = True
    powered: bool = True
    port: str = ""
    held: bool = False  # another program has the port
    realtime: bool = False
    hangs_after: str = ""  # then it is ended, where it does not end by itself
    then: str = ""  # once ``hangs_after`` was said: power-off, interrupt
    before: tuple[str, ...] = field(default=())  # a command that worked; then the device was started anew


def case(command, *first, **more):
    return Case(command, first, **more)


NO_STUB = ("--no-stub",)
FAST = ("--baud", "921600")
CASES = {
    "started normally": case(FLASH_ID, "no-answer", button=False),
    "no power": case(FLASH_ID, "no-answer", powered=False),
    "wires swapped": case(FLASH_ID, "no-answer", faults=("wires=swapped",)),
    "TX loose": case(FLASH_ID, "no-answer", faults=("wires=tx-open",)),
    "RX loose": case(FLASH_ID, "no-answer", faults=("wires=rx-open",)),
    "the second command": case(FLASH_ID, "power-cycle-needed", button=False, before=FLASH_ID),
    "noise, low": case(FLASH_ID, "garbled-answer", faults=("noise=00",)),
    "noise, high": case(FLASH_ID, "garbled-answer", faults=("noise=ff",)),
    "bytes lost": case(READ, "transfer-broken", faults=("drop-to-host=20000", "seed=3")),
    "bytes doubled": case(READ, "transfer-broken", faults=("duplicate-to-host=20000", "seed=3")),
    "a bit turned": case(READ, "digest-mismatch", faults=("flip-after=90000",), versions=OLD),
    "bits turned": case(READ, "digest-mismatch", "transfer-broken", faults=("flip-to-host=60000", "seed=2")),
    "unplugged": case(READ, "port-lost", faults=("unplug-after=50000",)),
    "power lost": case(READ, "transfer-broken", realtime=True, hangs_after="%", then="power-off"),
    "stopped by hand": case(FLASH_ID, "cancelled", button=False, hangs_after="Connecting", then="interrupt"),
    "port busy": case(FLASH_ID, "port-busy", held=True, versions=(NEW, "4.8.1")),  # older ones share it
    "no port": case(FLASH_ID, "wrong-port", port="/dev/ttyNOPE"),
    "a file as port": case(FLASH_ID, "no-serial-port", port="image.bin"),
    "another chip named": case(FLASH_ID, "wrong-chip-argument", options=("--chip", "esp32")),
    "another chip": case(
        FLASH_ID,
        "wrong-chip",
        faults=("chip-magic=0x00F01D83",),
        options=("--chip", "esp8266"),
        versions=(NEW, "4.8.1", "3.3.3"),  # 2.8 does not ask
    ),
    "an unknown chip": case(
        FLASH_ID, "wrong-chip", faults=("chip-magic=0x12345678",), versions=(NEW, "4.8.1", "3.3.3")
    ),
    "flash id 00": case(FLASH_ID, "flash-id-wrong", faults=("flash-id=0",)),
    "flash id FF": case(FLASH_ID, "flash-id-wrong", faults=("flash-id=0xffffff",)),
    "flash id FF, written": case(
        ("write_flash", "0x0", "image.bin"), "flash-id-wrong", faults=("flash-id=0xffffff",), versions=OLD
    ),
    "busy for ever, erase": case(
        ("erase_flash",), "flash-not-ready", faults=("stuck-busy=yes",), hangs_after="Erasing"
    ),
    "busy for ever, write": case(WRITE, "write-broken", faults=("stuck-busy=yes",)),
    "the voltage sags": case(WRITE, "weak-power", "write-broken", faults=("sag-after=20000",)),
    "bytes lost, write": case(WRITE, "write-broken", faults=("drop-to-chip=9000",)),
    "the stub damaged": case(FLASH_ID, "stub-failed", faults=("flip-to-chip=2500",)),
    "the stub cut": case(FLASH_ID, "stub-failed", faults=("drop-to-chip=2500",)),
    "a slow adapter": case(FLASH_ID, "speed-too-high", faults=("top-speed=115200",), options=FAST),
    "frail wires": case(
        READ, "speed-too-high", "transfer-broken", "digest-mismatch", faults=("frail-above=460800",), options=FAST
    ),
    "another file": case(("verify_flash", "0x0", "other.bin"), "verify-failed"),
    "a worn sector": case(WRITE, "verify-failed", faults=("bad-sector=0x4000",)),
    "too big": case(("write_flash", "-fs", "1MB", "0x0", "big.bin"), "image-too-big"),
    "beyond the end": case(("read_flash", "0x100000", "0x1000", "r.bin"), "out-of-range", versions=(NEW,)),
    "within a sector": case(("erase_region", "0x10", "0x1000"), "out-of-range"),
    "read without stub": case(READ, "needs-stub", options=NO_STUB),
    "erase without stub": case(("erase_flash",), "needs-stub", options=NO_STUB),
    "no such file": case(("write_flash", "0x0", "nope.bin"), "file-missing"),
    # And what went well
    "identified": case(FLASH_ID),
    "read": case(READ),
    "written": case(WRITE),
    "erased": case(("erase_flash",)),
    "compared": case(("verify_flash", "0x0", "whole.bin")),
}
PAIRS = [(name, esptool) for name, it in CASES.items() for esptool in it.versions]


class Try:
    """A practice Sonoff with a fault, and one esptool on it."""

    def __init__(self, it: Case, esptool: str, folder: Path):
        self._case, self._esptool, self._folder = it, esptool, folder
        self._python = sys.executable if esptool == NEW else str(python_with_esptool(esptool))
        self._device = practice_device("any", folder / "basic", "basic")
        for name, data in {**FILES, "whole.bin": self._device.contents()[:0x10000]}.items():
            if name in (*it.command, it.port):
                (folder / name).write_bytes(data)

    def says(self) -> str:
        """All that esptool prints."""
        self._door = PtyDoor(self._device, realtime=self._case.realtime)
        stop = threading.Event()
        thread = threading.Thread(target=self._door.serve, args=(stop,))
        thread.start()
        try:
            with self._held():
                return self._before() + self._fails()
        finally:
            stop.set()
            thread.join()

    def _before(self) -> str:
        if not self._case.before:
            return ""
        self._power_up(button=True)
        words = self._words(self._case.before, ())
        done = subprocess.run(words, **self._where(), stdout=subprocess.PIPE, timeout=COMMAND_SECONDS, check=True)
        return done.stdout.decode()

    def _fails(self) -> str:
        for fault in self._case.faults:
            self._device.set_fault(fault.split("="))
        self._power_up(button=self._case.button)
        if not self._case.powered:
            self._device.power_off()
        said = self._folder / "said.txt"
        with said.open("wb") as out:
            program = subprocess.Popen(self._words(self._case.command, self._case.options), **self._where(), stdout=out)
            try:
                self._meddle(program, said)
                program.wait(COMMAND_SECONDS)
            finally:
                program.kill()
                program.wait()
        return said.read_text(encoding="utf-8")

    def _meddle(self, program, said: Path) -> None:
        """Wait for the word at which the hand does something; end what then says nothing any more."""
        if not self._case.hangs_after:
            return
        wait_until(lambda: self._case.hangs_after in said.read_text(encoding="utf-8") or program.poll() is not None)
        if self._case.then == "power-off":
            self._device.power_off()
        elif self._case.then == "interrupt":
            program.send_signal(signal.SIGINT)
        size = -1
        while program.poll() is None and size != said.stat().st_size:
            size = said.stat().st_size
            with contextlib.suppress(subprocess.TimeoutExpired):
                program.wait(SILENT_SECONDS)
        program.kill()

    def _power_up(self, *, button: bool) -> None:
        self._device.power_off()
        (self._device.hold_button if button else self._device.release_button)()
        self._device.power_on()

    @contextlib.contextmanager
    def _held(self):
        """With the port open in another program, where that is the fault."""
        if not self._case.held:
            yield
            return
        import fcntl

        port = os.open(self._door.address, os.O_RDWR | os.O_NOCTTY)
        try:
            fcntl.flock(port, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        finally:
            os.close(port)

    def _words(self, command, options) -> list[str]:
        head = [self._python, "-m", "esptool", "--port", self._case.port or self._door.address]
        resets = ["--before", self._word("no_reset")]
        # Where it may, it resets at the end as people have it do; the oldest ones break off at it on such a port.
        if not self._case.before or self._esptool in ("3.3.3", "2.8"):
            resets += ["--after", self._word("no_reset")]
        return [*head, *options, *resets, *map(self._word, command)]

    def _word(self, word: str) -> str:
        """A command or a mode as this version spells it."""
        return word.replace("_", "-") if self._esptool == NEW else word

    def _where(self):
        environment = CLEAN | {"PYTHONIOENCODING": "utf-8", "PYTHONUNBUFFERED": "1"}
        return {"cwd": self._folder, "stderr": subprocess.STDOUT, "env": environment}


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """One home for all: the practice Sonoffs here outlive a test."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, quick_doors():
        patch.setenv("SONOFFKIT_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def said(request, home):
    """What each esptool says in each case whose test was chosen; it may still be at it."""
    chosen = [item.callspec.params for item in request.session.items if item.path == request.path]
    pairs = {(one["name"], one["esptool"]): Future() for one in chosen if "esptool" in one}
    stop = threading.Event()

    def go(pair, result):
        try:
            if not stop.is_set():
                folder = home / f"{PAIRS.index(pair)}"
                folder.mkdir()
                result.set_result(Try(CASES[pair[0]], pair[1], folder).says())
        except BaseException as problem:
            result.set_exception(problem)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        for pair, result in pairs.items():
            pool.submit(go, pair, result)
        yield pairs
        stop.set()
        pool.shutdown(cancel_futures=True)


@pytest.mark.parametrize(("name", "esptool"), PAIRS)
def test_what_esptool_says_is_told_as_what_it_is(said, name, esptool):
    problem = said[name, esptool].exception(ALL_SECONDS)
    if isinstance(problem, NotBuilt):
        pytest.skip(str(problem))
    text = said[name, esptool].result()
    told = [diagnosis.name for diagnosis in diagnose(text, ports=())]
    allowed = CASES[name].first
    assert told[:1] == [] if not allowed else told and told[0] in allowed, f"{told}\n{text}"
