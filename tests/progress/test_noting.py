"""What a job's end, its wait and its failure leave in the journal, and where a learner stands after it."""

from __future__ import annotations

import pytest
from progress_helpers import ME, PORT

from sonoffkit.errors import BackupNeeded, Cancelled, ImageUnreadable, NoAnswer, PortLost, PortMissing
from sonoffkit.firmware import Image
from sonoffkit.operations import EraseResult, FlashResult, IdentifyResult, RestoreResult, VerifyResult
from sonoffkit.ports import save_choice
from sonoffkit.progress import note_done, note_fault, note_inspected, note_port, read_journal, stand
from sonoffkit.session import Identity
from sonoffkit.transfer import Written

OTHER = Identity("ESP8285", "5c:cf:7f:00:00:02", 0x1440EF, 0x100000)
WRITTEN = Written(0, 0, 0)
SHA = "ab" * 32


def done() -> list[str]:
    return [one.what for one in read_journal().done]


def undone(notebook: str) -> list[str]:
    return [one.step.name for one in stand(notebook).made if not one.is_done]


@pytest.fixture
def set_up():
    """Notebook 1 is done."""
    save_choice(PORT)
    note_port()
    note_done("identify", PORT, ME, IdentifyResult(ME))


def test_a_hello_is_written_down_with_its_device():
    note_done("identify", PORT, ME, IdentifyResult(ME))
    (device,) = read_journal().devices
    assert done() == ["hello"]
    assert (device.mac, device.chip, device.flash_size, device.practice) == (ME.mac, "ESP8266EX", ME.flash_size, False)


def test_a_backup_is_written_down_with_its_digest_and_its_sticker(make_backup):
    result = make_backup()
    note_done("back_up", PORT, ME, result)
    backup = read_journal().last("backup")
    assert backup.facts == {"file": result.backup.path.name, "sha256": result.backup.manifest.sha256}
    assert read_journal().devices[0].sticker == "7"


def test_a_sticker_that_was_told_stays_when_the_device_is_met_again(make_backup):
    note_done("back_up", PORT, ME, make_backup())
    note_done("identify", PORT, ME, IdentifyResult(ME))
    assert read_journal().devices[0].sticker == "7"


def test_erase_flash_and_restore_are_written_down(make_backup):
    image = Image("tasmota.bin", b"\xe9", SHA)
    note_done("erase", PORT, ME, EraseResult(ME, 1.0))
    note_done("flash", PORT, ME, FlashResult(ME, image, 0, (), "", 1.0, WRITTEN, ""))
    note_done("restore", PORT, ME, RestoreResult(ME, make_backup().backup, 1.0, WRITTEN, ""))
    assert done() == ["erase", "flash", "restore"]
    assert read_journal().last("flash").facts == {"name": "tasmota.bin", "sha256": SHA}


def test_a_comparison_is_no_step():
    note_done("verify", PORT, ME, VerifyResult(True, 1, "", ""))
    assert done() == []


def test_a_fault_has_the_name_of_its_diagnosis():
    note_fault("identify", PORT, NoAnswer("The device does not answer."))
    note_fault("flash", PORT, ImageUnreadable("x.bin cannot be read."))
    note_fault("flash", PORT, BackupNeeded("There is no verified backup of the device 5c:cf:7f:00:00:01 in /home/ada."))
    titles = [fault.title for fault in read_journal().faults]
    assert titles == [
        "The device does not answer", "The file is not there", "There is no verified backup of this device yet",
    ]  # fmt: skip


def test_an_error_that_nobody_knows_gives_its_kind_and_none_of_its_words():
    note_fault("flash", PORT, ZeroDivisionError("password=secret"))
    assert [fault.title for fault in read_journal().faults] == ["An error without a description: ZeroDivisionError"]


def test_what_somebody_stopped_is_no_fault():
    note_fault("flash", PORT, Cancelled("You stopped it."))
    assert read_journal().faults == ()


@pytest.mark.parametrize("port", ["practice://lesson", "practice://lesson-bench", "practice://lesson-acorn?home=/x"])
def test_what_a_lesson_provokes_on_its_own_device_is_no_fault_and_solves_none(port):
    note_fault("identify", port, NoAnswer("silence"))
    assert read_journal().faults == ()
    note_fault("identify", "COM99", PortMissing("There is no port COM99."))
    note_done("identify", port, ME, IdentifyResult(ME))
    assert [fault.solved for fault in read_journal().faults] == [""]


def test_other_practice_devices_are_the_learners_own():
    note_fault("identify", "practice://basic", NoAnswer("silence"))
    assert len(read_journal().faults) == 1


def test_a_fault_is_solved_when_the_job_goes_well_later():
    note_fault("back_up", PORT, PortLost("gone"))
    note_done("identify", PORT, ME, IdentifyResult(ME))
    assert all(fault.solved for fault in read_journal().faults)


def test_a_port_that_is_not_there_is_solved_by_taking_another():
    note_fault("identify", "COM99", PortMissing("There is no port COM99."))
    note_done("identify", PORT, ME, IdentifyResult(ME))
    assert all(fault.solved for fault in read_journal().faults)


# Where a learner stands


def test_at_the_beginning_a_port_comes_first():
    standing = stand("1-setup")
    assert (standing.missing, standing.next.name, len(undone("1-setup"))) == ((), "port", 6)


@pytest.mark.parametrize(("notebook", "missing"), [("2-backup", "port"), ("4-erase", "port"), ("5-flash", "port")])
def test_a_notebook_opened_too_early_says_what_it_needs_first(notebook, missing):
    first = stand(notebook).missing[0]
    assert (first.name, first.notebook) == (missing, "1-setup")


@pytest.mark.parametrize("notebook", ["3-inspect", "6-troubleshooting"])
def test_a_notebook_that_needs_no_device_needs_nothing_first(notebook):
    assert stand(notebook).missing == ()


def test_after_setup_the_backup_is_next(set_up):
    assert stand("2-backup").missing == ()
    assert stand("2-backup").next.name == "backup"
    assert [step.name for step in stand("4-erase").missing] == ["backup"]


def test_a_backup_counts_as_long_as_it_lies_in_the_vault(set_up, make_backup):
    result = make_backup()
    note_done("back_up", PORT, ME, result)
    assert stand("4-erase").missing == ()
    result.backup.path.unlink()
    assert [step.name for step in stand("4-erase").missing] == ["backup"]


def test_a_backup_that_was_made_in_a_terminal_counts(set_up, make_backup):
    make_backup()
    assert stand("4-erase").missing == ()


def test_another_device_on_the_port_must_be_backed_up_anew(set_up, make_backup):
    note_done("back_up", PORT, ME, make_backup())
    note_done("identify", PORT, OTHER, IdentifyResult(OTHER))
    assert stand("4-erase").device.mac == OTHER.mac
    assert [step.name for step in stand("4-erase").missing] == ["backup"]


def test_another_port_is_another_device(set_up):
    save_choice("/dev/ttyUSB9")
    assert stand("2-backup").device is None
    assert undone("2-backup") == ["hello", "backup", "inspect", "erase", "flash"]


def test_next_is_what_is_next_here_and_what_was_left_out_comes_last(set_up, make_backup):
    note_done("back_up", PORT, ME, make_backup())
    assert stand("4-erase").next.name == "erase"
    note_done("erase", PORT, ME, EraseResult(ME, 1.0))
    note_done("restore", PORT, ME, RestoreResult(ME, make_backup(2).backup, 1.0, WRITTEN, ""))
    assert stand("5-flash").next.name == "inspect"
    note_inspected(SHA, "Tasmota")
    assert stand("5-flash").next is None


def test_a_notebook_that_the_course_does_not_have_is_refused():
    with pytest.raises(ValueError, match="there is no notebook '7-party'; there are: 1-setup, "):
        stand("7-party")
