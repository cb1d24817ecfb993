"""Take home and wipe: nothing is deleted whose copy was not checked, and nothing that is not the learner's."""

from __future__ import annotations

import hashlib
import os
import shutil
import zipfile
from dataclasses import replace

import filelock
import pytest
from progress_helpers import ME, PORT

from sonoffkit.errors import BackupDamaged, BackupError, BackupRunning, VaultNotWritable
from sonoffkit.operations import IdentifyResult
from sonoffkit.paths import read_settings, vault_folder
from sonoffkit.ports import save_choice
from sonoffkit.progress import (
    change_journal,
    damaged_journals,
    journal_file,
    note_done,
    note_port,
    read_journal,
    read_record,
    take_home,
    wipe,
)  # fmt: skip
from sonoffkit.progress.take_home import others_in
from sonoffkit.vault import Vault

ELSE = "5c:cf:7f:00:00:99"


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def mine(make_backup):
    """A learner's backup, written down in their progress."""
    save_choice(PORT)
    result = make_backup()
    note_done("back_up", PORT, ME, result)
    change_journal(lambda journal: replace(journal, learner="Ada"))
    return result.backup


@pytest.fixture
def others(make_backup):
    """A backup in the same vault that nobody wrote down: somebody else's."""
    return make_backup(9, ELSE).backup


def in_vault() -> set[str]:
    return {path.name for path in vault_folder().iterdir()}


def test_the_zip_holds_backup_manifest_progress_and_record(mine, stick):
    packed = take_home(stick)
    with zipfile.ZipFile(packed.path) as file:
        names = set(file.namelist())
        assert file.read(mine.path.name) == mine.path.read_bytes()
        assert file.testzip() is None
    assert {mine.path.name, mine.manifest_path.name, "progress/progress.json", "READ-ME.txt", "SHA256SUMS.txt"} < names
    assert (packed.backups, packed.others, packed.notes) == (1, 0, ())
    assert [path.name for path in stick.iterdir()] == [packed.path.name]


def test_its_sums_are_those_of_its_files(mine, stick, tmp_path):
    shutil.unpack_archive(take_home(stick).path, tmp_path / "out")
    lines = (tmp_path / "out" / "SHA256SUMS.txt").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 5
    for line in lines:
        sha256, name = line.split("  ", 1)
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == sha256
    (record,) = (tmp_path / "out").glob("*.html")
    assert read_record(record).learner == "Ada"


def test_unpacked_into_another_vault_the_backup_can_be_used(mine, stick, tmp_path):
    shutil.unpack_archive(take_home(stick).path, tmp_path / "vault")
    vault = Vault(tmp_path / "vault")
    (backup,) = vault.backups()
    backup.check_proves(ME)
    assert vault.problems() == []
    assert (backup.manifest, backup.read()) == (mine.manifest, mine.read())


def test_taking_home_deletes_nothing(mine, stick):
    before = in_vault()
    take_home(stick)
    assert in_vault() == before
    assert read_journal().learner == "Ada"


def test_taken_home_twice_both_zips_are_there(mine, stick):
    assert take_home(stick).path != take_home(stick).path
    assert len(list(stick.glob("*.zip"))) == 2


def test_after_wiping_backup_progress_and_port_are_gone_and_the_zip_is_not(mine, stick):
    packed = take_home(stick)
    wiped = wipe(packed)
    assert (wiped.backups, wiped.kept) == (1, ())
    assert in_vault() == set()
    assert not journal_file().exists()
    assert "port" not in read_settings()
    assert packed.path.exists()


def test_somebody_elses_backup_and_foreign_files_stay_and_are_not_copied(mine, others, stick):
    (vault_folder() / "holiday.jpg").write_bytes(b"jpg")
    (vault_folder() / "notes.json").write_text("{}")
    packed = take_home(stick)
    with zipfile.ZipFile(packed.path) as file:
        assert others.path.name not in file.namelist()
    wipe(packed)
    assert in_vault() == {others.path.name, others.manifest_path.name, "holiday.jpg", "notes.json"}
    assert others_in(Vault())[0].path == others.path


def test_who_says_so_takes_all_backups(mine, others, stick):
    packed = take_home(stick, everything=True)
    assert (packed.backups, wipe(packed).backups, in_vault()) == (2, 2, set())


def test_a_backup_that_changed_after_the_copy_stays(mine, stick):
    packed = take_home(stick)
    mine.path.write_bytes(b"changed")
    wiped = wipe(packed)
    assert mine.path.read_bytes() == b"changed"
    assert mine.manifest_path.exists()
    assert wiped.kept == (
        f"{mine.path.name}: it was changed since it was copied. Take it home again.",
        f"{mine.manifest_path.name}: its backup is still there.",
    )


def test_progress_that_went_on_after_the_copy_stays(mine, stick):
    packed = take_home(stick)
    note_port()
    wiped = wipe(packed)
    assert wiped.kept == ("progress.json: it was changed since it was copied. Take it home again.",)
    assert read_journal().last("port")
    assert read_settings()["port"] == PORT


def test_progress_that_began_after_the_copy_stays(make_backup, stick):
    make_backup()
    packed = take_home(stick, everything=True)
    note_port()
    assert wipe(packed).kept == ("progress.json: it is newer than the zip. Take it home again.",)
    assert read_journal().last("port")


def spoil(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def replace_by_another(path):
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("x", b"x")


@pytest.mark.parametrize(
    "harm", [spoil, replace_by_another, lambda path: path.unlink(), lambda path: path.write_bytes(b"")]
)
def test_a_zip_that_is_not_good_any_more_deletes_nothing(mine, stick, harm):
    packed = take_home(stick)
    harm(packed.path)
    before = in_vault()
    with pytest.raises(BackupDamaged) as caught:
        wipe(packed)
    assert "nothing was deleted" in caught.value.hint
    assert in_vault() == before
    assert journal_file().exists()


def test_wiping_twice_is_no_trouble(mine, stick):
    packed = take_home(stick)
    wipe(packed)
    assert wipe(packed).kept == ()


def test_a_damaged_backup_is_copied_as_it_is_and_that_is_said(mine, stick):
    mine.path.write_bytes(b"damaged")
    packed = take_home(stick)
    assert packed.notes == (f"The backup {mine.path.name} was changed after it was saved. It was copied as it is.",)
    assert wipe(packed).kept == ()


def test_progress_that_could_not_be_read_goes_along(mine, stick):
    journal_file().rename(journal_file().with_name("progress-damaged-1.json"))
    packed = take_home(stick, everything=True)
    wipe(packed)
    assert damaged_journals() == []
    with zipfile.ZipFile(packed.path) as file:
        assert "progress/progress-damaged-1.json" in file.namelist()


# Refusals


def test_inside_the_vault_is_no_place_for_it(mine):
    inside = vault_folder() / "deep"
    inside.mkdir()
    for folder in (vault_folder(), inside):
        with pytest.raises(BackupError, match="is inside the vault, and there the zip would be no copy") as caught:
            take_home(folder)
        assert "nothing deleted" in caught.value.hint
    assert list(vault_folder().rglob("*.zip*")) == []


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_a_link_into_the_vault_is_inside_the_vault(mine, tmp_path):
    (tmp_path / "link").symlink_to(vault_folder())
    with pytest.raises(BackupError, match="is inside the vault"):
        take_home(tmp_path / "link")


def test_a_folder_that_is_not_there_is_not_made(mine, tmp_path):
    with pytest.raises(VaultNotWritable, match="There is no folder") as caught:
        take_home(tmp_path / "stik")
    assert "is the stick plugged in?" in caught.value.hint
    assert not (tmp_path / "stik").exists()


def test_with_nothing_there_is_nothing_to_take(stick):
    with pytest.raises(BackupError, match="There is nothing of yours to take home"):
        take_home(stick)
    assert list(stick.iterdir()) == []


def test_while_a_backup_is_made_it_refuses_and_so_does_wiping(mine, stick):
    packed = take_home(stick)
    with Vault().begin(replace(ME, mac=ELSE)):
        for refused in (lambda: take_home(stick), lambda: wipe(packed)):
            with pytest.raises(BackupRunning, match="A backup is being made into this vault just now"):
                refused()
    assert mine.path.exists()


def test_an_unfinished_backup_of_the_learners_device_refuses(mine, stick):
    Vault().begin(ME).close()
    with pytest.raises(BackupRunning, match=r"begun and not finished: 5ccf7f000001_256KB\.part"):
        take_home(stick)


def test_an_unfinished_backup_of_somebody_elses_device_is_theirs(mine, stick):
    Vault().begin(replace(ME, mac=ELSE)).close()
    wipe(take_home(stick))
    assert in_vault() == {"5ccf7f000099_256KB.part", "5ccf7f000099_256KB.checkpoint"}


def test_a_lock_that_a_killed_kernel_left_behind_holds_nothing(mine, stick):
    (vault_folder() / "5ccf7f000099_256KB.lock").touch()
    assert take_home(stick).backups == 1


def test_a_lock_is_let_go_of_after_the_look(mine, stick):
    lock = vault_folder() / "5ccf7f000099_256KB.lock"
    lock.touch()
    take_home(stick)
    with filelock.FileLock(lock, timeout=0):
        pass


def test_a_file_in_use_is_told_and_its_manifest_stays_with_it(mine, stick, monkeypatch):
    packed = take_home(stick)
    unlink = type(mine.path).unlink

    def in_use(path, missing_ok=False):  # as Windows does
        if path == mine.path:
            raise PermissionError(13, "The process cannot access the file", str(path))
        unlink(path, missing_ok)

    monkeypatch.setattr(type(mine.path), "unlink", in_use)
    wiped = wipe(packed)
    assert mine.path.exists()
    assert mine.manifest_path.exists()
    assert wiped.kept[0] == (
        f"{mine.path.name}: it cannot be deleted (The process cannot access the file). "
        "Close what uses it, and delete it by hand."
    )


def test_a_full_stick_is_said_before_anything_is_written(mine, stick, monkeypatch):
    full = shutil.disk_usage(stick)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    with pytest.raises(VaultNotWritable, match=r"has 0\.0 MB left, and the zip may need 1\.\d MB"):
        take_home(stick)
    assert list(stick.iterdir()) == []


def test_a_stick_that_is_pulled_while_writing_leaves_no_half_zip(mine, stick, monkeypatch):
    def pulled(*args, **kwargs):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", pulled)
    with pytest.raises(VaultNotWritable, match=r"The zip cannot be written to .*\(Input/output error\)"):
        take_home(stick)
    assert list(stick.iterdir()) == []
    assert mine.path.exists()


def test_a_copy_that_is_not_read_back_the_same_is_thrown_away(mine, stick, monkeypatch):
    real = zipfile.ZipFile.writestr
    monkeypatch.setattr(zipfile.ZipFile, "writestr", lambda self, name, data: real(self, name, b"other"))
    with pytest.raises(BackupDamaged, match="is not what was put into it"):
        take_home(stick)
    assert list(stick.iterdir()) == []


def test_a_learner_without_backups_takes_the_progress(stick):
    note_done("identify", PORT, ME, IdentifyResult(ME))
    packed = take_home(stick)
    assert (packed.backups, wipe(packed).kept) == (0, ())
    assert not journal_file().exists()


def test_a_year_before_zips_were_is_no_trouble(mine, stick):
    os.utime(mine.path, (0, 0))
    assert take_home(stick).backups == 1
