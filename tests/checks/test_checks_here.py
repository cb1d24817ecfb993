"""The checks on this very machine, on ports that other programs really hold or really may not be used."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from click.testing import CliRunner
from machines import named, the_only_flip, wrong

from sonoffkit.checks import Check, line, run_checks
from sonoffkit.cli import main
from sonoffkit.practice import practice_device
from sonoffkit.practice.faults import Wires

posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")
linux = pytest.mark.skipif(sys.platform != "linux", reason="by /proc and /dev/pts")
as_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root can become somebody else"
)
KIT = (sys.executable, "-m", "sonoffkit")
HOLD = "import serial, sys; port = serial.Serial(sys.argv[1], exclusive=True); print('open', flush=True); input()"
NOBODY = 65534
PRACTICE = "practice://basic"


def started(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")


def stop(program: subprocess.Popen[str]) -> None:
    program.terminate()
    program.communicate(timeout=60)


@pytest.fixture
def served():
    """A practice Sonoff's port for terminals, as ``sonoffkit practice`` names it."""
    server = started(*KIT, "practice")
    yield server.stdout.readline().strip()
    stop(server)


def checked(*words: str):
    return CliRunner().invoke(main, ["check", *words])


# A port that is held


@linux
def test_a_port_that_another_program_holds_flips_one_line_with_its_name(served):
    before = list(run_checks([served]))
    holder = started(sys.executable, "-c", HOLD, served)
    assert holder.stdout.readline() == "open\n"
    held = list(run_checks([served]))
    stop(holder)
    flipped = the_only_flip(before, held)
    assert flipped.says == f"{served} is in use by {_name_of_python()} (process {holder.pid})."
    assert flipped.do == f"Close that program. If it has no window: kill {holder.pid}"
    assert [check.ok for check in run_checks([served])] == [check.ok for check in before]


def _name_of_python() -> str:
    return Path("/proc/self/comm").read_text(encoding="utf-8").strip() if sys.platform == "linux" else ""


@linux
def test_the_program_that_serves_a_port_is_not_taken_for_one_that_holds_it(served):
    assert named(run_checks([served]), f"use of {served}").ok is True


@linux
def test_a_port_that_this_program_holds_itself_is_told_as_that(served):
    number = os.open(served, os.O_RDWR | os.O_NOCTTY)
    try:
        told = named(run_checks([served]), f"use of {served}")
    finally:
        os.close(number)
    assert told.do.startswith("That is this very program")


def test_a_practice_port_that_another_program_holds_flips_one_line():
    before = list(run_checks([PRACTICE]))
    holds = "import sonoffkit.practice as p; p.practice_device('basic').attach(); print('open', flush=True); input()"
    holder = started(sys.executable, "-c", holds)
    assert holder.stdout.readline() == "open\n"
    held = list(run_checks([PRACTICE]))
    stop(holder)
    assert the_only_flip(before, held).says == f"Another program has {PRACTICE} open."


# A port that may not be used


def as_nobody(port: str, *groups: int) -> list[Check]:
    """The checks as a user without any right sees them."""
    told = subprocess.run(
        [sys.executable, str(Path(__file__).parent / "as_nobody.py"), port, *map(str, groups)],
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert told.returncode == 0, told.stderr
    return [Check(**one) for one in json.loads(told.stdout)]


@pytest.fixture
def open_home(monkeypatch):
    """pytest's folders are for their owner alone; in this one anybody may write."""
    with tempfile.TemporaryDirectory(prefix="sonoffkit-") as home:
        Path(home).chmod(0o777)
        monkeypatch.setenv("SONOFFKIT_HOME", home)
        yield


@linux
@as_root
def test_a_port_that_really_is_another_groups_flips_one_line(open_home, served):
    import grp
    import pwd

    group, user = grp.getgrnam("dialout"), pwd.getpwuid(NOBODY).pw_name
    os.chown(served, 0, group.gr_gid)
    Path(served).chmod(0o666)
    before = as_nobody(served)
    Path(served).chmod(0o660)
    flipped = the_only_flip(before, as_nobody(served))
    assert flipped.name == f"permission of {served}"
    assert flipped.says == f"You ({user}) may not use {served}: its group dialout may, and you are not in it."
    assert flipped.do == f"sudo usermod -aG dialout {user}; then log out and in again."
    assert wrong(as_nobody(served, group.gr_gid)) == []


@linux
@as_root
def test_a_port_that_nobody_may_use_flips_one_line_and_the_command_really_helps(open_home, served):
    Path(served).chmod(0o666)
    before = as_nobody(served)
    Path(served).chmod(0)
    flipped = the_only_flip(before, as_nobody(served))
    command = flipped.do.removesuffix(" (holds until it is unplugged)").replace("sudo ", "")
    subprocess.run(["sh", "-c", command], check=True)
    assert wrong(as_nobody(served)) == []


# The command


def test_it_prints_a_line_for_each_thing_and_ends_well():
    told = checked()
    assert told.exit_code == 0, told.output
    rows = told.output.splitlines()
    assert [row[0] for row in rows if row[0] not in "✓–"] == []
    assert "✓ A practice Sonoff answers (ESP8266EX 1 MB)" in rows
    assert sum("packages are new enough" in row for row in rows) == 1


def test_what_is_wrong_is_told_with_what_to_do_and_by_the_exit_status():
    told = checked("/dev/no-such-port")
    assert told.exit_code == 1
    (row,) = [row for row in told.output.splitlines() if row.startswith("✗")]
    assert row.startswith("✗ There is no port /dev/no-such-port. ")
    assert " → Check the name, or plug the adapter in" in row


def test_as_json_it_says_the_same():
    told = json.loads(checked("--json", "/dev/no-such-port").output)
    assert told["ready"] is False
    lines = [line(Check(**one)) for one in told["checks"]]
    free = re.compile(r"\d+ MB are free")  # that changes all the time
    assert free.sub("", "\n".join(lines) + "\n") == free.sub("", checked("/dev/no-such-port").output)


def test_the_loop_is_explained_before_it_is_tried():
    practice_device("basic").faults.wires = Wires.LOOPED
    told = checked("--loop-back", PRACTICE)
    assert told.exit_code == 0, told.output
    explained = told.output.index("1. Unplug the adapter from USB, and take the wires to the device off it")
    assert explained < told.output.index("2. Connect its pin TX (TXD) to its own pin RX (RXD) with one wire")
    tried = told.output.index("   9600 baud: comes back whole")
    assert explained < tried < told.output.index(f"✓ The adapter on {PRACTICE} is good")


def test_a_loop_that_is_not_there_is_told_by_the_exit_status_too():
    told = checked("--loop-back", PRACTICE, "--json")
    assert told.exit_code == 1
    (wrong_one,) = [one for one in json.loads(told.output)["checks"] if one["ok"] is False]
    assert wrong_one["says"] == f"On {PRACTICE} nothing comes back."


def test_a_terminal_without_our_signs_gets_others():
    done = subprocess.run(
        [*KIT, "check"], env={**os.environ, "PYTHONIOENCODING": "cp1252"}, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert b"ok A practice Sonoff answers (ESP8266EX 1 MB)" in done.stdout


@posix
def test_a_reader_that_leaves_early_is_no_traceback():
    done = subprocess.run(
        ["sh", "-c", f"{sys.executable} -m sonoffkit check | head -1"], capture_output=True, text=True, check=False
    )
    assert done.stdout.startswith("✓ Python ")
    assert "Traceback" not in done.stderr
