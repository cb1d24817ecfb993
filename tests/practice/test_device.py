"""A device in its folder: the hand that touches it, and what outlives the program."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import threading
import time

import pytest

from sonoffkit.practice import MODELS, STARTERS, DeviceInUse, Faults, known_devices, practice_device, practice_folder
from sonoffkit.practice.chip import Running
from sonoffkit.practice.device import _devices
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.faults import Wires
from sonoffkit.practice.line import Unplugged
from sonoffkit.practice.slip import slip_encode
from sonoffkit.practice.uart import heard


def command(op: int, *words: int) -> bytes:
    data = struct.pack(f"<{len(words)}I", *words)
    return slip_encode(struct.pack("<BBHI", 0, op, len(data), 0) + data)


SYNC = command(0x08, 0x20120707, *[0x55555555] * 8)
IN_USE = (
    "import sonoffkit.practice as p\ntry: p.practice_device('basic').attach()\nexcept p.DeviceInUse: print('in use')"
)


def elsewhere(code: str) -> str:
    """What a program prints that another Python process runs, in the same home."""
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.strip()


def forget() -> None:
    """As if this program had ended and another one began."""
    _devices.clear()


@pytest.fixture
def device():
    return practice_device("basic")


# Making and finding


def test_a_new_device_has_factory_flash_and_waits_in_download_mode(device):
    assert device.contents() == factory_image(MODELS["basic"], device.mac)
    assert (device.state().running, device.state().powered, device.state().plugged_in) == (Running.ROM, True, True)
    assert device.mac[:3] == bytes.fromhex("5ccf7f")


def test_a_device_lives_in_the_kits_home(device, home):
    assert device.folder == (home / "practice" / "basic").resolve()
    assert practice_folder() == home / "practice"
    assert {path.name for path in device.folder.iterdir()} >= {"device.json", "state.json", "flash.bin"}


def test_the_same_name_is_the_same_object_and_after_a_restart_the_same_device(device):
    assert practice_device("basic") is device
    forget()
    again = practice_device("basic")
    assert again is not device
    assert (again.mac, again.contents()) == (device.mac, device.contents())


def test_two_devices_have_different_macs():
    one, other = practice_device("one", model="basic"), practice_device("other", model="basic")
    assert one.mac != other.mac


def test_some_devices_are_offered_and_then_those_that_were_made(home):
    assert known_devices() == list(STARTERS) == ["basic", "mini", "pow-r2", "nodemcu"]
    for name, model in (("s31", None), ("my-own", "pow-r2"), ("basic", None)):
        practice_device(name, model=model)
    (home / "practice" / "no-device").mkdir()
    assert known_devices() == ["basic", "mini", "pow-r2", "nodemcu", "my-own", "s31"]


@pytest.mark.parametrize("name", MODELS)
def test_each_model_can_be_had_by_its_name(name):
    device = practice_device(name)
    assert device.model is MODELS[name]
    assert len(device.contents()) == MODELS[name].flash_size


def test_a_device_may_live_in_a_folder_of_its_own(tmp_path):
    device = practice_device("anything", tmp_path / "there", "pow-r2")
    assert (device.name, device.model.name) == ("there", "pow-r2")
    assert len((tmp_path / "there" / "flash.bin").read_bytes()) == 0x400000


@pytest.mark.parametrize("name", ["", "..", "../basic", "a/b", ".hidden", "a b", "-x"])
def test_a_name_that_no_folder_should_have_is_refused(name, home):
    with pytest.raises(ValueError, match="is no name for a practice device") as told:
        practice_device(name, model="basic")
    assert str(told.value) == f"{name!r} is no name for a practice device: use letters, digits, '-' and '_'"
    assert not home.exists()


def test_an_unknown_model_is_refused_and_nothing_is_made(home):
    with pytest.raises(
        ValueError, match="there is no practice model 'esp32'; there are: basic, basic-r2, mini, "
    ) as told:
        practice_device("x", model="esp32")
    assert str(told.value).endswith(f"there are: {', '.join(MODELS)}")
    assert not (home / "practice" / "x").exists()


def test_a_device_does_not_change_its_model(device):
    with pytest.raises(ValueError, match="is a basic, not a pow-r2"):
        practice_device("basic", model="pow-r2")


# The hand


def test_the_state_is_written_down_at_every_touch(device):
    device.hold_button()
    device.power_off()
    saved = json.loads((device.folder / "state.json").read_text())
    assert (saved["button_held"], saved["powered"], saved["running"]) == (True, False, "nothing")


def test_a_power_cycle_with_the_button_held_starts_the_loader_and_without_it_the_firmware(device):
    device.power_cycle()
    assert device.state().running is Running.FIRMWARE
    device.hold_button()
    assert device.state().running is Running.FIRMWARE
    device.power_cycle()
    device.release_button()
    assert device.state().running is Running.ROM


def test_an_unplugged_device_has_no_power_until_it_is_plugged_in(device):
    device.hold_button()
    device.unplug()
    assert (device.state().plugged_in, device.state().powered) == (False, False)
    device.plug_in()
    assert (device.state().plugged_in, device.state().running) == (True, Running.ROM)


def test_the_hand_works_while_the_port_is_open(device):
    device.attach()
    device.power_cycle()
    assert device.state().running is Running.FIRMWARE
    device.detach()
    assert device.state().running is Running.FIRMWARE


def test_the_hand_works_while_another_thread_has_the_port_open(device):
    device.attach()
    thread = threading.Thread(target=device.power_cycle)
    thread.start()
    thread.join()
    assert device.state().running is Running.FIRMWARE


def test_a_copy_of_the_state_changes_nothing(device):
    device.attach()
    device.state().powered = False
    assert device.state().powered


def test_what_the_chip_was_sending_is_lost_with_its_power(device):
    line = device.attach()
    line.baud = 74880
    device.hold_button()
    line.write(SYNC)
    assert line.waiting() == 8 * 12
    device.power_cycle()
    assert line.take(1000) == b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n\r\n"


# A terminal's door keeps its line over an unplug: old bytes must not come out of it after replugging.
def test_a_line_is_dead_after_an_unplug_however_short_and_empty_when_it_is_found_anew(device):
    line = device.attach()
    device.hold_button()
    line.write(SYNC)
    device.unplug()
    device.plug_in()
    with pytest.raises(Unplugged):
        line.take(1)
    line.plugged_in_again()
    assert line.take(1000) == b""
    line.write(SYNC)
    assert line.waiting() == 8 * 12


class Clock:
    """Stands for ``time.monotonic``, for a device and its open line."""

    def __init__(self, monkeypatch, line):
        self.now = 100.0
        monkeypatch.setattr(time, "monotonic", lambda: self.now)
        monkeypatch.setattr(line, "_clock", lambda: self.now)


def test_a_fault_that_pulls_the_adapter_does_so_with_the_port_closed_too(device, monkeypatch):
    line = device.attach()
    clock = Clock(monkeypatch, line)
    device.faults.unplug_at = 5.0
    line.write(b"\0")
    device.detach()
    assert device.state().plugged_in
    clock.now = 105.0
    assert not device.state().plugged_in
    assert device.faults.unplug_at is None


def heal(device):
    device.faults.heal()


def pull_by_hand(device):
    device.unplug()
    device.plug_in()
    device.line.plugged_in_again()


@pytest.mark.parametrize("undo", [heal, pull_by_hand])
def test_a_fault_that_was_to_pull_the_adapter_is_off_once_healed_or_pulled_by_hand(device, monkeypatch, undo):
    line = device.attach()
    clock = Clock(monkeypatch, line)
    device.faults.unplug_at = 5.0
    line.write(b"\0")
    undo(device)
    clock.now = 200.0
    assert line.take(1) == b""
    assert device.state().plugged_in


def test_a_folder_whose_description_is_none_is_refused(home):
    folder = home / "odd"
    folder.mkdir(parents=True)
    (folder / "device.json").write_text("{}")
    with pytest.raises(ValueError, match="describes no practice device"):
        practice_device("odd", folder)


def test_who_has_the_port_open_at_the_right_speed_reads_the_boot_log(device):
    line = device.attach()
    line.baud = 74880
    device.power_cycle()
    log = line.take(10_000)
    assert log.startswith(b"\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n\r\nload 0x40100000, len 2408, ")
    assert log.endswith(b"practice-maker firmware 1.6.0, the relay is off\r\n")


def test_at_the_speed_of_most_terminals_the_boot_log_is_the_right_garbage(device):
    logs = []
    for baud in (74880, 115200):
        line = device.attach()
        line.baud = baud
        device.power_cycle()
        logs.append(line.take(10_000))
        device.detach()
    words, garbage = logs
    assert garbage == heard(words, 74880, 115200) != words


def test_a_boot_log_is_heard_at_the_speed_that_was_set_when_it_came(device):
    line = device.attach()
    device.power_cycle()
    line.baud = 74880  # too late
    assert b"ets" not in line.take(10_000)
    device.power_cycle()
    assert b"ets" in line.take(10_000)


def test_who_opens_the_port_later_has_missed_the_boot_log(device):
    device.power_cycle()
    assert not device.attach().waiting()


# While nobody has the port open


READ_TWO_PACKETS = command(0xD2, 0, 8, 4, 1)


def start_reading(device) -> None:
    """A stub that has sent the first packet of a read, and waits for its acknowledgement."""
    line = device.attach()
    line.write(SYNC + command(0x05, 0x1F40, 2, 0x1000, 0x4010C500) + command(0x06, 0, 0x4010C504))
    assert line.take(1000).endswith(b"\xc0OHAI\xc0")
    line.write(READ_TWO_PACKETS)
    assert line.take(1000).endswith(slip_encode(device.contents()[:4]))
    device.detach()


def go_on_reading(device) -> bytes:
    """What comes on the acknowledgement of the first packet."""
    line = device.attach()
    line.write(slip_encode(struct.pack("<I", 4)))
    answer = line.take(1000)
    device.detach()
    return answer


def test_a_stub_in_its_read_loop_still_waits_when_the_port_is_opened_again(device):
    start_reading(device)
    assert device.state().running is Running.STUB
    assert go_on_reading(device) == slip_encode(device.contents()[4:8])


def test_a_hand_at_the_button_leaves_the_ram_as_it_is(device):
    start_reading(device)
    device.hold_button()
    device.release_button()
    assert go_on_reading(device) == slip_encode(device.contents()[4:8])


def test_what_the_ram_kept_is_lost_with_the_power(device):
    start_reading(device)
    device.hold_button()
    device.power_cycle()
    assert device.state().running is Running.ROM
    assert go_on_reading(device) == b""
    line = device.attach()
    line.write(b"\xc0" + SYNC)
    assert line.take(1000).count(b"\xc0\x01\x08") == 8


@pytest.mark.parametrize(
    "deed",
    ["device.attach()", "device.attach(); device.detach()", "device.hold_button()", "device.release_button()"],
)
def test_what_the_ram_kept_is_not_used_where_another_process_had_the_device(device, deed):
    start_reading(device)
    elsewhere(f"import sonoffkit.practice as p; device = p.practice_device('basic'); {deed}")
    answer = go_on_reading(device)
    assert slip_encode(device.contents()[4:8]) not in answer
    assert answer[:2] == b"\xc0\x01"  # a stub that takes a frame of four bytes for a command
    assert device.state().running is Running.STUB


def test_another_process_that_only_looks_changes_nothing(device):
    start_reading(device)
    assert elsewhere("import sonoffkit.practice as p; print(p.practice_device('basic').state().running)") == "stub"
    assert go_on_reading(device) == slip_encode(device.contents()[4:8])


def test_a_word_in_ram_is_there_when_the_port_is_opened_again(device):
    line = device.attach()
    line.write(SYNC + command(0x09, 0x3FFE8000, 0x12345678, 0xFFFFFFFF, 0))
    device.detach()
    line = device.attach()
    line.write(command(0x0A, 0x3FFE8000))
    assert struct.unpack_from("<I", line.take(100), 5) == (0x12345678,)


def test_flash_that_was_changed_by_hand_is_read_anew_when_the_port_is_opened_again(device):
    start_reading(device)
    with (device.folder / "flash.bin").open("r+b") as file:
        file.seek(4)
        file.write(b"new!")
    assert go_on_reading(device) == slip_encode(b"new!")


# One port


def test_an_open_device_cannot_be_opened_again(device):
    device.attach()
    with pytest.raises(DeviceInUse, match="basic"):
        device.attach()
    device.detach()
    device.detach()  # once too often is no error
    device.attach()


def test_an_open_device_cannot_be_opened_by_another_process(device):
    device.attach()
    assert elsewhere(IN_USE) == "in use"
    device.detach()
    assert elsewhere(IN_USE) == ""


def test_two_processes_that_make_a_device_at_once_make_one():
    code = "import sonoffkit.practice as p; print('ready', flush=True); input(); print(p.practice_device().mac.hex())"
    makers = [
        subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    for maker in makers:
        assert maker.stdout.readline() == "ready\n"
    for maker in makers:
        maker.stdin.write("go\n")
        maker.stdin.flush()
    macs = {maker.communicate()[0].strip() for maker in makers}
    device = practice_device()
    assert macs == {device.mac.hex()}
    assert device.contents() == factory_image(MODELS["basic"], device.mac)


@pytest.mark.skipif(os.name != "posix", reason="needs symbolic links")
def test_two_ways_to_one_folder_lead_to_one_device(device, tmp_path):
    (tmp_path / "link").symlink_to(device.folder)
    assert practice_device("x", tmp_path / "link") is device


def test_a_state_that_cannot_be_written_leaves_no_lock(monkeypatch):
    device = practice_device("basic")
    device.attach()
    with monkeypatch.context() as patch:
        patch.setattr("sonoffkit.practice.device._write_state", _disk_is_full)
        with pytest.raises(OSError, match="full"):
            device.detach()
    device.attach()
    device.detach()


def _disk_is_full(*args):
    raise OSError(28, "the disk is full")


def test_faults_that_are_set_all_at_once_are_felt_by_the_chip_at_work(device):
    line = device.attach()
    device.faults = Faults(wires=Wires.SWAPPED, seed=3)
    assert device.faults.in_force() == {"wires": "swapped", "seed": "3"}
    line.write(SYNC)
    assert line.take(1) == b""
    device.faults = Faults()
    line.write(SYNC)
    assert line.take(1) == b"\xc0"


def test_a_board_that_was_let_go_starts_though_nobody_reads_or_writes(monkeypatch):
    board = practice_device("nodemcu")
    line = board.attach()
    clock = Clock(monkeypatch, line)
    line.set_modem_lines(False, True)
    line.set_modem_lines(False, False)
    assert board.state().running is Running.NOTHING
    clock.now += 1
    assert board.state().running is Running.FIRMWARE
