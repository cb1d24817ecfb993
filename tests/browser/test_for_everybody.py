"""The widgets' other states as axe-core sees them, and the main path with nothing but a keyboard."""

from __future__ import annotations

import os

import pytest
from lab_in_chromium import SCREENSHOTS, NotebookPage
from looking import LIGHT_AND_DARK, cut_off, overlapping, serious, settle, switch_theme
from person import Person
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

IMPORTS = (
    "import subprocess, sys\n"
    "from sonoffkit.operations import back_up, erase, identify\n"
    "from sonoffkit.ports import Kind, Port\n"
    "from sonoffkit.practice import practice_device\n"
    "from sonoffkit.report import inspect_dump\n"
    "from sonoffkit.widgets import BootMonitor, DumpPicker, LoopBack, OperationRunner, PortPicker, PracticeBench\n"
    "from sonoffkit.widgets import SecretsView, TakeHome"
)
# What the course's own notebooks do not show by Run All; test_looks_in_lab.py looks at those.
WAITING = (
    "practice_device('waits', model='basic').power_cycle()  # it runs its firmware now\n"
    "OperationRunner(identify, 'practice://waits').start()",
    "PortPicker(find=lambda: [])",
    "finding = PortPicker(find=lambda: [Port('COM3', 'CP2102 USB to UART Bridge', Kind.ADAPTER)])\n"
    "finding.find_mine()\nfinding",
    "DumpPicker()",
    "SecretsView(inspect_dump('dumps/sample-basic.bin'))",
    "LoopBack('COM9')",
    "PracticeBench(practice_device('in-danger', model='basic'))",
)
RUNNING = (
    "OperationRunner(back_up, 'practice://saved?model=basic').wait()",
    "TakeHome()",
    "monitor = BootMonitor('practice://listens?model=basic', seconds=600)\nmonitor.start()\nmonitor",
    "OperationRunner(back_up, 'practice://slow?model=basic&realtime=1', baud=115200).start()",
)
# A port that nothing in the kit takes for a practice port.
ASKING = (
    "server = subprocess.Popen([sys.executable, '-m', 'sonoffkit', 'practice', '--model', 'basic', '--home', 'real'],\n"
    "                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)\n"
    "real = server.stdout.readline().strip()\n"
    "OperationRunner(back_up, real).wait()",
    "OperationRunner(erase, real).start()",
)


def wait_for(page: Page, *words: str) -> None:
    for each in words:
        expect(page.get_by_text(each).locator("visible=true").first).to_be_visible(timeout=60_000)


def into_waiting(page: Page) -> None:
    page.get_by_role("button", name="Show them").click()
    page.get_by_role("button", name="It is wired: test it").click()
    page.get_by_label("Mains plug, out of the wall: put it in").press("Enter")
    wait_for(page, "Try this now (1 of", "No adapter is plugged in.", "Unplug", "Hide them", "There is no port COM9")


def into_running(page: Page) -> None:
    page.get_by_label("Zip into:").fill(".")
    page.get_by_role("button", name="Take home").click()
    page.locator(".sk-run").get_by_role("button", name="Copy").locator("visible=true").click()
    wait_for(page, "each read back and the same", "Where to?", "KB/s", "Waiting for the device to start")


def into_asking(page: Page) -> None:
    wait_for(page, "This is a real device.")
    page.get_by_label("Last four letters and digits of its MAC:").locator("visible=true").fill("12")


@pytest.mark.parametrize(
    ("name", "cells", "get_there"),
    [
        ("waiting", WAITING, into_waiting),
        ("running", RUNNING, into_running),
        pytest.param(
            "asking",
            ASKING,
            into_asking,
            marks=pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal"),
        ),
    ],
)
def test_no_state_of_a_widget_bars_anybody_or_is_cut_off(notebook, name, cells, get_there):
    notebook.lab.write_notebook(f"{name}.ipynb", IMPORTS, *cells)
    notebook.open(f"{name}.ipynb")
    notebook.start_run_all()
    get_there(notebook.page)
    found = [
        line for width in (1280, 768) for theme in LIGHT_AND_DARK for line in problems(notebook, name, width, theme)
    ]
    assert found == []
    assert (notebook.console_errors, notebook.outside_requests) == ([], [])


def problems(notebook: NotebookPage, name: str, width: int, theme: str) -> list[str]:
    page = notebook.page
    page.set_viewport_size({"width": width, "height": 6000})
    switch_theme(page, theme)
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"states-{name}-{width}-{theme}.png")
    return [f"{width} {theme}: {line}" for line in (*serious(page), *cut_off(page), *overlapping(page))]


def test_with_the_keyboard_alone_a_port_is_chosen_a_device_greeted_and_the_log_opened(notebook):
    notebook.lab.write_notebook(
        "keys.ipynb",
        IMPORTS,
        "picker = PortPicker()\npicker",
        "OperationRunner(identify, 'practice://mini')",
        "OperationRunner(back_up, 'practice://by-keys?model=basic&realtime=1', baud=115200)",
        "SecretsView(inspect_dump(DumpPicker().folder / 'sample-basic.bin'))",
    )
    notebook.open("keys.ipynb")
    notebook.run_all()
    settle(notebook.page)
    page, keyboard = notebook.page, Person(notebook)
    hello, saving = page.locator(".sk-run").first, page.locator(".sk-run").last
    cells = page.locator(".jp-CodeCell").count()

    keyboard.tab_to("Which port?")
    for key, port in (("Home", "practice://basic"), ("ArrowDown", "practice://mini")):
        keyboard.press_keys(key)
        page.locator(".sk-picker .sk-says", has_text=f"Chosen: {port}").wait_for()
    keyboard.press_keys("x", "d", "d")  # the notebook's shortcuts for cutting and deleting a cell
    assert page.locator(".jp-CodeCell").count() == cells

    keyboard.tab_to("Start")
    keyboard.press_keys("Enter")
    hello.locator(".sk-result .sk-good").wait_for()
    keyboard.tab_to("The same in a terminal")
    keyboard.press_keys("Enter")
    hello.get_by_text("In JupyterLab: File, New, Terminal.").wait_for()
    keyboard.tab_to("What esptool says")
    keyboard.press_keys("Space")
    hello.locator(".sk-log .sk-code").wait_for()

    keyboard.tab_to("Start")
    keyboard.press_keys("Space")
    saving.locator(".sk-status", has_text="KB/s").wait_for()
    keyboard.tab_to("Cancel")
    keyboard.press_keys("Enter")
    saving.locator(".sk-result", has_text="Cancelled").wait_for()

    keyboard.tab_to("Secrets")
    keyboard.tab_to("Show them")
    keyboard.press_keys("Space")
    page.get_by_role("button", name="Hide them").wait_for()
    assert page.locator(".jp-CodeCell").count() == cells
    assert notebook.console_errors == []
