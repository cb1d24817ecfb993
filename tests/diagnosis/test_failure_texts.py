"""Texts that people posted, in all the shapes in which they are pasted: each is told as what it is."""

from __future__ import annotations

import random
import re
import textwrap

import pytest
from failure_texts import LOCALISED, RECIPE, TEXTS

from sonoffkit.diagnosis import diagnose
from sonoffkit.errors import PortMissing
from sonoffkit.ports import Kind, Port

PORTS = (
    *(f"COM{n}" for n in (1, 5, 17, 256)),
    r"\\.\COM12",
    "/dev/ttyUSB0",
    "/dev/ttyACM3",
    "/dev/cu.usbserial-1420",
    "/dev/cu.SLAB_USBtoUART",
    "/dev/serial/by-id/usb-Silicon_Labs_CP2102_USB_to_UART_Bridge_Controller_0001-if00-port0",
)

# What stands in terminals around an error, and is none
SOUNDS_LIKE_IT = (
    "$ ls -l /dev/ttyUSB0",
    "crw-rw---- 1 root dialout 188, 0 Nov 28 14:34 /dev/ttyUSB0",
    "Collecting esptool==2.8",
    "  Downloading esptool-2.8.tar.gz (84 kB)",
    "Successfully installed ecdsa-0.19.0 esptool-2.8 pyaes-1.6.1 pyserial-3.5",
    "Compiling .pio/build/sonoff/src/timeout.cpp.o",
    "warning: unused variable 'timeout' [-Wunused-variable]",
    "test_timed_out (tests.test_port.PortTest) ... ok",
    "INFO: connected, no error, permission granted",
    "2026-11-28 14:34:52 DEBUG flash: 12 files verified, MD5 ok",
    "error: subprocess-exited-with-error",
    "The port was busy earlier and the access was denied, now it is well.",
    "drwxr-xr-x 2 jane jane 4096 Nov 28 14:34 backup",
    "wifi: state: 0 -> 2 (b0)",
)


def noise(lines: int, seed: int = 1) -> str:
    chance = random.Random(seed)
    words = [*SOUNDS_LIKE_IT, *("".join(chance.choices("abcdef 0123456789:/.", k=60)) for _ in range(20))]
    return "\n".join(chance.choice(words) for _ in range(lines)) + "\n"


def coloured(text: str) -> str:
    return "\n".join(f"\x1b[1;31m{line[:9]}\x1b[0m\x1b[31m{line[9:]}\x1b[0m\x1b[K" for line in text.split("\n"))


def wrapped(text: str) -> str:
    """As a terminal of 80 columns does it: by force, within words."""
    lines = text.split("\n")
    return "\n".join(line[n : n + 80] for line in lines for n in range(0, max(1, len(line)), 80))


def python2(text: str) -> str:
    return (
        "Traceback (most recent call last):\r\n"
        '  File "C:\\Python27\\Scripts\\esptool.py", line 2959, in <module>\r\n    _main()\r\n'
        '  File "build\\bdist.win32\\egg\\serial\\serialwin32.py", line 62, in open\r\n'
        f"serial.serialutil.SerialException: {text}\r\n"
    )


SHAPES = {
    "as it is": lambda text: text,
    "coloured": coloured,
    "CRLF": lambda text: text.replace("\n", "\r\n") + "\r\n",
    "wrapped by force": wrapped,
    "wrapped at words": lambda text: "\n".join("\n".join(textwrap.wrap(line, 80)) for line in text.split("\n")),
    "under 200 lines of noise": lambda text: f"{noise(200)}{text}\n",
    "quoted in an answer": lambda text: "\n".join(f"> {line}" for line in text.split("\n")),
    "in a box": lambda text: "\n".join(
        f"│ {line:76} │" for piece in text.split("\n") for line in textwrap.wrap(piece, 76)
    ),
    "with the quotes of a forum": lambda text: re.sub(r"'([^']*)'", r"‘\1’", text).replace("...", "…"),
    "all of it": lambda text: noise(200) + coloured(wrapped(text)).replace("\n", "\r\n") + "\r\n",
}
# Where what comes after it says that it went on, or that it was not the end, it is another story.
AT_THE_END = ("Connecting......",)


def first(text, **more):
    """The name of the first diagnosis."""
    return next((diagnosis.name for diagnosis in diagnose(text, ports=(), **more)), None)


@pytest.mark.parametrize("shape", SHAPES)
def test_each_text_is_told_in_any_shape(shape):
    texts = [*TEXTS, *LOCALISED]
    assert [(name, text) for name, text in texts if first(SHAPES[shape](text)) != name] == []


def test_each_text_is_told_with_two_hundred_lines_after_it_too():
    texts = [(name, text) for name, text in [*TEXTS, *LOCALISED] if not text.endswith(AT_THE_END)]
    wrong = [(name, text) for name, text in texts if first(f"{noise(200)}{text}\n{noise(200, seed=2)}") != name]
    assert wrong == []


@pytest.mark.parametrize("port", PORTS)
def test_each_text_is_told_whatever_the_port_is_called(port):
    wrong = []
    for name, text in [*TEXTS, *LOCALISED]:
        other = re.sub(r"COM5|/dev/ttyUSB0|/dev/cu\.usbserial-1420", lambda _: port, text)
        if first(other) != name or first(SHAPES["all of it"](other)) != name:
            wrong.append((name, other))
    assert wrong == []


def test_each_text_is_told_within_a_traceback_of_python_2():
    texts = [(name, text) for name, text in [*TEXTS, *LOCALISED] if text.startswith("could not open port")]
    assert len(texts) > 20
    assert [(name, text) for name, text in texts if first(python2(text)) != name] == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_each_text_is_told_as_bytes_of_any_usual_kind(encoding):
    assert [(name, text) for name, text in TEXTS if first(text.encode(encoding)) != name] == []


def test_the_recipes_wrong_port_comes_with_the_ports_that_there_are_now():
    ports = [
        Port("COM7", "USB adapter CH340", Kind.ADAPTER),
        Port("practice://basic", "practice Sonoff Basic R1, 1 MB", Kind.PRACTICE),
    ]
    (diagnosis,) = diagnose(RECIPE[0][1], ports=ports)
    assert diagnosis.name == "wrong-port"
    assert diagnosis.means.endswith("The ports that there are now: COM7: USB adapter CH340.")
    assert diagnosis.evidence == (RECIPE[0][1],)
    (diagnosis,) = diagnose(RECIPE[0][1], ports=[])
    assert diagnosis.means.endswith("At the moment this computer has no serial port at all: plug the adapter in.")


def test_who_asks_for_a_practice_sonoff_is_told_of_those_too():
    ports = [Port("practice://basic", "practice Sonoff Basic R1, 1 MB", Kind.PRACTICE)]
    (diagnosis,) = diagnose(PortMissing("There is no port practice://bsaic."), ports=ports)
    assert diagnosis.means.endswith("The ports that there are now: practice://basic: practice Sonoff Basic R1, 1 MB.")


def test_the_recipes_silence_has_its_causes_in_the_order_to_try():
    (diagnosis,) = diagnose(RECIPE[1][1])
    assert diagnosis.name == "no-answer"
    words = ["button", "RX and TX", "power", "GND", "adapter"]
    assert [word in cause.what for word, cause in zip(words, diagnosis.causes, strict=True)] == [True] * 5


def test_what_ended_it_comes_first_and_the_others_after_it():
    log = "\n".join(
        [
            "esptool.py v4.8.1\nA fatal error occurred: Failed to connect to ESP8266: No serial data received.",
            "esptool.py v4.8.1\nA fatal error occurred: MD5 of file does not match data in flash!",
            f"esptool.py v4.8.1\n{RECIPE[0][1]}",
        ]
    )
    assert [diagnosis.name for diagnosis in diagnose(log, ports=())] == ["wrong-port", "verify-failed", "no-answer"]
    again = "\n".join(reversed(log.split("esptool.py v4.8.1\n")))
    assert [diagnosis.name for diagnosis in diagnose(again, ports=())] == ["no-answer", "verify-failed", "wrong-port"]


def test_a_cause_comes_before_what_follows_from_it():
    log = (
        "esptool.py v2.8\nWARNING: Failed to communicate with the flash chip, read/write operations will fail.\n"
        "Compressed 57000 bytes to 46758...\nA fatal error occurred: MD5 of file does not match data in flash!"
    )
    assert [diagnosis.name for diagnosis in diagnose(log)] == ["flash-id-wrong", "verify-failed"]


def test_the_lines_that_told_it_are_shown_whole_although_they_were_wrapped():
    text = (
        "could not open port '/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_A50285BI-if00-port0': [Errno 2] No such file"
    )
    (diagnosis,) = diagnose(wrapped(text), ports=())
    assert diagnosis.evidence == (text,)
