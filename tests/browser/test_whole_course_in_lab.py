"""The whole course, from the first notebook to the one-page record, as a learner goes it: by roles and names alone."""

from __future__ import annotations

import re

import pytest
from person import BACKUP, ERASE, FLASH, HELLO, LONG, RESTORE, Person
from playwright.sync_api import expect

from sonoffkit.progress.record import read_record

pytestmark = pytest.mark.browser


def follow(learner: Person, name: str, heading: str) -> None:
    """The link of the card at the top, to the notebook that is next; each one before stays open."""
    page = learner.page
    top = page.get_by_role("paragraph").filter(has_text=re.compile(f"^Next: .*{name}")).first
    top.get_by_role("link", name=name).click()
    page.get_by_role("heading", name=heading).wait_for()
    page.get_by_role("button", name=re.compile(r"\| Idle$")).wait_for(timeout=LONG)
    learner.run_all()


def made(learner: Person, step: str) -> None:
    """The card at the top says that it is done."""
    item = learner.page.get_by_role("list", name="Your progress").get_by_role("listitem").filter(has_text=step)
    expect(item).to_contain_text("✓", timeout=LONG)


def answer(learner: Person, cell: str, with_what: str) -> None:
    """Click into an exercise, write the answer where None stands, and run it."""
    page = learner.page
    page.get_by_role("textbox").filter(has_text=cell).click()
    for key in ("Control+Home", "End", *["Backspace"] * len("None")):
        page.keyboard.press(key)
    page.keyboard.type(with_what)
    page.keyboard.press("Control+Enter")


def save_record(learner: Person, sticker: str = "") -> None:
    record = learner.box("Your record")
    if sticker:
        record.get_by_label("Your name (if you like):").fill("Ada")
        record.get_by_label("Number on the sticker:").fill(sticker)
    learner.press(record, "Save the record")
    learner.reads(record, "Saved")


def power(learner: Person, *buttons: str) -> None:
    for button in buttons:
        learner.page.get_by_role("button", name=button).click()


def test_a_learner_goes_from_the_first_notebook_to_the_record_at_the_end(person):
    learner = person
    page, lab = learner.page, learner.notebook.lab
    learner.notebook.open("1-setup.ipynb")
    learner.run_all()
    learner.sees_done(HELLO)
    made(learner, "Device said hello")
    answer(learner, "bytes_to_save = None", "1048576")
    learner.reads(page, "The next notebook saves all of them.")

    follow(learner, "2-backup", "Backup: save everything, and prove it")
    learner.reads(learner.sees_done(BACKUP), "by the device itself")
    learner.reads(page, "the same, byte for byte")
    made(learner, "Backup verified")

    follow(learner, "3-inspect", "Inspect: what a dump tells")
    made(learner, "Dump inspected")

    follow(learner, "4-erase", "Erase: a blank flash")
    learner.sees_done(ERASE)
    made(learner, "Flash erased")

    follow(learner, "5-flash", "Flash: a firmware of your choice")
    learner.sees_done(FLASH)
    made(learner, "Firmware written")
    power(learner, "Power off", "Power on")
    learner.reads(page, re.compile("runs its firmware$"))
    learner.press(learner.box(RESTORE), "Start")
    learner.reads(learner.box(RESTORE), "The device does not answer.")
    power(learner, "Power off", "Hold button", "Power on")
    learner.reads(learner.sees_done(RESTORE), "every byte as it was")
    save_record(learner, "7")

    page.get_by_role("link", name="6-troubleshooting").last.click()
    page.get_by_role("heading", name="Troubleshooting: read it, find it, cure it").wait_for()
    page.get_by_role("button", name=re.compile(r"\| Idle$")).wait_for(timeout=LONG)
    learner.run_all()
    record = learner.box("Your record")
    learner.reads(record, "What you did")
    expect(record.get_by_label("Number on the sticker:")).to_have_value("7")
    save_record(learner)
    link = record.get_by_role("link", name=re.compile("sonoffkit-record_Ada_7_.*html"))
    name = link.inner_text()
    link.click()
    page.get_by_role("tab", name=name).wait_for()
    sheet = page.frame_locator("iframe")
    sheet.get_by_role("heading", name="Ada").wait_for()
    saved = read_record(lab.folder / name)
    (device,) = [one for one in saved.devices if one.sticker]
    assert (saved.learner, device.sticker, device.practice) == ("Ada", "7", True)
    assert device.hello
    assert device.erased
    assert device.original
    assert [one.restored for one in device.written] == [False, True]
    assert saved.looked
    assert {fault.title for fault in saved.faults if fault.solved}
    sheet.get_by_text(device.original.sha256).first.wait_for()
