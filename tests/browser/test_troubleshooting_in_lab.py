"""Notebook 6, and a device that does not answer, as a person meets them: hunted, cured, led to an answer by mouse."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.browser

WAITS = ".sk-result .sk-care"


def cell(notebook, says: str):
    """The code cell that holds these words."""
    return notebook.page.locator(".jp-CodeCell").filter(has_text=says)


class Hunt:
    """One of the notebook's benches, and the operation below it."""

    def __init__(self, notebook, name: str) -> None:
        self.bench = cell(notebook, f"{name}_bench = PracticeBench").locator(".pb")
        self.run = cell(notebook, f"{name} = OperationRunner").locator(".sk-run")

    def error(self) -> str:
        return self.run.locator(".sk-result .sk-bad .sk-head").inner_text()

    def press(self, name: str) -> None:
        self.bench.get_by_role("button", name=name, exact=True).click()

    def reseat(self, pin: str, other: str) -> None:
        """Take a wire off, and put it on again."""
        for tag in (f"adapter {pin}", f"board {other}") * 2:
            self.bench.locator(f"[data-pin='{tag}']").click()

    def start_in_download_mode(self) -> None:
        self.press("Power off")
        self.press("Hold the button")
        self.press("Power on")
        self.bench.get_by_text("In download mode").first.wait_for()

    def run_again(self) -> None:
        self.run.get_by_role("button", name="Run again").click()
        self.run.locator(".sk-result .sk-good").wait_for()

    def name_it(self, title: str) -> None:
        self.bench.get_by_role("combobox", name="What is wrong").select_option(label=title)
        self.press("Check")
        self.bench.locator(".pb-message", has_text="Right, and you have cured it.").wait_for()


def test_each_challenge_of_notebook_6_is_cured_on_the_bench_and_named(notebook):
    notebook.open("6-troubleshooting.ipynb")
    notebook.run_all()
    first, second, third = (Hunt(notebook, name) for name in ("first", "second", "third"))
    assert first.error().startswith("NoAnswer")
    assert second.error().startswith("GarbledAnswer")
    assert third.error().startswith("NoAnswer")
    notebook.screenshot("troubleshooting-errors")

    first.bench.get_by_text("Off: no power arrives.").first.wait_for()
    first.reseat("GND", "GND")
    first.start_in_download_mode()
    first.run_again()
    first.name_it("The adapter's GND wire is loose in its socket")

    second.press("short and good")  # another cable of the same kind
    second.run_again()
    second.name_it("The line picks up noise")

    monitor = cell(notebook, "heard = BootMonitor").locator(".sk-monitor")
    monitor.locator(".sk-finding", has_text="The device is in download mode").wait_for()
    monitor.get_by_role("button", name="Listen again").click()
    monitor.get_by_text("Waiting for the device to start").wait_for()
    third.press("Power off")
    third.press("Power on")
    monitor.locator(".sk-finding", has_text="The device started its own firmware").wait_for()
    third.reseat("TX", "RX")
    third.start_in_download_mode()
    third.run_again()
    third.name_it("The adapter's TX wire is loose in its socket")
    notebook.screenshot("troubleshooting-cured")
    assert notebook.console_errors == []
    assert notebook.outside_requests == []


def test_any_text_can_be_pasted_and_is_explained(notebook):
    notebook.lab.write_notebook("paste.ipynb", "from sonoffkit.widgets import DiagnosisBox\nDiagnosisBox()")
    notebook.open("paste.ipynb")
    notebook.run_all()
    notebook.page.locator(".sk-pasted textarea").fill("raise: [Errno 13] Permission denied: '/dev/ttyUSB0'")
    notebook.page.get_by_role("button", name="What is it?").click()
    answer = notebook.page.locator(".sk-answer")
    answer.get_by_text("usermod").first.wait_for()
    assert "Safe meanwhile" in answer.inner_text()


def test_a_learner_is_led_from_does_not_answer_to_connected(notebook):
    notebook.lab.write_notebook(
        "led.ipynb",
        "from sonoffkit.operations import identify\n"
        "from sonoffkit.practice import practice_device\n"
        "from sonoffkit.widgets import OperationRunner, PracticeBench\n"
        "device = practice_device('led', model='basic')",
        "bench = PracticeBench(device, wired=True)\n"
        "for pin in ('RX', 'TX'):\n"
        "    bench.bench.connect(pin, pin)  # the two wires are not crossed\n"
        "device.power_cycle()\n"
        "bench",
        "run = OperationRunner(identify, bench.port)\nawait run",
        "run.result.identity.mac",
    )
    notebook.open("led.ipynb")
    notebook.start_run_all()
    page, bench = notebook.page, notebook.page.locator(".pb")
    card = page.locator(WAITS)
    card.get_by_text("Try this now (1 of 5)").wait_for()
    # First advice: the button. It is done, and nothing comes, as the wires are wrong.
    for name in ("Power off", "Hold the button", "Power on"):
        bench.get_by_role("button", name=name, exact=True).click()
    tried = page.get_by_role("button", name="I did that, and it still waits")
    for number in (2, 3, 4):  # silence may have put power and ground before the crossed wires
        tried.click()
        card.get_by_text(f"Try this now ({number} of 5)").wait_for()
        if "RX and TX are not crossed." in card.inner_text():
            break
    assert "RX and TX are not crossed." in card.inner_text()
    notebook.screenshot("led")
    # And a firmware that starts is heard as soon as one wire is right.
    bench.get_by_role("button", name="Take all wires off", exact=True).click()
    for adapter, board in (("RX", "TX"), ("3V3", "3V3"), ("GND", "GND")):
        bench.locator(f"[data-pin='adapter {adapter}']").click()
        bench.locator(f"[data-pin='board {board}']").click()
    bench.get_by_role("button", name="Button of the board, held").wait_for()
    bench.get_by_role("button", name="Hold the button", exact=True).click()  # let go
    for _ in range(5):
        bench.get_by_role("button", name="Power off", exact=True).click()
        bench.get_by_role("button", name="Power on", exact=True).click()
        try:
            card.get_by_text("The device started its own firmware").wait_for(timeout=5000)
            break
        except Exception:  # it was just connecting, and did not listen
            continue
    card.get_by_text("The device started its own firmware").wait_for()
    bench.locator("[data-pin='adapter TX']").click()
    bench.locator("[data-pin='board RX']").click()
    for name in ("Power off", "Hold the button", "Power on"):
        bench.get_by_role("button", name=name, exact=True).click()
    page.locator(".sk-result .sk-good").wait_for(timeout=60_000)
    notebook.wait_until_idle()
