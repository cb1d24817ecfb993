"""Four generations of the real esptool, as people type it, against the practice Sonoff.

Each esptool has a practice Sonoff of its own for each way of use. Several of
them work at a time, beside the tests, which only ask how each step went; so
all of them together take little longer than esptool's own pauses.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version

import pytest
from esptools import ROOT, NotBuilt, python_with_esptool
from quick_doors import quick_doors
from waiting import wait_until

from sonoffkit.practice import lesson_images, practice_device
from sonoffkit.practice.chip import Running
from sonoffkit.practice.pty_door import PtyDoor
from sonoffkit.practice.rfc2217_door import Rfc2217Door

NEW = version("esptool")  # the one beside pytest
VERSIONS = (NEW, "4.8.1", "3.3.3", "2.8")
SPEEDS = (115200, 460800, 921600)
AT_ONCE = 6  # practice Sonoffs in use; esptool pauses more than it works
COMMAND_SECONDS = 120  # only for an esptool that hangs
ALL_SECONDS = 1800
MATRIX = ROOT / "build" / "esptool-matrix.json"
# What a person has set for esptool must not reach it here.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("ESPTOOL")}

KEEP_STUB = "no_reset_stub"  # to leave the stub, esptool has it begin a write
MB, SECTOR = 0x100000, 0x1000
BLANK = b"\xff" * SECTOR
# An image, and noise that cannot be compressed: 14 sectors, nearly. Their number is
# even, as esptool's way around the ROM's erase bug is exact then.
HELLO = lesson_images()["practice-hello.bin"]
IMAGE = HELLO + random.Random(1).randbytes(57_000 - len(HELLO))
IMAGE_ON_FLASH = IMAGE[:2] + bytes([3, 0x20 | IMAGE[3] & 0xF]) + IMAGE[4:]  # DOUT, 1 MB
AS_ON_FLASH = ("-fs", "1MB", "-fm", "dout", "0x0")


@dataclass(frozen=True)
class Way:
    """One version of esptool, and how it is used."""

    version: str
    how: str  # "stub", "no-stub" or "rfc2217"
    baud: int = 115200

    def __str__(self):
        return f"{self.version}-{self.how}" + (f"-{self.baud}" if self.how == "stub" else "")


class Sonoff:
    """A practice Sonoff behind a door, and one esptool to use on it."""

    def __init__(self, way: Way, folder):
        self.way, self.folder = way, folder
        self._python = sys.executable if way.version == NEW else python_with_esptool(way.version)
        self._stop = threading.Event()
        if way.how == "rfc2217":
            self.device = practice_device("any", folder / "nodemcu", "nodemcu")
            self._door = Rfc2217Door(self.device, 0)
        else:
            self.device = practice_device("any", folder / "basic", "basic")
            self._door = PtyDoor(self.device)
        self._thread = threading.Thread(target=self._door.serve, args=(self._stop,))

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def power_cycle(self, *, button: bool):
        self.device.power_off()
        if button:
            self.device.hold_button()
        else:
            self.device.release_button()
        self.device.power_on()

    def passes(self, command: str, *words, after="no_reset") -> str:
        """What esptool says; it must succeed."""
        status, text = self._esptool(command, *words, after=after)
        assert status == 0, text
        return text

    def fails(self, command: str, *words) -> str:
        """What esptool says; it must not succeed."""
        status, text = self._esptool(command, *words)
        assert status not in (0, None), text
        return text

    def _esptool(self, command, *words, after="no_reset"):
        if self.way.how == "rfc2217":  # automatic reset, out of the firmware and back into it
            self.power_cycle(button=False)
            options = []
        else:  # the hand, before each command: an old stub does not answer the next esptool
            self.power_cycle(button=True)
            after = "no_reset" if self.way.version == "2.8" else after  # it does not know the other one
            options = ["--before", self._word("no_reset"), "--after", self._word(after)]
            options += ["--no-stub"] if self.way.how == "no-stub" else ["--baud", self.way.baud]
        done = subprocess.run(
            [
                *(str(self._python), "-m", "esptool", "--port", self._door.address),
                *map(str, [*options, self._word(command), *words]),
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=COMMAND_SECONDS,
            check=False,
            env=CLEAN | {"PYTHONIOENCODING": "utf-8"},
        )
        return done.returncode, " ".join((done.stdout + done.stderr).split())

    def _word(self, word: str) -> str:
        """A command or a mode as this version spells it."""
        return word.replace("_", "-") if self.way.version == NEW else word


# With the stub and without


def chip_id(sonoff):
    said = sonoff.passes("chip_id")
    assert "ESP8266EX" in said
    assert f"Chip ID: 0x00{sonoff.device.mac[3:].hex()}" in said


def flash_id(sonoff):
    said = sonoff.passes("flash_id")
    assert "Manufacturer: ef" in said
    assert "Device: 4014" in said
    assert "Detected flash size: 1MB" in said


def read_mac(sonoff):
    assert f"MAC: {sonoff.device.mac.hex(':')}" in sonoff.passes("read_mac")


def dump_mem(sonoff):
    for file in ("first.bin", "again.bin"):
        sonoff.passes("dump_mem", "0x40000000", 4096, file)
    first, again = ((sonoff.folder / file).read_bytes() for file in ("first.bin", "again.bin"))
    assert len(first) == 4096
    assert first == again


def read_flash_status(sonoff):
    assert [status(sonoff, size) for size in (1, 2)] == ["0x0000", "0x0000"]


def status(sonoff, size=1) -> str:
    said = sonoff.passes("read_flash_status", "--bytes", size, after=KEEP_STUB)
    return re.search(r"(?:Status value|Flash memory status): (\w+)", said)[1]


def write_flash_status(sonoff):
    before = sonoff.device.contents()
    for value in ("04", "00"):  # bit 2 protects a sixteenth of the flash: it must not stay
        said = sonoff.passes("write_flash_status", "--bytes", 1, "--non-volatile", f"0x{value}", after=KEEP_STUB)
        assert f"status: 0x{value}" in said.partition("After")[2]
        # Where esptool begins a write, to attach the flash or to leave the stub, the protection is taken away.
        if sonoff.way.how == "stub" and sonoff.way.version != "2.8":
            assert status(sonoff) == f"0x00{value}", "not kept without power"
    assert sonoff.device.contents() == before


def write_volatile_status(sonoff):
    said = sonoff.passes("write_flash_status", "--bytes", 1, "0x04", after=KEEP_STUB)
    assert "status: 0x04" in said.partition("After")[2]
    assert status(sonoff) == "0x0000", "kept without power"


def write_flash(sonoff):
    before = sonoff.device.contents()
    (sonoff.folder / "image.bin").write_bytes(IMAGE)
    sonoff.passes("write_flash", *AS_ON_FLASH, "image.bin")
    after, end = sonoff.device.contents(), -(-len(IMAGE) // SECTOR) * SECTOR
    assert after[: len(IMAGE)] == IMAGE_ON_FLASH
    assert after[len(IMAGE) : end] == b"\xff" * (end - len(IMAGE))
    assert after[end:] == before[end:], "more than the image's sectors has changed"


# With the stub


def read_flash(sonoff):
    said = sonoff.passes("read_flash", 0, MB, "read.bin")
    assert (f"Changing baud rate to {sonoff.way.baud}" in said) == (sonoff.way.baud != 115200)
    assert (sonoff.folder / "read.bin").read_bytes() == sonoff.device.contents()


def verify_flash(sonoff):
    assert sonoff.device.contents()[: len(IMAGE)] == IMAGE_ON_FLASH, "nothing to verify: the write before has failed"
    sonoff.passes("verify_flash", *AS_ON_FLASH, "image.bin")
    (sonoff.folder / "other.bin").write_bytes(IMAGE[:-1] + bytes([IMAGE[-1] ^ 1]))
    assert "digest mismatch" in sonoff.fails("verify_flash", *AS_ON_FLASH, "other.bin")


def erase_region(sonoff):
    before = sonoff.device.contents()
    sonoff.passes("erase_region", "0x10000", "0x1000")
    assert BLANK not in (before[0x10000:0x11000], before[0xF000:0x10000], before[0x11000:0x12000])
    assert sonoff.device.contents() == before[:0x10000] + BLANK + before[0x11000:]


def erase_flash(sonoff):
    sonoff.passes("erase_flash")
    assert sonoff.device.contents() == b"\xff" * MB


# Without


def refused(*words):
    """What the ROM cannot do; nothing changes by it."""

    def is_refused(sonoff):
        before = sonoff.device.contents()
        assert "ESP8266 ROM does not support function" in sonoff.fails(*words)
        assert sonoff.device.contents() == before

    return is_refused


# With automatic reset, over RFC 2217


def flash_id_after_reset(sonoff):
    said = sonoff.passes("flash_id")
    assert "Device: 4016" in said
    assert "Detected flash size: 4MB" in said
    wait_until(lambda: sonoff.device.state().running is Running.FIRMWARE, 20)  # reset at the end; EN rises slowly


def write_and_read(sonoff):
    before, data = sonoff.device.contents(), random.Random(2).randbytes(SECTOR)
    (sonoff.folder / "data.bin").write_bytes(data)
    sonoff.passes("write_flash", "0x20000", "data.bin")
    assert sonoff.device.contents() == before[:0x20000] + data + before[0x21000:]
    sonoff.passes("read_flash", "0x20000", SECTOR, "read.bin")
    assert (sonoff.folder / "read.bin").read_bytes() == data


# Which esptool does what


def named(*steps):
    return {step.__name__: step for step in steps}


BOTH = (chip_id, flash_id, read_mac, read_flash_status, write_flash_status, write_volatile_status, dump_mem)
WITH_STUB = named(*BOTH, read_flash, erase_region, write_flash, verify_flash, erase_flash)
WITHOUT_STUB = {
    **named(*BOTH, write_flash),
    "read_flash_refused": refused("read_flash", 0, SECTOR, "read.bin"),
    "verify_flash_refused": refused("verify_flash", *AS_ON_FLASH, "image.bin"),
    "erase_region_refused": refused("erase_region", "0x10000", "0x1000"),
    "erase_flash_refused": refused("erase_flash"),
}
SLOW = {  # RFC 2217 takes many seconds for each command
    **{v: named(flash_id_after_reset, read_mac, write_and_read) for v in (NEW, "4.8.1")},
    **{v: named(flash_id_after_reset) for v in ("3.3.3", "2.8")},
}
WAYS = {
    **{Way(v, "stub", baud): WITH_STUB for v in VERSIONS for baud in SPEEDS},
    **{Way(v, "no-stub"): WITHOUT_STUB for v in VERSIONS},
    **{Way(v, "rfc2217"): SLOW[v] for v in VERSIONS},
}
NO_PTY = pytest.mark.skip(reason="there is no pseudo-terminal on Windows")
CASES = [
    pytest.param(
        way, name, id=f"{way}-{name}", marks=NO_PTY if sys.platform == "win32" and way.how != "rfc2217" else ()
    )
    for way, steps in WAYS.items()
    for name in steps
]


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """One home for all: the practice Sonoffs here outlive a test."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch, quick_doors():
        patch.setenv("SONOFFKIT_HOME", str(home))
        yield home


@pytest.fixture(scope="module")
def went(request, home):
    """How each step of each way goes, for the ways whose tests were chosen; a result may still be under way."""
    chosen = {
        item.callspec.params["way"]
        for item in request.session.items
        if item.path == request.path and not item.get_closest_marker("skip")
    }
    went = {way: {name: Future() for name in steps} for way, steps in WAYS.items() if way in chosen}
    stop = threading.Event()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for way in sorted(went, key=lambda way: way.how != "rfc2217"):  # the slow ones first
            pool.submit(go_through, way, home / str(way), went[way], stop)
        yield went
        stop.set()
        pool.shutdown(cancel_futures=True)
    write_matrix(went)


def go_through(way, folder, results, stop):
    try:
        with Sonoff(way, folder) as sonoff:
            for name, result in results.items():
                if stop.is_set():
                    return
                try:
                    result.set_result(WAYS[way][name](sonoff))
                except Exception as problem:
                    result.set_exception(problem)
    except Exception as problem:
        for result in results.values():
            if not result.done():
                result.set_exception(problem)


def write_matrix(went):
    """Into a file, to be quoted: how many steps passed, of how many that were tried."""
    matrix = {}
    for way, results in went.items():
        problems = [result.exception() for result in results.values() if result.done()]
        tried = [problem for problem in problems if not isinstance(problem, NotBuilt)]
        matrix[str(way)] = {"passed": tried.count(None), "tried": len(tried)}
    MATRIX.parent.mkdir(exist_ok=True)
    MATRIX.write_text(json.dumps(matrix, indent=1), encoding="utf-8")


@pytest.mark.parametrize(("way", "step"), CASES)
def test_the_real_esptool_gets_on_with_it(went, way, step):
    problem = went[way][step].exception(ALL_SECONDS)
    if isinstance(problem, NotBuilt):
        pytest.skip(str(problem))
    if problem:
        raise problem
