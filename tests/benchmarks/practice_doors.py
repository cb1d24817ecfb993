"""What the practice Sonoff costs: processor time for each MB read in real time, and the three doors side by side.

Run by hand: python tests/benchmarks/practice_doors.py [--baud 921600] (Linux: it reads /proc)
The reader is the same everywhere: our own session, in a process of its own,
reading the whole flash once. For the in-process door that is reader and chip in one.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from served_device import practice_server

from sonoffkit.practice import practice_device

MB = 0x100000
READ = """
import json, sys, time
from sonoffkit.session import connect
with connect(sys.argv[1], int(sys.argv[2])) as device:
    wall, cpu = time.monotonic(), time.process_time()
    data = device.read(0, device.identity.flash_size)
    print(json.dumps(dict(wall=time.monotonic() - wall, cpu=time.process_time() - cpu, size=len(data))))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--baud", type=int, default=921600)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["SONOFFKIT_HOME"] = home
        folder = Path(home) / "device"
        practice_device("bench", folder, "basic")
        (folder / "flash.bin").write_bytes(random.Random(1).randbytes(MB))
        in_real_time(folder, wanted.baud)
        side_by_side(folder, wanted.baud)


def in_real_time(folder: Path, baud: int) -> None:
    """The server's share of one core, at the speed of the wire and with an FT232's latency."""
    with served(folder, "--pty", "--realtime") as (port, server):
        before = processor_seconds(server.pid)
        told = read(port, baud)
        spent = processor_seconds(server.pid) - before
    share = spent / told["wall"]
    print(f"real time at {baud} over the pty: 1 MB in {told['wall']:.1f} s (the wire alone {MB * 10 / baud:.1f} s)")
    print(f"  the practice side: {spent:.2f} s of processor time for each MB, {share:.2f} of a core", flush=True)


def side_by_side(folder: Path, baud: int) -> None:
    """All three at full speed."""
    told = {"in-process": read(f"practice://bench?home={folder}", baud)}
    for name, option in (("pty", ("--pty",)), ("RFC 2217", ("--serve", "0"))):
        with served(folder, *option) as (port, _):
            told[name] = read(port, baud)
    best = told["in-process"]["wall"]
    for name, one in told.items():
        print(f"full speed, {name}: 1 MB in {one['wall']:.2f} s, {one['wall'] / best:.2f} times the in-process door")


def read(port: str, baud: int) -> dict[str, float]:
    done = subprocess.run([sys.executable, "-c", READ, port, str(baud)], capture_output=True, text=True, check=True)
    told = json.loads(done.stdout)
    assert told["size"] == MB
    return dict(told)


@contextlib.contextmanager
def served(folder: Path, *options: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with practice_server("--home", str(folder), "--button", "held", *options) as server:
        assert server.stdout
        yield server.stdout.readline().strip(), server


def processor_seconds(pid: int) -> float:
    """User and system time of a process (proc(5): fields 14 and 15)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
