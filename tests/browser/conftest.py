"""JupyterLab as ``sonoffkit lab`` starts it, driven in a real Chromium."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

CHROMIUMS = (
    "chromium", "chromium-browser", "google-chrome", "chrome", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)  # fmt: skip
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
READY_SECONDS = 90
# Raced against a clock: evaluating a promise that never settles would hang the test for ever.
KERNEL_IS_READY = """() => Promise.race([new Promise(give => setTimeout(give, 60000, "not ready")), (async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  const kernel = panel.sessionContext.session.kernel;
  await kernel.info;
  return kernel.connectionStatus;
})()])"""
ALL_CELLS_RAN = """() => {
  const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.textContent.trim());
  return prompts.length > 0 && prompts.every(text => /^\\[\\d+\\]:$/.test(text));
}"""
SHUT_DOWN = """() => Promise.race([new Promise(give => setTimeout(give, 20000)),
  window.jupyterapp.shell.currentWidget?.sessionContext?.shutdown()])"""
NOTHING_RUNS = """() => ![...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')]
  .some(e => e.textContent.trim() === '[*]:')"""


@dataclass
class Lab:
    """A running JupyterLab: its address, its folder, and the home of its practice devices."""

    url: str
    token: str
    folder: Path
    home: Path

    def write_notebook(self, name: str, *cells: str) -> None:
        """A notebook of code cells for one test."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            # or JupyterLab asks in a dialog, and waits
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        nbformat.write(notebook, self.folder / name)


@dataclass
class NotebookPage:
    """A notebook open in the browser, and what its page did meanwhile."""

    page: Page
    lab: Lab
    console_errors: list[str] = field(default_factory=list)
    outside_requests: list[str] = field(default_factory=list)

    def open(self, name: str) -> None:
        """Open a notebook and wait until its kernel answers."""
        workspace = secrets.token_hex(4)
        self.page.goto(f"{self.lab.url}/lab/workspaces/{workspace}/tree/{name}?reset&token={self.lab.token}")
        self.wait_until_connected()

    def wait_until_connected(self) -> None:
        """The notebook is there, and its kernel answers."""
        self.page.locator(".jp-Notebook").wait_for()
        assert self.page.evaluate(KERNEL_IS_READY) == "connected"

    def in_another_page(self) -> NotebookPage:
        """The same lab in another page of this browser, whose errors count here, too."""
        page = self.page.context.new_page()
        return NotebookPage(page, self.lab, self.console_errors, self.outside_requests)

    def start_run_all(self) -> None:
        """Run > Run All Cells, without waiting."""
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def run_all(self) -> None:
        """Run > Run All Cells, and wait until each cell has run."""
        self.start_run_all()
        self.page.wait_for_function(ALL_CELLS_RAN, timeout=120_000)

    def wait_until_idle(self) -> None:
        """Wait until no cell runs; after an error the rest does not run at all."""
        self.page.wait_for_function(NOTHING_RUNS, timeout=60_000)

    def screenshot(self, name: str) -> None:
        """A picture of the whole notebook, for looking at."""
        SCREENSHOTS.mkdir(exist_ok=True)
        height = self.page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
        self.page.set_viewport_size({"width": 1280, "height": min(int(height) + 160, 8000)})
        self.page.wait_for_timeout(500)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png")

    def shut_down(self) -> None:
        """End the kernel, or the next test would find it again."""
        self.page.evaluate(SHUT_DOWN)


def _chromium() -> str | None:
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


# Not for the whole session: while Playwright runs, no other test could start an event loop in this thread.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    executable = _chromium()
    if executable is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium or Chrome here: in CI the browser tests must run")
        pytest.skip("no Chromium or Chrome was found: install one to run the browser tests")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield running
        running.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[Lab]:
    root = tmp_path_factory.mktemp("lab")
    folder, home, token, port = root / "workshop", root / "home", secrets.token_hex(8), _free_port()
    env = os.environ | {
        "SONOFFKIT_HOME": str(home),
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(root / "config"),
        "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
        "IPYTHONDIR": str(root / "ipython"),
    }
    env.pop("SONOFFKIT_VAULT", None)
    _write_settings(folder)
    command = [sys.executable, "-m", "sonoffkit", "lab", str(folder), "--no-browser", "--port", str(port)]
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--", "--expose-app-in-browser"], env=env, stdout=log, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            running = Lab(f"http://127.0.0.1:{port}", token, folder, home)
            _wait_until_up(running, server, root / "lab.log")
            yield running
        finally:
            _stop(server)


@pytest.fixture
def notebook(browser: Browser, lab: Lab) -> Iterator[NotebookPage]:
    context = browser.new_context(viewport={"width": 1280, "height": 1000})
    context.set_default_timeout(30_000)
    page = context.new_page()
    opened = NotebookPage(page, lab)

    def note_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.console_errors.append(message.text)

    def note_request(request: Request) -> None:
        if not request.url.startswith((lab.url, lab.url.replace("http", "ws"), "data:", "blob:")):
            opened.outside_requests.append(request.url)

    context.on("console", note_console)
    context.on("request", note_request)
    yield opened
    opened.shut_down()
    context.close()


def _write_settings(folder: Path) -> None:
    """Paint cells that are out of sight too, or screenshots are blank; don't save by itself."""
    settings = folder / ".sonoffkit-lab" / "@jupyterlab"
    for name, values in {
        "notebook-extension/tracker": {"windowingMode": "none"},
        "docmanager-extension/plugin": {"autosave": False},
    }.items():
        path = settings / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))


def _wait_until_up(lab: Lab, server: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{lab.url}/api/status?token={lab.token}"):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End the command and the server under it, which then ends its kernels."""
    if os.name == "posix":
        os.killpg(server.pid, signal.SIGTERM)
    else:
        server.terminate()
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
