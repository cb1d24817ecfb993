"""Readiness in a notebook: the checks of this computer, and the test of an adapter alone."""

from __future__ import annotations

import html
import threading
from collections.abc import Callable, Iterable

import ipywidgets as widgets

from ..checks import HOW_TO_WIRE, Check, Echo, System, loop_back, nothing_to_do, run_checks
from .sheet import sheet
from .style import code_block, says

__all__ = ["CheckView", "LoopBack"]

LOOKS = {
    True: ("✓", "var(--sk-good)", "fine"),
    False: ("✗", "var(--sk-bad)", "to do"),
    None: ("–", "inherit", "does not apply"),
}
LEGEND = "✓ fine, ✗ to do, – does not apply here, or cannot be told from here"
HANGING = "display: grid; grid-template-columns: 1.6em minmax(0, 1fr); overflow-wrap: anywhere"


class _Look(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """A box with one button, whose work is done in a thread: a callback must not keep the kernel."""

    def __init__(
        self, title: str, label: str, style: str, above: list[widgets.Widget], below: list[widgets.Widget]
    ) -> None:
        self._button = widgets.Button(description=label, icon="search", layout=widgets.Layout(width="auto"))
        self._button.add_class("sk-look").on_click(lambda _: self.start())
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        head = widgets.HTML(f'<span class="sk-title">{html.escape(title)}</span>').add_class("sk-html")
        super().__init__([sheet(), head, *above, self._button, *below])
        self.add_class("sk-box")
        self.add_class(style)

    def start(self) -> None:
        """Begin, unless it is at work."""
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._button.disabled = True
                self._thread = threading.Thread(target=self._working, name="sonoffkit check", daemon=True)
                self._thread.start()

    def wait(self, timeout: float | None = None) -> None:
        """Until it is done, or ``timeout`` seconds."""
        if self._thread:
            self._thread.join(timeout)

    def _working(self) -> None:
        try:
            self._work()
        finally:
            self._button.disabled = False

    def _work(self) -> None:
        raise NotImplementedError


class CheckView(_Look):
    """What ``sonoffkit check`` says, a line for each thing as soon as it was looked at.

    It looks once by itself, and again by its button. ``checks`` are the lines,
    ``ready`` whether nothing needs doing; ``wait()`` first in a script.
    """

    def __init__(self, ports: Iterable[str] = (), system: System | None = None) -> None:
        self._ports, self._system = tuple(ports), system
        self.checks: tuple[Check, ...] = ()
        self._lines = widgets.HTML().add_class("sk-html").add_class("sk-checks")
        self._sum = widgets.HTML().add_class("sk-html").add_class("sk-ready")
        super().__init__("Is this computer ready?", "Check again", "sk-check", [self._lines, self._sum], [])
        self.start()

    @property
    def ready(self) -> bool:
        return nothing_to_do(self.checks)

    def _work(self) -> None:
        self.checks = ()
        self._sum.value = '<span class="sk-quiet" role="status">Looking …</span>'
        for check in run_checks(self._ports, self._system):
            self.checks = (*self.checks, check)
            self._lines.value = "".join(map(_row, self.checks))
        self._sum.value = self._summary()

    def _summary(self) -> str:
        wrong = sum(check.ok is False for check in self.checks)
        legend = f'<div class="sk-quiet">{LEGEND}</div>'
        if not wrong:
            return legend + says("good", _ready(self.checks))
        return legend + says(
            "bad", f"{wrong} to do.", "Do what stands beside each ✗, then check again. Nothing has been changed."
        )


class LoopBack(_Look):
    """The test of an adapter alone, its TX wired to its own RX; ``result`` is what it found, None before."""

    def __init__(self, port: str, test: Callable[..., Check] = loop_back) -> None:
        self._port, self._test = port, test
        self.result: Check | None = None
        steps = "".join(f"<li>{html.escape(step)}</li>" for step in HOW_TO_WIRE)
        how = widgets.HTML(f"<ol>{steps}</ol>").add_class("sk-html").add_class("sk-steps")
        self._speeds = widgets.HTML().add_class("sk-html").add_class("sk-speeds")
        self._card = widgets.HTML().add_class("sk-html").add_class("sk-result")
        super().__init__(
            f"Is the adapter on {port} good?", "It is wired: test it", "sk-loop", [how], [self._speeds, self._card]
        )

    def _work(self) -> None:
        self.result, self._card.value, self._speeds.value = None, "", ""
        told: list[str] = []

        def tell(echo: Echo) -> None:
            told.append(str(echo))
            self._speeds.value = code_block(told)

        self.result = self._test(self._port, tell=tell)
        self._card.value = says("good" if self.result.ok else "bad", self.result.says, self.result.do)


def _ready(checks: Iterable[Check]) -> str:
    if any(check.name == "adapters" for check in checks):  # a line that is there for none only
        return "Ready for the practice Sonoff; no adapter for a real one was found."
    return "Ready: nothing needs doing."


def _row(check: Check) -> str:
    sign, colour, words = LOOKS[check.ok]
    do = f'<div class="sk-quiet">→ {html.escape(check.do)}</div>' if check.do else ""
    return (
        f'<div class="sk-line" style="{HANGING}"><b style="color: {colour}" role="img" '
        f'aria-label="{words}">{sign}</b> <div>{html.escape(check.says)}{do}</div></div>'
    )
