"""What is done to a device: nothing is lost, whatever breaks on the way, and nothing is destroyed without proof."""

from __future__ import annotations

import dataclasses
import datetime
import errno
import hashlib
import json
import os
import re
import shutil
import struct
import threading
from types import SimpleNamespace

import pytest

from sonoffkit import operations, practice
from sonoffkit.errors import (
    BackupDamaged,
    BackupNeeded,
    BackupRunning,
    Cancelled,
    ForeignBackup,
    ImageIsPractice,
    ImageTooBig,
    OutOfRange,
    PortLost,
    SonoffkitError,
    StubFailed,
    TransferFailed,
    VaultNotWritable,
    VerifyFailed,
)
from sonoffkit.firmware import HeaderChange, Image
from sonoffkit.operations import Waiver, back_up, erase, flash, identify, restore, verify
from sonoffkit.practice.factory import factory_network
from sonoffkit.practice.slip import RomDecoder
from sonoffkit.session import Device, connect
from sonoffkit.transfer import PIECE, Piece, pieces_of
from sonoffkit.vault import Backup, Manifest, Vault
from sonoffkit.vault import draft as draft_module

URL = "practice://basic"
MB = 0x100000
BLANK = b"\xff" * MB


@pytest.fixture
def vault(home):
    return Vault()


@pytest.fixture
def proof(device, sonoff, vault, tmp_path):
    """A whole, verified backup of the device, without the two seconds of reading it."""
    file = tmp_path / "whole.bin"
    file.write_bytes(sonoff.contents())
    return vault.adopt(file, device)


def image(name="practice-hello.bin"):
    data = practice.lesson_images()[name]
    return Image(name, data, hashlib.sha256(data).hexdigest())


def begun(vault, device, data, missing):
    """A draft that holds all of ``data`` but some pieces, as a pulled cable leaves it."""
    draft = vault.begin(device.identity)
    for n, piece in enumerate(pieces_of(len(data))):
        if n not in missing:
            part = data[piece.address : piece.address + piece.size]
            draft.keep((dataclasses.replace(piece, md5=hashlib.md5(part).hexdigest()), part))
    return draft


def files_in(vault) -> list[str]:
    return sorted(path.suffix for path in vault.folder.glob("*"))


def raises(expected, action, *args, **kwargs) -> str:
    """The error's words, after checking that it is of exactly this type and says what to do."""
    with pytest.raises(SonoffkitError) as caught:
        action(*args, **kwargs)
    assert type(caught.value) is expected
    assert caught.value.hint
    return str(caught.value)


class Steps:
    """A progress callback that remembers, and does something at a point."""

    def __init__(self, at=None, do=None):
        self.at, self.do, self.seen = at, do, []

    def __call__(self, done, total):
        self.seen.append((done, total))
        if self.at is not None and done >= self.at:
            self.at = None
            self.do()


def reads_sent(line, monkeypatch):
    """A list that gets (address, size) of each read the host asks for from here on."""
    reads, decoder, write = [], RomDecoder(), line.write

    def listen(data):
        reads.extend(struct.unpack_from("<II", frame, 8) for frame in decoder.feed(data) if frame[:2] == b"\x00\xd2")
        write(data)

    monkeypatch.setattr(line, "write", listen)
    return reads


# Backing up


def test_identifying_sends_nothing_more(device, sonoff):
    delivered = sonoff.line.delivered
    assert identify(device).identity == device.identity
    assert sonoff.line.delivered == delivered


def test_a_backup_holds_every_byte_and_is_verified(device, sonoff, vault):
    steps = Steps()
    result = back_up(device, sticker="7", progress=steps)
    assert result.backup.read() == sonoff.contents()
    fetched = result.fetched
    assert fetched.read + fetched.blank == MB
    assert (fetched.known, fetched.resumed, fetched.changed, fetched.repeats) == (0, 0, 0, 0)
    assert files_in(vault) == [".bin", ".json"]
    assert vault.backups() == [result.backup]
    manifest = result.backup.manifest
    assert (manifest.verified, manifest.sticker, manifest.size) == (True, "7", MB)
    assert (manifest.mac, manifest.flash_id) == (sonoff.mac.hex(":"), "1440ef")
    assert set(manifest.tools) == {"sonoffkit", "python", "esptool", "pyserial"}
    done = [step for step, _ in steps.seen]
    assert done == sorted(done)
    assert (done[0], done[-1]) == (0x1000, MB)
    assert {total for _, total in steps.seen} == {MB}
    result.backup.check_proves(device.identity)
    # The flash knows a Wi-Fi password; nothing that is shown may.
    network = factory_network(sonoff.mac)
    assert network.password.encode() in sonoff.contents()
    shown = repr(result) + repr(device) + result.backup.manifest_path.read_text()
    assert network.password not in shown
    assert network.ssid not in shown


def test_a_flash_of_4_mb_is_never_saved_as_1_mb():
    sonoff = practice.practice_device("pow-r2")
    with connect("practice://pow-r2") as device:
        backup = back_up(device).backup
    assert backup.manifest.size == 4 * MB
    assert backup.read() == sonoff.contents()
    assert backup.path.name.endswith("_4MB.bin")


def test_noise_is_read_again_and_counted(device, sonoff, monkeypatch):
    reads = reads_sent(sonoff.line, monkeypatch)
    sonoff.faults.flip_to_host = 100_000
    result = back_up(device)
    assert result.backup.read() == sonoff.contents()
    assert result.fetched.repeats >= 2
    assert sum(size for _, size in reads) > result.fetched.read
    assert result.fetched.read + result.fetched.blank == MB


def test_noise_that_never_stops_leaves_no_backup(device, sonoff, vault):
    sonoff.faults.flip_to_host = 100
    # It can also hit the moment in which the stub is started anew.
    with pytest.raises((TransferFailed, StubFailed)) as caught:
        back_up(device)
    if caught.type is TransferFailed:
        assert re.match(r"The piece at 0x000[0-9a-f]{3} broke on the way 8 times in a row\. \(", str(caught.value))
    assert files_in(vault) == [".checkpoint", ".part"]
    assert vault.backups() == []


def test_a_backup_goes_on_where_the_cable_was_pulled(sonoff, vault):
    sonoff.faults.unplug_after = 300_000
    with connect(URL) as device:
        text = raises(PortLost, back_up, device)
    assert text.startswith(f"The port {URL} vanished while it was in use. (")
    assert files_in(vault) == [".checkpoint", ".part"]
    sonoff.hold_button()
    sonoff.plug_in()
    sonoff.release_button()
    steps = Steps()
    with connect(URL) as device:
        result = back_up(device, progress=steps)
    fetched = result.fetched
    assert fetched.resumed == 4 * PIECE
    assert fetched.read + fetched.blank == MB - 4 * PIECE
    assert steps.seen[0] == (4 * PIECE + 0x1000, MB)
    assert steps.seen[-1] == (MB, MB)
    assert result.backup.read() == sonoff.contents()
    assert files_in(vault) == [".bin", ".json"]


def test_a_stopped_backup_is_gone_on_with(device, sonoff, vault):
    begun(vault, device, sonoff.contents(), missing={3, 4, 5})
    cancel = threading.Event()
    raises(Cancelled, back_up, device, progress=Steps(14 * PIECE + 0x3000, cancel.set), cancel=cancel)
    assert files_in(vault) == [".checkpoint", ".part"]
    assert verify(device, sonoff.contents()).matches
    result = back_up(device)
    assert (result.fetched.resumed, result.fetched.read) == (14 * PIECE, 2 * PIECE)
    assert result.backup.read() == sonoff.contents()


def test_what_changed_on_the_device_meanwhile_is_read_again(device, sonoff, vault, monkeypatch):
    begun(vault, device, sonoff.contents(), missing={5})
    device.write(0x31000, b"settings changed")
    reads = reads_sent(sonoff.line, monkeypatch)
    result = back_up(device)
    assert reads == [(0x30000, PIECE), (0x50000, PIECE)]
    fetched = result.fetched
    assert (fetched.resumed, fetched.changed, fetched.read) == (14 * PIECE, PIECE, 2 * PIECE)
    assert result.backup.read() == sonoff.contents()


def test_what_changes_while_it_is_read_is_read_once_more_and_nothing_else(device, sonoff, vault, monkeypatch):
    begun(vault, device, sonoff.contents(), missing={4, 5})
    reads = reads_sent(sonoff.line, monkeypatch)

    def change():
        with (sonoff.folder / "flash.bin").open("r+b") as cells:
            cells.seek(0x40010)
            cells.write(b"!")

    result = back_up(device, progress=Steps(15 * PIECE + 0x1000, change))
    assert sonoff.contents()[0x40010:0x40011] == b"!"
    assert result.backup.read() == sonoff.contents()
    assert reads == [(0x40000, 2 * PIECE), (0x40000, 0x1000)]
    assert result.fetched.read == 2 * PIECE


def test_what_never_stops_changing_is_no_backup(device, sonoff, vault):
    begun(vault, device, sonoff.contents(), missing={5})
    count = iter(range(256))

    def change(done, total):
        with (sonoff.folder / "flash.bin").open("r+b") as cells:
            cells.seek(0x50000)
            cells.write(bytes([next(count)]))

    text = raises(VerifyFailed, back_up, device, progress=change)
    assert text == "After 3 rounds, what was read is still not what the device says it holds."
    assert vault.backups() == []


def test_an_edited_part_costs_one_piece(device, sonoff, vault):
    begun(vault, device, sonoff.contents(), missing=set())
    (part,) = vault.folder.glob("*.part")
    with part.open("r+b") as file:
        file.seek(0x50123)
        file.write(b"edited")
    result = back_up(device)
    assert (result.fetched.read, result.fetched.resumed) == (PIECE, MB - PIECE)
    assert result.backup.read() == sonoff.contents()


@pytest.mark.parametrize(
    "extra",
    [
        lambda data: [MB, 16, hashlib.md5(b"").hexdigest()],
        lambda data: [0, 16, hashlib.md5(data[:16]).hexdigest()],
        lambda data: [0xF0000, 0x8000, hashlib.md5(data[0xF0000:0xF8000]).hexdigest()],
        lambda data: [0xF0000, PIECE, "0" * 32],
    ],
    ids=["behind the end", "the first bytes only", "half a piece", "a false digest"],
)
def test_an_edited_checkpoint_still_ends_well(device, sonoff, vault, extra):
    data = sonoff.contents()
    draft = begun(vault, device, data, missing={0, 15})
    draft.close()
    address, size, md5 = extra(data)
    (part,) = vault.folder.glob("*.part")
    with part.open("r+b") as file:  # so that the extra piece is true of the part, too
        file.seek(address)
        file.write(data[address : address + size])
    (checkpoint,) = vault.folder.glob("*.checkpoint")
    pieces = [[p.address, p.size, p.md5] for p in draft.pieces] + [[address, size, md5]]
    checkpoint.write_text(json.dumps({"mac": device.identity.mac, "size": MB, "pieces": pieces}))
    result = back_up(device)
    assert result.backup.read() == data
    assert result.fetched.read + result.fetched.blank + result.fetched.resumed == MB


def test_a_garbage_checkpoint_and_a_short_part_are_begun_anew(device, sonoff, vault):
    begun(vault, device, sonoff.contents(), missing=set())
    (part,), (checkpoint,) = vault.folder.glob("*.part"), vault.folder.glob("*.checkpoint")
    part.write_bytes(sonoff.contents()[: MB // 2])
    checkpoint.write_bytes(b"\x00\xffgarbage")
    result = back_up(device)
    assert (result.fetched.read + result.fetched.blank, result.fetched.resumed) == (MB, 0)
    assert result.backup.read() == sonoff.contents()


def test_another_devices_part_is_not_mixed_in(device, sonoff, vault):
    begun(vault, device, sonoff.contents(), missing=set())
    sibling = practice.practice_device("sibling", model="basic")
    with connect("practice://sibling") as other:
        draft = vault.begin(other.identity)
        assert draft.pieces == []
    assert sibling.mac != sonoff.mac


# Proof before destruction


def edited(backup, **changes) -> Backup:
    about = json.loads(backup.manifest_path.read_text()) | changes
    backup.manifest_path.write_text(json.dumps(about))
    return Backup(backup.path, Manifest.from_json(backup.manifest_path.read_text()))


def of_another_device(proof, **changes) -> Backup:
    manifest = dataclasses.replace(proof.manifest, **{"mac": "5c:cf:7f:ff:ff:ff", **changes})
    return Backup(proof.path, manifest.sealed())


def damaged(backup) -> Backup:
    backup.path.write_bytes(backup.read()[:-1] + b"\x00")
    return backup


NO_PROOFS = {
    "none": (lambda proof: None, BackupNeeded),
    "a path": (lambda proof: proof.path, BackupNeeded),
    "another waiver": (lambda proof: Waiver.OTHER_DEVICES_BACKUP, BackupNeeded),
    "unverified": (lambda proof: of_another_device(proof, mac=proof.manifest.mac, verified=False), BackupNeeded),
    "foreign": (of_another_device, ForeignBackup),
    "another size": (lambda proof: of_another_device(proof, mac=proof.manifest.mac, size=4 * MB), ForeignBackup),
    "damaged": (damaged, BackupDamaged),
    "edited manifest": (lambda proof: edited(proof, sticker="8"), BackupDamaged),
}


@pytest.mark.parametrize("no_proof", NO_PROOFS)
def test_nothing_is_destroyed_without_proof(device, sonoff, proof, no_proof):
    before = sonoff.contents()
    make, expected = NO_PROOFS[no_proof]
    instead = make(proof)
    raises(expected, erase, device, instead)
    raises(expected, flash, device, image(), instead)
    assert sonoff.contents() == before


def test_without_a_backup_the_device_is_named(device):
    mac = device.identity.mac
    text = f"This destroys what is on the device {mac}, and there is no backup."
    assert raises(BackupNeeded, erase, device, None) == text


def test_a_waiver_takes_the_place_of_a_proof(device, sonoff):
    flash(device, image(), Waiver.ORIGINAL_IS_LOST)
    assert sonoff.contents()[4 : len(image().data)] == image().data[4:]
    erase(device, Waiver.ORIGINAL_IS_LOST)
    assert sonoff.contents() == BLANK


def test_each_waiver_names_what_is_lost():
    assert "cannot be brought back" in Waiver.ORIGINAL_IS_LOST.value
    assert "identity and radio calibration" in Waiver.OTHER_DEVICES_BACKUP.value


# Erasing, flashing, restoring


def test_an_erased_flash_is_blank(device, sonoff, proof):
    steps = Steps()
    assert erase(device, proof, progress=steps).identity == device.identity
    assert sonoff.contents() == BLANK
    assert steps.seen == [(MB, MB)]


def test_erasing_can_be_stopped_before_it_begins_only(device, sonoff, proof):
    before, cancel = sonoff.contents(), threading.Event()
    cancel.set()
    raises(Cancelled, erase, device, proof, cancel=cancel)
    assert sonoff.contents() == before


def test_flashing_patches_the_header_and_says_so(device, sonoff, proof):
    before, data = sonoff.contents(), image().data
    steps = Steps()
    result = flash(device, image(), proof, progress=steps)
    assert result.changes == (
        HeaderChange(2, 0x02, 0x03, "flash mode DIO → DOUT"),
        HeaderChange(3, 0x40, 0x20, "flash size 4 MB → 1 MB"),
    )
    written = data[:2] + b"\x03\x20" + data[4:]
    end = -(-len(written) // 0x1000) * 0x1000
    assert sonoff.contents() == written + b"\xff" * (end - len(written)) + before[end:]
    assert result.md5 == hashlib.md5(written).hexdigest()
    assert (result.identity, result.image, result.address) == (device.identity, image(), 0)
    assert steps.seen[-1] == (len(written), len(written))


def test_a_mode_can_be_kept_or_chosen(device, sonoff, proof):
    assert [change.offset for change in flash(device, image(), proof, mode=None).changes] == [3]
    assert sonoff.contents()[2:4] == b"\x02\x20"
    (qio, _size) = flash(device, image(), proof, mode="qio").changes
    assert str(qio) == "byte 2: 02 → 00 (flash mode DIO → QIO)"
    assert sonoff.contents()[2:4] == b"\x00\x20"


def test_away_from_address_0_nothing_is_patched(device, sonoff, proof):
    before, data = sonoff.contents(), image().data
    result = flash(device, image(), proof, address=0x81000)
    assert result.changes == ()
    assert sonoff.contents()[0x81000 : 0x81000 + len(data)] == data
    assert sonoff.contents()[:0x81000] == before[:0x81000]


def test_an_image_of_odd_length_is_padded_with_blank_bytes(device, sonoff, proof):
    data = image().data + b"\x11"
    odd = Image("odd.bin", data, hashlib.sha256(data).hexdigest())
    flash(device, odd, proof, address=0x81000)
    assert sonoff.contents()[0x81000 : 0x81000 + len(data) + 3] == data + b"\xff\xff\xff"


@pytest.mark.parametrize("address", [1, 0x10, 0x800, 0x1001])
def test_an_address_inside_a_sector_is_refused(device, sonoff, proof, address):
    before = sonoff.contents()
    text = raises(OutOfRange, flash, device, image(), proof, address=address)
    assert text == f"The address {address:#x} is not at the beginning of a 4 KiB sector."
    assert sonoff.contents() == before


@pytest.mark.parametrize("address", [-0x1000, 0xFF000, MB, 0x40000000])
def test_an_image_that_reaches_beyond_the_end_is_refused(device, sonoff, proof, address):
    before = sonoff.contents()
    text = raises(OutOfRange, flash, device, image(), proof, address=address)
    assert text == f"practice-hello.bin at {address:#x} reaches beyond the end of the flash."
    assert sonoff.contents() == before


def test_an_image_larger_than_the_flash_is_refused(device, sonoff, proof):
    before, data = sonoff.contents(), image().data + bytes(MB)
    big = Image("big.bin", data, hashlib.sha256(data).hexdigest())
    text = raises(ImageTooBig, flash, device, big, proof)
    assert text == f"big.bin has {len(data)} bytes, and this flash has room for 1048576."
    assert sonoff.contents() == before


def test_an_image_as_large_as_the_flash_fits(device, sonoff, proof):
    data = sonoff.contents()
    flash(device, Image("whole.bin", data, hashlib.sha256(data).hexdigest()), proof)
    assert sonoff.contents() == data


def test_a_practice_image_does_not_go_onto_a_real_device(device, sonoff, proof, monkeypatch):
    before = sonoff.contents()
    monkeypatch.setattr(Device, "is_practice", property(lambda device: False))
    text = raises(ImageIsPractice, flash, device, image(), proof)
    assert text == "practice-hello.bin is for the practice Sonoff and holds no program."
    assert sonoff.contents() == before


def test_an_unknown_mode_is_refused_before_anything_is_written(device, sonoff, proof):
    before = sonoff.contents()
    with pytest.raises((ValueError, SonoffkitError)) as caught:
        flash(device, image(), proof, mode="fast")
    assert "fast" in str(caught.value)
    assert sonoff.contents() == before


def test_a_flash_larger_than_an_esp8266_can_have_stops_before_anything_is_written(sonoff):
    # Its id says 32 MB: no ESP8266 header can say that.
    sonoff.faults.flash_id = 0x1940EF
    before = sonoff.contents()
    with pytest.raises(SonoffkitError) as caught, connect(URL) as device:
        flash(device, image(), Waiver.ORIGINAL_IS_LOST)
    assert caught.value.hint
    assert sonoff.contents() == before


def test_flash_cells_that_do_not_take_the_bytes_are_told(device, sonoff, proof):
    sonoff.faults.bad_sector = 0
    text = raises(VerifyFailed, flash, device, image(), proof)
    assert text == "What was written reads back differently."


def test_restoring_brings_back_every_byte(device, sonoff, proof):
    before = sonoff.contents()
    erase(device, proof)
    steps = Steps()
    result = restore(device, proof, progress=steps)
    assert sonoff.contents() == before
    assert (result.identity, result.backup) == (device.identity, proof)
    assert steps.seen[-1] == (MB, MB)


def test_a_restore_patches_no_header(device, sonoff, tmp_path, vault):
    # Mode QIO and size 512 KB in the header of a 1 MB dump: as some are, and as they must stay.
    data = b"\xe9\x03\x00\x00" + sonoff.contents()[4:]
    device.write(0, data[:0x1000])
    file = tmp_path / "odd.bin"
    file.write_bytes(data)
    backup = vault.adopt(file, device)
    erase(device, backup)
    restore(device, backup)
    assert sonoff.contents() == data


def test_another_devices_backup_is_not_restored(device, sonoff, proof):
    before = sonoff.contents()
    foreign = of_another_device(proof)
    text = raises(ForeignBackup, restore, device, foreign)
    assert text == (
        f"The backup {proof.path.name} is of the device 5c:cf:7f:ff:ff:ff, and this is {device.identity.mac}."
    )
    raises(ForeignBackup, restore, device, foreign, Waiver.ORIGINAL_IS_LOST)
    assert sonoff.contents() == before


def test_another_devices_backup_is_restored_with_a_waiver(device, sonoff, proof):
    before = sonoff.contents()
    erase(device, proof)
    restore(device, of_another_device(proof), Waiver.OTHER_DEVICES_BACKUP)
    assert sonoff.contents() == before


def test_a_backup_of_another_size_is_never_restored(device, sonoff, proof):
    before = sonoff.contents()
    other = of_another_device(proof, mac=device.identity.mac, size=4 * MB)
    for waiver in (None, *Waiver):
        text = raises(ForeignBackup, restore, device, other, waiver)
        assert text == f"The backup {proof.path.name} holds 4 MB, and this flash has 1 MB."
    assert sonoff.contents() == before


def test_a_damaged_backup_is_never_restored(device, sonoff, proof):
    before = sonoff.contents()
    damaged(proof)
    for waiver in (None, *Waiver):
        raises(BackupDamaged, restore, device, proof, waiver)
    assert sonoff.contents() == before


def test_a_stopped_flashing_leaves_a_device_that_can_be_restored(device, sonoff, proof):
    before, cancel = sonoff.contents(), threading.Event()
    raises(Cancelled, flash, device, image(), proof, progress=Steps(1, cancel.set), cancel=cancel)
    assert not verify(device, image().data).matches
    restore(device, proof)
    assert sonoff.contents() == before


def test_a_flashing_cut_off_by_a_pulled_cable_can_be_restored(sonoff, proof, device):
    before = sonoff.contents()
    erase(device, proof)
    raises(PortLost, restore, device, proof, progress=Steps(PIECE + 1, sonoff.unplug))
    device.close()
    assert sonoff.contents() != before
    sonoff.hold_button()
    sonoff.plug_in()
    with connect(URL) as again:
        written = restore(again, proof).written
    assert sonoff.contents() == before
    assert written.kept >= PIECE  # it went on where it was cut off


def test_verifying_compares_with_the_devices_own_digest(device, sonoff, proof):
    data = sonoff.contents()
    result = verify(device, proof)
    digest = hashlib.md5(data).hexdigest()
    assert result == operations.VerifyResult(True, MB, digest, digest)
    device.write(0x1000, b"changed")
    result = verify(device, proof)
    assert (result.matches, result.device_md5, result.expected_md5) == (
        False,
        hashlib.md5(sonoff.contents()).hexdigest(),
        digest,
    )


def test_verifying_a_part_looks_at_that_part_only(device, sonoff):
    steps = Steps()
    assert verify(device, sonoff.contents()[0x1000:0x3000], address=0x1000, progress=steps).matches
    assert not verify(device, sonoff.contents()[0x1000:0x3000], address=0x2000).matches
    assert steps.seen == [(0x2000, 0x2000)]


def test_a_damaged_backup_verifies_nothing(device, proof):
    raises(BackupDamaged, verify, device, damaged(proof))


def test_an_erase_whose_answer_was_lost_is_judged_by_what_the_flash_says(device, sonoff, proof):
    sonoff.faults.flip_after = 4  # in the answer to the erase
    assert erase(device, proof).identity == device.identity
    assert sonoff.faults.flip_after is None
    assert sonoff.contents() == b"\xff" * MB


def test_a_copy_of_an_erased_flash_is_no_proof_where_there_is_the_original(device, sonoff):
    original = back_up(device).backup
    erase(device, original)
    blank = back_up(device).backup
    assert (original.is_blank, blank.is_blank) == (False, True)
    assert Vault().proof_for(device.identity) == original


def test_a_write_that_was_stopped_says_that_the_device_holds_only_a_part(device, sonoff):
    backup = back_up(device).backup
    erase(device, backup)
    stop = threading.Event()
    with pytest.raises(Cancelled) as caught:
        restore(device, backup, progress=lambda done, total: done and stop.set(), cancel=stop)
    assert "only a part of it" in caught.value.hint
    restore(device, backup)
    assert sonoff.contents() == backup.read()


# Two at once, a clock that jumps, a folder that vanishes


def test_two_backups_of_one_device_at_once_do_not_mix(device, sonoff, vault):
    with vault.begin(device.identity):
        text = raises(BackupRunning, back_up, device)
    assert text == f"A backup of the device {device.identity.mac} is being made already."
    assert back_up(device).backup.read() == sonoff.contents()
    assert files_in(vault) == [".bin", ".json"]


@pytest.mark.parametrize("jump", [datetime.timedelta(days=-400), datetime.timedelta(days=400)])
def test_a_clock_that_jumps_between_two_backups_loses_neither(device, sonoff, vault, monkeypatch, jump):
    first = back_up(device).backup
    now = datetime.datetime.now().astimezone() + jump
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: now))
    monkeypatch.setattr(draft_module, "datetime", clock)
    device.write(0x3000, b"changed")
    second = back_up(device)
    assert second.fetched.known > 0x40000  # the first is still found, whatever its date
    assert second.fetched.read == 0x1000
    assert second.backup.read() == sonoff.contents() != first.read()
    assert len(vault.backups()) == 2
    erase(device, first)
    restore(device, second.backup)
    assert sonoff.contents() == second.backup.read()


def test_a_folder_that_vanishes_while_a_backup_is_made_is_told_and_the_next_one_is_whole(device, sonoff, vault):
    raises(VaultNotWritable, back_up, device, progress=Steps(4 * PIECE, lambda: shutil.rmtree(vault.folder)))
    assert back_up(device).backup.read() == sonoff.contents()
    assert files_in(vault) == [".bin", ".json"]


def test_a_disk_that_fills_keeps_what_was_read_and_once_it_is_freed_the_rest_is_read(
    device, sonoff, vault, monkeypatch
):
    fsync = os.fsync

    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    fills = Steps(6 * PIECE, lambda: monkeypatch.setattr(os, "fsync", full))
    assert "The disk is full" in raises(VaultNotWritable, back_up, device, progress=fills)
    monkeypatch.setattr(os, "fsync", fsync)
    result = back_up(device)
    assert result.fetched.resumed >= 4 * PIECE
    assert result.backup.read() == sonoff.contents()
    assert files_in(vault) == [".bin", ".json"]


def test_a_4_mb_devices_part_is_not_gone_on_with_for_1_mb(device, sonoff, vault):
    big = dataclasses.replace(device.identity, flash_size=4 * MB)
    with vault.begin(big) as draft:
        part = bytes(PIECE)
        draft.keep((Piece(0, PIECE, hashlib.md5(part).hexdigest()), part))
    result = back_up(device)
    assert result.fetched.resumed == 0
    assert result.backup.read() == sonoff.contents()


def test_a_second_backup_of_an_unchanged_device_reads_nothing(device, sonoff, vault, monkeypatch):
    first = back_up(device)
    reads = reads_sent(sonoff.line, monkeypatch)
    second = back_up(device)
    assert reads == []
    assert (second.fetched.read, second.fetched.known) == (0, MB)
    assert second.backup.path != first.backup.path
    assert second.backup.manifest.verified
    assert second.backup.read() == sonoff.contents()


def test_a_backup_of_another_size_or_device_is_not_taken_for_an_earlier_one(device, sonoff, vault):
    result = back_up(device)
    for changes in ({"mac": "5c:cf:7f:00:00:aa"}, {"size": 4 * MB}):
        about = dataclasses.replace(result.backup.manifest, **changes, created="2031-01-01T00:00:00+00:00").sealed()
        other = result.backup.path.with_name(f"other-{len(changes)}-{next(iter(changes))}.bin")
        other.write_bytes(b"\x00" * MB)
        other.with_suffix(".json").write_text(json.dumps(dataclasses.asdict(about)))
    second = back_up(device)
    assert second.fetched.known == MB
    assert second.backup.read() == sonoff.contents()
