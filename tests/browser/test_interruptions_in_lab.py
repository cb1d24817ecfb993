"""What happens to people in the middle: a reload, a restarted kernel, two notebooks on one device, a large file."""

from __future__ import annotations

import re

import pytest
from person import BACKUP, COMPARE, FLASH, HELLO, LONG, RESTORE, Person, Switch, choose_port, with_a_backup
from playwright.sync_api import expect

from sonoffkit.practice import lesson_images

pytestmark = pytest.mark.browser

IMAGE = lesson_images()["practice-hello.bin"]


def back_up(person: Person, port: str, hundreds: int = 1) -> None:
    """Run notebook 2, until so many hundreds of KB are there."""
    choose_port(person.notebook.lab, port)
    person.notebook.open("2-backup.ipynb")
    person.run_all()
    person.sees_kilobytes(BACKUP, hundreds)


def test_a_reload_in_the_middle_stops_nothing_and_the_cell_run_again_shows_what_still_runs(person):
    lab = person.notebook.lab
    with_a_backup(lab, "practice://basic", then_erase=True)  # so there is much to write back
    choose_port(lab, "practice://basic?realtime=1")
    person.notebook.open("5-flash.ipynb")
    person.run_all()
    person.sees_done(FLASH)
    person.press(person.box(RESTORE), "Start")
    person.sees_kilobytes(RESTORE, 1)
    person.page.reload()
    person.notebook.wait_until_connected()
    expect(person.box(RESTORE)).to_have_count(0)
    person.run_cell("OperationRunner(restore")
    box = person.sees_kilobytes(RESTORE, 1)
    expect(box.get_by_role("button", name="Start")).to_be_disabled()
    person.reads(person.sees_done(RESTORE), "every byte as it was")
    (backup, *_) = sorted((lab.home / "vault").glob("*.bin"))
    assert (lab.home / "practice" / "basic" / "flash.bin").read_bytes() == backup.read_bytes()


def test_a_reload_in_the_middle_of_run_all_leaves_its_cells_running_to_their_end(person, tmp_path):
    """A cell that is waited for holds up the one that is run again; then nothing is left to be read."""
    with Switch.on_a_port(tmp_path / "device", "--realtime") as switch:
        back_up(person, switch.port)
        person.page.reload()
        person.notebook.wait_until_connected()
        person.run_cell("backup_run = OperationRunner(back_up")
        person.reads(person.sees_done(BACKUP), "by the device itself", "1024 KB as in an earlier backup")
        whole = switch.flash()
    backups = list((person.notebook.lab.home / "vault").glob("*.bin"))
    assert [backup.read_bytes() == whole for backup in backups] == [True, True]


def test_a_kernel_that_is_restarted_in_the_middle_goes_on_where_it_stopped(person, tmp_path):
    page = person.page
    with Switch.on_a_port(tmp_path / "device", "--realtime") as switch:
        back_up(person, switch.port, hundreds=4)
        page.get_by_role("menuitem", name="Kernel", exact=True).click()
        page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
        page.get_by_role("button", name="Confirm Kernel Restart").click()
        page.get_by_role("button", name=re.compile(r"\| Idle$")).wait_for(timeout=LONG)
        person.run_all()
        person.reads(person.sees_done(BACKUP), "by the device itself", "from the try before")


def test_two_notebooks_at_once_on_one_device_take_turns(person):
    """The second is the one that erases: it must not even begin."""
    back_up(person, "practice://basic?realtime=1")
    other = Person(person.notebook.in_another_page())
    other.notebook.open("4-erase.ipynb")
    other.run_all()
    card = other.box(HELLO)
    other.reads(card, "PortBusy: Another program has the port practice://basic?realtime=1 open.")
    person.sees_done(BACKUP)
    person.sees_done(COMPARE)
    other.press(card, "Run again")
    other.sees_done(HELLO)
    other.page.close()


@pytest.mark.parametrize("megabytes", [0, 12])
def test_an_image_is_added_by_the_file_chooser(person, tmp_path, megabytes):
    """A browser's message of more than 10 MiB would vanish without a word, but for what ``sonoffkit lab`` sets."""
    page, folder = person.page, person.notebook.lab.folder
    file = tmp_path / f"mine-{megabytes}.bin"
    file.write_bytes(IMAGE + b"\xff" * (megabytes << 20))
    choose_port(person.notebook.lab, "practice://basic")
    person.notebook.open("5-flash.ipynb")
    person.run_all()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add a file").click()
    chooser.value.set_files(file)
    size = f"{file.stat().st_size:,} bytes".replace(",", " ")
    person.reads(page, f"{file.name} is a sound ESP8266 image", size)
    assert (folder / "images" / file.name).read_bytes() == file.read_bytes()
