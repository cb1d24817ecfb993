"""A practice device served by a process of its own: its port, its flash, the hand at its button."""

from __future__ import annotations

import contextlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["FACTORY", "LATENCY", "MB", "Served", "practice_server", "served"]

MB = 0x100000
LATENCY = 0.016
FACTORY = "factory"  # the practice Sonoff's own image, which the server makes

# No model has 16 MB; this server has one. Before the command line is read, since that knows the models by then.
_SERVE = """
from dataclasses import replace
from sonoffkit.practice.models import MODELS
from sonoffkit.practice.images import SIZE_CODES
SIZE_CODES[16 << 20] = 9  # as in esptool's targets/esp8266.py
MODELS["big"] = replace(MODELS["basic"], name="big", title="Sonoff with 16 MB", flash_id=0x1840EF, flash_size=16 << 20)
from sonoffkit.cli import main
main()
"""


@contextlib.contextmanager
def practice_server(*options: str, program: Sequence[str] = ("-m", "sonoffkit")) -> Iterator[subprocess.Popen[str]]:
    """A practice device in a process of its own, which says first where its port is."""
    command = [sys.executable, *program, "practice", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield server
        finally:
            server.terminate()


@contextlib.contextmanager
def served(
    image: str | Path, *, model: str = "basic", realtime: bool = True, latency: float = LATENCY
) -> Iterator[Served]:
    """A device that holds this image, behind a pseudo-terminal."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["--pty", "--home", f"{folder}/device", "--model", model]
        if realtime:
            options += ["--realtime", "--latency", str(latency)]
        with practice_server(*options, program=("-c", _SERVE)) as server:
            device = Served(Path(folder), server)
            device.set_up(image)
            yield device


class Served:
    """A practice device in a process of its own: its port, its flash, the hand at its button."""

    def __init__(self, folder: Path, server: subprocess.Popen[str]) -> None:
        self.folder, self._server = folder, server
        self.port = self._line().strip()
        self.flash = folder / "device" / "flash.bin"
        self.image = folder / "image.bin"  # what it is to hold

    def set_up(self, image: str | Path) -> None:
        """Put an image on it: the one it was made with, random bytes, or a file's."""
        if image == "dense":
            _write_dense(self.image, self.flash.stat().st_size)
        else:
            shutil.copyfile(self.flash if image == FACTORY else image, self.image)
        with self.image.open("rb") as file:
            for at in range(0, self.flash.stat().st_size, MB):
                self.change(at, file.read(MB))

    def change(self, address: int, data: bytes) -> None:
        """Into the file where it is: the server has it in its memory."""
        with self.flash.open("r+b") as file:
            file.seek(address)
            file.write(data)

    def into_download_mode(self) -> None:
        """Power up anew with the button held, and wait until that is done."""
        words = ("hold", "cycle", "release")
        assert self._server.stdin
        self._server.stdin.write("".join(f"{word}\n" for word in words))
        self._server.stdin.flush()
        for _ in words:
            while not (line := self._line()).startswith("power "):
                pass
        if "download mode" not in line:
            sys.exit(f"the device is not in download mode: {line}")
        time.sleep(0.5)  # what the ROM says at its start is through by then

    def check(self, file: Path) -> None:
        """End all where a file is not what the device holds."""
        if not _same(file, self.flash):
            sys.exit(f"BYTES DIFFER: {file.name} is not what the device holds")

    def new_folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self.folder))

    def _line(self) -> str:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            sys.exit("the practice device's server has ended")
        return line


def _write_dense(path: Path, size: int) -> None:
    """Random bytes, a MB at a time."""
    rng = random.Random(1)
    with path.open("wb") as file:
        for _ in range(0, size, MB):
            file.write(rng.randbytes(MB))


def _same(one: Path, other: Path) -> bool:
    """Byte for byte; not by filecmp, which trusts dates, and a file in memory may keep its own."""
    with one.open("rb") as left, other.open("rb") as right:
        while (data := left.read(MB)) == right.read(MB):
            if not data:
                return True
    return False
