"""The boot monitor in JupyterLab: a person with nothing but its buttons, while the cell waits."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

CELLS = (
    "from sonoffkit.ports import practice_at\n"
    "from sonoffkit.widgets import BootMonitor\n"
    "sonoff = practice_at('practice://{device}?model=basic')\n"
    "monitor = BootMonitor('practice://{device}', seconds=60, dump=sonoff.contents())",
    "await monitor",
    "print('went on:', monitor.finding.verdict, monitor.comparison.same)",
)


def test_by_its_buttons_a_start_is_heard_and_the_cell_goes_on(notebook):
    notebook.lab.write_notebook("listen.ipynb", *(cell.format(device="heard-1") for cell in CELLS))
    notebook.open("listen.ipynb")
    notebook.start_run_all()
    page = notebook.page
    page.locator(".sk-status", has_text="Waiting for the device to start").wait_for()
    notebook.screenshot("monitor-waiting")
    page.get_by_role("button", name="Power off").click()
    page.get_by_role("button", name="Power on").click()
    page.locator(".sk-heard", has_text="jump to run user1 @ 1000").wait_for()
    page.locator(".sk-finding", has_text="its button was not held").wait_for()
    notebook.wait_until_idle()
    assert "went on: firmware True" in page.locator(".jp-Notebook").inner_text()
    notebook.screenshot("monitor-firmware")
    page.get_by_role("button", name="Listen again").click()
    page.get_by_role("button", name="Hold button").click()
    page.get_by_role("button", name="Power off").click()
    page.get_by_role("button", name="Power on").click()
    page.locator(".sk-finding .sk-good", has_text="The device is in download mode").wait_for()
    notebook.screenshot("monitor-download")
    assert notebook.console_errors == []
    assert notebook.outside_requests == []


def test_a_busy_port_is_told_on_the_card(notebook):
    cells = (
        CELLS[0].format(device="busy-1") + "\nfrom sonoffkit.ports import open_port\nheld = open_port(monitor.port)",
        "await monitor",
    )
    notebook.lab.write_notebook("busy.ipynb", *cells)
    notebook.open("busy.ipynb")
    notebook.run_all()
    notebook.page.locator(".sk-finding .sk-bad", has_text="Close whatever else uses it").wait_for()
    notebook.screenshot("monitor-busy")
