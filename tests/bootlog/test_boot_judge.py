"""What was heard, in words: each verdict, from logs as they are posted and from the practice Sonoff's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import (
    ALL_FF,
    ARDUINO_EXCEPTION,
    AS_DOCUMENTED,
    CSUM_ERR,
    DOWNLOAD,
    EBOOT,
    ERASED,
    EXCEPTION,
    NO_CALIBRATION,
    NO_PROGRAM,
    READ_ERR,
    SHORT_WORDING,
    SOFT_WATCHDOG,
    STOCK,
    WATCHDOG,
    starts,
)

from sonoffkit.bootlog import Finding, Heard, Loop, Verdict, judge
from sonoffkit.practice.boot import boot_from_flash
from sonoffkit.practice.flash import NorFlash
from sonoffkit.practice.uart import heard as through_the_wire

GARBAGE = through_the_wire(STOCK, 74880, 115200)
TEXT = b"00:00:01 MQT: tele/tasmota/STATE = {}\r\n" * 3


def finding(data: bytes, seconds: float = 10.0, **more) -> Finding:
    return judge(Heard(data, more.pop("baud", 74880), seconds, **more))


@pytest.mark.parametrize(
    ("data", "verdict"),
    [
        (b"", Verdict.SILENCE),
        (b"\x00", Verdict.SILENCE),
        (b"\xff\x00\xfe", Verdict.SILENCE),
        (STOCK, Verdict.FIRMWARE),
        (EBOOT, Verdict.FIRMWARE),
        (SHORT_WORDING, Verdict.FIRMWARE),
        (STOCK + GARBAGE, Verdict.FIRMWARE),  # the ROM's words, then a firmware's at another speed
        (b"\x8c\xfe" + STOCK, Verdict.FIRMWARE),
        (STOCK[STOCK.index(b"load 0x3ffe8000") :], Verdict.FIRMWARE),
        (STOCK + WATCHDOG, Verdict.FIRMWARE),  # once is no loop
        (STOCK * 2, Verdict.FIRMWARE),  # somebody took the power away in between
        (STOCK + NO_CALIBRATION, Verdict.FIRMWARE),
        (DOWNLOAD, Verdict.DOWNLOAD),
        (AS_DOCUMENTED, Verdict.DOWNLOAD),
        (STOCK + DOWNLOAD, Verdict.DOWNLOAD),
        (WATCHDOG * 4 + DOWNLOAD, Verdict.DOWNLOAD),  # it was in a loop until the button was held
        (ERASED, Verdict.BAD_IMAGE),
        (ALL_FF, Verdict.BAD_IMAGE),
        (starts(1) + CSUM_ERR, Verdict.BAD_IMAGE),
        (starts(1) + READ_ERR, Verdict.BAD_IMAGE),
        (starts(1) + NO_PROGRAM, Verdict.BAD_IMAGE),
        (starts(1) + NO_PROGRAM + WATCHDOG + b"error magic!\r\nbackup boot failed.\r\n", Verdict.BAD_IMAGE),
        (b"\x00" * 500, Verdict.GARBAGE),
        (b"\xff" * 500, Verdict.GARBAGE),
        (GARBAGE, Verdict.GARBAGE),
        (bytes(range(256)), Verdict.GARBAGE),
        (TEXT, Verdict.OTHER),
        (starts(1, 7), Verdict.OTHER),
        (starts(1, 0), Verdict.OTHER),
        (EXCEPTION, Verdict.OTHER),
        (STOCK[:40], Verdict.OTHER),
    ],
)
def test_each_kind_of_log_has_its_verdict(data, verdict):
    told = finding(data)
    assert told.verdict is verdict
    assert told.says.endswith((".", ")"))
    assert told.next.endswith((".", "?"))
    assert (told.kind, bool(told.evidence)) == ("", bool(data))


@pytest.mark.parametrize(
    ("data", "loop"),
    [
        (WATCHDOG * 2, Loop.WATCHDOG),
        (STOCK + WATCHDOG * 3, Loop.WATCHDOG),
        ((starts(4) + b"wdt reset\r\n" + CSUM_ERR) * 2, Loop.CHECKSUM),
        ((starts(4) + READ_ERR) * 2, Loop.FLASH_READ),
        ((STOCK + EXCEPTION) * 2, Loop.EXCEPTION),
        ((starts(2) + ARDUINO_EXCEPTION) * 3, Loop.EXCEPTION),
        ((STOCK + SOFT_WATCHDOG) * 2, Loop.SOFTWARE_WATCHDOG),
        ((STOCK + NO_CALIBRATION + EXCEPTION) * 2, Loop.CALIBRATION),  # the cause, not what follows from it
        (starts(3) * 3, Loop.RESTART),
        (starts(2) * 6, Loop.RESET_PIN),
        (STOCK * 6, Loop.POWER),
        (STOCK[:-200] + STOCK * 5, Loop.POWER),
    ],
)
def test_each_loop_has_its_kind(data, loop):
    told = finding(data)
    assert (told.verdict, told.kind) == (Verdict.LOOP, loop)
    assert told.evidence


def test_power_that_a_hand_takes_and_gives_slowly_is_no_loop():
    assert finding(STOCK * 4, seconds=30).verdict is Verdict.FIRMWARE
    assert finding(STOCK * 4, seconds=3).verdict is Verdict.LOOP


def test_a_boot_loader_that_resets_on_purpose_is_no_watchdogs_loop():
    tried = starts(1) + NO_PROGRAM + WATCHDOG + b"error magic!\r\nbackup boot failed.\r\n\r\nuser code done\r\n"
    assert finding(tried * 2, seconds=30).verdict is Verdict.BAD_IMAGE


@pytest.mark.parametrize(
    ("data", "says", "then"),
    [
        (
            STOCK,
            "The device started its own firmware: its button was not held when the power came.",
            "Take its power away, hold its button, give it power, and let the button go after two seconds.",
        ),
        (
            DOWNLOAD,
            "The device is in download mode: it waits for esptool.",
            "Leave its power on, and run the step again that did not connect.",
        ),
        (
            b"\xff" * 500,
            "The line only flickers (bytes FF): the adapter's RX is loose, or GND is not connected.",
            "Connect GND of the adapter with GND of the device, then push the wire on the adapter's RX on again.",
        ),
        (
            b"\x00" * 500,
            "The adapter's RX is held low all the time: the device has no power, or RX is on GND.",
            "Look whether the device has its 3.3 V, and whether the adapter's RX really goes to the device's TX.",
        ),
        (
            starts(1, 7),
            "The device starts in a mode that a Sonoff never has (boot mode 7): GPIO15 is not low.",
            "Take away whatever else is connected to the board, look for solder between pins, and start it again "
            "(GPIO15 high, GPIO0 high, GPIO2 high).",
        ),
    ],
)
def test_the_words(data, says, then):
    told = finding(data)
    assert (told.says, told.next) == (says, then)


def test_silence_names_the_power_and_the_wires_in_their_order():
    words = finding(b"").next
    assert words.index("3.3 V") < words.index("GND") < words.index("RX")


def test_garbage_tells_the_speed_that_fits_where_others_were_tried():
    told = finding(GARBAGE, fits=115200)
    assert told.says == "The device talks at 115200 baud, not at 74880: a firmware is running."


def test_garbage_from_an_adapter_that_cannot_listen_at_the_roms_speed_tells_that_it_speaks():
    told = finding(GARBAGE, baud=115200, note="It cannot listen at 74880.")
    assert told.says.startswith("Something speaks, but this adapter cannot listen at the ROM's speed")
    assert told.evidence[-1] == "It cannot listen at 74880."
    assert finding(GARBAGE, baud=76800, note="near enough").says.startswith("Something comes")


def test_missing_calibration_is_told_with_what_brings_it_back():
    told = finding(STOCK + NO_CALIBRATION)
    assert "calibration" in told.says
    assert "restore your whole backup" in told.next


def test_what_a_practice_sonoff_says_of_damaged_flash_is_told(sonoff):
    damaged = bytearray(sonoff.contents())
    damaged[100] ^= 1
    words = b"".join(words for words, _ in boot_from_flash(NorFlash(damaged)))
    assert finding(starts(1) + words).verdict is Verdict.BAD_IMAGE
    erased = b"".join(words for words, _ in boot_from_flash(NorFlash(bytearray(b"\xff" * len(damaged)))))
    assert finding(starts(1) + erased).says.startswith("There is no firmware at the beginning of its flash")


@given(st.binary(max_size=300), st.floats(0, 100))
def test_any_bytes_have_a_verdict_in_words(data, seconds):
    told = finding(data, seconds)
    assert told.says
    assert told.next


def test_evidence_stays_short_whatever_was_heard():
    assert len(finding(STOCK + TEXT * 1000).evidence) <= 12
    assert all(len(line) <= 200 for line in finding(b"A" * 100_000).evidence)


def test_what_was_heard_is_not_in_the_repr():
    assert "secret" not in repr(Heard(b"password: secret", 74880, 1.0))
