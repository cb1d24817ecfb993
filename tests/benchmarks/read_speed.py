"""How long a backup takes against ``esptool read-flash``, both as processes, over the pseudo-terminal in real time.

Run by hand: python tests/benchmarks/read_speed.py [--baud 115200 --baud 460800] [--pairs 1]
Each pair is one run of either side, one after the other, on a device whose
flash has no blank byte run; what counts is the ratio within a pair.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sonoffkit.practice import practice_device

LATENCY = 0.016
MB = 0x100000
BACK_UP = """
import json, sys, time
began = time.monotonic()
from sonoffkit.operations import back_up
from sonoffkit.session import connect
from sonoffkit.vault import Vault
imported = time.monotonic()
with connect(sys.argv[1], int(sys.argv[2])) as device:
    connected = time.monotonic()
    spent = dict(read=0.0, md5=0.0)
    def timed(name, call):
        def inner(*args, **kwargs):
            t = time.monotonic()
            try:
                return call(*args, **kwargs)
            finally:
                spent[name] += time.monotonic() - t
        return inner
    device.read, device.md5 = timed("read", device.read), timed("md5", device.md5)
    result = back_up(device, Vault(sys.argv[3]))
    backed_up = time.monotonic()
print(json.dumps(dict(
    file=str(result.backup.path), start=imported - began, connect=connected - imported, **spent,
    disk=backed_up - connected - spent["read"] - spent["md5"], close=time.monotonic() - backed_up)))
"""


@contextlib.contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A dense 1 MB device on a pseudo-terminal, in real time."""
    device = practice_device("bench", folder, "basic")
    (folder / "flash.bin").write_bytes(random.Random(1).randbytes(MB))
    command = [sys.executable, "-m", "sonoffkit", "practice", "--home", str(device.folder), "--realtime"]
    command += ["--latency", str(LATENCY)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        yield server.stdout.readline().strip(), server
        server.terminate()


def into_download_mode(server: subprocess.Popen[str]) -> None:
    """Power up anew with the button held: either side has to load its stub."""
    assert server.stdin
    server.stdin.write("hold\ncycle\nrelease\n")
    server.stdin.flush()
    time.sleep(1)


def timed(command: list[str]) -> tuple[float, str]:
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return time.monotonic() - began, done.stdout


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baud", type=int, action="append")
    parser.add_argument("--pairs", type=int, default=1)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["SONOFFKIT_HOME"] = home
        root = Path(home)
        with served(root / "device") as (port, server):
            for baud in wanted.baud or [115200, 460800]:
                compare(port, server, baud, wanted.pairs, root)


def compare(port: str, server: subprocess.Popen[str], baud: int, pairs: int, root: Path) -> None:
    flash = (root / "device" / "flash.bin").read_bytes()
    ratios = []
    for pair in range(pairs):
        into_download_mode(server)
        out = root / f"esptool-{baud}-{pair}.bin"
        esptool = [sys.executable, "-m", "esptool", "--port", port, "--baud", str(baud), "--before", "no-reset"]
        theirs, _ = timed([*esptool, "--after", "no-reset-stub", "read-flash", "0", "ALL", str(out)])
        assert out.read_bytes() == flash
        into_download_mode(server)
        ours, told = timed([sys.executable, "-c", BACK_UP, port, str(baud), str(root / f"vault-{baud}-{pair}")])
        parts = json.loads(told)
        assert hashlib.md5(Path(parts.pop("file")).read_bytes()).digest() == hashlib.md5(flash).digest()
        ratios.append(ours / theirs)
        floor = MB * 10 / baud
        print(f"{baud}: esptool read-flash {theirs:.1f} s, back_up {ours:.1f} s, ratio {ours / theirs:.3f}")
        print(f"  of that: {', '.join(f'{name} {seconds:.2f}' for name, seconds in parts.items())}")
        print(f"  the wire alone: {floor:.1f} s; wire efficiency while reading: {floor / parts['read']:.3f}")
    print(f"{baud}: median ratio {statistics.median(ratios):.3f} over {pairs}", flush=True)


if __name__ == "__main__":
    main()
