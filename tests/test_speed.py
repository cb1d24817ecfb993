"""Speed: how it is found, kept, and given up; and who was seen on which port."""

from __future__ import annotations

import json
import threading
import time

import pytest

from sonoffkit import ports
from sonoffkit.errors import DeviceChanged, NoAnswer, TransferFailed
from sonoffkit.paths import read_settings, remember
from sonoffkit.practice import Faults, practice_device
from sonoffkit.practice.chip import Running
from sonoffkit.session import connect, log_to, step_down
from sonoffkit.session import speed as speed_module
from sonoffkit.session.memory import Speeds, note_bad, note_good, speeds_of

URL = "practice://basic?hurry=1"
HERE = ports.Adapter(URL, 921_600)


def start_in_download_mode(sonoff):
    sonoff.hold_button()
    sonoff.power_cycle()
    sonoff.release_button()


def test_out_of_the_box_it_goes_as_fast_as_is_safe_with_any_adapter_and_says_so(sonoff):
    lines = []
    with log_to(lines.append), connect(URL) as device:
        assert device.baud == 921600
        assert sonoff.state().baud == 921600
        assert "Speed: 921600 baud, tested on bytes of this device." in lines
    assert sonoff.state().baud == 115200
    assert speeds_of(HERE) == Speeds(good=921600)


def test_an_adapter_that_promises_more_is_driven_further(sonoff, monkeypatch):
    monkeypatch.setattr(speed_module.Device, "adapter", ports.Adapter(URL, 3_000_000))
    with connect(URL) as device:
        assert device.baud == 2_000_000


def test_what_worked_before_is_gone_to_at_once_and_proven_again(sonoff, monkeypatch):
    connect(URL).close()
    tried = []
    set_baud = speed_module.Device.set_baud
    monkeypatch.setattr(
        speed_module.Device, "set_baud", lambda device, baud: tried.append(baud) or set_baud(device, baud)
    )
    with connect(URL):
        assert tried == [921600]


def test_a_speed_at_which_bytes_break_is_left_and_not_tried_again_that_day(sonoff):
    sonoff.faults.frail_above = 200_000
    with connect(URL) as device:
        assert device.baud == 115200
        assert device.speed_story == "115200 baud, because at 460800 bytes broke"
    sonoff.faults = Faults()
    with connect(URL) as device:
        assert device.baud == 115200
        assert device.speed_story == "115200 baud, because at 460800 bytes broke with this adapter before"


@pytest.mark.parametrize("hours", [25, -25])
def test_the_next_day_or_with_another_clock_it_is_tried_again(sonoff, hours):
    note_bad(HERE, 460800)
    saved = read_settings()["speeds"]
    saved[URL]["at"] = time.time() - hours * 3600
    remember(speeds=saved)
    with connect(URL) as device:
        assert device.baud == 921600


def test_a_chosen_speed_is_kept_and_told(sonoff):
    with connect(URL, 230400) as device:
        assert (device.baud, device.speed_story) == (230400, "230400 baud, as chosen")


def test_a_board_with_reset_lines_comes_back_by_itself_from_a_speed_that_its_adapter_cannot_do(home):
    board = practice_device("nodemcu")
    board.faults.top_speed = 230_400
    with connect("practice://nodemcu?hurry=1") as device:
        assert device.baud == 115200
        assert device.read(0, 0x2000) == board.contents()[:0x2000]


def test_stepping_down_ends_at_the_lowest_speed(sonoff):
    with connect(URL) as device:
        assert [(step_down(device), device.baud) for _ in range(3)] == [(True, 460800), (True, 115200), (False, 115200)]
        assert device.read(0, 0x1000) == sonoff.contents()[:0x1000]


def test_a_device_that_cannot_be_led_down_is_not_said_to_be_slower(sonoff, monkeypatch):
    with connect(URL) as device:
        monkeypatch.setattr(device, "set_baud", lambda baud: (_ for _ in ()).throw(TransferFailed("broken")))
        assert not step_down(device)
        monkeypatch.undo()
    assert speeds_of(HERE).bad is None


@pytest.mark.parametrize(
    "saved", ["fast", ["x"], {URL: "fast"}, {URL: {"good": "x", "bad": []}}, {URL: {"good": -1, "bad": 0, "at": 1e99}}]
)
def test_nonsense_in_the_settings_is_no_speed(sonoff, saved):
    remember(speeds=saved, identities=saved, stub_bauds=saved)
    with connect(URL) as device:
        assert device.baud == 921600
    assert speeds_of(HERE).good == 921600


# Who was seen


def test_who_was_seen_on_a_port_is_asked_once_and_another_twice(sonoff, monkeypatch):
    with connect(URL) as device:
        me = device.identity
    assert read_settings()["identities"][URL]["mac"] == me.mac
    delivered = []
    for seen in (True, False):
        if not seen:
            saved = read_settings()["identities"]
            saved[URL]["mac"] = "aa:aa:aa:aa:aa:aa"
            remember(identities=saved)
        with connect(URL, 115200) as device:
            delivered.append(sonoff.line.delivered)
            assert device.identity == me
    assert delivered[0] < delivered[1]
    assert read_settings()["identities"][URL]["mac"] == me.mac


def test_a_device_that_started_again_in_download_mode_gets_its_stub_anew(sonoff):
    with connect(URL) as device:
        start_in_download_mode(sonoff)
        with pytest.raises(TransferFailed):
            device.read(0, 0x1000)
        assert sonoff.state().running is Running.STUB
        assert device.read(0, 0x1000) == sonoff.contents()[:0x1000]


def test_another_device_in_its_place_is_told(sonoff):
    with connect(URL) as device:
        start_in_download_mode(sonoff)
        sonoff.faults.flash_id = 0x1440C8
        with pytest.raises(DeviceChanged) as caught:
            device.read(0, 0x1000)
        assert caught.value.hint


def test_a_device_that_started_its_firmware_is_gone(sonoff):
    with connect(URL) as device:
        sonoff.power_cycle()
        with pytest.raises(NoAnswer):
            device.read(0, 0x1000)


def test_the_settings_hold_no_more_than_ports_speeds_and_who_was_there(sonoff, home):
    connect(URL).close()
    assert set(json.loads((home / "settings.json").read_text())) == {"identities", "speeds", "stub_bauds"}


# What is remembered of an adapter


def test_a_speed_that_broke_is_forgotten_after_a_day_and_one_that_lost_the_device_twice_never(sonoff):
    note_good(HERE, 921600)
    note_bad(HERE, 921600)
    assert speeds_of(HERE) == Speeds(good=None, bad=921600)  # what broke is no longer called good
    note_bad(HERE, 921600, lost=True)
    note_bad(HERE, 921600, lost=True)
    saved = read_settings()["speeds"]
    saved[URL]["at"] = 0.0
    remember(speeds=saved)
    assert speeds_of(HERE).bad == 921600


def test_after_a_loss_at_a_speed_that_used_to_work_it_still_climbs_below_it(sonoff):
    note_good(HERE, 921600)
    note_bad(HERE, 921600, lost=True)
    with connect(URL) as device:
        assert device.baud == 460800


def test_a_stub_found_at_a_high_speed_is_tested_there(sonoff, monkeypatch):
    connect(URL, 921600)._loader._port.close()  # as when a program is killed
    sonoff.faults.frail_above = 500_000
    reads = []
    read = speed_module.Device.read
    monkeypatch.setattr(
        speed_module.Device, "read", lambda device, *args: reads.append(device.baud) or read(device, *args)
    )
    with connect(URL) as device:
        assert reads[0] == 921600
        assert device.baud == 460800
        assert device.read(0, 0x4000) == sonoff.contents()[:0x4000]


def test_killed_while_the_speed_changed_the_stub_is_found_at_the_old_one_too(sonoff):
    connect(URL, 921600)._loader._port.close()
    remember(stub_bauds={URL: [460800, 921600]})  # written down before the command went out, and then no more
    with connect(URL, 115200) as device:
        assert device.read(0, 0x1000) == sonoff.contents()[:0x1000]


def test_settings_that_two_jobs_write_at_once_keep_what_each_wrote(home):
    def write(name):
        for n in range(60):
            remember(**{f"{name}{n}": n})

    both = [threading.Thread(target=write, args=(name,)) for name in "ab"]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert read_settings() == {f"{name}{n}": n for name in "ab" for n in range(60)}
