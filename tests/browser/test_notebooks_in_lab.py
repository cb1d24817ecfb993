"""The notebooks and the runner in JupyterLab, as a person meets them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

SLOW_BACKUP = (
    "from sonoffkit.operations import back_up\n"
    "from sonoffkit.widgets import OperationRunner\n"
    "run = OperationRunner(back_up, 'practice://{device}?model=basic&realtime=1')",
    "await run",
    "run.result",
)


def test_the_backup_notebook_ends_with_a_result_card_that_says_verified(notebook):
    notebook.open("1-setup.ipynb")
    notebook.run_all()
    notebook.shut_down()
    notebook.open("2-backup.ipynb")
    notebook.run_all()
    card = notebook.page.locator(".sk-result .sk-good").first
    card.wait_for()
    text = card.inner_text()
    assert "Verified" in text
    assert "1 MB, the whole flash" in text
    assert len(list((notebook.lab.home / "vault").glob("*.bin"))) >= 1


def test_cancel_works_while_the_cell_waits_and_the_checkpoint_raises(notebook):
    notebook.lab.write_notebook("cancel.ipynb", *(cell.format(device="slow-1") for cell in SLOW_BACKUP))
    notebook.open("cancel.ipynb")
    notebook.start_run_all()
    notebook.page.locator(".sk-status", has_text="KB/s").wait_for()
    notebook.page.get_by_role("button", name="Cancel").click()
    notebook.page.locator(".sk-result .sk-care", has_text="Cancelled").wait_for()
    notebook.wait_until_idle()
    assert "Cancelled: You stopped it." in notebook.page.locator(".jp-Notebook").inner_text()


def test_a_runner_that_waits_for_a_hand_goes_on_when_the_buttons_are_pressed(notebook):
    notebook.lab.write_notebook(
        "hand.ipynb",
        "from sonoffkit.operations import identify\n"
        "from sonoffkit.practice import practice_device\n"
        "from sonoffkit.widgets import OperationRunner, PortPicker\n"
        "practice_device('by-hand', model='basic').power_cycle()  # it runs its firmware now",
        "PortPicker('practice://by-hand')",
        "run = OperationRunner(identify, 'practice://by-hand')\nawait run",
        "run.result.identity.mac",
    )
    (notebook.lab.home / "settings.json").unlink(missing_ok=True)
    notebook.open("hand.ipynb")
    notebook.start_run_all()
    waiting = notebook.page.locator(".sk-result .sk-care", has_text="The device does not answer.")
    waiting.wait_for()
    assert "Press the button and keep it pressed" in waiting.inner_text()
    for name in ("Hold button", "Power off", "Power on"):
        notebook.page.get_by_role("button", name=name).click()
    notebook.page.locator(".sk-result .sk-good").wait_for()


def test_the_kernels_own_stop_counts_as_cancel_and_the_next_run_goes_on(notebook):
    notebook.lab.write_notebook("stop.ipynb", *(cell.format(device="slow-2") for cell in SLOW_BACKUP))
    notebook.open("stop.ipynb")
    notebook.start_run_all()
    # After the first piece (64 KiB) there is something to go on from.
    notebook.page.wait_for_function(
        "() => { const s = document.querySelector('.sk-status'); const m = s && s.innerText.match(/^(\\d+) of/);"
        " return m && Number(m[1]) > 80 }"
    )
    notebook.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:interrupt-kernel') }")
    notebook.page.locator(".sk-result .sk-care", has_text="Cancelled").wait_for()
    notebook.wait_until_idle()
    assert list((notebook.lab.home / "vault").glob("*.checkpoint"))
    notebook.page.get_by_role("button", name="Run again").click()
    notebook.page.locator(".sk-status", has_text="KB/s").wait_for()
    assert int(notebook.page.locator(".sk-status").inner_text().split()[0]) >= 64
    notebook.page.get_by_role("button", name="Cancel").click()
    notebook.page.locator(".sk-result .sk-care", has_text="Cancelled").wait_for()


@pytest.fixture
def real_port(tmp_path: Path) -> Iterator[str]:
    """A path that nothing in the kit takes for a practice port."""
    if os.name != "posix":
        pytest.skip("there is no pseudo-terminal on this system")
    command = [sys.executable, "-m", "sonoffkit", "practice", "--model", "basic", "--home", str(tmp_path / "device")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
        server.terminate()


def test_a_real_device_is_erased_only_after_the_end_of_its_mac_was_typed(notebook, real_port, tmp_path):
    notebook.lab.write_notebook(
        "guard.ipynb",
        "from sonoffkit.operations import back_up, erase\nfrom sonoffkit.widgets import OperationRunner",
        f"saved = OperationRunner(back_up, {real_port!r})\nawait saved",
        f"run = OperationRunner(erase, {real_port!r})\nawait run",
        "run.result.identity.mac",
    )
    notebook.open("guard.ipynb")
    notebook.start_run_all()
    notebook.page.locator(".sk-result .sk-care", has_text="This is a real device").wait_for()
    notebook.screenshot("guard")
    flash = tmp_path / "device" / "flash.bin"
    before = flash.read_bytes()
    field = notebook.page.get_by_label("Last four letters and digits of its MAC:").locator("visible=true")
    field.fill("0000")
    field.press("Enter")
    notebook.page.get_by_text("That is not the end of its MAC. Nothing was done.").wait_for()
    assert flash.read_bytes() == before
    mac = json.loads((tmp_path / "device" / "device.json").read_text())["mac"]
    field.fill(mac.replace(":", "")[-4:])
    field.press("Enter")
    notebook.page.wait_for_function("() => document.querySelectorAll('.sk-result .sk-good').length === 2")
    assert set(flash.read_bytes()) == {0xFF}
