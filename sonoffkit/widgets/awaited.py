"""A box that shows something at work in a thread, and that a cell can wait for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator
from typing import Protocol

import ipywidgets as widgets
from IPython.display import display

__all__ = ["REFRESH_SECONDS", "AwaitedBox", "Work"]

REFRESH_SECONDS = 0.1  # ten looks a second: more would flood the server (1000 messages/s at most)


class Work(Protocol):
    """What goes on in a thread, and is over some time."""

    @property
    def is_over(self) -> bool: ...
    def wait(self, timeout: float | None = None) -> bool: ...


class AwaitedBox(widgets.VBox):  # type: ignore[misc]  # ipywidgets is untyped
    """``await box`` shows it, starts it and waits; the buttons stay alive meanwhile, and the kernel's own Stop ends it.

    A kind of box says what its work is now (``_work``), how it begins (``_begin``) and is ended (``_end``), and
    brings its parts up to the moment (``_show_now``).
    """

    def __init__(self, children: list[widgets.Widget]) -> None:
        self._displayed = False
        self._watched: Work | None = None
        self._showing = threading.RLock()
        super().__init__(children)
        self.add_class("sk-box")

    def _work(self) -> Work:
        raise NotImplementedError

    def _begin(self) -> None:
        raise NotImplementedError

    def _end(self) -> None:
        raise NotImplementedError

    def _show_now(self) -> None:
        raise NotImplementedError

    def __await__(self) -> Generator[None, None, None]:
        return self._shown_until_over().__await__()

    async def _shown_until_over(self) -> None:
        if not self._displayed:
            self._displayed = True
            display(self)  # type: ignore[no-untyped-call]
        self._begin()
        try:
            while not self._work().is_over:
                await asyncio.sleep(REFRESH_SECONDS / 2)
        except (asyncio.CancelledError, KeyboardInterrupt):  # the kernel's Stop
            self._end()
            raise
        finally:
            self._show()

    def _watch(self) -> None:
        """Look at it ten times a second until it is over, from a thread: a busy kernel shows it too."""
        work = self._work()
        if self._watched is not work:
            self._watched = work
            threading.Thread(target=self._watching, args=(work,), name="sonoffkit view", daemon=True).start()

    def _watching(self, work: Work) -> None:
        over = False
        while not over:
            over = work.wait(REFRESH_SECONDS)
            self._show()

    def _show(self) -> None:
        """The kernel's thread and the watcher's both come here."""
        with self._showing:
            self._show_now()
