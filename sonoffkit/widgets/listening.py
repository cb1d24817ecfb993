"""Listening for a device's start, in a thread: its state, its words, its finding. Knows no widget."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum

from ..bootlog import Comparison, Finding, Heard, compare, decode, hear_a_start, judge
from ..errors import NotFinished, PortError, PortLost
from ..masking import mask_text
from ..ports import open_port

__all__ = ["Listening", "ListeningState", "Moment", "let_go"]

SHOWN = 6000  # bytes of what was heard last: a screen or two
LOOK_AGAIN_SECONDS = 0.5
HAND_OVER_SECONDS = 5.0
UNREADABLE = re.compile(r"[^\x20-\x7e\n\t]")


class ListeningState(StrEnum):
    """Where it stands."""

    READY = "ready"
    LISTENING = "listening"
    UNPLUGGED = "unplugged"  # the adapter was pulled: it may come back
    OTHER_SPEEDS = "other speeds"  # nothing could be read, so it tries
    HEARD = "heard"  # there is a finding, be it silence
    FAILED = "failed"

    @property
    def is_over(self) -> bool:
        return self in (ListeningState.HEARD, ListeningState.FAILED)


@dataclass(frozen=True)
class Moment:
    """It at one moment: what a view shows. ``text`` is what was heard last, with secrets masked."""

    state: ListeningState = ListeningState.READY
    text: str = ""
    seconds_left: float = 0.0
    heard: Heard | None = None
    finding: Finding | None = None
    comparison: Comparison | None = None
    error: BaseException | None = None


class Listening:
    """One try to hear a device start; ``start`` it once, ``stop`` it any time.

    It is over when a start was heard and has said what it says, or after ``seconds``. Pulling the adapter
    does not end it. With a ``dump``, what the device loads is held against it. ``when_open`` is called once, as soon
    as nothing is missed any more.
    """

    def __init__(
        self,
        port: str,
        seconds: float = 60.0,
        dump: bytes | None = None,
        when_open: Callable[[], object] | None = None,
    ) -> None:
        self.port = port
        self._seconds, self._dump, self._when_open = seconds, dump, when_open
        self._lock = threading.Lock()
        self._now = Moment(seconds_left=seconds)
        self._tail = bytearray()
        self._stop, self._over = threading.Event(), threading.Event()
        self._deadline = 0.0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, unless it has begun; another that listens on the same port makes way."""
        with _live_lock:
            if self._thread:
                return
            other, _live[self.port] = _live.get(self.port), self
            self._thread = threading.Thread(target=self._work, args=(other,), name="sonoffkit listening", daemon=True)
        self._deadline = time.monotonic() + self._seconds
        self._change(state=ListeningState.LISTENING)
        self._thread.start()

    def stop(self) -> None:
        """End it; there is a finding of what was heard so far."""
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is over; False if it is not after ``timeout`` seconds."""
        return self._over.wait(timeout)

    @property
    def is_over(self) -> bool:
        return self._over.is_set()

    @property
    def is_live(self) -> bool:
        return self._thread is not None and not self.is_over

    @property
    def finding(self) -> Finding:
        """What was heard, judged; raises what ended it, or NotFinished."""
        now = self.moment()
        if now.error:
            raise now.error
        if not now.finding:
            raise NotFinished("Nobody has listened yet, or it is not over.")
        return now.finding

    def moment(self) -> Moment:
        with self._lock:
            text = _readable(bytes(self._tail))
            left = max(0.0, self._deadline - time.monotonic()) if self.is_live else self._now.seconds_left
            return replace(self._now, text=text, seconds_left=left)

    # In the thread

    def _work(self, other: Listening | None) -> None:
        try:
            if other:
                other.stop()
                other.wait(HAND_OVER_SECONDS)
            heard = self._hear()
            comparison = None if self._dump is None else compare(decode(heard.data), self._dump)
            self._change(
                state=ListeningState.HEARD, heard=heard, finding=judge(heard), comparison=comparison, seconds_left=0.0
            )
        except BaseException as error:  # whatever it is, nobody must wait for ever
            self._change(state=ListeningState.FAILED, error=error, seconds_left=0.0)
        finally:
            self._over.set()
            with _live_lock:
                if _live.get(self.port) is self:
                    del _live[self.port]

    def _hear(self) -> Heard:
        while True:
            try:
                return self._hear_once(max(0.0, self._deadline - time.monotonic()))
            except PortLost as lost:
                self._wait_for_the_adapter(lost)

    def _wait_for_the_adapter(self, lost: PortLost) -> None:
        """Until its port can be opened again; raises ``lost`` where nobody wants to wait any longer."""
        self._change(state=ListeningState.UNPLUGGED)
        while not self._stop.wait(LOOK_AGAIN_SECONDS) and time.monotonic() < self._deadline:
            with contextlib.suppress(PortError):
                open_port(self.port).close()
                self._change(state=ListeningState.LISTENING)
                return
        raise lost

    def _hear_once(self, seconds: float) -> Heard:
        return hear_a_start(
            self.port,
            seconds,
            cancel=self._stop,
            on_data=self._on_data,
            on_open=self._opened,
            other_speeds=lambda: self._change(state=ListeningState.OTHER_SPEEDS),
        )

    def _opened(self) -> None:
        """A port that comes back is no second beginning."""
        act, self._when_open = self._when_open, None
        if act:
            act()

    def _on_data(self, data: bytes) -> None:
        with self._lock:
            self._tail += data
            del self._tail[:-SHOWN]

    def _change(self, **what: object) -> None:
        with self._lock:
            self._now = replace(self._now, **what)  # type: ignore[arg-type]


_live: dict[str, Listening] = {}
_live_lock = threading.Lock()


def let_go(port: str) -> None:
    """End whatever listens on a port in this notebook, so that an operation can have it."""
    with _live_lock:
        live = _live.get(port)
    if live:
        live.stop()
        live.wait(HAND_OVER_SECONDS)


def _readable(data: bytes) -> str:
    """What was heard as a person can look at it, with a dot for each byte that is no text."""
    text = data.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")
    return mask_text(UNREADABLE.sub("·", text))
