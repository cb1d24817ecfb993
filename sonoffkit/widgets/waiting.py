"""Waiting for a hand: what is missing, what the device says meanwhile, and what to try. Knows no widget."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from ..bootlog import watch
from ..errors import PortError, SonoffkitError
from ..guide import Advice, Guide
from ..session import Cancel

__all__ = ["Waiting"]

LISTEN_SECONDS = 4.0  # between two attempts to connect, each of which takes two seconds or so
PORT_SECONDS = 0.3
LAST_WORDS = (
    "Nothing has been touched.", "Nothing has been changed on the device.", "Nothing on it was changed.",
    "What was done so far is kept.", "Then run this again.", "run this again: it goes on where it stopped.",
)  # fmt: skip


class Waiting:
    """A job's wait for its device; ``advised`` is given each new advice.

    ``left`` is what is to be said of a device that went away in the middle, empty at a beginning.
    """

    def __init__(self, port: str, cancel: Cancel, advised: Callable[[Advice | None], None]) -> None:
        self.left = ""
        self._port, self._cancel, self._advised = port, cancel, advised
        self._guide = Guide()
        self._lock = threading.Lock()  # a person's click and the job's thread both come here

    def tell(self, error: SonoffkitError) -> None:
        """What is missing."""
        self._advise(lambda guide: guide.tell(error))

    def listen(self) -> None:
        """Between two attempts to connect: what the device says when somebody starts it tells what to try."""
        try:
            heard = watch(self._port, LISTEN_SECONDS, self._cancel)
        except PortError:
            time.sleep(PORT_SECONDS)
            return
        self._advise(lambda guide: guide.hear(heard))

    def tried(self) -> None:
        """The person did what the advice says: the next thing to try."""
        self._advise(Guide.tried)

    def back(self) -> None:
        """The advice before."""
        self._advise(Guide.back)

    def hint(self, error: SonoffkitError) -> str:
        """What to do about it, in the middle of things: the error's own last words are those for a beginning."""
        if not self.left or error.hint == self.left:
            return error.hint
        before = error.hint
        for words in LAST_WORDS:
            before = before.removesuffix(words).strip()
        return f"{before} {self.left}"

    def _advise(self, change: Callable[[Guide], None]) -> None:
        with self._lock:
            change(self._guide)
            self._advised(self._guide.advice)
