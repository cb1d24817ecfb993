"""The paths that people take through the course's own notebooks, by mouse and keyboard, found by roles and names."""

from __future__ import annotations

import re

import pytest
from person import BACKUP, ERASE, FLASH, HELLO, RESTORE, Switch, choose_port, with_a_backup
from playwright.sync_api import expect

from sonoffkit.practice import lesson_images, practice_device

pytestmark = pytest.mark.browser

# An image that nothing in the kit takes for one to practise with; turned round, the mark leaves the checksum as it is.
MARK, HELLO_WORDS = b"sonoffkit practice image", b"Hello from your own firmware!"
NO_PRACTICE = lesson_images()["practice-hello.bin"].replace(MARK, MARK[::-1])
REFUSED = "That is not the end of its MAC. Nothing was done."
MAC_FIELD = "Last four letters and digits of its MAC:"


def test_a_port_is_found_by_unplugging_another_is_clicked_and_that_one_says_hello(person):
    page, mini = person.page, practice_device(folder=person.notebook.lab.home / "practice" / "mini", model="mini")
    person.notebook.open("1-setup.ipynb")
    person.run_all()
    person.sees_done(HELLO)
    page.get_by_role("button", name="Find mine").click()
    person.reads(page, "Unplug the adapter, or plug it in if it is out.")
    mini.unplug()
    person.reads(page, "Now plug it in again.")
    assert page.get_by_role("option", name="practice://mini").count() == 0
    mini.plug_in()
    person.reads(page, "Found: practice://mini")
    expect(page.get_by_role("listbox", name="Which port?").get_by_role("option", selected=True)).to_have_text(
        re.compile("^practice://mini")
    )
    page.get_by_role("option", name="practice://pow-r2").click()
    person.reads(page, "Chosen: practice://pow-r2")
    person.run_cell("picker.save()")
    person.run_cell("hello = OperationRunner(identify)")
    person.reads(person.box(f"{HELLO} on practice://pow-r2"), f"{HELLO}: done", "4 MB, id")


def test_with_the_keyboard_alone_a_port_is_chosen_and_says_hello(person):
    page = person.page
    person.notebook.open("1-setup.ipynb")
    ports = page.get_by_role("listbox", name="Which port?")
    while not ports.count():
        page.keyboard.press("Shift+Enter")
        page.get_by_role("button", name=re.compile(r"\| Idle$")).wait_for()
    person.tab_to("Which port?")
    page.keyboard.press("ArrowDown")
    person.reads(page, "Chosen: practice://mini")
    for _ in range(5):  # the list's own cell runs again, too
        page.keyboard.press("Shift+Enter")
    person.reads(person.box(f"{HELLO} on practice://mini"), f"{HELLO}: done")


def test_a_backup_is_cancelled_and_goes_on_and_a_pulled_cable_holds_it_up_and_no_more(person, tmp_path):
    with Switch.on_a_port(tmp_path / "device", "--realtime") as switch:
        choose_port(person.notebook.lab, switch.port)
        person.notebook.open("2-backup.ipynb")
        person.run_all()
        box = person.sees_kilobytes(BACKUP, hundreds=1)
        person.press(box, "Cancel")
        person.reads(box, "Cancelled")
        person.reads(person.page, "Cancelled: You stopped it.")

        person.press(box, "Run again")
        person.sees_kilobytes(BACKUP, hundreds=2)
        switch.touch("hold", "unplug")
        person.reads(box, "Waiting for the device.", re.compile(r"Try this now \(1 of"))
        switch.touch("plug")
        person.sees_done(BACKUP)
        person.reads(box, "by the device itself", "from the try before")
        whole = switch.flash()
    (backup,) = (person.notebook.lab.home / "vault").glob("*.bin")
    assert backup.read_bytes() == whole


def test_a_restore_is_started_by_hand_and_goes_on_after_the_power_was_taken_away(person):
    page, lab = person.page, person.notebook.lab
    with_a_backup(lab, "practice://basic", then_erase=True)  # so there is much to write back
    choose_port(lab, "practice://basic?realtime=1")
    person.notebook.open("5-flash.ipynb")
    person.run_all()
    person.sees_done(FLASH)
    box = person.box(RESTORE)
    person.press(box, "Start")
    person.sees_kilobytes(RESTORE, hundreds=1)
    for button in ("Power off", "Hold button"):
        page.get_by_role("button", name=button).click()
    person.reads(box, "Waiting for the device.", re.compile(r"Try this now \(1 of"))
    page.get_by_role("button", name="Power on").click()
    person.sees_done(RESTORE)
    person.reads(box, "every byte as it was")
    (backup, *_) = sorted((lab.home / "vault").glob("*.bin"))
    assert (lab.home / "practice" / "basic" / "flash.bin").read_bytes() == backup.read_bytes()


def test_a_real_device_is_erased_and_written_only_after_the_end_of_its_mac_was_typed(person, tmp_path):
    page = person.page
    with Switch.on_a_port(tmp_path / "device") as switch:
        choose_port(person.notebook.lab, switch.port)
        person.notebook.open("2-backup.ipynb")
        person.run_all()
        person.sees_done(BACKUP)
        whole = switch.flash()

        person.notebook.open("4-erase.ipynb")
        person.run_all()
        box = person.box(ERASE)
        person.reads(box, "This is a real device. Everything on the device will be erased.", "Waiting for you.")
        box.get_by_label(MAC_FIELD).fill("0000")
        person.press(box, "Confirm")
        person.reads(box, REFUSED)
        assert switch.flash() == whole
        box.get_by_label(MAC_FIELD).press_sequentially(switch.mac_end)
        person.press(box, "Confirm")
        person.sees_done(ERASE)
        blank = switch.flash()
        assert set(blank) == {0xFF}

        person.notebook.open("5-flash.ipynb")
        person.run_all()
        box = person.box(FLASH)
        person.reads(box, "The firmware on the device will be overwritten.", "practice-blink.bin")
        box.get_by_label(MAC_FIELD).press_sequentially("0000\n")
        person.reads(box, REFUSED)
        page.keyboard.type(f"{switch.mac_end}\n")
        person.reads(box, "ImageIsPractice: practice-blink.bin is for the practice Sonoff and holds no program.")
        assert switch.flash() == blank

        with page.expect_file_chooser() as chooser:
            page.get_by_role("button", name="Add a file").click()
        chooser.value.set_files({"name": "mine.bin", "mimeType": "application/octet-stream", "buffer": NO_PRACTICE})
        person.reads(page, "mine.bin is a sound ESP8266 image")
        person.press(box, "Run again")
        person.reads(box, "Written: mine.bin")
        assert switch.flash() == blank
        box.get_by_label(MAC_FIELD).press_sequentially(f"{switch.mac_end}\n")
        person.sees_done(FLASH)
        assert HELLO_WORDS in switch.flash()
