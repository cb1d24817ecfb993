"""JupyterLab, or another program for notebooks, as ``sonoffkit lab`` starts it, and a Chromium on it."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from sonoffkit.course import course_notebooks
from sonoffkit.lab import SETTINGS

__all__ = [
    "COURSE",
    "SCREENSHOTS",
    "STDERR",
    "Lab",
    "NotebookPage",
    "chromium",
    "notebook_page",
    "open_page",
    "running_chromium",
    "running_lab",
]

CHROMIUMS = (
    "chromium", "chromium-browser", "google-chrome", "chrome", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)  # fmt: skip
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
SCREENSHOTS = Path(__file__).resolve().parents[2] / "screenshots"
COURSE = tuple(path.stem for path in course_notebooks())
STDERR = "[data-mime-type='application/vnd.jupyter.stderr']"
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


def chromium() -> str | None:
    """Where this machine's Chromium or Chrome is."""
    return next((found for name in CHROMIUMS if (found := shutil.which(name))), None)


@contextlib.contextmanager
def running_chromium() -> Iterator[Browser]:
    executable = chromium()
    if executable is None:
        sys.exit("No Chromium or Chrome was found: install one.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


def sonoffkit_lab(folder: Path, port: int, python: str | Path = sys.executable) -> list[str]:
    """The command of the kit itself."""
    return [str(python), "-m", "sonoffkit", "lab", str(folder), "--no-browser", "--port", str(port), "--"]


@contextlib.contextmanager
def running_lab(root: Path, command: Callable[[Path, int], list[str]] = sonoffkit_lab, **more: str) -> Iterator[Lab]:
    """What that command starts, in a folder of its own: no practice device or backup of a person.

    ``command`` gets the workshop's folder and a port; ``more`` is for its environment.
    """
    folder, home, token, port = root / "workshop", root / "home", secrets.token_hex(8), _free_port()
    env = (
        os.environ
        | more
        | {
            "SONOFFKIT_HOME": str(home),
            "JUPYTER_TOKEN": token,
            "JUPYTER_CONFIG_DIR": str(root / "config"),
            "JUPYTERLAB_WORKSPACES_DIR": str(root / "workspaces"),
            "IPYTHONDIR": str(root / "ipython"),
        }
    )
    for name in ("SONOFFKIT_VAULT", "PYTHONPATH"):
        env.pop(name, None)
    root.mkdir(parents=True, exist_ok=True)
    _write_settings(folder)
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(
            [*command(folder, port), "--expose-app-in-browser"], env=env, cwd=root, stdout=log,
            stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        try:
            lab = Lab(f"http://127.0.0.1:{port}", token, folder, home)
            _wait_until_up(lab, server, root / "lab.log")
            yield lab
        finally:
            _stop(server)


@contextlib.contextmanager
def open_page(
    browser: Browser, lab: Lab, *, width: int = 1280, height: int = 1000, scale: float = 1
) -> Iterator[NotebookPage]:
    """A page for that program's notebooks, which notes what goes wrong on it."""
    context = browser.new_context(viewport={"width": width, "height": height}, device_scale_factor=scale)
    context.set_default_timeout(30_000)
    opened = NotebookPage(context.new_page(), lab)

    def note_console(message: ConsoleMessage) -> None:
        if message.type == "error":
            opened.console_errors.append(message.text)

    def note_request(request: Request) -> None:
        if not request.url.startswith((lab.url, lab.url.replace("http", "ws"), "data:", "blob:")):
            opened.outside_requests.append(request.url)

    context.on("console", note_console)
    context.on("request", note_request)
    yield opened
    context.close()


@contextlib.contextmanager
def notebook_page(lab: Lab, *, width: int = 1280, height: int = 1000, scale: float = 1) -> Iterator[NotebookPage]:
    """A page in a Chromium of its own."""
    with running_chromium() as browser, open_page(browser, lab, width=width, height=height, scale=scale) as notebook:
        yield notebook


def _write_settings(folder: Path) -> None:
    """Paint cells that are out of sight too, or screenshots are blank; don't save by itself."""
    settings = folder / ".sonoffkit-lab" / "@jupyterlab"
    for name, values in {
        "notebook-extension/tracker": SETTINGS["@jupyterlab/notebook-extension/tracker"] | {"windowingMode": "none"},
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
