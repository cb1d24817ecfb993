"""A plain page with the practice bench: its own script, and the real widget in Python behind a small model."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page

from sonoffkit.widgets import PracticeBench

DARK = """--jp-layout-color1: #111111; --jp-layout-color2: #1e1e1e; --jp-ui-font-color1: #ffffffde;
  --jp-ui-font-color2: #ffffffb3; --jp-border-color2: #424242; --jp-brand-color1: #64b5f6"""
MODEL = """
const state = STATE;
const listeners = {};
window.model = {
  get: (name) => state[name],
  on: (name, call) => (listeners[name] ||= []).push(call),
  off: (name, call) => { listeners[name] = (listeners[name] || []).filter((one) => one !== call); },
  send: async (message) => window.model.take(await window.toPython(message)),
  take: (scene) => {
    if (!scene || JSON.stringify(scene) === JSON.stringify(state.scene)) return;
    state.scene = scene;
    (listeners["change:scene"] || []).forEach((call) => call());
  },
};
window.unmount = render({ model: window.model, el: document.querySelector("#bench") });
"""


@dataclass
class BenchPage:
    """The page, the widget behind it, and what went wrong."""

    page: Page
    widget: PracticeBench
    problems: list[str] = field(default_factory=list)
    asked: list[dict[str, object]] = field(default_factory=list)

    def open(self, folder: Path, style: str = "", before: str = "") -> None:
        """Write the page, and open it."""
        self.page.expose_function("toPython", self._hear)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("console", lambda said: said.type == "error" and self.problems.append(said.text))
        self.page.on("request", lambda asked: asked.url.startswith("file:") or self.problems.append(asked.url))
        state = json.dumps({"board": self.widget.board, "scene": self.widget.scene})
        file = folder / "bench.html"
        file.write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>bench</title>'
            f"<style>{self.widget._css}</style>"
            f'<body style="margin: 12px; background: var(--jp-layout-color1, #fff); {style}">{before}'
            '<div id="bench"></div>'
            f'<script type="module">{self.widget._esm}\n{MODEL.replace("STATE", state)}</script></body></html>',
            encoding="utf-8",
        )
        self.page.goto(file.as_uri())
        self.page.locator(".pb").wait_for()

    def _hear(self, message: dict[str, object]) -> dict[str, object]:
        """As Jupyter hands a message over; then what the widget shows once it has done it."""
        self.asked.append(message)
        self.widget._handle_custom_msg(message, [])
        self.settle()
        return dict(self.widget.scene)

    def settle(self) -> None:
        """Until the widget has done all that it was asked for."""
        done = threading.Event()
        self.widget._pulse.do(done.set)
        assert done.wait(60)

    def refresh(self) -> None:
        """Hand over what changed by another hand."""
        self.widget._look()
        self.page.evaluate("scene => model.take(scene)", dict(self.widget.scene))

    def pin(self, name: str) -> Locator:
        """A pin by its name, as ``adapter TX``, wired or not."""
        return self.page.locator(f'[data-pin="{name}"]')

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def state(self) -> str:
        return self.page.get_by_role("status", name="What the device does now").inner_text()
