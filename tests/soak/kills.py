"""A hundred kills of a backup at random moments, each followed by one that must complete with the right bytes.

Run by hand: python tests/soak/kills.py [--kills 100] [--seed 1] (Linux, macOS)
The practice Sonoff is served from here over a pseudo-terminal, so that it
outlives its reader; the backups are programs of their own.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from sonoffkit.practice import PracticeDevice, practice_device
from sonoffkit.practice.pty_door import PtyDoor
from sonoffkit.practice.stub_base import StubBase
from sonoffkit.vault import Vault

BAUD = 460800
MODEL = "pow-r2"  # 4 MB, and dense: most of a backup is spent in the stub's read loop
PATIENCE = 120
BACK_UP = """
import sys
from sonoffkit.operations import back_up
from sonoffkit.session import connect
with connect(sys.argv[1], int(sys.argv[2])) as device:
    back_up(device)
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    rng = random.Random(wanted.seed)
    with tempfile.TemporaryDirectory() as home:
        os.environ["SONOFFKIT_HOME"] = home
        os.environ["SONOFFKIT_VAULT"] = str(Path(home) / "vault")
        device = practice_device("soak", Path(home) / "device", MODEL)
        (device.folder / "flash.bin").write_bytes(rng.randbytes(device.model.flash_size))
        with served(device) as port:
            seconds = whole_backup(port)
            kills = [one_kill(device, port, rng.uniform(0, seconds)) for _ in range(wanted.kills)]
    told = {name: sum(kill[name] for kill in kills) for name in kills[0]}
    print(f"seed {wanted.seed}: {len(kills)} kills; " + ", ".join(f"{name}: {n}" for name, n in told.items()))
    sys.exit(0 if told["completed"] == len(kills) else 1)


@contextlib.contextmanager
def served(device: PracticeDevice) -> Iterator[str]:
    door, stop = PtyDoor(device), threading.Event()
    thread = threading.Thread(target=door.serve, args=(stop,))
    thread.start()
    try:
        yield door.address
    finally:
        stop.set()
        thread.join()


def whole_backup(port: str) -> float:
    """What a backup takes here, from the start of its program: the kills are spread over it."""
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", BACK_UP, port, str(BAUD)], check=True, timeout=PATIENCE)
    took = time.monotonic() - began
    forget_backups()
    return took


def forget_backups() -> None:
    """Take them away: the next backup would know by one digest that nothing changed, and the folder would grow."""
    for backup in Vault().backups():
        backup.path.unlink()
        backup.manifest_path.unlink()


def one_kill(device: PracticeDevice, port: str, moment: float) -> dict[str, bool]:
    """Kill a backup, and see whether the next one completes with the right bytes."""
    with subprocess.Popen([sys.executable, "-c", BACK_UP, port, str(BAUD)]) as program:
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(moment)
        ended = program.poll() is not None
        program.kill()
    time.sleep(0.05)
    waits = reads(device)
    before = len(Vault().backups())
    resumed = any(Vault().folder.glob("*.part"))
    done = subprocess.run(
        [sys.executable, "-c", BACK_UP, port, str(BAUD)], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    backups = Vault().backups()
    right = len(backups) == before + 1 and backups[0].read() == device.contents()
    if done.returncode or not right or Vault().problems():
        print(f"killed at {moment:.3f} s: {done.stderr.strip().splitlines()[-1:]} {Vault().problems()}", flush=True)
    sound = all(backup.read() == device.contents() for backup in backups)
    forget_backups()
    return {
        "completed": done.returncode == 0 and right and sound,
        "in the read loop": waits,
        "with a part to go on with": resumed,
        "after it had ended": ended,
    }


def reads(device: PracticeDevice) -> bool:
    """Whether the stub waits in its read loop, for an acknowledgement that nobody will send."""
    with device.condition:
        chip = device.line.chip if device.line else None
        loader = chip._loader if chip else None
        return isinstance(loader, StubBase) and loader._reading is not None


if __name__ == "__main__":
    main()
