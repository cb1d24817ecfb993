"""The dialogue with somebody whose device does not answer: one thing at a time, led by what the device says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.bootlog import Heard
from sonoffkit.errors import DeviceLost, GarbledAnswer, NoAnswer, NotFinished, PortMissing
from sonoffkit.guide import Guide

FIRMWARE = b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n\r\nload 0x40100000, len 2592, room 16 \r\n"
DOWNLOAD = b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n\r\n"
SILENT = NoAnswer("The device does not answer. (No serial data received.)")


def heard(data: bytes) -> Heard:
    return Heard(data, 74880, 4.0)


def silent_guide() -> Guide:
    guide = Guide()
    guide.tell(SILENT)
    return guide


def tries(guide: Guide) -> list[str]:
    """What it advises, one after the other, to the end."""
    whats = [guide.advice.cause.what]
    while not guide.advice.is_last:
        guide.tried()
        whats.append(guide.advice.cause.what)
    return whats


def test_before_anything_is_told_there_is_no_advice():
    assert Guide().advice is None


def test_silence_begins_with_the_button_and_goes_on_in_the_workshops_order():
    guide = silent_guide()
    assert (guide.advice.number, guide.advice.count, guide.advice.said) == (1, 5, "")
    button, crossed, power, ground, adapter = tries(guide)
    assert "button" in button
    assert "crossed" in crossed
    assert "power" in power
    assert "GND" in ground
    assert "adapter" in adapter


def test_at_the_last_one_it_stays_and_back_leads_back():
    guide = silent_guide()
    tries(guide)
    guide.tried()
    assert guide.advice.number == guide.advice.count
    for _ in range(guide.advice.count + 3):
        guide.back()
    assert guide.advice.number == 1


def test_a_device_that_was_not_yet_started_may_be_silent():
    guide = silent_guide()
    guide.hear(heard(b""))
    assert guide.advice.said == "Nothing yet. It speaks only at the moment when it gets power."
    assert "button" in guide.advice.cause.what


def test_silence_after_a_start_points_at_power_and_ground():
    guide = silent_guide()
    guide.hear(heard(b""))
    guide.tried()
    assert guide.advice.said.startswith("Nothing, although it was powered up")
    assert "power" in guide.advice.cause.what
    guide.tried()
    assert "GND" in guide.advice.cause.what


def test_a_firmware_that_started_points_at_the_button_again_and_again():
    guide = silent_guide()
    guide.tried()
    guide.hear(heard(FIRMWARE))
    assert guide.advice.said.startswith("The device started its own firmware")
    assert (guide.advice.number, "button" in guide.advice.cause.what) == (1, True)
    guide.hear(heard(b""))  # it said it once, and is quiet now
    assert guide.advice.said.startswith("The device started its own firmware")
    guide.tried()
    assert "button" not in guide.advice.cause.what
    guide.hear(heard(FIRMWARE))
    assert "button" in guide.advice.cause.what


def test_download_mode_without_an_answer_points_at_the_wire_to_the_device():
    guide = silent_guide()
    guide.hear(heard(DOWNLOAD))
    assert "download mode" in guide.advice.said
    assert "crossed" in guide.advice.cause.what


def test_another_error_is_another_story():
    guide = silent_guide()
    guide.tried()
    guide.tell(PortMissing("There is no port COM5."))
    assert guide.advice.title == "There is no such port"
    assert guide.advice.number == 1
    guide.tell(SILENT)
    assert guide.advice.number == 1


def test_the_same_error_again_changes_nothing():
    guide = silent_guide()
    guide.tried()
    guide.tell(NoAnswer("The device does not answer."))
    assert guide.advice.number == 2


def test_what_nobody_has_advice_for_gives_none():
    guide = Guide()
    guide.tell(NotFinished("There is no result yet."))
    assert guide.advice is None
    guide.tried()
    guide.back()


@pytest.mark.parametrize("error", [SILENT, GarbledAnswer("x"), DeviceLost("x"), PortMissing("x")])
@given(st.lists(st.sampled_from(["tried", "back", b"", FIRMWARE, DOWNLOAD, b"\xff" * 40, b"\x00" * 40]), max_size=12))
def test_whatever_is_done_in_whatever_order_there_is_one_thing_to_try(error, deeds):
    guide = Guide()
    guide.tell(error)
    for deed in deeds:
        if isinstance(deed, bytes):
            guide.hear(heard(deed))
        else:
            getattr(guide, deed)()
        assert guide.advice
        assert 1 <= guide.advice.number <= guide.advice.count
        assert guide.advice.cause.fix
