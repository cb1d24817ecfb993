"""Exceptions, as they are caught: the kit's own by what they are, the others by what they say."""

from __future__ import annotations

import errno

import pytest
import serial
from esptool.util import FatalError

from sonoffkit import errors
from sonoffkit.bootlog import Heard, Verdict, judge
from sonoffkit.diagnosis import diagnose
from sonoffkit.errors import (
    DeviceLost,
    DeviceRefused,
    GarbledAnswer,
    NoAnswer,
    NotFinished,
    PortBusy,
    PortLost,
    PortMissing,
    SonoffkitError,
    TransferFailed,
    WrongChip,
)
from sonoffkit.operations import identify
from sonoffkit.ports import port_error
from sonoffkit.practice import practice_device
from sonoffkit.session import connect

ALL_ERRORS = [getattr(errors, name) for name in errors.__all__]


def names(problem, **more):
    return [diagnosis.name for diagnosis in diagnose(problem, ports=(), **more)]


def on_windows(kind, number, message, winerror):
    """As pyserial raises it on Windows: only the text holds the number."""
    return serial.SerialException(f"could not open port 'COM5': {kind}({number}, {message!r}, None, {winerror})")


FOREIGN = [
    (FatalError("Failed to connect to ESP8266: No serial data received."), "no-answer"),
    (FatalError("MD5 of file does not match data in flash!"), "verify-failed"),
    (FatalError.WithResult("Failed to write to target RAM", b"\x01\x07"), "stub-failed"),
    (on_windows("FileNotFoundError", 2, "Das System kann die angegebene Datei nicht finden.", 2), "wrong-port"),
    (on_windows("PermissionError", 13, "拒绝访问。", 5), "port-busy"),
    (on_windows("PermissionError", 13, "Un périphérique attaché au système ne fonctionne pas.", 31), "adapter-driver"),
    (serial.SerialException(2, "could not open port /dev/ttyUSB9: [Errno 2] No such file"), "wrong-port"),
    (serial.SerialException(11, "Could not exclusively lock port /dev/ttyUSB0"), "port-busy"),
    (serial.SerialTimeoutException("Write timeout"), "write-timeout"),
    (serial.PortNotOpenError(), "port-lost"),
    (PermissionError(errno.EACCES, "Keine Berechtigung", "/dev/ttyUSB0"), "port-denied"),
    (PermissionError(errno.EACCES, "Permission denied", "backup.bin"), "cannot-save"),
    (FileNotFoundError(errno.ENOENT, "No such file or directory", "/dev/ttyUSB0"), "wrong-port"),
    (FileNotFoundError(errno.ENOENT, "Datei oder Verzeichnis nicht gefunden", "backup.bin"), "file-missing"),
    (OSError(errno.EBUSY, "Device or resource busy", "/dev/ttyUSB0"), "port-busy"),
    (OSError(errno.ENOSPC, "Auf dem Gerät ist kein Speicherplatz mehr verfügbar"), "cannot-save"),
    (OSError(errno.EIO, "Input/output error"), "port-lost"),
    (ModuleNotFoundError("No module named 'serial'"), "tools-missing"),
    (KeyboardInterrupt(), "cancelled"),
]


@pytest.mark.parametrize(("problem", "name"), FOREIGN, ids=lambda value: str(value)[:60])
def test_a_foreign_exception_is_told_by_its_text_and_number(problem, name):
    assert names(problem) == [name]


def test_an_exception_that_nobody_knows_gives_nothing():
    assert names(ZeroDivisionError("division by zero")) == []
    assert names(Exception()) == []
    assert names(TimeoutError("the read operation timed out")) == []


OURS = [
    (
        TransferFailed("Bytes were lost or broken on the way. (Digest mismatch: expected A, got B)"),
        ["digest-mismatch", "transfer-broken"],
    ),
    (
        TransferFailed("Bytes were lost or broken on the way. (Corrupt data, expected 0x1000 bytes)"),
        ["transfer-broken"],
    ),
    (
        DeviceRefused("The device refused: ESP8266 ROM does not support function read_flash_slow."),
        ["needs-stub", "device-refused"],
    ),
    (
        WrongChip("This is no ESP8266. (This chip is ESP8266, not ESP32. Wrong chip argument?)"),
        ["wrong-chip-argument", "wrong-chip"],
    ),
    (NoAnswer("The device does not answer. (No serial data received.)"), ["no-answer"]),
    (
        DeviceLost("The device was told to go on at 921600 baud, and since then nothing comes back: …"),
        ["speed-too-high", "device-lost"],
    ),
]


@pytest.mark.parametrize(("error", "expected"), OURS, ids=lambda value: str(value)[:60])
def test_our_own_text_makes_its_class_narrower(error, expected):
    assert names(error) == expected


def test_what_an_error_of_ours_came_from_makes_it_narrower_too():
    cause = on_windows("PermissionError", 13, "Ein Gerät funktioniert nicht.", 31)
    error = port_error(cause, "COM5", opening=True)
    error.__cause__ = cause
    assert names(error)[0] == "adapter-driver"


def test_the_class_counts_where_the_text_says_something_else():
    """A port that vanished while it was in use is not there when it is opened again; it has vanished all the same."""
    assert names(PortLost("could not open port 'COM5': FileNotFoundError(2, 'x', None, 2)")) == ["port-lost"]


def test_a_class_of_somebody_elses_means_what_its_nearest_of_ours_means():
    class Stranger(SonoffkitError):
        pass

    class Mute(NoAnswer):
        pass

    assert names(Stranger("It went wrong.")) == []
    assert names(Mute("It went wrong.")) == ["no-answer"]
    assert names(NotFinished("There is no result yet.")) == []


def test_a_chain_of_causes_that_is_a_circle_has_an_end():
    one, other = NoAnswer("one"), NoAnswer("other")
    one.__cause__, other.__cause__ = other, one
    assert names(one) == ["no-answer"]


def test_secrets_in_an_exception_are_masked():
    (diagnosis,) = diagnose(PortBusy("The port COM5 is open, password=hunter2hunter2."), ports=())
    assert diagnosis.evidence == ("PortBusy: The port COM5 is open, password=••••",)


@pytest.mark.parametrize("error", [kind for kind in ALL_ERRORS if diagnose(kind("It went wrong."), ports=())])
def test_an_error_of_ours_is_told_where_it_was_pasted_as_a_notebook_or_a_terminal_shows_it(error):
    (name,) = names(error("It went wrong."))
    shown = "\n".join(["In [3]: back_up(device)", *error("It went wrong.")._render_traceback_()])
    assert names(shown) == [name]
    assert names(f"Traceback (most recent call last):\nsonoffkit.errors.{error.__name__}: It went wrong.") == [name]
    assert names(f"I wrote a class {error.__name__}, and it went wrong.") == []


# What was heard at power-up


FIRMWARE = b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n\r\nload 0x40100000, len 2408, room 16 \r\ntail 8\r\n"


def test_silence_puts_the_power_first_and_a_started_firmware_the_button():
    silence, firmware = Heard(b"", 74880, 3.0), Heard(FIRMWARE, 74880, 3.0)
    assert (judge(silence).verdict, judge(firmware).verdict) == (Verdict.SILENCE, Verdict.FIRMWARE)
    error = NoAnswer("The device does not answer.")
    (without,), (after_silence,), (after_firmware,) = (diagnose(error, heard=h) for h in (None, silence, firmware))
    assert without.causes[0].what.startswith("The button was not held")
    assert after_silence.causes[0].what.startswith("The device has no power")
    assert after_silence.causes[1].what.startswith("GND")
    assert after_firmware.causes[0].what.startswith("The button was not held")
    assert set(after_silence.causes) == set(without.causes)
    assert judge(silence).says in after_silence.means


def test_a_device_in_download_mode_that_does_not_answer_has_a_crossed_or_open_wire():
    heard = Heard(FIRMWARE.replace(b"(3,6)", b"(1,6)"), 74880, 3.0)
    assert judge(heard).verdict is Verdict.DOWNLOAD
    (diagnosis,) = diagnose(NoAnswer("The device does not answer."), heard=heard)
    assert diagnosis.causes[0].what == "RX and TX are not crossed."


# Really raised


RAISED = [
    (["wires", "swapped"], ["no-answer"]),
    (["wires", "rx-open"], ["no-answer"]),
    (["noise", "00"], ["garbled-answer"]),
    (["chip-magic", "0x00F01D83"], ["wrong-chip"]),
    (["flash-id", "0xffffff"], ["flash-id-wrong"]),
]


@pytest.mark.parametrize(("fault", "expected"), RAISED, ids=lambda value: "-".join(value))
def test_what_the_kit_raises_on_a_fault_is_diagnosed(fault, expected):
    practice_device("basic").set_fault(fault)
    with pytest.raises(SonoffkitError) as caught, connect("practice://basic") as device:
        identify(device)
    assert names(caught.value) == expected


def test_a_port_that_is_not_there_and_one_that_is_in_use_are_diagnosed():
    practice_device("basic").unplug()
    with pytest.raises(PortMissing) as missing:
        connect("practice://basic")
    assert names(missing.value) == ["wrong-port"]
    practice_device("basic").plug_in()
    practice_device("basic").attach()
    with pytest.raises(PortBusy) as busy:
        connect("practice://basic")
    assert names(busy.value) == ["port-busy"]


def test_garbage_is_a_started_firmware_before_all():
    assert diagnose(GarbledAnswer("x"))[0].causes[0].what.startswith("The button was not held")
