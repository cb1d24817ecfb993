"""A program that is killed in the middle of a backup: a kernel, a terminal, a laptop whose battery is empty."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sonoffkit.operations import back_up
from sonoffkit.practice import practice_device
from sonoffkit.session import connect
from sonoffkit.vault import Vault

BACK_UP = """
import sys
from sonoffkit.operations import back_up
from sonoffkit.session import connect
with connect(sys.argv[1], int(sys.argv[2])) as device:
    back_up(device)
"""
PATIENCE = 60
SLOW = "practice://basic?realtime=1&latency=0"  # slow enough to be killed in the middle
FAST_BAUD = 921600


def killed_after_some_pieces(port: str, baud: int) -> int:
    """Run a backup in a program of its own and kill it when some pieces are saved; how many were."""
    with subprocess.Popen([sys.executable, "-c", BACK_UP, port, str(baud)]) as program:
        deadline = time.monotonic() + PATIENCE
        while saved_pieces() < 3:
            assert program.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
        program.kill()
        program.wait()
    return saved_pieces()


def saved_pieces() -> int:
    checkpoints = list(Vault().folder.glob("*.checkpoint"))
    return checkpoints[0].read_text().count("[") - 1 if checkpoints else 0


def test_a_killed_backup_leaves_no_locked_port_and_goes_on():
    sonoff = practice_device("basic")
    pieces = killed_after_some_pieces(SLOW, FAST_BAUD)
    assert Vault().backups() == []
    with connect(SLOW, FAST_BAUD) as device:  # the stub is still at that speed, which was remembered
        result = back_up(device)
    assert result.fetched.resumed >= pieces * 0x10000
    assert result.backup.read() == sonoff.contents()


@pytest.mark.skipif(os.name != "posix", reason="there is no pseudo-terminal on this system")
def test_the_stub_that_a_killed_reader_left_in_its_read_loop_is_found_again(tmp_path):
    command = [
        sys.executable,
        "-m",
        "sonoffkit",
        "practice",
        "--home",
        str(tmp_path / "device"),
        "--realtime",
        "--latency",
        "0",
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        port = server.stdout.readline().strip()
        killed_after_some_pieces(port, FAST_BAUD)
        with connect(port, FAST_BAUD) as device:  # the chip outlived its reader, and waits for an acknowledgement
            result = back_up(device)
        server.terminate()
    assert result.fetched.resumed > 0
    assert result.backup.read() == Path(tmp_path / "device" / "flash.bin").read_bytes()
