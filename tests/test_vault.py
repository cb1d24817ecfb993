"""Backups on disk: sealed, found, never overwritten, and never lost to a full disk or a power cut."""

from __future__ import annotations

import datetime
import errno
import hashlib
import json
import os
import random
import shutil
import stat
import tempfile
from collections import namedtuple
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import filelock
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.errors import (
    BackupDamaged,
    BackupError,
    BackupExists,
    BackupNeeded,
    BackupRunning,
    ForeignBackup,
    OutOfRange,
    SonoffkitError,
    VaultNotWritable,
    VerifyFailed,
)
from sonoffkit.paths import vault_folder
from sonoffkit.session import Identity
from sonoffkit.transfer import PIECE, Piece, pieces_of
from sonoffkit.vault import Backup, Manifest, Vault
from sonoffkit.vault import draft as draft_module

SIZE = 0x40000  # a small flash, so that the tests are quick: four pieces
ME = Identity("ESP8266EX", "5c:cf:7f:00:00:01", 0x1240EF, SIZE)
OTHER = replace(ME, mac="5c:cf:7f:00:00:02")
ORIGINAL = random.Random(1).randbytes(SIZE)
CHANGED = ORIGINAL[:0x100] + b"another firmware" + ORIGINAL[0x110:]

posix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")


class Flash:
    """A device as far as a vault knows one: an identity, and the MD5 of what it holds."""

    def __init__(self, data=ORIGINAL, identity=ME):
        self.data, self.identity = data, identity

    def md5(self, address, size):
        assert 0 <= address < address + size <= len(self.data)
        return hashlib.md5(self.data[address : address + size]).hexdigest()


@pytest.fixture
def vault(home):
    return Vault()


def saved(vault, data=ORIGINAL, identity=ME, **about) -> Backup:
    """A whole, verified backup in a vault."""
    with vault.begin(identity) as draft:
        for piece in pieces_of(len(data)):
            part = data[piece.address : piece.address + piece.size]
            draft.keep((replace(piece, md5=hashlib.md5(part).hexdigest()), part))
        return draft.finish(draft.md5(), **{"tools": {"esptool": "5.6.0"}, **about})


def names_in(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def edit(backup, **changes) -> Backup:
    """Change a manifest on disk; the backup as it is found then."""
    about = json.loads(backup.manifest_path.read_text()) | changes
    backup.manifest_path.write_text(json.dumps(about))
    return Backup(backup.path, Manifest.from_json(backup.manifest_path.read_text()))


def raises(expected, action, *args, **kwargs):
    """The error's words, after checking that it is of exactly this type and says what to do."""
    with pytest.raises(SonoffkitError) as caught:
        action(*args, **kwargs)
    assert type(caught.value) is expected
    assert caught.value.hint
    return str(caught.value)


# A sound backup


def test_a_backup_is_two_files_and_nothing_else(vault):
    backup = saved(vault, sticker="7")
    assert names_in(vault.folder) == [backup.path.name, backup.manifest_path.name]
    assert backup.path.name.endswith("_5ccf7f000001_256KB.bin")
    assert backup.read() == ORIGINAL
    assert vault.backups() == [backup]
    assert vault.problems() == []


def test_the_manifest_says_what_is_known(vault):
    manifest = saved(vault, sticker="7").manifest
    assert asdict(replace(manifest, created="", seal="")) == {
        "mac": "5c:cf:7f:00:00:01",
        "chip": "ESP8266EX",
        "flash_id": "1240ef",
        "size": SIZE,
        "md5": hashlib.md5(ORIGINAL).hexdigest(),
        "sha256": hashlib.sha256(ORIGINAL).hexdigest(),
        "verified": True,
        "created": "",
        "sticker": "7",
        "tools": {"esptool": "5.6.0"},
        "seal": "",
    }
    assert datetime.datetime.fromisoformat(manifest.created).tzinfo
    assert manifest.is_whole()


def test_the_vault_is_where_the_variable_says(monkeypatch, tmp_path, home):
    assert vault_folder() == home / "vault"
    monkeypatch.setenv("SONOFFKIT_VAULT", str(tmp_path / "stick"))
    assert Vault().folder == vault_folder() == tmp_path / "stick"
    assert repr(Vault()) == f"<Vault {tmp_path / 'stick'}>"


def test_a_vault_that_is_not_there_is_empty(vault):
    assert vault.backups() == vault.problems() == []
    assert not vault.folder.exists()


def test_a_repr_tells_the_path_and_the_manifest_only(vault):
    backup = saved(vault)
    assert repr(backup) == f"Backup(path={backup.path!r}, manifest={backup.manifest!r})"
    assert repr(backup.manifest).count("=") == len(asdict(backup.manifest))


def stop_the_clock(monkeypatch, second=5):
    now = datetime.datetime(2026, 1, 2, 3, 4, second, tzinfo=datetime.UTC)
    clock = SimpleNamespace(datetime=SimpleNamespace(now=lambda: now))
    monkeypatch.setattr(draft_module, "datetime", clock)


def test_backups_of_the_same_second_get_names_of_their_own(vault, monkeypatch):
    stop_the_clock(monkeypatch)
    made = [saved(vault, data) for data in (ORIGINAL, CHANGED, ORIGINAL)]
    stem = made[0].path.stem
    assert [backup.path.name for backup in made] == [f"{stem}.bin", f"{stem}-2.bin", f"{stem}-3.bin"]
    assert [backup.read() for backup in made] == [ORIGINAL, CHANGED, ORIGINAL]
    assert len(vault.backups()) == 3


@pytest.mark.parametrize("suffix", [".bin", ".json"])
def test_a_file_that_is_there_already_is_left_alone(vault, monkeypatch, suffix):
    stop_the_clock(monkeypatch)
    first = saved(vault)
    stray = first.path.with_name(f"{first.path.stem}-2{suffix}")
    stray.write_text("somebody's")
    assert saved(vault).path.stem == f"{first.path.stem}-3"
    assert stray.read_text() == "somebody's"


def test_a_file_system_without_links_gets_a_copy(vault, monkeypatch):
    def no_links(*args):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    stop_the_clock(monkeypatch)
    made = [saved(vault), saved(vault, CHANGED)]
    assert [backup.read() for backup in made] == [ORIGINAL, CHANGED]
    assert len(names_in(vault.folder)) == 4


@posix
def test_backups_are_for_their_owner_only(vault, monkeypatch):
    previous = os.umask(0)
    try:
        backup = saved(vault)
        vault.begin(ME)
    finally:
        os.umask(previous)
    modes = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in vault.folder.iterdir()}
    assert {suffix: modes[suffix] for suffix in (".bin", ".json", ".part")} == dict.fromkeys(
        (".bin", ".json", ".part"), 0o600
    )
    assert stat.S_IMODE(vault.folder.stat().st_mode) == 0o700
    assert backup.read() == ORIGINAL


# Finding a proof


def test_backups_are_listed_newest_first(vault, monkeypatch):
    made = []
    for second in (5, 7, 6):
        stop_the_clock(monkeypatch, second)
        made.append(saved(vault))
    assert vault.backups() == [made[1], made[2], made[0]]


def test_only_this_devices_backups_are_asked_for(vault):
    mine, theirs = saved(vault), saved(vault, identity=OTHER)
    assert vault.backups(ME.mac) == [mine]
    assert vault.backups(OTHER.mac) == [theirs]
    assert len(vault.backups()) == 2


def test_the_proof_is_the_newest_whole_one(vault, monkeypatch):
    stop_the_clock(monkeypatch, 5)
    first = saved(vault)
    stop_the_clock(monkeypatch, 6)
    second = saved(vault, CHANGED)
    assert vault.proof_for(ME) == second
    second.path.write_bytes(ORIGINAL)
    assert vault.proof_for(ME) == first


def test_without_a_backup_there_is_no_proof(vault):
    saved(vault, identity=OTHER)
    text = raises(BackupNeeded, vault.proof_for, ME)
    assert text == f"There is no verified backup of the device 5c:cf:7f:00:00:01 in {vault.folder}."


def test_a_backup_of_another_size_is_no_proof(vault):
    saved(vault)
    raises(BackupNeeded, vault.proof_for, replace(ME, flash_size=2 * SIZE))


def test_an_unverified_backup_is_no_proof(vault):
    backup = saved(vault)
    unverified = Backup(backup.path, replace(backup.manifest, verified=False).sealed())
    text = raises(BackupNeeded, unverified.check_proves, ME)
    assert text == f"The backup {backup.path.name} was never verified against its device."


def test_only_damaged_backups_are_said_to_be_damaged(vault):
    backup = saved(vault)
    backup.path.write_bytes(CHANGED)
    text = raises(BackupDamaged, vault.proof_for, ME)
    assert text == f"The backup {backup.path.name} was changed after it was saved."


def test_another_devices_backup_is_told_by_both_macs(vault):
    backup = saved(vault, identity=OTHER)
    text = raises(ForeignBackup, backup.check_proves, ME)
    assert text == (f"The backup {backup.path.name} is of the device 5c:cf:7f:00:00:02, and this is 5c:cf:7f:00:00:01.")


def test_a_backup_of_another_size_is_told_by_both_sizes(vault):
    backup = saved(vault)
    text = raises(ForeignBackup, backup.check_proves, replace(ME, flash_size=0x100000))
    assert text == f"The backup {backup.path.name} holds 0.25 MB, and this flash has 1 MB."


# Damage


@pytest.mark.parametrize("change", [lambda d: d[:-1], lambda d: d + b"\0", lambda d: b"", lambda d: b"\x01" + d[1:]])
def test_a_changed_file_is_damaged(vault, change):
    backup = saved(vault)
    backup.path.write_bytes(change(ORIGINAL))
    assert raises(BackupDamaged, backup.read) == f"The backup {backup.path.name} was changed after it was saved."


def test_a_lost_file_is_damaged(vault):
    backup = saved(vault)
    backup.path.unlink()
    assert raises(BackupDamaged, backup.read) == (
        f"The backup {backup.path.name} cannot be read. (No such file or directory)"
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"mac": OTHER.mac},
        {"verified": False},
        {"created": "2020-01-01T00:00:00+00:00"},
        {"sticker": "8"},
        {"tools": {}},
        {"md5": "0" * 32},
        {"flash_id": "1640ef"},
        {"chip": "ESP8285"},
        {"seal": ""},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_edited_manifest_is_damaged(vault, changes):
    backup = edit(saved(vault), **changes)
    text = raises(BackupDamaged, backup.read)
    assert text == f"The manifest {backup.manifest_path.name} was changed after it was saved."


def test_a_backup_edited_to_be_of_this_device_is_no_proof(vault):
    backup = edit(saved(vault, identity=OTHER), mac=ME.mac)
    raises(BackupDamaged, backup.check_proves, ME)
    raises(BackupDamaged, vault.proof_for, ME)


def test_problems_names_what_is_no_whole_backup(vault):
    good = saved(vault)
    (vault.folder / "broken.json").write_text("{")
    (vault.folder / "other.json").write_text('{"mac": 1}')
    (vault.folder / "binary.json").write_bytes(b"\xff\xfe")
    (vault.folder / "lonely.bin").write_bytes(b"x")
    assert vault.backups() == [good]
    problems = vault.problems()
    assert [text.split()[0] for text in problems] == ["binary.json", "broken.json", "lonely.bin", "other.json"]
    assert problems[2] == "lonely.bin has no manifest; if it is yours, take it in with adopt()."
    assert problems[3] == "other.json is no readable manifest. (its entries are not a manifest's)"


def test_problems_names_a_manifest_without_its_file(vault):
    backup = saved(vault)
    backup.path.unlink()
    assert [text.split()[0] for text in vault.problems()] in ([backup.path.name], [backup.manifest_path.name])


def test_problems_names_an_edited_manifest(vault):
    backup = edit(saved(vault), sticker="8")
    assert [text.split()[0] for text in vault.problems()] in ([backup.path.name], [backup.manifest_path.name])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)
SOUND = asdict(
    Manifest(ME.mac, ME.chip, "1240ef", 4, "0" * 32, "0" * 64, True, "2026-01-02T03:04:05+00:00", "", {}, "").sealed()
)
manifest_like = st.dictionaries(st.sampled_from(sorted(SOUND)), anything, max_size=3).map(
    lambda changes: json.dumps(SOUND | changes).encode()
)
manifests = st.lists(
    st.binary(max_size=60) | anything.map(lambda x: json.dumps(x).encode()) | manifest_like, max_size=3
)


@given(manifests)
@example([json.dumps(SOUND | {"created": 5}).encode(), json.dumps(SOUND).encode()])
@example([json.dumps(SOUND | {"size": 10**30, "sha256": None}).encode()])
def test_whatever_lies_in_the_vault_is_the_truth_or_an_error_of_ours(contents):
    with tempfile.TemporaryDirectory() as folder:
        for n, content in enumerate(contents):
            Path(folder, f"{n}.json").write_bytes(content)
            Path(folder, f"{n}.bin").write_bytes(b"\xff" * 4)
        vault = Vault(folder)
        assert len(vault.backups()) + len(vault.problems()) >= len(contents)
        for backup in vault.backups():
            with pytest.raises(BackupError):
                backup.check_proves(replace(ME, flash_size=4))
        with pytest.raises(BackupError):
            vault.proof_for(replace(ME, flash_size=4))


@pytest.mark.parametrize("name", ["deep.json", "5ccf7f000001_256KB.checkpoint"])
def test_a_file_nested_beyond_reading_is_no_backup(vault, name):
    vault.folder.mkdir(parents=True)
    (vault.folder / "5ccf7f000001_256KB.part").write_bytes(ORIGINAL)
    (vault.folder / name).write_text("[" * 100_000)
    assert vault.backups() == []
    assert vault.begin(ME).pieces == []


# Going on with a backup that was cut off


def begun(vault, pieces=2, data=ORIGINAL):
    """A draft with some pieces, as a pulled cable leaves it."""
    draft = vault.begin(ME)
    for piece in pieces_of(SIZE)[:pieces]:
        part = data[piece.address : piece.address + piece.size]
        draft.keep((replace(piece, md5=hashlib.md5(part).hexdigest()), part))
    return draft


def part_of(vault):
    (part,) = vault.folder.glob("*.part")
    return part


def checkpoint_of(vault):
    (checkpoint,) = vault.folder.glob("*.checkpoint")
    return checkpoint


def test_a_draft_goes_on_with_the_pieces_it_has(vault):
    draft = begun(vault)
    draft.close()
    again = vault.begin(ME)
    assert again.pieces == draft.pieces
    assert again.data() == ORIGINAL[: 2 * PIECE] + b"\xff" * (SIZE - 2 * PIECE)
    assert vault.backups() == vault.problems() == []


def test_a_draft_is_of_one_device_only(vault):
    begun(vault)
    assert vault.begin(OTHER).pieces == []
    assert vault.begin(replace(ME, flash_size=2 * SIZE)).pieces == []
    assert len(vault.begin(ME).pieces) == 2


def test_dropped_pieces_stay_dropped(vault):
    draft = begun(vault)
    draft.drop(draft.pieces[:1])
    draft.close()
    assert [piece.address for piece in vault.begin(ME).pieces] == [PIECE]


def test_a_piece_kept_twice_is_there_once(vault):
    draft = begun(vault)
    new = b"\x55" * PIECE
    draft.keep((Piece(0, PIECE, hashlib.md5(new).hexdigest()), new))
    assert [piece.address for piece in draft.pieces] == [0, PIECE]
    draft.close()
    assert vault.begin(ME).data()[:PIECE] == new


def test_two_drafts_of_one_device_at_once_are_refused_and_nothing_is_mixed(vault):
    draft = begun(vault)
    text = raises(BackupRunning, vault.begin, ME)
    assert text == f"A backup of the device {ME.mac} is being made already."
    with vault.begin(OTHER) as other:  # another device's is no matter
        assert other.pieces == []
    draft.close()
    draft.close()
    with vault.begin(ME) as again:
        assert again.pieces == draft.pieces


def test_a_part_of_a_draft_and_its_digest_are_those_of_the_file(vault):
    draft = begun(vault)
    assert draft.read(PIECE - 16, 32) == ORIGINAL[PIECE - 16 : PIECE + 16]
    assert draft.md5() == hashlib.md5(draft.data()).hexdigest()


def test_a_folder_that_vanishes_is_told(vault):
    draft = begun(vault)
    shutil.rmtree(vault.folder)
    piece = Piece(0, PIECE, hashlib.md5(bytes(PIECE)).hexdigest())
    for action in (lambda: draft.keep((piece, bytes(PIECE))), draft.md5, draft.data, lambda: draft.read(0, 16)):
        assert str(vault.folder) in raises(VaultNotWritable, action)
    draft.close()
    assert saved(vault).read() == ORIGINAL


def test_a_file_system_without_locks_is_no_obstacle(vault, monkeypatch):
    def cannot(lock):
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "_acquire", cannot)
    assert saved(vault).read() == ORIGINAL


def test_a_checkpoint_never_names_a_piece_that_the_part_does_not_hold(vault):
    begun(vault)
    with part_of(vault).open("r+b") as part:
        part.seek(PIECE + 5)
        part.write(b"edited")
    assert [piece.address for piece in vault.begin(ME).pieces] == [0]


@pytest.mark.parametrize("length", [0, 1, PIECE, SIZE - 1, SIZE + 1])
def test_a_part_of_another_length_is_begun_anew(vault, length):
    begun(vault)
    part_of(vault).write_bytes((ORIGINAL + b"\0")[:length])
    again = vault.begin(ME)
    assert (again.pieces, again.data()) == ([], b"\xff" * SIZE)


def test_a_lost_part_is_begun_anew(vault):
    begun(vault)
    part_of(vault).unlink()
    again = vault.begin(ME)
    assert (again.pieces, again.data()) == ([], b"\xff" * SIZE)


@pytest.mark.parametrize("changes", [{"mac": OTHER.mac}, {"size": 2 * SIZE}, {"pieces": 5}, {"pieces": [[0]]}])
def test_a_checkpoint_that_does_not_fit_is_begun_anew(vault, changes):
    begun(vault)
    checkpoint_of(vault).write_text(json.dumps(json.loads(checkpoint_of(vault).read_text()) | changes))
    assert vault.begin(ME).pieces == []


GRID = [(piece.address, piece.size) for piece in pieces_of(SIZE)]
EMPTY = hashlib.md5(b"").hexdigest()


@pytest.mark.parametrize(
    "piece",
    [
        [SIZE, 16, EMPTY],  # behind the end, where there is nothing to be wrong
        [SIZE - 16, PIECE, hashlib.md5(ORIGINAL[-16:]).hexdigest()],  # reaches beyond the end
        [0, 16, hashlib.md5(ORIGINAL[:16]).hexdigest()],  # true, but it would hide the rest of its piece
        [16, 16, hashlib.md5(ORIGINAL[16:32]).hexdigest()],
    ],
)
def test_a_checkpoint_counts_only_whole_pieces_of_this_flash(vault, piece):
    begun(vault, pieces=4)
    saved = {"mac": ME.mac, "size": SIZE, "pieces": [piece]}
    checkpoint_of(vault).write_text(json.dumps(saved))
    assert vault.begin(ME).pieces == []


pieces_like = st.lists(
    st.tuples(st.sampled_from([0, PIECE, 2 * PIECE, SIZE]) | anything, st.just(PIECE) | anything, anything), max_size=3
)
checkpoints = (
    st.binary(max_size=60)
    | anything.map(lambda x: json.dumps(x).encode())
    | pieces_like.map(lambda pieces: json.dumps({"mac": ME.mac, "size": SIZE, "pieces": pieces}).encode())
    | anything.map(lambda x: json.dumps({"mac": ME.mac, "size": SIZE, "pieces": x}).encode())
)


@given(checkpoints)
@example(b'{"mac": "5c:cf:7f:00:00:01", "size": 262144, "pieces": [[Infinity, 1, ""]]}')
@example(json.dumps({"mac": ME.mac, "size": SIZE, "pieces": [[SIZE, 1, EMPTY]]}).encode())
@example(json.dumps({"mac": ME.mac, "size": SIZE, "pieces": [[0, PIECE, "x"], [0, PIECE, EMPTY]]}).encode())
def test_whatever_a_checkpoint_says_only_true_pieces_count(content):
    with tempfile.TemporaryDirectory() as folder:
        vault = Vault(folder)
        begun(vault, pieces=1)
        checkpoint_of(vault).write_bytes(content)
        draft = vault.begin(ME)
        data = draft.data()
        assert len(data) == SIZE
        for piece in draft.pieces:
            assert (piece.address, piece.size) in GRID
            assert hashlib.md5(data[piece.address : piece.address + piece.size]).hexdigest() == piece.md5


# Files made with plain esptool


def test_a_file_that_equals_the_device_is_taken_in(vault, tmp_path):
    file = tmp_path / "flash.bin"
    file.write_bytes(ORIGINAL)
    backup = vault.adopt(file, Flash(), {"esptool": "5.6.0"}, "7")
    assert backup.read() == file.read_bytes() == ORIGINAL
    assert (backup.manifest.verified, backup.manifest.sticker) == (True, "7")
    assert vault.proof_for(ME) == backup
    assert len(names_in(vault.folder)) == 2


def test_a_file_of_another_size_is_no_backup(vault, tmp_path):
    file = tmp_path / "half.bin"
    file.write_bytes(ORIGINAL[: SIZE // 2])
    text = raises(OutOfRange, vault.adopt, file, Flash())
    assert text == "half.bin holds 0.125 MB, and this flash has 0.25 MB."
    assert not vault.folder.exists()


def test_a_file_that_differs_from_the_device_is_not_called_verified(vault, tmp_path):
    file = tmp_path / "old.bin"
    file.write_bytes(CHANGED)
    assert raises(VerifyFailed, vault.adopt, file, Flash()) == "old.bin is not what this device holds now."
    assert vault.backups() == []
    assert file.read_bytes() == CHANGED


def test_a_file_that_is_not_there_is_said_in_our_words(vault, tmp_path):
    with pytest.raises(SonoffkitError) as caught:
        vault.adopt(tmp_path / "none.bin", Flash())
    assert "none.bin" in str(caught.value)
    assert caught.value.hint


# Copies


def test_a_copy_is_a_whole_backup_elsewhere(vault, tmp_path):
    backup = saved(vault)
    copied = vault.copy(backup, tmp_path / "stick" / "deep")
    assert copied.read() == ORIGINAL
    assert Vault(tmp_path / "stick" / "deep").proof_for(ME) == copied
    assert backup.read() == ORIGINAL


def test_a_copy_overwrites_nothing(vault, tmp_path):
    backup = saved(vault)
    vault.copy(backup, tmp_path)
    (tmp_path / backup.path.name).write_bytes(b"somebody's")
    text = raises(BackupExists, vault.copy, backup, tmp_path)
    assert text == f"There is a file {tmp_path / backup.path.name} already."
    assert (tmp_path / backup.path.name).read_bytes() == b"somebody's"
    assert raises(BackupExists, vault.copy, backup, vault.folder)
    assert backup.read() == ORIGINAL


def test_a_copy_beside_a_strange_manifest_leaves_nothing_behind(vault, tmp_path):
    backup = saved(vault)
    strange = tmp_path / backup.manifest_path.name
    strange.write_text("somebody's")
    raises(BackupExists, vault.copy, backup, tmp_path)
    assert names_in(tmp_path) == sorted([strange.name, "home"])
    assert strange.read_text() == "somebody's"


def test_a_damaged_backup_is_not_copied(vault, tmp_path):
    backup = saved(vault)
    backup.path.write_bytes(CHANGED)
    raises(BackupDamaged, vault.copy, backup, tmp_path / "stick")
    assert not (tmp_path / "stick").exists()


@posix
def test_a_copy_that_the_stick_did_not_keep_is_told(vault, tmp_path, monkeypatch):
    backup, fsync = saved(vault), os.fsync

    def forgetful(number):
        os.pwrite(number, b"!", 0)
        fsync(number)

    monkeypatch.setattr(os, "fsync", forgetful)
    raises(BackupDamaged, vault.copy, backup, tmp_path / "stick")
    assert backup.read() == ORIGINAL


def test_a_copy_that_was_cut_off_by_a_full_disk_can_be_made_again(vault, tmp_path, full_disk):
    backup = saved(vault)
    full_disk.after(0)
    raises(VaultNotWritable, vault.copy, backup, tmp_path / "stick")
    full_disk.freed()
    assert vault.copy(backup, tmp_path / "stick").read() == ORIGINAL


# A full disk, a folder that cannot be written, a power cut


@pytest.fixture
def full_disk(monkeypatch):
    """The disk is full after so many files were written to it."""
    room = [None]
    fsync = os.fsync

    def full(number):
        if room[0] is not None:
            if room[0] == 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            room[0] -= 1
        fsync(number)

    monkeypatch.setattr(os, "fsync", full)
    return SimpleNamespace(after=lambda n: room.__setitem__(0, n), freed=lambda: room.__setitem__(0, None))


# Writing four pieces takes these: the empty part, its checkpoint, and for each piece itself and its checkpoint;
# then the manifest.
@pytest.mark.parametrize("written", range(11))
def test_a_full_disk_is_told_and_the_next_try_ends_well(vault, full_disk, written):
    full_disk.after(written)
    text = raises(VaultNotWritable, saved, vault)
    assert text == f"The backup cannot be written to {vault.folder}. (The disk is full)"
    assert vault.backups() == []
    full_disk.freed()
    assert len(vault.begin(ME).pieces) == min(4, max(0, (written - 2) // 2))
    backup = saved(vault)
    assert backup.read() == ORIGINAL
    assert vault.backups() == [backup]
    assert vault.problems() == []


def test_a_disk_without_room_is_told_before_anything_is_read(vault, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9 - 100_000, 100_000))
    text = raises(VaultNotWritable, vault.begin, ME)
    assert text == f"The disk of {vault.folder} has 0.1 MB left, and the backup needs 0.3 MB."
    assert names_in(vault.folder) == []


def test_a_backup_under_way_has_its_room_already(vault, monkeypatch):
    begun(vault)
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 0))
    assert len(vault.begin(ME).pieces) == 2


@pytest.mark.parametrize("below", ["", "deeper"])
def test_a_file_in_place_of_the_folder_is_told(tmp_path, below):
    (tmp_path / "file").write_text("somebody's")
    vault = Vault(tmp_path / "file" / below)
    text = raises(VaultNotWritable, vault.begin, ME)
    assert text.startswith(f"The backup cannot be written to {vault.folder}. (")
    assert vault.backups() == []
    assert (tmp_path / "file").read_text() == "somebody's"


def test_a_copy_into_a_file_is_told(vault, tmp_path):
    (tmp_path / "file").write_text("somebody's")
    raises(VaultNotWritable, vault.copy, saved(vault), tmp_path / "file")


@posix
@pytest.mark.skipif(os.name == "posix" and os.geteuid() == 0, reason="nothing is read-only for root")
def test_a_read_only_folder_is_told(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o500)
    text = raises(VaultNotWritable, Vault(folder).begin, ME)
    assert text == f"The backup cannot be written to {folder}. (Permission denied)"


class PowerCut(BaseException):
    """The computer goes off here."""


def finish_until_cut(draft, monkeypatch, function, suffix):
    """Finish a draft, with the power cut when the file of that suffix is about to be made or removed."""
    real = getattr(*function)

    def cut(path, *args, **kwargs):
        if str(path).endswith(suffix):
            raise PowerCut
        return real(path, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(*function, cut)
        with pytest.raises(PowerCut):
            draft.finish(draft.md5(), {})


@pytest.mark.parametrize(
    ("function", "suffix"),
    [((os, "link"), ".part"), ((os, "open"), ".json"), ((Path, "unlink"), ".part"), ((Path, "unlink"), ".checkpoint")],
    ids=["before the name", "before the manifest", "before the part is removed", "before the checkpoint is removed"],
)
def test_a_power_cut_at_the_end_costs_no_backup_whatever_comes_next(vault, monkeypatch, function, suffix):
    finish_until_cut(begun(vault, pieces=4), monkeypatch, function, suffix)
    finished = {path.name: path.read_bytes() for path in vault.folder.glob("*.bin")}
    assert set(finished.values()) <= {ORIGINAL}
    # The device gets another firmware, and that is backed up as well.
    later = saved(vault, CHANGED)
    assert later.read() == CHANGED
    for name, data in finished.items():
        assert (vault.folder / name).read_bytes() == data
    for backup in vault.backups():
        backup.check_proves(ME)


def test_a_power_cut_before_the_file_has_its_name_leaves_all_pieces(vault, monkeypatch):
    finish_until_cut(begun(vault, pieces=4), monkeypatch, (os, "link"), ".part")
    assert len(vault.begin(ME).pieces) == 4


def test_what_differs_from_the_device_is_not_sealed(vault):
    draft = begun(vault, 4)
    text = raises(VerifyFailed, draft.finish, "0" * 32, {})
    assert text == "What is on the disk is not what the device holds."
    assert vault.backups() == []
    assert draft.finish(draft.md5(), {}).read() == ORIGINAL
