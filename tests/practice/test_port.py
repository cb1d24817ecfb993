"""``practice://`` behaves as a serial port does: exclusive, pulled out, reset by its lines, remembered."""

from __future__ import annotations

import errno
import subprocess
import sys
import threading

import pytest
import serial
from esptool.reset import ClassicReset, HardReset
from serial import SerialException
from serial.serialutil import PortNotOpenError

from sonoffkit.practice import MODELS, practice_device, register
from sonoffkit.practice.chip import Running
from sonoffkit.practice.slip import slip_encode

register()

SYNC = slip_encode(b"\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + 32 * b"\x55")
SYNC_REPLY = 12
RUN_A_STUB = (  # a download where the new stub lies, and a jump to it: nothing is executed here
    slip_encode(b"\x00\x05\x10\x00\x00\x00\x00\x00" + bytes.fromhex("401f0000 02000000 00100000 00c51040"))
    + slip_encode(b"\x00\x06\x08\x00\x00\x00\x00\x00" + bytes.fromhex("00000000 04c51040"))
)
TO_460800 = slip_encode(b"\x00\x0f\x08\x00\x00\x00\x00\x00" + bytes.fromhex("00080700 00c20100"))


@pytest.fixture
def open_port():
    """Opens ports, and closes them after the test. At full speed an answer is there at once: no timeout."""
    opened = []

    def open_port(url: str = "practice://basic", baud: int = 115200) -> serial.SerialBase:
        opened.append(serial.serial_for_url(url, baudrate=baud, timeout=0))
        return opened[-1]

    yield open_port
    for port in opened:
        port.close()


def answers(port) -> bool:
    port.write(SYNC)
    return port.read(1000).count(b"\xc0\x01\x08") == 8


def elsewhere(code: str) -> str:
    """What another process prints that runs these lines, with ``port`` open at 115200."""
    lines = [
        "import serial, sonoffkit.practice as practice",
        "practice.register()",
        f"SYNC = bytes.fromhex({SYNC.hex()!r})",
        "port = serial.serial_for_url('practice://basic', baudrate=115200, timeout=0, do_not_open=True)",
        code,
    ]
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], check=True, capture_output=True, text=True)
    return done.stdout.strip()


# Reading and writing


def test_a_device_in_download_mode_answers(open_port):
    assert answers(open_port())


def test_a_read_gives_no_more_than_asked_and_the_rest_waits(open_port):
    port = open_port()
    port.write(SYNC)
    assert port.in_waiting == 8 * SYNC_REPLY
    assert len(port.read(5)) == 5
    assert port.in_waiting == 8 * SYNC_REPLY - 5
    port.reset_input_buffer()
    assert (port.in_waiting, port.read(1)) == (0, b"")


class Reader:
    """Reads in a thread of its own; ``result`` is what came of it, bytes or an error."""

    def __init__(self, port, size: int) -> None:
        self._port, self._size = port, size
        self.result: bytes | SerialException | None = None
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        try:
            self.result = self._port.read(self._size)
        except SerialException as exc:
            self.result = exc

    def ends(self, within: float = 60) -> bool:
        self._thread.join(within)
        return not self._thread.is_alive()


def test_a_read_that_waits_hears_a_chip_that_is_let_go(open_port):
    port = open_port("practice://nodemcu", 74880)
    port.dtr = False
    port.timeout = None
    reader = Reader(port, 40)
    assert not reader.ends(within=0.2)
    port.rts = False
    assert reader.ends()
    assert reader.result.startswith(b"\r\n ets")


def test_a_read_that_waits_can_be_cancelled_by_another_thread(open_port):
    port = open_port()
    port.timeout = None
    reader = Reader(port, 1)
    for _ in range(1000):  # again and again: the thread may not have come to its read yet
        port.cancel_read()
        if reader.ends(within=0.05):
            break
    assert reader.result == b""


def test_a_read_that_waits_gets_what_another_thread_brings_about(open_port):
    port = open_port()
    port.timeout = None
    reader = Reader(port, 8 * SYNC_REPLY)
    port.write(SYNC)
    assert reader.ends()
    assert len(reader.result) == 8 * SYNC_REPLY


@pytest.mark.parametrize(
    "use",
    [lambda p: p.read(1), lambda p: p.write(b"x"), lambda p: p.in_waiting, lambda p: p.reset_input_buffer()],
)
def test_a_closed_port_can_do_nothing(open_port, use):
    port = open_port()
    port.close()
    port.close()  # twice is no error
    assert not port.is_open
    with pytest.raises(PortNotOpenError):
        use(port)


def test_at_another_speed_nothing_is_understood(open_port):
    port = open_port()
    assert answers(port)
    port.baudrate = 74880
    assert not answers(port)
    port.baudrate = 115200
    assert answers(port)


# What the device remembers


def test_a_stub_goes_on_running_at_its_speed_after_the_port_was_closed(open_port):
    port = open_port()
    port.write(SYNC + RUN_A_STUB)
    assert port.read(1000).endswith(b"\xc0OHAI\xc0")
    port.write(TO_460800)
    port.close()
    port = open_port(baud=115200)
    assert not answers(port)
    port.close()
    port = open_port(baud=460800)
    assert answers(port)
    assert port.device.state().running is Running.STUB


def test_a_stub_goes_on_running_at_its_speed_for_another_process(open_port):
    port = open_port()
    port.write(SYNC + RUN_A_STUB)
    port.write(TO_460800)
    port.close()
    assert elsewhere(
        "port.baudrate = 460800; port.open(); port.write(SYNC); print(len(port.read(1000)))\n"
        "print(port.device.state().running)"
    ).split() == [str(8 * SYNC_REPLY), "stub"]


def test_a_stub_that_another_process_started_is_found_here(open_port):
    elsewhere(
        f"port.open(); port.write(bytes.fromhex({(SYNC + RUN_A_STUB).hex()!r}))\n"
        f"port.write(bytes.fromhex({TO_460800.hex()!r})); port.close()"
    )
    port = open_port(baud=460800)
    assert answers(port)
    assert port.device.state().running is Running.STUB


@pytest.mark.parametrize(("more", "baud"), [(b"", 115200), (TO_460800, 460800)], ids=["115200", "460800"])
def test_a_program_that_dies_with_the_port_open_lets_it_go_and_its_deeds_stay(open_port, more, baud):
    erase_a_sector = slip_encode(b"\x00\xd1\x08\x00\x00\x00\x00\x00" + bytes.fromhex("00000000 00100000"))
    elsewhere(
        f"import os; port.open(); port.write(bytes.fromhex({(SYNC + RUN_A_STUB).hex()!r}))\n"
        f"port.write(bytes.fromhex({(erase_a_sector + more).hex()!r})); os._exit(0)"
    )
    port = open_port(baud=baud)
    assert answers(port)
    assert port.device.state().running is Running.STUB
    assert port.device.contents()[:0x1000] == b"\xff" * 0x1000
    assert port.device.contents()[0x1000] == 0xEA


# One program at a time


def test_a_port_is_busy_while_it_is_open_in_this_process(open_port):
    port = open_port()
    with pytest.raises(SerialException, match="Could not exclusively lock port practice://basic") as told:
        open_port()
    assert told.value.errno == errno.EAGAIN
    assert answers(port)
    port.close()
    assert answers(open_port())


def test_a_port_is_busy_while_it_is_open_in_another_process(open_port):
    port = open_port()
    attempt = "try: port.open(); print('open')\nexcept serial.SerialException as exc: print(exc.errno)"
    assert elsewhere(attempt) == str(int(errno.EAGAIN))
    port.close()
    assert elsewhere(attempt) == "open"


# Pulling the adapter


def test_a_port_that_is_unplugged_breaks_off_and_is_gone_until_it_is_plugged_in(open_port):
    port = open_port()
    device = port.device
    device.hold_button()
    device.faults.unplug_after = 20
    port.write(SYNC)
    got = b""
    for _ in range(20):
        got += port.read(1)
    assert got[:3] == b"\xc0\x01\x08"
    with pytest.raises(SerialException, match="device disconnected") as told:
        port.read(1)
    assert not isinstance(told.value, PortNotOpenError)
    port.close()
    with pytest.raises(SerialException, match="could not open port practice://basic") as told:
        open_port()
    assert told.value.errno == errno.ENOENT
    device.plug_in()
    assert answers(open_port())


def test_a_port_that_was_pulled_stays_dead_though_it_is_plugged_in_again(open_port):
    port = open_port()
    device = port.device
    device.hold_button()
    device.unplug()
    with pytest.raises(SerialException, match="device disconnected"):
        port.write(SYNC)
    device.plug_in()
    with pytest.raises(SerialException, match="device disconnected"):
        port.write(SYNC)
    port.close()
    port.open()
    assert answers(port)


@pytest.mark.parametrize("use", [lambda p: p.read(1), lambda p: p.write(b"x"), lambda p: p.in_waiting])
def test_every_use_of_an_unplugged_port_fails(open_port, use):
    port = open_port()
    port.device.unplug()
    with pytest.raises(SerialException, match="device reports readiness to read but returned no data"):
        use(port)


def test_a_read_that_waits_notices_that_the_adapter_is_pulled(open_port):
    port = open_port()
    port.timeout = None
    reader = Reader(port, 1)
    port.device.unplug()
    assert reader.ends()
    assert "device disconnected" in str(reader.result)


# The read whose own bytes use up ``unplug_after`` has nobody to wake it. A real port fails at once.
def test_the_read_in_which_the_adapter_is_pulled_fails_and_does_not_wait(open_port):
    port = open_port()
    port.device.faults.unplug_after = 20
    port.write(SYNC)
    port.timeout = None
    reader = Reader(port, 8 * SYNC_REPLY)
    assert reader.ends(within=5)
    assert "device disconnected" in str(reader.result)


def test_an_adapter_is_pulled_so_many_seconds_after_the_next_write(open_port):
    port = open_port()
    port.device.faults.unplug_at = 0.01
    assert port.read(1) == b""
    port.write(b"\0")
    port.timeout = None
    reader = Reader(port, 1)
    assert reader.ends()
    assert "device disconnected" in str(reader.result)
    assert not port.device.state().plugged_in


@pytest.mark.parametrize(("noise", "byte"), [("00", b"\x00"), ("ff", b"\xff")])
def test_a_line_of_noise_fills_every_read(open_port, noise, byte):
    port = open_port()
    port.device.faults.parse(["noise", noise])
    port.timeout = 60
    port.write(SYNC)
    assert port.read(100) == byte * 100


# Reset by DTR and RTS


class Clock:
    """Time that passes only where the reset sequence sleeps, so that a busy machine cannot spoil it."""

    now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr("esp_pylib.serial_reset.time.sleep", clock.sleep)
    return clock


def test_esptools_resets_bring_a_development_board_into_the_loader_and_out_of_it(open_port, clock):
    port = open_port("practice://nodemcu")
    port.device.line._clock = clock
    port.dtr = False
    HardReset(port)()
    clock.sleep(0.1)
    assert not answers(port)
    assert port.device.state().running is Running.FIRMWARE
    ClassicReset(port)()
    clock.sleep(0.1)
    assert answers(port)
    HardReset(port)()
    clock.sleep(0.1)
    assert not answers(port)


def test_a_sonoff_takes_no_notice_of_dtr_and_rts(open_port, clock):
    port = open_port("practice://basic")
    port.device.line._clock = clock
    port.device.power_cycle()
    ClassicReset(port)()
    clock.sleep(0.1)
    assert not answers(port)
    assert port.device.state().running is Running.FIRMWARE


def test_a_reset_by_dtr_and_rts_is_told_from_a_start_with_the_power(open_port, clock):
    port = open_port("practice://nodemcu", 74880)
    port.device.line._clock = clock
    port.dtr = False
    HardReset(port)()
    clock.sleep(0.1)
    assert b"rst cause:2, boot mode:(3,7)" in port.read(10_000)
    ClassicReset(port)()
    clock.sleep(0.1)
    assert port.read(10_000) == b"\r\n ets Jan  8 2013,rst cause:2, boot mode:(1,7)\r\n\r\n"
    port.device.power_cycle()
    assert b"rst cause:1, boot mode:(3,7)" in port.read(10_000)


def test_a_read_that_begins_before_en_has_risen_gets_the_boot_log(open_port):
    port = open_port("practice://nodemcu?en_rise=0.05", 74880)
    port.dtr = False  # into reset
    port.rts = False  # and out of it
    port.timeout = None
    reader = Reader(port, 40)
    assert reader.ends()
    assert reader.result.startswith(b"\r\n ets Jan  8 2013,rst cause:2")


def test_a_read_that_waits_gets_the_boot_log_of_a_device_that_is_switched_on(open_port):
    port = open_port(baud=74880)
    port.device.power_off()
    port.timeout = None
    reader = Reader(port, 40)
    port.device.power_on()
    assert reader.ends()
    assert reader.result.startswith(b"\r\n ets Jan  8 2013,rst cause:1")


def test_opening_and_closing_a_development_boards_port_does_not_reset_it(open_port):
    port = open_port("practice://nodemcu")
    port.write(SYNC + RUN_A_STUB)
    port.close()
    assert answers(open_port("practice://nodemcu"))
    assert practice_device("nodemcu").state().running is Running.STUB


def test_a_port_that_closes_with_en_held_low_lets_the_board_start(open_port):
    port = open_port("practice://nodemcu")
    port.dtr = False  # RTS is set from the opening on: this is reset
    assert port.device.state().running is Running.NOTHING
    port.close()
    assert practice_device("nodemcu").state().running is Running.FIRMWARE


# The URL


def test_a_url_may_name_a_folder_and_a_model(open_port, tmp_path):
    port = open_port(f"practice://whatever?home={tmp_path / 'there'}&model=pow-r2")
    assert (port.device.folder, port.device.model.name) == ((tmp_path / "there").resolve(), "pow-r2")
    assert (tmp_path / "there" / "flash.bin").stat().st_size == 0x400000


def test_a_url_may_ask_for_real_time_and_a_latency(open_port, clock):
    port = open_port("practice://basic?realtime=1&latency=0.5")
    line = port.device.line
    line._clock = clock
    port.write(SYNC)
    assert line.next_arrival() == pytest.approx(0.5 + (len(SYNC) + 1) * 10 / 115200)
    assert port.in_waiting == 0
    clock.sleep(1)
    assert port.in_waiting == 8 * SYNC_REPLY


def test_in_real_time_a_read_waits_until_the_bytes_have_arrived(open_port):
    port = open_port("practice://basic?realtime=1&latency=0")
    port.timeout = 60
    port.write(SYNC)
    assert len(port.read(8 * SYNC_REPLY)) == 8 * SYNC_REPLY


def test_a_url_may_say_how_slowly_en_rises(open_port):
    assert open_port("practice://nodemcu?en_rise=0.1").device.line.chip.en_rise == 0.1


# A hurry. A read that waited in vain would last for ever here.


def in_a_hurry(open_port, more: str = "") -> serial.SerialBase:
    port = open_port("practice://basic?hurry=1" + more)
    port.timeout = None
    return port


def test_in_a_hurry_a_read_gets_what_there_is_and_does_not_wait_for_more(open_port):
    port = in_a_hurry(open_port)
    reader = Reader(port, 1)
    assert reader.ends()
    assert reader.result == b""
    port.write(SYNC)
    reader = Reader(port, 1000)
    assert reader.ends()
    assert len(reader.result) == 8 * SYNC_REPLY


def test_in_a_hurry_bytes_that_are_late_are_waited_for(open_port):
    port = in_a_hurry(open_port)
    port.device.faults.delay_to_host = 10
    port.write(SYNC)
    reader = Reader(port, 8 * SYNC_REPLY)
    assert reader.ends()
    assert len(reader.result) == 8 * SYNC_REPLY


def test_in_a_hurry_an_adapter_is_pulled_when_it_is_due(open_port):
    port = in_a_hurry(open_port)
    port.device.faults.unplug_at = 0.01
    port.write(b"\0")
    reader = Reader(port, 1)
    assert reader.ends()
    assert "device disconnected" in str(reader.result)


def test_in_a_hurry_the_read_in_which_the_adapter_is_pulled_fails(open_port):
    port = in_a_hurry(open_port)
    port.device.faults.unplug_after = 20
    port.write(SYNC)
    reader = Reader(port, 8 * SYNC_REPLY)
    assert reader.ends()
    assert "device disconnected" in str(reader.result)


def test_in_a_hurry_noise_fills_every_read(open_port):
    port = in_a_hurry(open_port)
    port.device.faults.parse(["noise", "ff"])
    reader = Reader(port, 100)
    assert reader.ends()
    assert reader.result == b"\xff" * 100


def test_in_real_time_nobody_is_in_a_hurry(open_port):
    port = in_a_hurry(open_port, "&realtime=1")
    reader = Reader(port, 8 * SYNC_REPLY)
    assert not reader.ends(within=0.2)
    port.write(SYNC)
    assert reader.ends()
    assert len(reader.result) == 8 * SYNC_REPLY


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("practice://basic?hurry=2", "hurry is 0 or 1, not '2'"),
        ("practice://basic?speed=9", "unknown option 'speed'"),
        ("practice://basic?latency=soon", "could not convert string to float: 'soon'"),
        ("practice://basic?model=esp32", f"there is no practice model 'esp32'; there are: {', '.join(MODELS)}"),
        ("practice://", "'' is no name for a practice device: use letters, digits, '-' and '_'"),
        ("practice://..", "'..' is no name for a practice device: use letters, digits, '-' and '_'"),
        ("practice://a%20b", "'a%20b' is no name for a practice device: use letters, digits, '-' and '_'"),
    ],
)
def test_a_url_that_cannot_be_opened_says_why(open_port, url, says):
    with pytest.raises(SerialException) as told:
        open_port(url)
    assert str(told.value) == f"could not open port {url}: {says}"


def test_a_device_of_another_model_is_not_opened(open_port):
    practice_device("basic")
    with pytest.raises(SerialException, match="is a basic, not a pow-r2"):
        open_port("practice://basic?model=pow-r2")


# By itself parse_qsl leaves out options without a value.
@pytest.mark.parametrize("query", ["nonsense", "realtime", "latency=", "realtime=yess"])
def test_an_option_that_is_not_understood_is_not_ignored(open_port, query):
    with pytest.raises(SerialException):
        open_port(f"practice://basic?{query}")


def test_a_port_has_no_file_descriptor_and_no_lines_that_come_back(open_port):
    port = open_port()
    with pytest.raises(OSError, match="fileno"):
        port.fileno()
    assert (port.cts, port.dsr, port.ri, port.cd) == (False, False, False, False)


def test_opening_an_open_port_is_refused(open_port):
    port = open_port()
    with pytest.raises(SerialException, match="Port is already open"):
        port.open()
