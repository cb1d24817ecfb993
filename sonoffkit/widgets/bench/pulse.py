"""The thread under the bench's view: it does what was clicked, in order, and looks twice a second while it is seen."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Callable

__all__ = ["Pulse"]

TICK_SECONDS = 0.5
PATIENCE_SECONDS = 15.0  # a view says every 5 s that it is seen


class Pulse:
    """Runs actions one after another, away from the kernel's own thread, which they would block.

    It is a thread only while there is something to do or somebody looks, so
    that a bench whose page was closed costs nothing.
    """

    def __init__(self, tick: Callable[[], None]) -> None:
        self._tick = tick
        self._actions: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._seen = -math.inf
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()

    def do(self, action: Callable[[], None]) -> None:
        """Have it done soon. It must not raise."""
        with self._lock:
            self._actions.put(action)
            self._start()

    def look(self) -> None:
        """Somebody sees it."""
        with self._lock:
            self._seen = time.monotonic()
            self._start()

    def stop(self) -> None:
        """Nobody sees it any more; what was asked for is still done."""
        with self._lock:
            self._seen = -math.inf

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="sonoffkit-bench", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        try:
            while not self._is_over():
                self._next()()
        except BaseException:
            self._thread = None  # the next click starts another
            raise

    def _next(self) -> Callable[[], None]:
        try:
            return self._actions.get(timeout=TICK_SECONDS)
        except queue.Empty:
            return self._tick

    def _is_over(self) -> bool:
        with self._lock:
            if self._actions.empty() and time.monotonic() - self._seen > PATIENCE_SECONDS:
                self._thread = None
            return self._thread is None
