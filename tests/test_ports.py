"""Ports: what is listed, what is chosen, and what opening one says when it fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
import serial
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from sonoffkit.errors import (
    NoPortChosen,
    NoPortFound,
    PortBusy,
    PortDenied,
    PortLost,
    PortMissing,
    SeveralPortsFound,
)
from sonoffkit.ports import (
    PRACTICE_SCHEME,
    Adapter,
    FindMine,
    Kind,
    Port,
    adapter_at,
    choose,
    chosen_port,
    find_ports,
    is_practice,
    open_port,
    port_error,
    save_choice,
)
from sonoffkit.practice import SCHEME, practice_device

PRACTICE = [
    Port("practice://basic", "practice Sonoff Basic R1, 1 MB (no hardware needed)", Kind.PRACTICE),
    Port("practice://mini", "practice Sonoff Mini, 1 MB (no hardware needed)", Kind.PRACTICE),
    Port("practice://pow-r2", "practice Sonoff POW R2, 4 MB (no hardware needed)", Kind.PRACTICE),
    Port("practice://nodemcu", "practice NodeMCU development board, 4 MB (no hardware needed)", Kind.PRACTICE),
]


def info(device, vid=None, pid=None, description="n/a", product=None, hwid="n/a"):
    entry = ListPortInfo(device)
    entry.vid, entry.pid, entry.description, entry.product, entry.hwid = vid, pid, description, product, hwid
    return entry


FT232 = info("/dev/ttyUSB0", 0x0403, 0x6001, "FT232R USB UART")
CP2102 = info("/dev/ttyUSB1", 0x10C4, 0xEA60, "CP2102 USB to UART Bridge Controller")
BLUETOOTH = info("COM3", None, None, "Standard Serial over Bluetooth link (COM3)", hwid="BTHENUM\\{00001101}")
MODEM = info("/dev/ttyS0", None, None, "ttyS0")


@pytest.fixture
def plugged(monkeypatch):
    """What the system says is plugged in; change the list to plug and unplug."""
    entries = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(entries))
    return entries


def test_without_an_adapter_the_practice_sonoffs_are_listed(plugged):
    assert find_ports() == PRACTICE


def test_adapters_come_first_and_the_rest_last(plugged):
    plugged += [BLUETOOTH, FT232, MODEM, CP2102]
    assert find_ports() == [
        Port("/dev/ttyUSB0", "USB adapter FT232", Kind.ADAPTER),
        Port("/dev/ttyUSB1", "USB adapter CP2102", Kind.ADAPTER),
        *PRACTICE,
        Port("COM3", "Bluetooth, not an adapter", Kind.OTHER),
        Port("/dev/ttyS0", "ttyS0", Kind.OTHER),
    ]


@pytest.mark.parametrize(
    ("entry", "what", "kind"),
    [
        (info("COM5", 0x1A86, 0x7523), "USB adapter CH340", Kind.ADAPTER),
        (info("COM5", 0x0403, 0x9999), "FTDI adapter", Kind.ADAPTER),
        (info("COM5", 0x2341, 0x0043, product="Arduino Uno"), "Arduino Uno", Kind.ADAPTER),
        (info("COM5", 0x2341, 0x0043), "USB serial port", Kind.ADAPTER),
        (
            info("/dev/ttyACM0", 0x303A, 0x1001, "USB JTAG/serial debug unit"),
            "an Espressif chip's own USB (no Sonoff with an ESP8266 has one)",
            Kind.OTHER,
        ),
        (info("/dev/cu.Bluetooth-Incoming-Port"), "Bluetooth, not an adapter", Kind.OTHER),
        (info("COM1", description=None, hwid=None), "serial port, not USB", Kind.OTHER),
        (info("/dev/ttyS4"), "serial port, not USB", Kind.OTHER),
    ],
)
def test_a_port_is_told_in_words(plugged, entry, what, kind):
    plugged.append(entry)
    (port,) = [port for port in find_ports() if not port.is_practice]
    assert port == Port(entry.device, what, kind)


def test_listing_makes_no_device_and_writes_nothing(plugged, home):
    find_ports()
    assert not home.exists()


def test_a_pulled_practice_adapter_is_not_listed_until_it_is_back(plugged):
    sonoff = practice_device("basic")
    sonoff.unplug()
    assert find_ports() == PRACTICE[1:]
    sonoff.plug_in()
    assert find_ports() == PRACTICE


def test_a_practice_device_with_a_name_of_its_own_is_listed(plugged):
    practice_device("kitchen", model="basic")
    assert find_ports()[-1] == Port(
        "practice://kitchen", "practice Sonoff Basic R1, 1 MB (no hardware needed)", Kind.PRACTICE
    )


def test_the_only_adapter_is_the_choice(plugged):
    plugged += [BLUETOOTH, FT232]
    assert choose() == Port("/dev/ttyUSB0", "USB adapter FT232", Kind.ADAPTER)


def test_no_adapter_is_said_and_not_made_up_for(plugged):
    plugged.append(BLUETOOTH)
    with pytest.raises(NoPortFound) as caught:
        choose()
    assert str(caught.value) == "No USB serial adapter is plugged in."
    assert "practice://basic" in caught.value.hint


def test_of_several_adapters_none_is_picked_silently(plugged):
    plugged += [FT232, CP2102]
    with pytest.raises(SeveralPortsFound) as caught:
        choose()
    assert str(caught.value) == "There are 2 adapters: /dev/ttyUSB0, /dev/ttyUSB1."
    assert caught.value.hint


def test_an_empty_list_is_not_taken_for_no_list(plugged):
    plugged.append(FT232)
    with pytest.raises(NoPortFound):
        choose([])


def test_the_chosen_port_is_remembered():
    save_choice("/dev/ttyUSB7")
    assert chosen_port() == "/dev/ttyUSB7"


@pytest.mark.parametrize("saved", [None, "not json", "[]", '{"port": 5}', '{"port": ""}', "{}", "\xff"])
def test_without_a_readable_choice_there_is_none(home, saved):
    if saved is not None:
        home.mkdir()
        (home / "settings.json").write_text(saved, encoding="latin-1")
    with pytest.raises(NoPortChosen) as caught:
        chosen_port()
    assert str(caught.value) == "No port has been chosen yet."
    assert "1-setup" in caught.value.hint


def test_a_choice_keeps_the_other_settings(home):
    home.mkdir()
    (home / "settings.json").write_text('{"stub_baud": {"x": 460800}}')
    save_choice("COM5")
    assert json.loads((home / "settings.json").read_text()) == {"stub_baud": {"x": 460800}, "port": "COM5"}


@pytest.mark.parametrize("name", ["practice://basic", "PRACTICE://basic", "practice://x?home=/tmp/y"])
def test_practice_ports_are_told_by_their_name(name):
    assert is_practice(name)
    assert not is_practice(name.replace("://", ":"))


# Find mine


def ports(*names):
    return [Port(name, "an adapter", Kind.ADAPTER) for name in names]


def test_mine_is_the_one_that_goes_and_comes_back():
    search = FindMine(ports("A", "B"))
    assert search.says == "Unplug the adapter, or plug it in if it is out."
    assert search.look(ports("A", "B")) is None
    assert search.look(ports("A")) is None
    assert search.says == "Now plug it in again."
    assert search.look(ports("A", "B")) == ports("B")[0]
    assert search.says == "Found: B: an adapter"


def test_mine_is_found_under_another_name():
    search = FindMine(ports("A", "B"))
    search.look(ports("A"))
    assert search.look(ports("A", "C")) == ports("C")[0]


def test_mine_is_found_when_it_was_out_at_first():
    assert FindMine(ports("A")).look(ports("A", "B")) == ports("B")[0]


def test_what_was_found_stays_found():
    search = FindMine(ports("A"))
    search.look(ports("A", "B"))
    assert search.look(ports("A")) == ports("B")[0]
    assert search.look(ports("A", "C")) == ports("B")[0]


# Opening


def open_error(name):
    with pytest.raises(Exception) as caught:  # noqa: PT011 - each caller looks at the exact type
        open_port(name)
    return caught.value


def test_a_port_that_is_not_there_is_missing():
    name = "/dev/sonoffkit-has-no-such-port"
    error = open_error(name)
    assert (type(error), str(error)) == (PortMissing, f"There is no port {name}.")
    assert error.hint


@pytest.mark.parametrize("name", ["practice://", "practice://no spaces", "practice://basic?unknown=1"])
def test_a_name_that_cannot_be_a_port_is_missing(name):
    error = open_error(name)
    assert type(error) is PortMissing
    assert str(error).startswith(f"The port {name} could not be opened. (")
    assert error.hint


def test_a_pulled_practice_adapter_is_missing():
    practice_device("basic").unplug()
    error = open_error("practice://basic")
    assert (type(error), str(error)) == (PortMissing, "There is no port practice://basic.")
    assert error.hint == "Its USB plug is out: plug it in. Then run this again. Nothing has been touched."


def test_an_open_practice_port_is_busy_until_it_is_closed():
    first = open_port("practice://basic")
    error = open_error("practice://basic")
    assert (type(error), str(error)) == (PortBusy, "Another program has the port practice://basic open.")
    assert "serial monitor" in error.hint
    first.close()
    open_port("practice://basic").close()


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_an_open_serial_port_is_busy():
    controller, follower = os.openpty()
    name = os.ttyname(follower)
    first = open_port(name)
    try:
        error = open_error(name)
        assert (type(error), str(error)) == (PortBusy, f"Another program has the port {name} open.")
    finally:
        first.close()
        os.close(controller)
        os.close(follower)


def test_a_file_that_is_no_serial_port_has_not_vanished(tmp_path):
    file = tmp_path / "notes.txt"
    file.write_text("no port")
    assert type(open_error(str(file))) is PortMissing


GONE = "device reports readiness to read but returned no data (device disconnected or multiple access on port?)"


# Texts of pySerial 3.5 on Windows, Linux and macOS.
@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("could not open port 'COM5': PermissionError(13, 'Access is denied.', None, 5)",), PortBusy),
        (("could not open port 'COM5': PermissionError(13, 'Zugriff verweigert', None, 5)",), PortBusy),
        (("could not open port 'COM5': PermissionError(13, 'A device is not functioning.', None, 31)",), PortMissing),
        (
            (
                "could not open port 'COM5': "
                "FileNotFoundError(2, 'The system cannot find the file specified.', None, 2)",
            ),
            PortMissing,
        ),
        ((11, "Could not exclusively lock port /dev/ttyUSB0: [Errno 11] Resource temporarily unavailable"), PortBusy),
        ((35, "Could not exclusively lock port /dev/cu.X: [Errno 35] Resource temporarily unavailable"), PortBusy),
        ((16, "could not open port /dev/cu.X: [Errno 16] Resource busy: '/dev/cu.X'"), PortBusy),
        ((13, "could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'"), PortDenied),
        (("[Errno 13] could not open port /dev/ttyUSB0: [Errno 13] Permission denied: '/dev/ttyUSB0'",), PortDenied),
        ((2, "could not open port /dev/ttyUSB0: [Errno 2] No such file or directory: '/dev/ttyUSB0'"), PortMissing),
        ((5, "could not open port /dev/ttyUSB0: [Errno 5] Input/output error: '/dev/ttyUSB0'"), PortMissing),
        # A bad CH340 driver (esptool issues 879 and 703): nobody else has the port, and it has not vanished.
        (
            (
                "Cannot configure port, something went wrong. Original message: "
                "PermissionError(13, 'A device attached to the system is not functioning.', None, 31)",
            ),
            PortMissing,
        ),
    ],
)
def test_what_pyserial_says_on_opening_becomes_our_error(monkeypatch, args, expected):
    def fails(*_args, **_kwargs):
        raise serial.SerialException(*args)

    monkeypatch.setattr(serial, "serial_for_url", fails)
    error = open_error("PORT")
    assert type(error) is expected
    assert "PORT" in str(error)
    assert error.hint


@pytest.mark.parametrize(
    "text",
    [
        GONE,
        "read failed: [Errno 6] Device not configured",
        "write failed: [Errno 5] Input/output error",
        "ClearCommError failed (PermissionError(13, 'The device does not recognize the command.', None, 22))",
        "WriteFile failed (PermissionError(13, 'A device which does not exist was specified.', None, 31))",
        "",
    ],
)
def test_whatever_pyserial_says_later_the_port_is_lost(text):
    error = port_error(serial.SerialException(text), "COM5")
    assert type(error) is PortLost
    assert str(error) == f"The port COM5 vanished while it was in use. ({text})"
    assert "it goes on" in error.hint


# The adapter behind a port


def test_an_adapter_is_known_by_its_serial_number_wherever_it_is_plugged_in(plugged):
    there, here = info("COM5", 0x0403, 0x6001), info("COM9", 0x0403, 0x6001)
    there.serial_number = here.serial_number = "A50285BI"
    plugged[:] = [there, here]
    assert adapter_at("COM5") == adapter_at("COM9") == Adapter("0403:6001 A50285BI", 3_000_000)


def test_an_adapter_without_a_serial_number_is_known_by_its_socket(plugged):
    one = info("/dev/ttyUSB0", 0x1A86, 0x7523)
    one.location = "1-2"
    plugged[:] = [one]
    assert adapter_at("/dev/ttyUSB0") == Adapter("1a86:7523 1-2", 2_000_000)


def test_an_adapter_that_promises_no_more_is_not_driven_further(plugged):
    plugged[:] = [CP2102, info("COM7", 0x1234, 0x5678)]
    assert adapter_at("/dev/ttyUSB1").top_speed == adapter_at("COM7").top_speed == 921_600


@pytest.mark.parametrize("name", ["practice://basic", "/dev/pts/5", "rfc2217://127.0.0.1:2217", "/dev/ttyS0"])
def test_where_the_system_tells_nothing_of_an_adapter_the_port_is_its_name(plugged, name):
    plugged[:] = [MODEM]
    assert adapter_at(name) == Adapter(name, 921_600)


def test_the_scheme_is_the_practice_rooms_own():
    assert PRACTICE_SCHEME == SCHEME


def test_a_real_port_does_not_wait_for_the_practice_room():
    code = """
import sys, serial, sonoffkit.operations, sonoffkit.session
assert "sonoffkit.practice" not in sys.modules
serial.serial_for_url("practice://basic", do_not_open=True)  # and yet pyserial knows where to find it
"""
    subprocess.run([sys.executable, "-c", code], check=True)
