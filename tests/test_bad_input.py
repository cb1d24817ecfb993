"""What people get wrong, one by one: each gets an error of its own, a hint, and loses nothing.

What a file of its own looks at closely (ports, images, edited backups, full
disks) is here only where the whole way from the port to the vault matters.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections import namedtuple

import pytest
from serial.tools import list_ports

from sonoffkit import practice
from sonoffkit.errors import (
    BackupDamaged,
    BackupNeeded,
    FlashUnreadable,
    ForeignBackup,
    ImageError,
    NoAnswer,
    NoPortChosen,
    NoPortFound,
    PortBusy,
    PortLost,
    PortMissing,
    SonoffkitError,
    VaultNotWritable,
    WrongChip,
)
from sonoffkit.firmware import Image, load_image
from sonoffkit.operations import Waiver, back_up, erase, flash, restore, verify
from sonoffkit.ports import choose, chosen_port
from sonoffkit.session import Identity, connect
from sonoffkit.vault import Vault

URL = "practice://basic"


@pytest.fixture
def nothing_lost(sonoff, proof):
    """After the test the device and the backup are as they were, and the port is free."""
    before = sonoff.contents()
    yield
    assert sonoff.contents() == before
    assert proof.read() == before
    assert Vault().proof_for(identity_in(proof)) == proof
    sonoff.faults.heal()
    sonoff.unplug()
    sonoff.hold_button()
    sonoff.plug_in()
    with connect(URL) as device:
        assert verify(device, proof).matches


def identity_in(backup):
    about = backup.manifest
    return Identity(about.chip, about.mac, int(about.flash_id, 16), about.size)


def raises(expected, action, *args, **kwargs) -> str:
    """The error's words, after checking that it is of exactly this type and says what to do."""
    with pytest.raises(SonoffkitError) as caught:
        action(*args, **kwargs)
    assert type(caught.value) is expected
    assert caught.value.hint
    return str(caught.value)


# The port


def test_nothing_is_plugged_in_and_nothing_chosen(monkeypatch):
    monkeypatch.setattr(list_ports, "comports", list)
    raises(NoPortFound, choose)
    raises(NoPortChosen, chosen_port)


@pytest.mark.parametrize("name", ["", "COM99", "/dev/none", "practice:/basic", "nosuchscheme://x", "practice://../.."])
def test_a_name_that_is_no_port_is_missing(name):
    raises(PortMissing, connect, name)


HOLD = "import sys, serial, sonoffkit.ports; p = serial.serial_for_url(sys.argv[1]); print('open', flush=True); input()"


def test_another_program_has_the_port(sonoff, nothing_lost):
    other = subprocess.Popen(
        [sys.executable, "-c", HOLD, URL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    with other:
        assert other.stdout.readline() == "open\n"
        assert raises(PortBusy, connect, URL) == f"Another program has the port {URL} open."
        other.stdin.write("\n")
    assert other.returncode == 0
    connect(URL).close()


def test_another_cell_of_this_notebook_has_the_port(nothing_lost):
    with connect(URL) as device:
        assert raises(PortBusy, connect, URL) == f"Another program has the port {URL} open."
        assert verify(device, device.read(0, 0x1000)).matches


@pytest.mark.parametrize("step", ["read", "digest", "write", "erase"])
def test_the_adapter_is_pulled_between_two_steps(sonoff, proof, step):
    steps = {
        "read": lambda device: back_up(device),
        "digest": lambda device: verify(device, proof),
        "write": lambda device: restore(device, proof),
        "erase": lambda device: erase(device, proof),
    }
    before = sonoff.contents()
    device = connect(URL)
    sonoff.unplug()
    text = raises(PortLost, steps[step], device)
    assert text.startswith(f"The port {URL} vanished while it was in use. (")
    device.close()
    assert raises(PortMissing, connect, URL) == f"There is no port {URL}."
    assert (sonoff.contents(), proof.read()) == (before, before)


# The device


def test_the_device_is_not_in_download_mode(sonoff, nothing_lost):
    sonoff.power_cycle()
    raises(NoAnswer, connect, URL)


def test_the_chip_is_another(sonoff, nothing_lost):
    sonoff.faults.chip_magic = 0x00F01D83
    raises(WrongChip, connect, URL)


@pytest.mark.parametrize("flash_id", [0, 0xFFFFFF])
def test_the_flash_has_no_contact(sonoff, nothing_lost, flash_id):
    sonoff.faults.flash_id = flash_id
    raises(FlashUnreadable, connect, URL)


def test_the_backup_is_of_the_other_sonoff_on_the_table(sonoff, proof, nothing_lost):
    sibling = practice.practice_device("sibling", model="basic")
    before = sibling.contents()
    with connect("practice://sibling") as device:
        image = Image("x.bin", practice.lesson_images()["practice-blink.bin"], "")
        for action, *more in ((erase, proof), (flash, image, proof), (restore, proof)):
            text = raises(ForeignBackup, action, device, *more)
            assert text.endswith(f"is of the device {sonoff.mac.hex(':')}, and this is {sibling.mac.hex(':')}.")
    assert sibling.contents() == before


# The disk


def test_the_disk_is_full(sonoff, proof, nothing_lost, monkeypatch):
    usage = namedtuple("usage", "total used free")
    with monkeypatch.context() as patch, connect(URL) as device:
        patch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 1000, 1000))
        delivered = sonoff.line.delivered
        text = raises(VaultNotWritable, back_up, device)
        assert sonoff.line.delivered == delivered
    assert text == f"The disk of {Vault().folder} has 0.0 MB left, and the backup needs 1.1 MB."


def test_the_folder_is_a_file(sonoff, nothing_lost, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("somebody's")
    with connect(URL) as device:
        text = raises(VaultNotWritable, back_up, device, Vault(tmp_path / "file"))
    assert text.startswith(f"The backup cannot be written to {tmp_path / 'file'}. (")
    assert (tmp_path / "file").read_text() == "somebody's"


def test_the_settings_are_garbage(sonoff, home, nothing_lost):
    (home / "settings.json").write_bytes(b"\xff\x00[")
    connect(URL).close()
    raises(NoPortChosen, chosen_port)


EDITS = {
    "its first bytes": (lambda b: b.path, lambda data: b"\xe9\x04" + data[2:], BackupDamaged),
    "its length": (lambda b: b.path, lambda data: data[:0x80000], BackupDamaged),
    "its sticker": (
        lambda b: b.manifest_path,
        lambda data: data.replace(b'"sticker": ""', b'"sticker": "7"'),
        BackupDamaged,
    ),
    "its owner": (lambda b: b.manifest_path, lambda data: data.replace(b'"5c:cf', b'"5d:cf'), ForeignBackup),
}


@pytest.mark.parametrize("edit", EDITS)
def test_the_backup_was_edited(sonoff, proof, edit):
    before = sonoff.contents()
    file, change, expected = EDITS[edit]
    data = file(proof).read_bytes()
    file(proof).write_bytes(change(data))
    assert file(proof).read_bytes() != data
    (found,) = Vault().backups()
    with connect(URL) as device:
        raises(expected, erase, device, found)
        raises(expected, restore, device, found)
    assert sonoff.contents() == before


# The firmware


@pytest.mark.parametrize("length", [0, 1, 4, 8, 16, 0x1000, -1])
def test_the_download_was_cut_off(sonoff, proof, nothing_lost, tmp_path, length):
    path = tmp_path / "cut.bin"
    path.write_bytes(practice.lesson_images()["practice-hello.bin"][:length])
    with pytest.raises(ImageError) as caught, connect(URL) as device:
        flash(device, load_image(path), proof)
    assert "Nothing has been changed on the device" in caught.value.hint


def test_going_without_a_backup_is_always_a_named_choice(sonoff, proof):
    with connect(URL) as device:
        for not_said in (None, True, "yes", object()):
            raises(BackupNeeded, erase, device, not_said)
        erase(device, Waiver.ORIGINAL_IS_LOST)
        restore(device, proof)
        assert verify(device, proof).matches
