"""After whatever happened to the line or the device before: it is found again, and nothing false is believed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import struct
import time
from types import SimpleNamespace

import pytest
from serial.serialutil import SerialBase

from sonoffkit.errors import (
    DeviceLost,
    FlashStuck,
    GarbledAnswer,
    NoAnswer,
    SonoffkitError,
    VerifyFailed,
)
from sonoffkit.firmware import Image
from sonoffkit.operations import back_up, erase, flash, restore, verify
from sonoffkit.paths import read_settings
from sonoffkit.ports import open_port
from sonoffkit.practice import PracticeDevice, lesson_images, practice_device
from sonoffkit.practice.chip import Running
from sonoffkit.practice.faults import Noise, Wires
from sonoffkit.practice.loader import Op
from sonoffkit.practice.port import PracticeSerial
from sonoffkit.practice.slip import HEADER, slip_encode
from sonoffkit.session import connect, loader, log_to
from sonoffkit.transfer import pieces_of
from sonoffkit.vault import Vault

URL = "practice://basic"
BIG_URL = "practice://pow-r2"
NO_UPLOAD = "Stub flasher is already running. No upload is necessary."
LEGACY, NEW = 1, 2  # generations of the stub
PATIENCE = 0.3  # seconds
MB = 0x100000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """No host waits longer than this for a device that answers at once or never: esptool does up to two minutes."""
    patient = SerialBase.timeout

    def set_timeout(port, seconds):
        patient.fset(port, None if seconds is None else min(seconds, PATIENCE))

    monkeypatch.setattr(PracticeSerial, "timeout", property(patient.fget, set_timeout))


def leave_stub(sonoff: PracticeDevice, generation: int) -> None:
    """The device as it is when another esptool left its stub running."""
    file = sonoff.folder / "state.json"
    state = json.loads(file.read_text()) | {"running": "stub", "baud": 115200, "stub_generation": generation}
    file.write_text(json.dumps(state))


def start_in_download_mode(sonoff: PracticeDevice) -> None:
    sonoff.hold_button()
    sonoff.power_cycle()
    sonoff.release_button()


def found_still_running(url: str) -> None:
    """Connecting finds the stub that runs, uploads none, and what it reads is what the flash holds."""
    lines: list[str] = []
    with log_to(lines.append), connect(url) as device:
        assert NO_UPLOAD in lines
        assert device.read(0x3000, 0x1000) == practice_device(url.removeprefix("practice://")).contents()[0x3000:0x4000]
    assert practice_device(url.removeprefix("practice://")).state().baud == 115200


# A program that died: what it left in the line


LEFT = [
    b"\xc0",
    b"\xc0\x00\xd2\x10",
    b"\xc0\x00\xd2\x10\xdb",  # in the middle of an escape
    b"\xc0\x00\x08\x24\x00\xc0\xc0\x00",  # a whole one and a half
    loader.SYNC_FRAME[1:],  # whose first byte was lost
    loader.SYNC_FRAME[:-1],  # whose last byte was lost
    2 * loader.SYNC_FRAME + loader.SYNC_FRAME[:-1],
    2 * loader.SYNC_FRAME + b"\xc0",
    b"\xc0" + 0x1000 * b"\x55",
    b"\xc0" + 0x5000 * b"\x55",  # longer than any frame
]


@pytest.mark.parametrize("generation", [NEW, LEGACY])
@pytest.mark.parametrize("left", LEFT)
def test_a_stub_whose_marks_are_out_of_step_is_found_without_a_power_cycle(sonoff, generation, left):
    leave_stub(sonoff, generation)
    line = open_port(URL, 115200)
    line.write(left)
    line.close()
    found_still_running(URL)
    assert (sonoff.state().running, sonoff.state().stub_generation) == (Running.STUB, generation)


class Died(Exception):
    """As when a kernel is killed: nobody tidies up."""


@pytest.mark.parametrize("generation", [NEW, LEGACY])
@pytest.mark.parametrize("baud", [115200, 460800])
def test_a_stub_that_was_left_in_its_read_loop_is_found(sonoff, generation, baud):
    leave_stub(sonoff, generation)

    def die(done, total):
        if done >= 0x3000:
            raise Died

    device = connect(URL, baud)
    with pytest.raises(Died):
        device.read(0, 0x8000, die)
    device._loader._port.close()
    assert sonoff.state().baud == baud
    found_still_running(URL)
    assert not read_settings().get("stub_bauds")


@pytest.mark.parametrize("generation", [NEW, LEGACY])
def test_a_stub_that_was_left_far_in_a_read_of_4_mb_is_found(generation):
    # A SYNC begins as an acknowledgement of 0x240800 bytes does: to the old stub it is one, as soon as it sent so many.
    sonoff = practice_device("pow-r2")
    leave_stub(sonoff, generation)
    line = open_port(BIG_URL, 115200)
    request = struct.pack("<IIII", 0, 4 * MB, 0x1000, 64)
    line.write(slip_encode(HEADER.pack(0, Op.READ_FLASH, len(request), 0) + request))
    for done in range(0x1000, 0x268000, 0x1000):
        assert line.in_waiting >= 0x1000
        line.reset_input_buffer()
        line.write(slip_encode(struct.pack("<I", done)))
    line.close()
    found_still_running(BIG_URL)
    assert sonoff.state().stub_generation == generation


def test_a_write_that_died_in_the_middle_leaves_a_stub_that_is_found(sonoff):
    def die(done, total):
        raise Died

    device = connect(URL, 460800)
    with pytest.raises(Died):
        device.write(0x10000, hashlib.shake_256(b"cannot be compressed").digest(0x10000), die)
    device._loader._port.close()
    found_still_running(URL)


# A line that breaks bytes


def have_all_but(sonoff: PracticeDevice, missing: set[int]) -> None:
    """A draft with all but some pieces, as an earlier try left it: few are quickly read."""
    with connect(URL) as device:
        draft = Vault().begin(device.identity)
    for n, piece in enumerate(pieces_of(MB)):
        if n not in missing:
            part = sonoff.contents()[piece.address : piece.address + piece.size]
            draft.keep((dataclasses.replace(piece, md5=hashlib.md5(part).hexdigest()), part))


BAD_LINES = [
    {"seed": 1, "drop_to_host": 60_000},
    {"seed": 2, "drop_to_host": 60_000},
    {"seed": 3, "drop_to_chip": 400},
    {"seed": 4, "drop_to_chip": 400},
    {"seed": 5, "flip_to_host": 60_000},
    {"seed": 6, "flip_to_chip": 400},
    {"seed": 7, "duplicate_to_host": 60_000},
    {"seed": 8, "duplicate_to_chip": 400},
    {"seed": 9, "delay_to_host": 60_000, "delay_to_chip": 400},
    {"seed": 10, "drop_to_host": 100_000, "flip_to_host": 100_000, "drop_to_chip": 1000, "duplicate_to_chip": 1000},
    {"seed": 11, "drop_to_host": 5_000, "drop_to_chip": 100},
    {"seed": 12, "flip_to_host": 5_000},
]


@pytest.mark.parametrize("line", BAD_LINES, ids=lambda line: "-".join(f"{k}={v}" for k, v in line.items()))
def test_a_backup_over_a_bad_line_is_exact_or_told_and_the_next_one_is_exact(sonoff, line):
    leave_stub(sonoff, LEGACY if line["seed"] % 2 else NEW)
    truth = sonoff.contents()
    have_all_but(sonoff, {0, 9})
    for name, value in line.items():
        setattr(sonoff.faults, name, value)
    done, error = backed_up()
    sonoff.faults.heal()
    assert [backup.read() for backup in Vault().backups()] == ([truth] if done else [])
    assert done or error.hint
    if done:
        have_all_but(sonoff, {4})
    with connected_by_hand_if_need_be(sonoff) as device:
        assert back_up(device).backup.read() == truth
    assert sonoff.contents() == truth


def connected_by_hand_if_need_be(sonoff: PracticeDevice):
    """The old stub obeys requests that lost a byte, and some keep it busy for ever: then it takes a power-up."""
    try:
        return connect(URL)
    except NoAnswer:
        assert sonoff.state().stub_generation == LEGACY
        start_in_download_mode(sonoff)
        return connect(URL)


def backed_up() -> tuple[bool, SonoffkitError | None]:
    """Whether a backup succeeded, and why not; an error of any other type is none of ours."""
    try:
        with connect(URL) as device:
            back_up(device)
    except SonoffkitError as error:
        return False, error
    return True, None


# A device that fails


def image() -> Image:
    data = lesson_images()["practice-hello.bin"]
    return Image("practice-hello.bin", data, hashlib.sha256(data).hexdigest())


def fails_with(expected, action, *args) -> SonoffkitError:
    """The error, which must be of exactly this type (of any of ours: None) and say what to do."""
    with pytest.raises(SonoffkitError) as caught:
        action(*args)
    assert expected is None or type(caught.value) is expected
    assert caught.value.hint
    return caught.value


def restored(sonoff: PracticeDevice, proof) -> bool:
    """Whether it is what it was, after a backup was written back."""
    with connect(URL) as device:
        restore(device, proof)
        assert verify(device, proof).matches
    return sonoff.contents() == proof.read()


@pytest.mark.parametrize("after", [0, 20_000])
def test_a_power_that_gives_way_in_a_flash_is_told_and_then_the_backup_is_restored(sonoff, proof, after):
    with connect(URL) as device:
        sonoff.faults.sag_after = after
        error = fails_with(None, flash, device, image(), proof)
    assert "only a part of it" in error.hint
    assert sonoff.state().running is Running.FIRMWARE  # or what there is of it
    assert sonoff.contents() != proof.read()
    start_in_download_mode(sonoff)
    assert restored(sonoff, proof)


def test_a_flash_that_is_never_ready_again_is_told(sonoff, proof):
    with connect(URL) as device:
        sonoff.faults.stuck_busy = True
        fails_with(DeviceLost, flash, device, image(), proof)
    sonoff.faults.heal()
    start_in_download_mode(sonoff)
    assert restored(sonoff, proof)


def test_an_erase_that_never_ends_is_told(sonoff, proof):
    with connect(URL) as device:
        sonoff.faults.stuck_busy = True
        fails_with(FlashStuck, erase, device, proof)
    sonoff.faults.heal()
    start_in_download_mode(sonoff)
    assert restored(sonoff, proof)


@pytest.mark.parametrize("sector", [0x0000, 0x4000])
def test_a_sector_that_takes_nothing_is_never_a_success(sonoff, proof, sector):
    with connect(URL) as device:
        sonoff.faults.bad_sector = sector
        fails_with(VerifyFailed, flash, device, image(), proof)
        fails_with(VerifyFailed, erase, device, proof)
        sonoff.faults.bad_sector = None
        erase(device, proof)
        sonoff.faults.bad_sector = sector
        fails_with(VerifyFailed, restore, device, proof)
        assert not verify(device, proof).matches
    sonoff.faults.heal()
    assert restored(sonoff, proof)


# Wires and adapters


@pytest.mark.parametrize("wires", [Wires.SWAPPED, Wires.RX_OPEN])
def test_wrong_wires_are_silence_and_once_they_are_right_it_goes_on(sonoff, wires):
    sonoff.faults.wires = wires
    fails_with(NoAnswer, connect, URL)
    sonoff.faults.wires = Wires.GOOD
    found_still_running(URL)


@pytest.mark.parametrize("noise", Noise)
def test_noise_without_end_is_told_and_the_port_is_closed_again(sonoff, noise, monkeypatch):
    quick = SimpleNamespace(sleep=time.sleep, monotonic=lambda: 10 * time.monotonic())
    monkeypatch.setattr(loader, "time", quick)  # of its seconds of listening, tenths
    sonoff.faults.noise = noise
    fails_with(GarbledAnswer, connect, URL)
    open_port(URL).close()
    sonoff.faults.noise = None
    found_still_running(URL)


def test_an_adapter_that_is_slower_than_it_says_works_as_fast_as_it_can(sonoff):
    sonoff.faults.top_speed = 230400
    with connect(URL, 230400) as device:
        assert device.md5(0, MB) == hashlib.md5(sonoff.contents()).hexdigest()
    # Out of the box it goes too fast once; after the hand did what the error says, never again.
    lost = fails_with(DeviceLost, connect, URL)
    assert "460800 baud" in str(lost)
    assert "held: it goes on at a lower speed" in lost.hint
    start_in_download_mode(sonoff)
    for _ in range(2):
        with connect(URL) as device:
            assert device.baud == 115200
            assert device.speed_story == "115200 baud, because at 460800 bytes broke with this adapter before"
            assert device.md5(0, MB) == hashlib.md5(sonoff.contents()).hexdigest()


def test_a_speed_that_the_adapter_cannot_do_is_told_and_the_device_is_found_again(sonoff):
    sonoff.faults.top_speed = 230400
    with connect(URL, 115200) as device:

        def go_too_fast() -> None:
            device.set_baud(460800)

        fails_with(DeviceLost, go_too_fast)
    start_in_download_mode(sonoff)
    with connect(URL, 115200) as device:
        assert device.md5(0, MB) == hashlib.md5(sonoff.contents()).hexdigest()
