"""A plain page with the explorer in it: the widget's own state, and a small model in place of Jupyter's."""

from __future__ import annotations

import base64
import json
import math
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

from sonoffkit.firmware.secrets import Secret, SecretKind
from sonoffkit.widgets.explorer import FlashExplorer, explorer_script, explorer_style

BLOCK = 1024
TRAITS = ("name", "payload", "entropy", "block", "ceiling", "regions", "masks", "colours", "other", "selection")
DARK = """--jp-layout-color1: #111111; --jp-layout-color2: #1e1e1e; --jp-ui-font-color1: #ffffffde;
  --jp-ui-font-color2: #ffffffb3; --jp-border-color2: #424242; --jp-brand-color1: #64b5f6"""
MODEL = """
const bytesOf = (value) => {
  if (value && value.base64 !== undefined) {
    return new DataView(Uint8Array.from(atob(value.base64), (letter) => letter.charCodeAt(0)).buffer);
  }
  if (value && typeof value === "object" && !Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bytesOf(part)]));
  }
  return value;
};
const state = bytesOf(STATE);
const listeners = {};
window.sent = [];
window.model = {
  get: (name) => state[name],
  set: (name, value) => { state[name] = value; window.model.tell("change:" + name); },
  on: (name, call) => (listeners[name] ||= []).push(call),
  off: (name, call) => { listeners[name] = (listeners[name] || []).filter((one) => one !== call); },
  tell: (name, ...values) => (listeners[name] || []).forEach((call) => call(...values)),
  save_changes: () => window.sent.push({ selection: state.selection }),
  send: (message) => window.sent.push(message),
  receive: (message, buffers) => window.model.tell("msg:custom", message,
    buffers.map((text) => bytesOf({ base64: text }))),
};
window.unmount = render({ model: window.model, el: document.querySelector("#explorer") });
"""


@dataclass
class Talk:
    """What Python's side of the widget said."""

    messages: list[tuple[dict[str, object], list[bytes]]] = field(default_factory=list)


class ListeningExplorer(FlashExplorer):
    """The explorer, keeping what it sends to the browser."""

    _esm = FlashExplorer._esm
    _css = FlashExplorer._css

    def __init__(self, *reports):
        self.talk = Talk()
        super().__init__(*reports)

    def send(self, content, buffers=None):
        self.talk.messages.append((content, list(buffers or [])))


def entropy_of(data: bytes) -> float:
    """Shannon's, in bits a byte."""
    return -sum(count / len(data) * math.log2(count / len(data)) for count in Counter(data).values()) + 0.0


def report_of(data: bytes, regions=None, secrets=(), name="practice") -> SimpleNamespace:
    """A report with as much in it as the explorer reads."""
    regions = [("everything", 0, len(data), "unknown")] if regions is None and data else regions or []
    return SimpleNamespace(
        name=name,
        data=data,
        layout=SimpleNamespace(
            regions=tuple(
                SimpleNamespace(name=title, start=start, end=end, kind=kind, note="")
                for title, start, end, kind in regions
            )
        ),
        secrets=tuple(Secret(SecretKind.WIFI_PASSWORD, at, size, data[at : at + size]) for at, size in secrets),
        numbers=SimpleNamespace(
            entropy=[entropy_of(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)], block=BLOCK, ceiling=7.81
        ),
    )


def write_page(folder: Path, widget: FlashExplorer, *, style: str = "") -> Path:
    """The page of a widget, as a file."""
    state = json.dumps({name: _plain(getattr(widget, name)) for name in TRAITS})
    # The handle is for the benchmark and the tests; in a notebook nobody can reach it.
    script = explorer_script().replace("class Explorer {", "window.explorers = [];\nclass Explorer {", 1)
    script = script.replace("    this.host = element;", "    this.host = element;\n    window.explorers.push(this);", 1)
    start, path = MODEL.replace("STATE", state), folder / "explorer.html"
    path.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>explorer</title><style>{explorer_style()}</style>'
        f'<body style="margin: 12px; background: var(--jp-layout-color1, #fff); {style}"><div id="explorer"></div>'
        f'<script type="module">{script}\n{start}</script></body></html>',
        encoding="utf-8",
    )
    return path


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return value
