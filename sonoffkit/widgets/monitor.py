"""The boot monitor: what a device says when it starts, live, and what that means."""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from pathlib import Path

import ipywidgets as widgets
import traitlets

from ..bootlog import Comparison, Finding, Verdict
from ..errors import SonoffkitError
from ..firmware.dump_file import read_dump
from ..ports import chosen_port, is_practice
from .awaited import AwaitedBox
from .hand import PracticeHand
from .listening import Listening, ListeningState, Moment
from .sheet import sheet
from .style import says

__all__ = ["BootMonitor"]

CYCLE = "Take the device's power away and give it again."
NOT_THE_PLUG = (
    "If the adapter gives the power, pull the wire with the 3.3 V, not the USB plug: with the plug the port goes, too, "
    "and with it the device's first words."
)
PRACTICE_CYCLE = "Click 'Power off' and 'Power on' above; with the button held, it starts in download mode."
TO_THE_END = (
    '<div tabindex="0" role="log" aria-live="off" aria-label="What the device says" '
    'style="max-height: 480px; margin: 6px 0; overflow-y: auto; display: flex; flex-direction: column-reverse">'
)
# JupyterLab takes the padding of any pre away; one that shrinks would scroll by itself, and hide its end.
UNCUT = "flex: none; max-height: none; padding: 6px 12px; word-break: normal"
KINDS = {Verdict.DOWNLOAD: "good", Verdict.LOOP: "bad", Verdict.BAD_IMAGE: "bad"}


class BootMonitor(AwaitedBox):
    """Listens at 74880 baud on a port, never sends, and tells what it heard.

    ``await monitor`` in a notebook's cell shows it, starts it, and goes on when a
    start was heard and has said what it says, or after ``seconds``; what ends in
    an error is shown, and raised by ``monitor.finding`` only. The buttons stay
    alive meanwhile, and the kernel's own Stop ends it. In a script,
    ``monitor.wait()``. With a ``dump`` (its bytes, or its file), what the device
    loads is held against it: ``monitor.comparison``. ``when_listening`` is done
    once, as soon as no word can be missed: a practice device may be started so.

    >>> monitor = BootMonitor(seconds=30)                       # doctest: +SKIP
    >>> await monitor                                           # doctest: +SKIP
    """

    state = traitlets.Unicode(ListeningState.READY.value, read_only=True)

    def __init__(
        self,
        port: str | None = None,
        *,
        seconds: float = 60.0,
        dump: bytes | Path | str | None = None,
        when_listening: Callable[[], object] | None = None,
    ) -> None:
        self.port = port or chosen_port()
        self._seconds = seconds
        self._dump = dump if dump is None or isinstance(dump, bytes) else read_dump(dump)
        self._listening = self._new(when_listening)
        self._make_parts()
        buttons = widgets.HBox([self._start, self._stop])
        super().__init__([sheet(), self._title, buttons, self._hand, self._status, self._text, self._card])
        self.add_class("sk-monitor")
        self._show()

    # For notebooks and scripts

    def start(self) -> BootMonitor:
        """Begin to listen, anew where it is over; another monitor on the same port makes way."""
        if self._listening.is_over:
            self._listening = self._new()
        self._listening.start()
        self._watch()
        return self

    def stop(self) -> None:
        """End it; there is a finding of what was heard so far."""
        self._listening.stop()

    def wait(self, timeout: float | None = None) -> BootMonitor:
        """Start it if need be and wait until it is over, or ``timeout`` seconds."""
        if not self._listening.is_over:
            self.start()
        self._listening.wait(timeout)
        self._show()
        return self

    @property
    def finding(self) -> Finding:
        """What was heard, judged; raises the PortError that ended it, or NotFinished."""
        return self._listening.finding

    @property
    def comparison(self) -> Comparison | None:
        """How what the device loaded compares with the dump; None without a dump."""
        _ = self._listening.finding
        return self._listening.moment().comparison

    def _work(self) -> Listening:
        return self._listening

    def _begin(self) -> None:
        self.start()

    def _end(self) -> None:
        self._listening.stop()

    def _new(self, when_listening: Callable[[], object] | None = None) -> Listening:
        return Listening(self.port, self._seconds, self._dump, when_listening)

    # The parts

    def _make_parts(self) -> None:
        self._title = widgets.HTML(
            '<span class="sk-title">Boot monitor</span> '
            f'<span class="sk-quiet">listens on {html.escape(self.port)}, and sends nothing</span>'
        ).add_class("sk-html")
        self._start = widgets.Button(description="Start", button_style="primary", icon="play").add_class("sk-start")
        self._stop = widgets.Button(description="Stop", icon="stop").add_class("sk-stop")
        self._status = widgets.HTML().add_class("sk-html").add_class("sk-status")
        self._hand = PracticeHand()
        self._text = widgets.HTML().add_class("sk-heard")
        self._card = widgets.HTML().add_class("sk-html").add_class("sk-finding")
        self._start.on_click(lambda _: self.start())
        self._stop.on_click(lambda _: self.stop())
        self._hand.serve(self.port)

    # Showing

    def _show_now(self) -> None:
        now = self._listening.moment()
        live = self._listening.is_live
        self._start.disabled, self._stop.disabled = live, not live
        self._start.description = "Listen again" if now.state.is_over else "Start"
        self._status.value = f'<span role="status">{html.escape(_status(now, self.port))}</span>'
        self._text.value = _text(now.text)
        self._card.value = _card(now)
        self.set_trait("state", now.state.value)


def _status(now: Moment, port: str) -> str:
    """Where it stands, and what the person should do."""
    if now.state is ListeningState.READY:
        return "Ready. While it listens, no other program can have the port."
    if now.state is ListeningState.UNPLUGGED:
        return f"The adapter is unplugged. Plug it in again, and it goes on. {NOT_THE_PLUG}"
    if now.state is ListeningState.OTHER_SPEEDS:
        return "That cannot be read. Trying other speeds…"
    if now.state is ListeningState.LISTENING:
        left = f"{math.ceil(now.seconds_left)} s left."
        if now.text:
            return f"It speaks. Listening whether more comes… {left}"
        todo = PRACTICE_CYCLE if is_practice(port) else f"{CYCLE} {NOT_THE_PLUG}"
        return f"Waiting for the device to start: {todo[0].lower()}{todo[1:]} {left}"
    if now.state is ListeningState.FAILED:
        return "It could not listen to the end."
    return "It has listened. What it heard, and what to do next, stands below."


def _text(text: str) -> str:
    """What was heard, scrolled to its end; empty for nothing."""
    if not text.strip():
        return ""
    return TO_THE_END + f'<pre class="sk-code" style="{UNCUT}">{html.escape(text.strip())}</pre></div>'


def _card(now: Moment) -> str:
    """What was heard and what to do next, or what went wrong; empty while it listens."""
    if now.error:
        hint = now.error.hint if isinstance(now.error, SonoffkitError) else ""
        return says("bad", f"{type(now.error).__name__}: {now.error}", hint)
    if not now.finding:
        return ""
    return says(KINDS.get(now.finding.verdict, "care"), now.finding.says, f"Next: {now.finding.next}", _rows(now))


def _rows(now: Moment) -> list[tuple[str, str]]:
    rows = [("Adapter", now.heard.note)] if now.heard and now.heard.note else []
    if now.comparison:
        rows += [("Compared with the dump", now.comparison.says), *(("", line) for line in now.comparison.differs)]
    return rows
