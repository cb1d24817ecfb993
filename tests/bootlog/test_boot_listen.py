"""Listening on the practice Sonoff's ports: to a start, to nothing, to noise for ever, at the speed that there is."""

from __future__ import annotations

import errno
import os
import sys
import threading

import pytest
import serial
from waiting import wait_until

from sonoffkit.bootlog import (
    Finding,
    Heard,
    Settled,
    Verdict,
    compare,
    decode,
    find_speed,
    hear_a_start,
    judge,
    listen,
    watch,
)
from sonoffkit.bootlog.listen import KEPT
from sonoffkit.bootlog.speed import set_nearest, set_speed
from sonoffkit.errors import PortBusy, PortLost, PortMissing
from sonoffkit.ports import open_port
from sonoffkit.practice import lesson_images, practice_device
from sonoffkit.practice.port import PracticeSerial
from sonoffkit.practice.pty_door import PtyDoor
from sonoffkit.practice.rfc2217_door import Rfc2217Door

URL = "practice://basic"
posix = pytest.mark.skipif(sys.platform == "win32", reason="there is no pseudo-terminal on Windows")
LONG = 60.0  # seconds; each test ends by what is heard, long before


class Hand:
    """Somebody who does something as soon as the port is open, in a thread of its own."""

    def __init__(self, device, *deeds) -> None:
        self._device, self._deeds = device, deeds
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        wait_until(lambda: self._device.line is not None and self._device.line.baud == 74880)
        for deed in self._deeds:
            deed()

    def __enter__(self) -> Hand:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join(LONG)


def heard_while(device, *deeds, **options) -> Heard:
    with Hand(device, *deeds):
        return listen(URL, LONG, **{"until": Settled(0.3, 1.0), **options})


# A start


def test_a_start_of_the_firmware_is_heard_whole(sonoff):
    pieces: list[bytes] = []
    heard = heard_while(sonoff, sonoff.power_cycle, on_data=pieces.append)
    assert (heard.baud, heard.note, heard.skipped, b"".join(pieces)) == (74880, "", 0, heard.data)
    assert judge(heard).verdict is Verdict.FIRMWARE
    assert compare(decode(heard.data), sonoff.contents()).same is True


def test_the_port_is_free_afterwards(sonoff):
    heard_while(sonoff, sonoff.power_cycle)
    open_port(URL).close()


def test_listening_sends_nothing_and_leaves_the_loader_as_it_is(sonoff):
    before = sonoff.state()
    listen(URL, 0.05)
    assert sonoff.state() == before


def test_a_board_with_automatic_reset_is_not_reset_by_it():
    board = practice_device("nodemcu")
    before = board.state()
    assert listen("practice://nodemcu", 0.05).data == b""
    assert board.state() == before


def test_in_real_time_it_hears_the_same(sonoff):
    with Hand(sonoff, sonoff.power_cycle):
        heard = listen(URL + "?realtime=1", LONG, until=Settled(0.3, 1.0))
    assert compare(decode(heard.data), sonoff.contents()).same is True


@pytest.mark.parametrize(
    ("why", "loop"), [("power", "power"), ("watchdog", "hardware watchdog"), ("exception", "exception")]
)
def test_a_device_that_starts_again_and_again_is_a_loop_of_its_kind(sonoff, why, loop):
    sonoff.set_fault(["restarts", why])
    told = judge(heard_while(sonoff, sonoff.power_cycle, until=Settled()))
    assert (told.verdict, told.kind) == (Verdict.LOOP, loop)


def test_a_device_without_its_calibration_says_so(sonoff):
    flash = bytearray(sonoff.contents())
    flash[0xFC000:0xFD000] = b"\xff" * 0x1000
    (sonoff.folder / "flash.bin").write_bytes(flash)
    assert "calibration" in judge(heard_while(sonoff, sonoff.power_cycle)).says


# Ends


def test_without_anything_it_ends_with_the_time(sonoff):
    heard = listen(URL, 0.2)
    assert heard.data == b""
    assert heard.seconds >= 0.2


def test_a_port_that_does_not_wait_by_itself_is_listened_to_for_the_whole_time(sonoff):
    assert listen(URL + "?hurry=1", 0.2).seconds >= 0.2


def test_a_cancel_ends_it_with_what_was_heard_so_far(sonoff):
    cancel = threading.Event()
    heard = heard_while(sonoff, sonoff.power_cycle, cancel=cancel, on_data=lambda _: cancel.set(), until=None)
    assert b"ets Jan" in heard.data


def test_what_is_set_before_it_begins_ends_it_at_once(sonoff):
    cancel = threading.Event()
    cancel.set()
    assert listen(URL, LONG, cancel=cancel).data == b""


@pytest.mark.parametrize("noise", ["00", "ff"])
def test_noise_for_ever_ends_with_the_time(sonoff, noise):
    sonoff.set_fault(["noise", noise])
    heard = listen(URL, 0.4, until=Settled())
    assert set(heard.data) == {int(noise, 16)}
    assert judge(heard).verdict is Verdict.GARBAGE


def test_of_what_never_ends_the_beginning_and_the_end_are_kept(sonoff):
    """As a device does that restarts without a pause."""
    cancel = threading.Event()
    count = 0

    def on_data(data: bytes) -> None:
        nonlocal count
        count += len(data)
        if count > 3 * KEPT:
            cancel.set()
        else:
            sonoff.power_cycle()

    heard = heard_while(sonoff, sonoff.power_cycle, cancel=cancel, on_data=on_data, until=None)
    assert (len(heard.data), heard.skipped) == (2 * KEPT, count - 2 * KEPT)
    assert heard.data.startswith(b"\r\n ets Jan")
    assert judge(heard).kind == "power"


# A port that is not to be had


def test_a_busy_port_says_so(sonoff):
    held = open_port(URL)
    with pytest.raises(PortBusy):
        listen(URL, LONG)
    held.close()


def test_a_port_that_there_is_not_says_so():
    with pytest.raises(PortMissing):
        listen("/dev/ttyNOWHERE", LONG)


def test_a_pulled_adapter_is_a_lost_port_and_the_port_is_closed(sonoff):
    with Hand(sonoff, sonoff.unplug), pytest.raises(PortLost):
        listen(URL, LONG)
    sonoff.plug_in()
    open_port(URL).close()


# Doors


@pytest.fixture
def serve():
    """Serves a device on a door of its own, until the test is over."""
    stop, threads = threading.Event(), []

    def serve(door) -> str:
        threads.append(threading.Thread(target=door.serve, args=(stop,)))
        threads[-1].start()
        return door.address

    yield serve
    stop.set()
    for thread in threads:
        thread.join(LONG)


@posix
def test_over_a_pseudo_terminal_a_start_is_heard(sonoff, serve):
    port = serve(PtyDoor(sonoff))
    with Hand(sonoff, sonoff.hold_button, sonoff.power_cycle):
        assert judge(watch(port, LONG)).verdict is Verdict.DOWNLOAD


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # pyserial's own
def test_over_rfc2217_a_start_is_heard(sonoff, serve):
    port = serve(Rfc2217Door(sonoff, 0))
    with Hand(sonoff, sonoff.power_cycle):
        assert judge(watch(port, LONG)).verdict is Verdict.FIRMWARE


# Enough


def watched(device, *deeds) -> Finding:
    with Hand(device, *deeds):
        return judge(watch(URL, LONG))


def test_watching_ends_early_where_it_went_on_or_where_the_button_was_not_held(sonoff):
    assert watched(sonoff, sonoff.power_cycle).verdict is Verdict.FIRMWARE
    assert watched(sonoff, sonoff.hold_button, sonoff.power_cycle).verdict is Verdict.DOWNLOAD


def test_watching_ends_early_where_there_is_nothing_to_start(sonoff):
    (sonoff.folder / "flash.bin").write_bytes(b"\xff" * 0x100000)
    assert watched(sonoff, sonoff.power_cycle).verdict is Verdict.BAD_IMAGE


def test_watching_silence_takes_its_time_and_says_so(sonoff):
    assert judge(watch(URL, 0.2)).verdict is Verdict.SILENCE


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def asked(settled: Settled, clock: Clock, *asked_at: tuple[float, bytes]) -> list[bool]:
    """What it says at each time of what was heard by then."""
    out = []
    for clock.now, data in asked_at:
        out.append(settled(data))
    return out


FIRMWARE = b"ets Jan  8 2013,rst cause:1, boot mode:(3,6)\r\n"
RESET = b"ets Jan  8 2013,rst cause:4, boot mode:(3,6)\r\n"
DOWNLOAD = b"ets Jan  8 2013,rst cause:1, boot mode:(1,6)\r\n"


def test_download_mode_is_enough_at_the_first_pause():
    clock = Clock()
    assert asked(Settled(clock=clock), clock, (0.1, DOWNLOAD)) == [True]


def test_a_firmware_is_waited_for_whether_it_starts_again():
    clock = Clock()
    answers = asked(Settled(3, 8, clock), clock, (1.0, FIRMWARE), (3.9, FIRMWARE), (4.0, FIRMWARE))
    assert answers == [False, False, True]


def test_a_second_start_by_itself_is_enough_and_makes_it_a_loop():
    clock = Clock()
    answers = asked(Settled(3, 8, clock), clock, (1.0, FIRMWARE), (2.0, FIRMWARE + RESET), (2.5, FIRMWARE + RESET * 2))
    assert answers == [False, False, True]


def test_a_firmware_that_never_is_silent_is_enough_after_a_while():
    clock = Clock()
    talks = [(float(n), FIRMWARE + b"hello\r\n" * n) for n in range(1, 10)]
    assert asked(Settled(3, 8, clock), clock, *talks) == [False] * 8 + [True]


def test_what_is_no_start_is_never_enough():
    clock = Clock()
    told = asked(Settled(clock=clock), clock, (1.0, b""), (500.0, b"hello, it is me\r\n"), (999.0, bytes(900)))
    assert told == [False, False, False]


# Other speeds


def talk_on(device, stop: threading.Event) -> None:
    """A lesson's firmware says its words, at 115200, each time it starts."""
    device.release_button()
    while not stop.is_set():
        device.power_cycle()
        stop.wait(0.02)


@pytest.fixture
def talking(sonoff):
    """A device that talks on and on."""
    flash = bytearray(sonoff.contents())
    hello = lesson_images()["practice-hello.bin"]
    flash[: len(hello)] = hello
    (sonoff.folder / "flash.bin").write_bytes(flash)
    stop = threading.Event()
    thread = threading.Thread(target=talk_on, args=(sonoff, stop))
    thread.start()
    yield sonoff
    stop.set()
    thread.join(LONG)


def test_the_speed_that_fits_is_found_by_trying(talking):
    found = find_speed(URL, LONG, speeds=(74880,))
    assert found is not None
    assert (found.fits, found.baud) == (74880, 74880)
    assert b"ets Jan" in found.data


def test_where_no_speed_fits_there_is_none(talking):
    assert find_speed(URL, 0.1, speeds=(9600,)) is None


def test_silence_fits_no_speed(sonoff):
    assert find_speed(URL, 0.05, speeds=(74880, 9600)) is None


def test_a_cancel_ends_the_trying(sonoff):
    cancel = threading.Event()
    cancel.set()
    assert find_speed(URL, LONG, cancel=cancel) is None


def test_what_can_be_read_is_not_tried_at_other_speeds(sonoff):
    tried = []
    with Hand(sonoff, sonoff.hold_button, sonoff.power_cycle):
        heard = hear_a_start(URL, LONG, other_speeds=lambda: tried.append(1))
    assert (judge(heard).verdict, tried) == (Verdict.DOWNLOAD, [])


# A speed that cannot be had


class Port:
    """As pyserial's ports behave where a driver takes some speeds only."""

    def __init__(self, refusal: Exception, *takes: int) -> None:
        self._refusal, self._takes, self._baud = refusal, takes, 115200

    @property
    def baudrate(self) -> int:
        return self._baud

    @baudrate.setter
    def baudrate(self, baud: int) -> None:
        self._baud = baud  # pyserial notes it before it tries
        if baud not in self._takes:
            raise self._refusal

    def fileno(self) -> int:
        raise OSError("it has none")


REFUSALS = [
    ValueError("Failed to set custom baud rate (74880): [Errno 22] Invalid argument"),  # Linux
    OSError(errno.ENOTTY, "Inappropriate ioctl for device"),  # macOS
    serial.SerialException(
        "Cannot configure port, something went wrong. Original message: "
        "OSError(22, 'The parameter is incorrect.', None, 87)"
    ),  # Windows
    ValueError("remote rejected value for option 'baudrate'"),  # RFC 2217
]
if sys.platform != "win32":
    import termios

    REFUSALS.append(termios.error(22, "Invalid argument"))


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_the_nearest_speed_that_a_driver_takes_is_told(refusal):
    assert set_nearest(Port(refusal, 115200, 72000), 74880) == (
        72000,
        "This adapter or its driver cannot listen at 74880 baud; 72000 is near enough.",
    )
    assert set_nearest(Port(refusal, 115200), 74880) == (
        115200,
        "This adapter or its driver cannot listen at 74880 baud, nor near it. At 115200 the device's first words are "
        "garbage, but that something comes tells that the device speaks.",
    )
    assert set_nearest(Port(refusal, 115200, 76800, 74880), 74880) == (74880, "")


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
def test_a_refused_speed_leaves_the_port_at_the_one_of_before(refusal):
    port = Port(refusal, 115200)
    assert not set_speed(port, 74880)
    assert port.baudrate == 115200


def test_a_port_that_takes_nothing_any_more_stays_as_it_is():
    assert set_nearest(Port(REFUSALS[0]), 74880)[0] == 115200


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the speed of a driver")
def test_a_driver_that_makes_another_speed_of_it_has_not_taken_it():
    controller, follower = os.openpty()
    port = open_port(os.ttyname(follower))
    assert set_speed(port, 74880)

    class Rounding(Port):
        def fileno(self) -> int:
            return int(port.fileno())

    port.baudrate = 57600  # what this driver makes of all
    assert not set_speed(Rounding(REFUSALS[0], 74880), 74880, "linux")
    assert set_speed(Rounding(REFUSALS[0], 74880), 74880, "darwin")  # it cannot be told there
    port.close()
    os.close(controller)
    os.close(follower)


@pytest.fixture
def standard_speeds_only(monkeypatch):
    """A practice adapter whose driver knows no odd speeds."""
    really = PracticeSerial._reconfigure_port

    def reconfigure(port: PracticeSerial) -> None:
        if port.baudrate not in (9600, 57600, 115200):
            raise ValueError("Invalid baud rate")
        really(port)

    monkeypatch.setattr(PracticeSerial, "_reconfigure_port", reconfigure)


def test_an_adapter_without_odd_speeds_still_tells_that_the_device_speaks(sonoff, standard_speeds_only):
    thread = threading.Thread(target=lambda: (wait_until(lambda: sonoff.line is not None), sonoff.power_cycle()))
    thread.start()
    heard = listen(URL, LONG, until=lambda data: len(data) > 6)
    thread.join(LONG)
    assert heard.baud == 115200
    assert "cannot listen at 74880 baud" in heard.note
    assert judge(heard).says.startswith("Something speaks, but this adapter cannot listen at the ROM's speed")
