"""The course in Notebook 7, in JupyterLab's place: the same settings of the server, the same widgets."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator

import nbformat
import pytest
from conftest import SCREENSHOTS, Lab, _free_port, _stop, _wait_until_up, _write_settings
from looking import cut_off, overlapping, serious, settle
from playwright.sync_api import Browser, expect

from sonoffkit.course import course_notebooks
from sonoffkit.lab import lab_command, lab_environment

pytestmark = pytest.mark.browser

COURSE = ("1-setup", "2-backup", "3-inspect", "4-erase", "5-flash", "6-troubleshooting")
WIDGET = re.compile(
    r"\b(Progress|PortPicker|OperationRunner|BackupPicker|DumpPicker|ImagePicker|ReportView|SecretsView|FlashExplorer"
    r"|PracticeBench|BootMonitor|CheckView|DiagnosisBox|RecordView|TakeHome)\("
)
ROOTS = ".sk-box, .pb, .fx"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    """Notebook 7 in JupyterLab's place, with what ``sonoffkit lab`` would set."""
    root = tmp_path_factory.mktemp("notebook7")
    running = Lab(f"http://127.0.0.1:{(port := _free_port())}", secrets.token_hex(8), root / "workshop", root / "home")
    running.folder.mkdir()
    for path in course_notebooks():
        shutil.copy(path, running.folder)
    _write_settings(running.folder)
    theirs = lab_command(running.folder, "1-setup.ipynb", browser=False, port=port)[3:]
    options = [option for option in theirs if not option.startswith("--LabApp.")]
    env = lab_environment(running.folder) | {
        "SONOFFKIT_HOME": str(running.home),
        "JUPYTER_TOKEN": running.token,
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "IPYTHONDIR": str(root / "ipython"),
    }
    env.pop("SONOFFKIT_VAULT", None)
    with (root / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "notebook", *options, "--expose-app-in-browser"],
            env=env, stdout=log, stderr=subprocess.STDOUT, start_new_session=os.name == "posix",
        )  # fmt: skip
        try:
            _wait_until_up(running, server, root / "server.log")
            yield running
        finally:
            _stop(server)


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
    assert page.locator("[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert [*serious(page), *cut_off(page), *overlapping(page)] == []
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])
