"""The course in Notebook 7, in JupyterLab's place: the same settings of the server, the same widgets."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from lab_in_chromium import COURSE, SCREENSHOTS, STDERR, Lab, running_lab
from looking import cut_off, overlapping, serious, settle
from playwright.sync_api import Browser, expect

from sonoffkit.course import course_notebooks
from sonoffkit.lab import lab_command, lab_environment

pytestmark = pytest.mark.browser

WIDGET = re.compile(
    r"\b(Progress|PortPicker|OperationRunner|BackupPicker|DumpPicker|ImagePicker|ReportView|SecretsView|FlashExplorer"
    r"|PracticeBench|BootMonitor|CheckView|DiagnosisBox|RecordView|SupportReport|TakeHome)\("
)
ROOTS = ".sk-box, .pb, .fx"


def notebook_7(folder: Path, port: int) -> list[str]:
    """Notebook 7 in JupyterLab's place, with what ``sonoffkit lab`` would set."""
    for path in course_notebooks():
        shutil.copy(path, folder)
    theirs = lab_command(folder, "1-setup.ipynb", browser=False, port=port)[3:]
    return [sys.executable, "-m", "notebook", *(option for option in theirs if not option.startswith("--LabApp."))]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("notebook7")
    with running_lab(root, notebook_7, **lab_environment(root / "workshop")) as running:
        yield running


@pytest.mark.parametrize("name", COURSE)
def test_run_all_in_notebook_7_shows_the_same_widgets(notebook, name):
    page, lab = notebook.page, notebook.lab
    source = nbformat.read(lab.folder / f"{name}.ipynb", as_version=4)
    made = sum(len(WIDGET.findall(cell.source)) for cell in source.cells if cell.cell_type == "code")
    page.set_viewport_size({"width": 768, "height": 1000})
    page.goto(f"{lab.url}/notebooks/{name}.ipynb?token={lab.token}")
    notebook.wait_until_connected()
    notebook.run_all()
    expect(page.locator(ROOTS)).to_have_count(made)
    settle(page)
    height = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    page.set_viewport_size({"width": 768, "height": min(int(height) + 160, 14_000)})
    settle(page)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"notebook7-{name}.png")
    assert page.locator(STDERR).count() == 0
    assert [*serious(page), *cut_off(page), *overlapping(page)] == []
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])
