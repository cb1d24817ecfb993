"""Progress, record, take home and wipe in JupyterLab, by mouse and labels; and the record on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from sonoffkit.progress.page import record_page
from sonoffkit.progress.record import BackupMade, DeviceRecord, FaultMet, Looked, Record, Written, read_record

pytestmark = pytest.mark.browser

CELLS = (
    "from sonoffkit.operations import back_up, identify\n"
    "from sonoffkit.ports import save_choice\n"
    "from sonoffkit.widgets import OperationRunner, Progress, RecordView, TakeHome\n"
    "save_choice('practice://progress?model=basic')",
    "Progress('4-erase')",
    "hello = OperationRunner(identify)\nawait hello",
    "run = OperationRunner(back_up, sticker='7')\nawait run",
    "RecordView()",
    "TakeHome()",
)
THEME = "theme => window.jupyterapp.commands.execute('apputils:change-theme', { theme }).then(() => 1)"


def test_a_learner_sees_what_is_next_saves_the_record_and_leaves_nothing_behind(notebook, tmp_path):
    page, lab = notebook.page, notebook.lab
    for name in ("progress.json", "settings.json"):
        (lab.home / name).unlink(missing_ok=True)
    lab.write_notebook("progress.ipynb", *CELLS)
    notebook.open("progress.ipynb")
    notebook.run_all()
    card = page.locator(".sk-progress")
    card.get_by_text("Next:").wait_for()
    assert "erase the flash, in 4-erase" in card.inner_text() or "in this notebook" in card.inner_text()
    assert "today" in card.get_by_role("listitem").filter(has_text="Backup verified").inner_text()

    page.get_by_label("Your name (if you like):").fill("Ada")
    page.get_by_role("button", name="Save the record").click()
    page.get_by_role("link", name=re.compile("sonoffkit-record_Ada_7_.*html")).wait_for()
    (file,) = lab.folder.glob("sonoffkit-record_*.html")
    record = read_record(file)
    assert (record.learner, record.devices[0].sticker, bool(record.devices[0].original)) == ("Ada", "7", True)

    stick = tmp_path / "stick"
    stick.mkdir()
    page.get_by_label("Zip into:").fill(str(stick))
    page.get_by_role("button", name="Take home").click()
    page.get_by_text("each read back and the same").wait_for()
    notebook.screenshot("progress")
    page.evaluate(THEME, "JupyterLab Dark")
    notebook.screenshot("progress-dark")
    page.evaluate(THEME, "JupyterLab Light")
    page.get_by_role("button", name="Delete them from this computer").click()
    page.get_by_text("Deleted from this computer: 1 backup").wait_for()
    assert len(list(stick.glob("*.zip"))) == 1
    assert not (lab.home / "progress.json").exists()
    page.locator(".sk-progress").get_by_text("First:").wait_for()
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])


def test_a_notebook_opened_too_early_leads_to_the_one_before(notebook):
    for name in ("progress.json", "settings.json"):
        (notebook.lab.home / name).unlink(missing_ok=True)
    notebook.lab.write_notebook("early.ipynb", "from sonoffkit.widgets import Progress", "Progress('4-erase')")
    notebook.open("early.ipynb")
    notebook.run_all()
    notebook.page.locator(".sk-progress").get_by_role("link", name="1-setup").click()
    notebook.page.get_by_role("heading", name="Setup: wires, a port, a hello").wait_for()
    notebook.page.get_by_role("tab", name="early.ipynb").click()  # the early one is still open, and is shut down
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])


def longest_record() -> Record:
    """One that fills each list that is shown, and some that are not."""
    when, sha = "2026-11-28T15:43:00+01:00", "0123456789abcdef" * 4
    device = DeviceRecord(
        "a long number 12345678", "ESP8266EX", 1 << 20, False, when, when,
        (BackupMade(sha, when, False),) * 3, tuple(Written(f"{'long' * 9}{n}.bin", sha, when, False) for n in range(9)),
    )  # fmt: skip
    faults = tuple(
        FaultMet(f"{n}: What is on the device is not what was to be there", 3, when, when) for n in range(20)
    )
    looked = tuple(Looked(f"A firmware of a maker, version {n}", when) for n in range(9))
    return Record("0123abcd", "A learner with a rather long name " * 3, when, (device,) * 5, looked, faults).sealed()


def test_the_longest_record_prints_on_one_sheet(browser: Browser, tmp_path):
    file = tmp_path / "record.html"
    file.write_text(record_page(longest_record()), encoding="utf-8")
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(file.as_uri())
    paper = page.pdf(prefer_css_page_size=True)
    page.close()
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 1
    assert asked == [file.as_uri()]
