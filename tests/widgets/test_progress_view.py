"""Progress, record and take home as widgets, without a browser; and that jobs write themselves down."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from waiting import wait_until

from sonoffkit.course import course_notebooks
from sonoffkit.operations import back_up, erase, flash, identify, restore
from sonoffkit.paths import read_settings, vault_folder
from sonoffkit.practice import lesson_images
from sonoffkit.progress import change_journal, journal_file, note_hunted, note_port, read_journal, read_record
from sonoffkit.report import inspect_dump
from sonoffkit.vault import Vault
from sonoffkit.widgets import OperationRunner, PortPicker, Progress, RecordView, ReportView, TakeHome
from sonoffkit.widgets.job import JobState

URL = "practice://basic"


def told(progress: Progress) -> str:
    (output,) = progress._card.outputs
    return str(output["data"]["text/plain"])


def page(progress: Progress) -> str:
    (output,) = progress._card.outputs
    return str(output["data"]["text/html"])


def words(widget) -> str:
    return re.sub(r"<[^>]+>", " ", widget.value)


def done() -> list[str]:
    return [one.what for one in read_journal().done]


@pytest.fixture
def backed_up(sonoff):
    """Notebooks 1 and 2, as far as progress goes."""
    PortPicker(URL).save()
    OperationRunner(identify, URL).wait()
    return OperationRunner(back_up, URL, sticker="7").wait().result.backup


# Jobs write themselves down


def test_what_a_learner_does_is_written_down(backed_up, tmp_path):
    image = tmp_path / "hello.bin"
    image.write_bytes(next(iter(lesson_images().values())))
    ReportView(inspect_dump(backed_up.path))
    for runner in (OperationRunner(erase), OperationRunner(flash, image=image), OperationRunner(restore)):
        _ = runner.wait().result
    assert sorted(done()) == ["backup", "erase", "flash", "hello", "inspect", "port", "restore"]


def test_a_device_that_was_silent_and_then_answered_is_a_fault_met_and_solved(sonoff):
    sonoff.power_cycle()
    assert OperationRunner(identify, URL, patience=0.1).wait().state == "failed"
    (fault,) = read_journal().faults
    assert (fault.title, fault.times, fault.solved) == ("The device does not answer", 1, "")
    sonoff.power_off()
    sonoff.hold_button()
    sonoff.power_on()
    OperationRunner(identify, URL).wait()
    assert read_journal().faults[0].solved


def test_a_fault_is_written_down_while_its_job_still_waits(sonoff):
    sonoff.power_cycle()
    runner = OperationRunner(identify, URL).start()
    wait_until(lambda: runner.job.snapshot().state is JobState.WAITING)
    wait_until(lambda: read_journal().faults)  # a kernel that is killed now has it
    runner.cancel()
    runner.job.wait()
    assert read_journal().faults[0].solved == ""


def test_a_refusal_is_a_fault_of_that_operation(sonoff):
    OperationRunner(erase, URL).wait()
    (fault,) = read_journal().faults
    assert (fault.title, fault.operation) == ("There is no verified backup of this device yet", "erase")


def test_a_job_that_was_stopped_before_it_began_leaves_nothing(sonoff, home):
    OperationRunner(identify, URL).cancel()
    assert read_journal().faults == ()
    assert not journal_file().exists()


def test_a_job_goes_well_where_progress_cannot_be_written(sonoff, home):
    journal_file().mkdir(parents=True)  # as unwritable as a thing can be, for an administrator, too
    runner = OperationRunner(identify, URL).wait()
    assert runner.result.identity.mac == sonoff.mac.hex(":")
    assert any(line.startswith("Your progress could not be written down. (") for line in runner.job.log())


# At a notebook's top


def test_at_the_beginning_it_leads_to_the_first_notebook():
    assert told(Progress("4-erase")).splitlines()[1] == "First: choose a port, in 1-setup; this notebook needs it."
    assert 'in <a href="1-setup.ipynb">1-setup</a>' in page(Progress("4-erase"))


def test_it_says_what_is_done_and_when_and_what_comes_next(backed_up):
    text = told(Progress("2-backup"))
    assert re.search(r"Device said hello: today \d\d:\d\d, Backup verified: today \d\d:\d\d, Dump inspected: not", text)
    assert "Next: look into a dump, in 3-inspect." in text
    assert f"MAC {backed_up.manifest.mac}, sticker 7." in text


def test_each_step_has_a_sign_and_a_word_and_not_only_a_colour(backed_up):
    steps = re.findall(r"<li[^>]*>(.*?)</li>", page(Progress("3-inspect")))
    assert [re.sub(r"<[^>]+>", "", step)[0] for step in steps] == ["✓", "✓", "✓", "→", "○", "○"]
    assert all("<small>" in step for step in steps)


def test_it_follows_what_is_done(sonoff):
    progress = Progress("1-setup")
    assert "Next: choose a port, in this notebook." in told(progress)
    PortPicker(URL).save()
    progress.refresh()
    assert "Next: say hello to the device, in this notebook." in told(progress)


def test_links_lead_to_notebooks_that_there_are(home):
    there = {path.name for path in course_notebooks()}
    for name in ("1-setup", "2-backup", "3-inspect", "4-erase", "5-flash"):
        assert set(re.findall(r'href="([^"]+)"', page(Progress(name)))) <= there


def test_faults_are_counted(sonoff):
    OperationRunner(erase, URL).wait()
    assert "Faults met: 1; solved: 0." in told(Progress("6-troubleshooting"))
    assert "Hidden faults" not in told(Progress("6-troubleshooting"))
    note_hunted("The line picks up noise")
    assert "Hidden faults named on the bench: 1." in told(Progress("6-troubleshooting"))


def test_a_damaged_progress_is_told_with_its_place(home):
    home.mkdir()
    journal_file().write_text("damaged")
    note_port()
    assert "could not be read, and a new one was begun" in told(Progress("1-setup"))
    assert str(home / "progress-damaged-1.json") in told(Progress("1-setup"))


def test_progress_that_cannot_be_read_is_said_and_the_card_is_there(home):
    journal_file().mkdir(parents=True)
    assert "Your progress cannot be read." in told(Progress("1-setup"))


def test_a_mistyped_notebook_is_refused():
    with pytest.raises(ValueError, match="there is no notebook '2-bakup'"):
        Progress("2-bakup")


# The record


def test_the_record_takes_name_and_sticker_and_is_saved(backed_up, tmp_path):
    view = RecordView(tmp_path)
    assert view._sticker.value == "7"
    assert backed_up.manifest.sha256 in words(view._card)
    view._name.value, view._sticker.value = " Ada\nLovelace ", "8"
    view._save.click()
    record = read_record(view.saved)
    assert (record.learner, record.devices[0].sticker) == ("Ada Lovelace", "8")
    assert str(view.saved) in words(view._says)


def test_a_record_looks_good_only_while_nothing_is_open(backed_up, sonoff, tmp_path):
    view = RecordView(tmp_path)
    assert "sk-good" in view._card.value
    sonoff.power_cycle()
    OperationRunner(identify, URL, patience=0).wait()
    view.refresh()
    assert "sk-good" not in view._card.value
    assert "What you did (✓), and what is open (○)" in words(view._card)


def test_the_name_is_there_again_in_the_next_notebook(backed_up, tmp_path):
    first = RecordView(tmp_path)
    first._name.value = "Ada"
    first.save()
    assert RecordView(tmp_path)._name.value == "Ada"


def test_in_the_notebooks_folder_the_record_is_linked(backed_up, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    view = RecordView()
    view.save()
    (output,) = view._link.outputs
    assert f'href="{view.saved.name}"' in output["data"]["text/html"]
    assert Path(view.saved.name).is_file()


def test_without_anything_done_the_record_says_where_to_begin(tmp_path):
    view = RecordView(tmp_path)
    assert "Begin with notebook 1-setup." in words(view._card)
    view.save()
    assert read_record(view.saved).devices == ()


def test_a_folder_that_is_none_is_said(tmp_path):
    view = RecordView(tmp_path / "nowhere")
    view.save()
    assert "cannot be written" in words(view._says)
    assert view.saved is None


# Take home and wipe


@pytest.fixture
def stick(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


def take(folder: Path) -> TakeHome:
    widget = TakeHome()
    widget._folder.value = str(folder)
    widget._take.click()
    widget.wait()
    return widget


def test_the_second_button_is_there_only_after_the_copy_was_checked(backed_up, stick):
    assert TakeHome()._delete.layout.display == "none"
    widget = take(stick)
    assert widget._delete.layout.display is None
    assert widget._delete.description == "Delete them from this computer (1 backup and progress)"
    assert str(widget.packed.path) in words(widget._says)
    assert backed_up.path.exists()


def test_the_second_button_deletes_and_says_what(backed_up, stick):
    widget = take(stick)
    widget._delete.click()
    widget.wait()
    assert "Deleted from this computer: 1 backup, and your progress" in words(widget._says)
    assert "delete them by hand if this computer is not yours" in words(widget._says)
    assert list(vault_folder().glob("*.bin")) == []
    assert "port" not in read_settings()
    assert widget._delete.layout.display == "none"
    assert len(list(stick.glob("*.zip"))) == 1


def test_what_stayed_is_told(backed_up, stick):
    widget = take(stick)
    backed_up.path.write_bytes(b"changed")
    widget._delete.click()
    widget.wait()
    assert "Not everything could be deleted." in words(widget._says)
    assert "it was changed since it was copied" in words(widget._says)


def test_without_a_folder_it_asks_for_one(backed_up):
    widget = TakeHome()
    widget._take.click()
    assert "Type a folder first." in words(widget._says)


def test_a_refusal_is_shown_and_deletes_nothing(backed_up):
    widget = take(vault_folder())
    assert "is inside the vault" in words(widget._says)
    assert widget._delete.layout.display == "none"
    assert backed_up.path.exists()


def test_a_second_try_that_is_refused_takes_the_second_button_away(backed_up, stick):
    widget = take(stick)
    widget._folder.value = str(stick / "nowhere")
    widget._take.click()
    widget.wait()
    assert widget._delete.layout.display == "none"


def test_others_backups_are_offered_and_left_unless_ticked(saved, stick):
    widget = TakeHome()
    assert widget._all.layout.display is None
    assert widget._all.description == "Also 1 backup that your progress does not name (perhaps not yours)"
    change_journal(lambda journal: journal.with_done("port"))
    assert take(stick).packed.backups == 0
    widget._all.value, widget._folder.value = True, str(stick)
    widget.take()
    widget.wait()
    assert widget.packed.backups == 1
    assert len(Vault().backups()) == 1
