"""An adapter alone: what comes back of what it sends, and what that says about it."""

from __future__ import annotations

import os
import sys
import threading

import pytest
import serial
from waiting import wait_until

from sonoffkit.checks import SPEEDS, Came, Check, Echo, echoes, judge_loop, loop_back
from sonoffkit.checks.echo import HARMLESS
from sonoffkit.practice import practice_device
from sonoffkit.practice.faults import Noise, Wires

PRACTICE = "practice://basic"
posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")


@pytest.fixture
def adapter():
    """A practice Sonoff's adapter, its TX on its own RX."""
    device = practice_device("basic")
    device.faults.wires = Wires.LOOPED
    return device


def came(*speeds: int) -> list[Came]:
    return [echo.came for echo in echoes(PRACTICE, speeds or SPEEDS)]


def test_pyserials_own_loop_is_a_good_adapter():
    told = []
    check = loop_back("loop://", tell=told.append)
    assert told == [Echo(baud, Came.WHOLE) for baud in SPEEDS]
    assert check.ok is True
    assert check.says == "The adapter on loop:// is good: all comes back, up to 921600 baud"
    assert "the button held at power-up, RX and TX crossed" in check.do


def test_a_looped_adapter_gives_all_back_and_its_device_is_not_touched(adapter):
    before = adapter.contents()
    assert came() == [Came.WHOLE] * 5
    assert adapter.contents() == before
    with serial.serial_for_url(PRACTICE) as port:  # it was closed again
        assert port.is_open


def test_a_counterfeit_that_runs_slower_than_it_is_told_is_found_by_its_time(adapter):
    adapter.faults.top_speed = 115200
    assert came(9600, 115200, 460800) == [Came.WHOLE, Came.WHOLE, Came.SLOW]
    check = loop_back(PRACTICE, speeds=(115200, 460800))
    assert check.ok is False
    assert check.says == (
        "On practice://basic all comes back up to 115200 baud, but not above "
        "(460800 baud: comes back whole, but slower than it should): a weak or a counterfeit adapter."
    )
    assert check.do.startswith("Use at most 115200 baud (the kit finds that by itself; for esptool: --baud 115200)")


def test_a_weak_adapter_gives_back_broken_bytes_above_its_limit(adapter):
    adapter.faults.frail_above = 115200
    assert came(9600, 115200, 921600) == [Came.WHOLE, Came.WHOLE, Came.BROKEN]
    check = loop_back(PRACTICE, speeds=(115200, 921600))
    assert "up to 115200 baud, but not above (921600 baud: comes back broken)" in check.says


@pytest.mark.parametrize("kind", ["drop", "duplicate", "flip"])
def test_a_wire_that_spoils_bytes_at_every_speed_is_not_called_a_loop_that_is_missing(adapter, kind):
    setattr(adapter.faults, f"{kind}_to_host", 40)
    assert came(115200) == [Came.BROKEN]
    assert loop_back(PRACTICE, speeds=(115200,)).says == (
        "On practice://basic only part of what was sent comes back, at every speed."
    )


@pytest.mark.parametrize("wires", [Wires.GOOD, Wires.OPEN, Wires.SWAPPED])
def test_without_a_loop_nothing_comes_back(adapter, wires):
    adapter.faults.wires = wires
    check = loop_back(PRACTICE, speeds=(9600, 115200))
    assert (check.ok, check.says) == (False, "On practice://basic nothing comes back.")
    assert "Look whether the wire is on TX and RX, and whether this is the right port" in check.do
    assert "the adapter is dead or a fake" in check.do


@pytest.mark.parametrize("noise", list(Noise))
def test_who_talks_for_ever_is_no_loop_and_the_test_ends(adapter, noise):
    adapter.faults.noise = noise
    check = loop_back(PRACTICE, speeds=(9600, 115200))
    assert check.says == (
        "On practice://basic something else comes back than was sent: a device talks there, or the wire is loose."
    )


def test_an_adapter_that_is_pulled_meanwhile_is_told_and_nothing_is_raised(adapter):
    adapter.faults.unplug_after = 100
    check = loop_back(PRACTICE)
    assert (check.ok, check.name) == (False, f"loop on {PRACTICE}")
    assert check.says.startswith("The port practice://basic vanished while it was in use.")


@pytest.mark.parametrize("port", ["/dev/ttyNONE", "COM77", "practice://no name", "nonsense://", ""])
def test_a_port_that_cannot_be_opened_is_told_and_nothing_is_raised(port):
    check = loop_back(port)
    assert check.ok is False
    assert check.do


def test_a_port_that_is_in_use_is_told(adapter):
    with serial.serial_for_url(PRACTICE):
        assert loop_back(PRACTICE).says == "Another program has the port practice://basic open."


def test_no_packet_can_begin_and_no_line_can_end_in_what_is_sent():
    assert set(range(256)) - set(HARMLESS) == {0xC0, 0x0A, 0x0D}


@posix
def test_a_device_that_answers_is_told_from_a_loop(tmp_path):
    ours, theirs = os.openpty()

    def answers():
        while True:
            try:
                if not os.read(ours, 4096):
                    return
                os.write(ours, b"CMD: Unknown\r\n")
            except OSError:
                return

    answering = threading.Thread(target=answers, daemon=True)
    with serial.Serial(os.ttyname(theirs)) as keeps_it_raw:
        assert keeps_it_raw.is_open
    answering.start()
    check = loop_back(os.ttyname(theirs), speeds=(115200,))
    os.close(theirs)
    wait_until(lambda: not answering.is_alive())
    os.close(ours)
    assert check.says.endswith("a device talks there, or the wire is loose.")


# What the echoes say


def judged(*came: Came) -> Check:
    return judge_loop("COM5", [Echo(baud, one) for baud, one in zip(SPEEDS, came, strict=False)])


def test_a_speed_that_cannot_be_set_is_not_the_adapters_fault():
    assert judged(Came.WHOLE, Came.REFUSED, Came.WHOLE).ok is True
    assert judged(Came.NOTHING, Came.REFUSED).says == "On COM5 nothing comes back."


def test_whatever_fails_above_a_speed_that_is_good_is_a_limit():
    for failing in (Came.SLOW, Came.BROKEN, Came.NOTHING, Came.OTHER):
        check = judged(Came.WHOLE, Came.WHOLE, Came.WHOLE, failing, failing)
        assert check.do.startswith("Use at most 115200 baud")


def test_what_fails_below_a_speed_that_is_good_is_a_loose_wire():
    check = judged(Came.WHOLE, Came.NOTHING, Came.WHOLE)
    assert check.says == "On COM5 it comes and goes (74880 baud: nothing comes back; 115200 baud: comes back whole)."
    assert check.do.startswith("Press the wire on firmly")
