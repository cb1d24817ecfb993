"""Connecting to a device, and what reading, writing and failing look like from there."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import os
import pkgutil
import re
import threading

import esptool
import pytest
from esptool.util import FatalError

from sonoffkit import session
from sonoffkit.errors import (
    Cancelled,
    DeviceRefused,
    FlashUnreadable,
    GarbledAnswer,
    NoAnswer,
    OutOfRange,
    PortBusy,
    PortLost,
    PortMissing,
    SonoffkitError,
    StubFailed,
    TransferFailed,
    VerifyFailed,
    WrongChip,
)
from sonoffkit.paths import read_settings, remember
from sonoffkit.ports import open_port
from sonoffkit.practice import MODELS, practice_device
from sonoffkit.practice.chip import Running
from sonoffkit.practice.line import Line
from sonoffkit.session import Device, connect, connect_when_ready, foreign_errors, log_to, tool_versions

URL = "practice://basic"
SILENCE = "The device does not answer. (No serial data received.)"
UPLOAD = "Uploading stub flasher..."
NO_UPLOAD = "Stub flasher is already running. No upload is necessary."


def said_on_connecting(baud=115200) -> list[str]:
    lines: list[str] = []
    with log_to(lines.append):
        connect(URL, baud).close()
    return lines


def start_in_download_mode(sonoff):
    sonoff.power_off()
    sonoff.hold_button()
    sonoff.power_on()
    sonoff.release_button()


# Who is there


@pytest.mark.parametrize("name", MODELS)
def test_connecting_tells_who_the_device_is(name):
    sonoff = practice_device(name)
    chip = "ESP8285N08" if MODELS[name].chip == "ESP8285" else "ESP8266EX"
    with connect(f"practice://{name}") as device:
        assert device.identity == session.Identity(
            chip=chip,
            mac=sonoff.mac.hex(":"),
            flash_id=MODELS[name].flash_id,
            flash_size=MODELS[name].flash_size,
        )
        assert device.identity.size_text == MODELS[name].size_text
        assert repr(device) == f"<Device {chip} {sonoff.mac.hex(':')} on practice://{name}>"
        assert device.is_practice


def test_the_manifest_learns_which_tools_did_the_work():
    assert tool_versions()["esptool"] == esptool.__version__
    assert set(tool_versions()) == {"esptool", "pyserial"}


# The stub stays


def test_the_stub_is_uploaded_once_and_left_running():
    sonoff = practice_device("basic")
    first, second = said_on_connecting(), said_on_connecting()
    assert UPLOAD in first
    assert NO_UPLOAD not in first
    assert UPLOAD not in second
    assert NO_UPLOAD in second
    assert sonoff.state().running is Running.STUB


def test_after_a_power_cycle_the_stub_is_uploaded_again(sonoff):
    said_on_connecting()
    start_in_download_mode(sonoff)
    assert UPLOAD in said_on_connecting()


def test_both_sides_are_back_at_115200_when_the_port_is_closed(sonoff):
    with connect(URL, 460800) as device:
        assert (device.baud, sonoff.state().baud) == (460800, 460800)
        assert device.md5(0, 4096) == hashlib.md5(sonoff.contents()[:4096]).hexdigest()
    assert sonoff.state().baud == 115200
    assert not read_settings().get("stub_bauds")


def test_a_stub_left_at_another_speed_is_found_again(sonoff):
    device = connect(URL, 460800)
    device._loader._port.close()  # as when the notebook's kernel is killed
    assert sonoff.state().baud == 460800
    assert read_settings()["stub_bauds"] == {URL: [460800]}
    lines = said_on_connecting()
    assert UPLOAD not in lines
    assert NO_UPLOAD in lines
    assert sonoff.state().baud == 115200
    assert not read_settings().get("stub_bauds")


def test_a_remembered_speed_that_is_no_longer_true_does_no_harm(sonoff):
    connect(URL, 460800)._loader._port.close()
    start_in_download_mode(sonoff)
    with connect(URL, 115200) as device:
        assert (device.baud, sonoff.state().baud) == (115200, 115200)


@pytest.mark.parametrize(
    "saved", ["fast", ["x"], {URL: "fast"}, {URL: [-5]}, {URL: [0, "x"]}, {URL: None}, {"COM5": [460800]}]
)
def test_nonsense_in_the_settings_is_no_speed(sonoff, saved):
    remember(stub_bauds=saved)
    with connect(URL, 115200) as device:
        assert device.baud == 115200


def test_settings_that_cannot_be_written_are_no_lost_port(sonoff, home):
    (home / "settings.json").mkdir(parents=True)
    with connect(URL, 460800) as device:
        assert device.baud == 460800
    assert sonoff.state().baud == 115200


# When a hand is needed


def test_a_device_that_started_its_firmware_does_not_answer(sonoff):
    sonoff.power_cycle()
    with pytest.raises(NoAnswer) as caught:
        connect(URL)
    assert str(caught.value) == SILENCE
    assert "hold its button" in caught.value.hint


def test_a_device_without_power_does_not_answer(sonoff):
    sonoff.power_off()
    with pytest.raises(NoAnswer) as caught:
        connect(URL)
    assert str(caught.value) == SILENCE
    assert isinstance(caught.value.__cause__, FatalError)  # for whoever wants to know more
    open_port(URL).close()


def test_a_board_that_is_wired_for_it_is_reset_without_a_hand():
    board = practice_device("nodemcu")
    board.power_cycle()
    assert board.state().running is Running.FIRMWARE
    with connect("practice://nodemcu") as device:
        assert device.identity.mac == board.mac.hex(":")


def test_noise_is_told_from_silence(sonoff):
    sonoff.faults.flip_to_host = 5
    with pytest.raises(GarbledAnswer) as caught:
        connect(URL)
    assert str(caught.value).startswith("The device sends something, but not what its loader would say. (Invalid head")
    assert caught.value.hint
    open_port(URL).close()


def test_waiting_goes_on_by_itself_once_a_hand_did_it(sonoff):
    sonoff.power_cycle()
    asked, told = threading.Event(), []

    def hand():
        asked.wait(20)
        start_in_download_mode(sonoff)

    def waiting(error):
        told.append((type(error), str(error)))
        asked.set()

    helper = threading.Thread(target=hand)
    helper.start()
    with connect_when_ready(URL, waiting=waiting) as device:
        assert device.identity.mac == sonoff.mac.hex(":")
    helper.join()
    assert told[0] == (NoAnswer, SILENCE)


def test_waiting_goes_on_once_the_adapter_is_plugged_in(sonoff):
    sonoff.unplug()
    told = []

    def waiting(error):
        told.append(type(error))
        sonoff.hold_button()
        sonoff.plug_in()

    connect_when_ready(URL, waiting=waiting).close()
    assert told == [PortMissing]


def test_waiting_ends_with_what_is_missing_when_the_patience_does(sonoff):
    sonoff.power_cycle()
    with pytest.raises(NoAnswer) as caught:
        connect_when_ready(URL, patience=0)
    assert str(caught.value) == SILENCE


def test_waiting_can_be_stopped(sonoff):
    sonoff.power_cycle()
    cancel, told = threading.Event(), []

    def waiting(error):
        told.append(error)
        cancel.set()

    with pytest.raises(Cancelled) as caught:
        connect_when_ready(URL, cancel=cancel, waiting=waiting)
    assert str(caught.value) == "You stopped it."
    assert caught.value.hint
    assert len(told) == 1


def test_what_no_hand_can_mend_is_not_waited_for(sonoff):
    told = []
    sonoff.faults.chip_magic = 0x00F01D83
    with pytest.raises(WrongChip):
        connect_when_ready(URL, waiting=told.append)
    sonoff.faults.chip_magic = None
    with connect(URL), pytest.raises(PortBusy):
        connect_when_ready(URL, waiting=told.append)
    assert told == []


# What it refuses, and that the port is free afterwards


def fails_with(expected):
    """Connecting fails with that error, and leaves the port to the next program; the words."""
    with pytest.raises(expected) as caught:
        connect(URL)
    assert type(caught.value) is expected
    assert caught.value.hint
    open_port(URL).close()
    return str(caught.value)


def test_an_esp32_is_named(sonoff):
    sonoff.faults.chip_magic = 0x00F01D83
    assert fails_with(WrongChip) == "This chip is an ESP32, not an ESP8266."


def test_an_unknown_chip_is_no_esp8266(sonoff):
    sonoff.faults.chip_magic = 0x12345678
    assert fails_with(WrongChip).startswith("This is no ESP8266. (")


@pytest.mark.parametrize("flash_id", [0x000000, 0xFFFFFF])
def test_a_flash_that_nobody_drives_stops_everything(sonoff, flash_id):
    sonoff.faults.flash_id = flash_id
    text = fails_with(FlashUnreadable)
    assert text == f"The flash chip does not answer: its id reads {flash_id:06x}."


def test_a_flash_id_without_a_size_stops_everything(sonoff):
    sonoff.faults.flash_id = 0x0040EF
    text = fails_with(FlashUnreadable)
    assert text == "The flash chip's id 0040ef does not tell its size."


def test_a_cable_pulled_while_connecting_leaves_the_port_free(sonoff):
    sonoff.faults.unplug_after = 20
    with pytest.raises(PortLost):
        connect(URL)
    sonoff.hold_button()
    sonoff.plug_in()
    connect(URL).close()


def test_an_error_inside_the_block_leaves_the_port_free(sonoff):
    with pytest.raises(ZeroDivisionError), connect(URL):
        raise ZeroDivisionError
    connect(URL).close()


def test_stopping_the_kernel_while_connecting_leaves_the_port_free(sonoff, monkeypatch):
    def interrupted(*args):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(esptool.cmds, "run_stub", interrupted)
        with pytest.raises(KeyboardInterrupt):
            connect(URL)
    connect(URL).close()


class Noise:
    """Hears what the line delivers, and turns one bit of one byte of it."""

    def __init__(self, monkeypatch):
        self.heard, self.at = bytearray(), None
        take = Line.take

        def noisy(line, size):
            data = bytearray(take(line, size))
            if self.at is not None and 0 <= self.at - len(self.heard) < len(data):
                data[self.at - len(self.heard)] ^= 0x02
            self.heard += data
            return bytes(data)

        monkeypatch.setattr(Line, "take", noisy)

    def connect(self, at=None):
        self.heard.clear()
        self.at = at
        return connect(URL)


def test_one_flipped_bit_makes_no_other_device(sonoff, monkeypatch):
    # Answers to register reads carry no checksum: 1 MB becomes 4 MB, and a MAC somebody else's.
    noise = Noise(monkeypatch)
    with noise.connect() as device:
        truth = device.identity
    words = [found.start(1) for found in re.finditer(rb"\xc0\x01\x0a\x02\x00(....)\0\0\xc0", noise.heard, re.DOTALL)]
    assert len(words) > 5
    wrong = {}
    for position in (start + n for start in words for n in range(4)):
        try:
            with noise.connect(position) as device:
                if device.identity != truth:
                    wrong[position] = device.identity
        except WrongChip as error:
            wrong[position] = str(error)
        except SonoffkitError:
            pass
    assert wrong == {}


# Reading and writing


def test_what_is_read_is_what_the_flash_holds(device, sonoff):
    seen = []
    data = device.read(0x1234, 0x3000, lambda done, total: seen.append((done, total)))
    assert data == sonoff.contents()[0x1234:0x4234]
    assert seen == [(0x1000, 0x3000), (0x2000, 0x3000), (0x3000, 0x3000)]


def test_the_last_byte_of_the_flash_can_be_read(device, sonoff):
    size = device.identity.flash_size
    assert device.read(size - 1, 1) == sonoff.contents()[-1:]


def test_the_digest_is_that_of_the_flash(device, sonoff):
    assert device.md5(0x100, 0x5000) == hashlib.md5(sonoff.contents()[0x100:0x5100]).hexdigest()
    assert device.md5(0, 0x100000) == hashlib.md5(sonoff.contents()).hexdigest()


def test_writing_touches_the_sectors_under_the_data_only(device, sonoff):
    before = sonoff.contents()
    data = bytes(range(256)) * 20
    seen = []
    device.write(0x2000, data, lambda done, total: seen.append((done, total)))
    padding = b"\xff" * (0x2000 - len(data))
    assert sonoff.contents() == before[:0x2000] + data + padding + before[0x4000:]
    assert seen[-1] == (len(data), len(data))


def test_erasing_leaves_nothing(device, sonoff):
    device.erase_chip()
    assert sonoff.contents() == b"\xff" * 0x100000


def test_a_header_is_written_byte_for_byte(device, sonoff):
    # esptool patches an image at 0 when told a mode or a size; here it must not be told.
    image = sonoff.contents()[:0x1000]
    device.write(0, image[:2] + b"\x00\x40" + image[4:])
    assert sonoff.contents()[:4] == image[:2] + b"\x00\x40"


@pytest.mark.parametrize(
    ("address", "size"),
    [(-1, 16), (-16, 16), (0, 0), (16, -1), (0x100000, 1), (0xFFFFF, 2), (0, 0x100001), (0x7FFFFFFF, 16)],
)
def test_what_the_flash_does_not_have_is_refused_before_a_byte_is_sent(device, sonoff, address, size):
    delivered, before = sonoff.line.delivered, sonoff.contents()
    actions = [device.read, device.md5]
    if size >= 0:
        actions.append(lambda address, size: device.write(address, bytes(size)))
    for action in actions:
        with pytest.raises(OutOfRange) as caught:
            action(address, size)
        assert str(caught.value) == f"{size} bytes at {address:#x} are not inside this flash of 1 MB."
        assert caught.value.hint
    assert (sonoff.line.delivered, sonoff.contents()) == (delivered, before)


def test_a_broken_read_is_told_and_the_next_one_is_sound(device, sonoff):
    sonoff.faults.flip_after = 3000
    with pytest.raises(TransferFailed) as caught:
        device.read(0, 0x4000)
    assert str(caught.value).startswith("Bytes were lost or broken on the way. (")
    assert device.read(0, 0x4000) == sonoff.contents()[:0x4000]


@pytest.mark.parametrize("stop_at", [0x1000, 0x4000])
def test_a_stopped_read_leaves_a_device_that_works(device, sonoff, stop_at):
    cancel = threading.Event()

    def progress(done, total):
        if done >= stop_at:
            cancel.set()

    with pytest.raises(Cancelled):
        device.read(0, 0x4000, progress, cancel)
    assert device.read(0x8000, 0x1000) == sonoff.contents()[0x8000:0x9000]
    assert device.md5(0, 0x1000) == hashlib.md5(sonoff.contents()[:0x1000]).hexdigest()


def test_a_stopped_write_leaves_a_device_that_works(device, sonoff):
    data = hashlib.shake_256(b"cannot be compressed").digest(0x10000)
    cancel = threading.Event()
    with pytest.raises(Cancelled):
        device.write(0, data, lambda done, total: cancel.set(), cancel)
    assert sonoff.contents()[:0x10000] != data
    device.write(0, data)
    assert sonoff.contents()[:0x10000] == data


def test_a_pulled_cable_is_told_and_closing_says_nothing(sonoff):
    device = connect(URL, 460800)
    with pytest.raises(PortLost) as caught:
        device.read(0, 0x4000, lambda done, total: sonoff.unplug())
    assert str(caught.value).startswith(f"The port {URL} vanished while it was in use. (")
    device.close()
    sonoff.hold_button()
    sonoff.plug_in()
    connect(URL).close()


def test_a_device_that_lost_its_power_is_let_go(sonoff):
    device = connect(URL, 460800)
    sonoff.power_off()
    device.close()
    open_port(URL).close()


def test_esptool_does_not_try_to_reconnect_by_itself(device, sonoff, monkeypatch):
    # It would reset by DTR and RTS, which a Sonoff does not have, and keep the person waiting seven seconds.
    monkeypatch.setattr(esptool.cmds, "DEFAULT_CONNECT_ATTEMPTS", 1)
    data = hashlib.shake_256(b"cannot be compressed").digest(0x10000)
    lines: list[str] = []
    with log_to(lines.append), pytest.raises(PortLost):
        device.write(0, data, lambda done, total: sonoff.unplug())
    assert [line for line in lines if "retrying" in line or "reconnect" in line] == []


# esptool's words


def test_nothing_is_printed(sonoff, capfd):
    with connect(URL) as device:
        device.read(0, 0x2000)
        device.write(0, b"\xe9" * 4096)
        device.erase_chip()
    sonoff.power_cycle()
    with contextlib.suppress(NoAnswer):
        connect(URL)
    assert capfd.readouterr() == ("", "")


def test_each_thread_hears_its_own_device_only():
    mine: list[str] = []
    theirs: list[str] = []
    both = threading.Barrier(2, timeout=20)

    def hear(url, lines):
        with log_to(lines.append):
            lines.append(url)
            both.wait()
            connect(url).close()
            both.wait()

    other = threading.Thread(target=hear, args=("practice://nodemcu", theirs))
    other.start()
    hear(URL, mine)
    other.join()
    assert (mine[0], theirs[0]) == (URL, "practice://nodemcu")
    assert mine[1:] == theirs[1:]
    assert mine.count(UPLOAD) == 1


def test_a_thread_that_does_not_listen_hears_nothing(sonoff):
    lines: list[str] = []
    with log_to(lines.append):
        other = threading.Thread(target=lambda: connect(URL).close())
        other.start()
        other.join()
    assert lines == []
    assert sonoff.state().running is Running.STUB


def test_an_inner_listener_gives_back_to_the_outer():
    outer: list[str] = []
    inner: list[str] = []
    with log_to(outer.append):
        with log_to(inner.append):
            connect(URL).close()
        assert outer == []
        connect(URL).close()
    assert UPLOAD in inner
    assert NO_UPLOAD in outer


def test_what_esptool_says_is_plain_text(sonoff):
    lines = said_on_connecting()
    assert lines
    assert not any("[/" in line or "\x1b" in line for line in lines)


# esptool's errors


def load_all_of_esptool():
    for module in pkgutil.walk_packages(esptool.__path__, "esptool."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def subclasses(cls):
    return {cls} | {deeper for sub in cls.__subclasses__() for deeper in subclasses(sub)}


def test_esptool_has_grown_no_error_that_we_do_not_know():
    load_all_of_esptool()
    known = subclasses(FatalError) - {FatalError}
    assert {cls for cls in known if cls.__module__.startswith("esptool.")} == set(foreign_errors.BY_TYPE)


VISIT = "\nFor troubleshooting steps visit: https://docs.espressif.com/projects/esptool/en/latest/troubleshooting.html"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Failed to connect to ESP8266: No serial data received." + VISIT, NoAnswer),
        ("Failed to connect: No serial data received.", NoAnswer),
        ("Failed to connect: Invalid head of packet (0x08): Possible serial noise or corruption.", GarbledAnswer),
        ("Corrupt data, expected 0x1000 bytes but received 0xffc bytes.", TransferFailed),
        ("Serial data stream stopped: Possible serial noise or corruption.", TransferFailed),
        ("Packet content transfer stopped (received 12 bytes)", TransferFailed),
        ("Digest mismatch: expected AA, got BB", TransferFailed),
        ("Invalid head of packet (0x08): Possible serial noise or corruption.", TransferFailed),
        ("Invalid SLIP escape (0xdb, 0x00).", TransferFailed),
        ("Read more than expected.", TransferFailed),
        ("Expected digest, got: 0011", TransferFailed),
        ("Response doesn't match request.", TransferFailed),
        ("No more data to read from the serial port. This can have many causes", TransferFailed),
        ("Failed to write to target RAM (result was 0107: Checksum error)", StubFailed),
        ("Failed to start stub flasher. There was no response." + VISIT, StubFailed),
        ("Failed to start stub flasher. Unexpected response: b''", StubFailed),
        ("MD5 of file does not match data in flash!", VerifyFailed),
        ("Write failed, the written flash region is empty.", VerifyFailed),
        ("Verification failed.", VerifyFailed),
        ("This chip is ESP32, not ESP8266. Wrong chip argument?", WrongChip),
        ("Unexpected chip magic value 0x12345678. Failed to autodetect chip type.", WrongChip),
        ("ESP8266 ROM does not support function read_flash_slow.", DeviceRefused),
        ("Failed to set baud rate 921600. The driver may not support this rate.", DeviceRefused),
        ("A text that nobody has seen before.", DeviceRefused),
    ],
)
def test_the_words_of_esptool_become_our_errors(text, expected):
    error = foreign_errors.device_error(FatalError(text))
    assert type(error) is expected
    assert error.hint
    assert VISIT not in str(error)


def test_esptools_own_types_become_our_errors(device):
    unsupported = esptool.util.NotImplementedInROMError(device._loader, device._loader.read_flash_slow)
    error = foreign_errors.device_error(unsupported)
    assert type(error) is DeviceRefused
    assert str(error) == "The device refused: ESP8266 ROM does not support function read_flash_slow."


def test_a_device_on_a_real_port_is_not_practice(device):
    assert not Device("/dev/ttyUSB0", device._loader, device.identity, 0.0).is_practice


@pytest.mark.skipif(os.name != "posix", reason="Windows has no termios")
def test_an_adapter_pulled_as_its_buffers_are_emptied_is_lost_too():
    import termios

    with pytest.raises(PortLost), foreign_errors.our_errors("/dev/ttyUSB0"):
        raise termios.error(5, "Input/output error")
