"""What a person does in JupyterLab, each thing found by its role and name; and a switch in that person's hand."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from lab_in_chromium import Lab, NotebookPage
from playwright.sync_api import Locator, expect

__all__ = [
    "BACKUP", "COMPARE", "ERASE", "FLASH", "HELLO", "LONG", "RESTORE", "Person", "Switch", "choose_port", "clean_desk",
    "with_a_backup",
]  # fmt: skip

LONG = 90_000  # ms: for what takes some seconds here, and more where others work, too
# What the runners are called.
HELLO, BACKUP, COMPARE = "Say hello to the device", "Back up the whole flash", "Compare the device with a backup"
ERASE, FLASH, RESTORE = "Erase the whole flash", "Write a firmware", "Write the backup back"
BACK_IT_UP = """
from sonoffkit.operations import back_up, erase
from sonoffkit.session import connect

with connect({port!r}) as device:
    saved = back_up(device)
    if {then_erase}:
        erase(device, saved.backup)
"""
SHUT_ALL_DOWN = "() => window.jupyterapp.serviceManager.sessions.shutdownAll()"
FOCUS = """() => { const it = document.activeElement; const style = getComputedStyle(it);
  return { name: (it.getAttribute('aria-label') || it.labels?.[0]?.textContent || it.textContent || '').trim(),
    seen: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    ours: Boolean(it.closest('.sk-box')) }; }"""


class Person:
    """Somebody in front of a notebook."""

    def __init__(self, notebook: NotebookPage) -> None:
        self.notebook, self.page = notebook, notebook.page

    def run_all(self) -> None:
        """Run > Run All Cells."""
        self.page.get_by_role("menuitem", name="Run", exact=True).click()
        self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()

    def run_cell(self, says: str) -> None:
        """Click into the cell that says this, and run it."""
        self.page.get_by_role("textbox").filter(has_text=says).click()
        self.page.keyboard.press("Control+Enter")

    def tab_to(self, name: str) -> None:
        """Tab on and on, until that place of ours has the focus; each on the way shows that it has it."""
        met: list[str] = []
        for _ in range(60):
            focus = self.page.evaluate(FOCUS)
            if focus["ours"]:
                assert focus["seen"], f"nobody sees that {focus['name']} has the focus"
                if focus["name"].startswith(name):
                    return
            met.append(focus["name"][:40])
            self.page.keyboard.press("Tab")
        pytest.fail(f"Tab does not lead to {name}, but to {met}")

    def press_keys(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def box(self, title: str) -> Locator:
        """The runner, or another box, of that title."""
        return self.page.get_by_role("group", name=title)

    def press(self, box: Locator, name: str) -> None:
        box.get_by_role("button", name=re.compile(rf"{name}$")).click()

    def reads(self, where: Locator, *words: str | re.Pattern[str], timeout: float = LONG) -> None:
        """Wait until that is to be read there."""
        for each in words:
            expect(where.get_by_text(each).locator("visible=true").first).to_be_visible(timeout=timeout)

    def sees_done(self, title: str, timeout: float = LONG) -> Locator:
        """Wait for the green end of an operation."""
        box = self.box(title)
        self.reads(box, f"{title}: done", timeout=timeout)
        return box

    def sees_kilobytes(self, title: str, hundreds: int) -> Locator:
        """Wait until so many hundreds of KB are there, and more to come."""
        box = self.box(title)
        that_many = re.compile(rf"^([{hundreds}-9]\d\d|\d{{4}}) of ")
        expect(box.get_by_role("status").filter(has_text=that_many)).to_be_visible(timeout=LONG)
        return box

    def leave(self) -> None:
        """All kernels end, or the next test would find them."""
        self.page.evaluate(SHUT_ALL_DOWN)


class Switch:
    """A practice Sonoff in a program of its own, on a port that nothing in the kit takes for a practice port."""

    def __init__(self, folder: Path, server: subprocess.Popen[str]) -> None:
        self._folder, self._server = folder, server

    @classmethod
    @contextmanager
    def on_a_port(cls, folder: Path, *options: str) -> Iterator[Switch]:
        if os.name != "posix":
            pytest.skip("there is no pseudo-terminal on this system")
        command = [sys.executable, "-m", "sonoffkit", "practice", "--model", "basic", "--home", str(folder), *options]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            assert server.stdout.readline().startswith("/dev/")
            try:
                yield cls(folder, server)
            finally:
                server.terminate()

    @property
    def port(self) -> str:
        """Its name, which stays when the adapter is plugged in again."""
        return str(self._folder / "port")

    @property
    def mac_end(self) -> str:
        about = json.loads((self._folder / "device.json").read_text(encoding="utf-8"))
        return str(about["mac"]).replace(":", "")[-4:]

    def flash(self) -> bytes:
        return (self._folder / "flash.bin").read_bytes()

    def touch(self, *words: str) -> None:
        """Button, power, plug or fault, as ``sonoffkit practice`` takes them."""
        assert self._server.stdin is not None
        self._server.stdin.write("".join(f"{word}\n" for word in words))
        self._server.stdin.flush()


def clean_desk(lab: Lab) -> None:
    """As on the first evening: no port chosen, no backup, nothing done."""
    shutil.rmtree(lab.home, ignore_errors=True)
    for record in lab.folder.glob("sonoffkit-record_*"):
        record.unlink()
    for image in (lab.folder / "images").glob("mine*"):
        image.unlink()


def choose_port(lab: Lab, port: str) -> None:
    """As notebook 1 has remembered it."""
    lab.home.mkdir(parents=True, exist_ok=True)
    (lab.home / "settings.json").write_text(json.dumps({"port": port}), encoding="utf-8")


def with_a_backup(lab: Lab, port: str = "practice://basic", *, then_erase: bool = False) -> None:
    """As after notebook 2, or 4: that port is chosen, and a verified backup of its device is in the vault."""
    choose_port(lab, port)
    command = [sys.executable, "-c", BACK_IT_UP.format(port=port, then_erase=then_erase)]
    subprocess.run(command, env=os.environ | {"SONOFFKIT_HOME": str(lab.home)}, check=True)
