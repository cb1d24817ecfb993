"""What esptool says, handed to the thread that made it speak."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from esptool.logger import TemplateLogger
from esptool.logger import log as esptool_log
from rich.text import Text

__all__ = ["log_to", "say"]


class _Sinks(threading.local):
    """Where this thread's text goes."""

    text: Callable[[str], None] | None = None


_sinks = _Sinks()


@contextlib.contextmanager
def log_to(sink: Callable[[str], None]) -> Iterator[None]:
    """Send what esptool says in this thread to ``sink``, a line at a time."""
    before, _sinks.text = _sinks.text, sink
    try:
        yield
    finally:
        _sinks.text = before


def say(text: str) -> None:
    """Add a line of our own to what is logged."""
    if _sinks.text:
        _sinks.text(text)


# Notes on what we do on purpose: connect without a reset, through ports that are objects, at speeds that we tell.
SAYS_NOTHING_HERE = (
    "Note: Pre-connection option", "Note: Failed to get VID/PID", "Connecting...", "Changing baud rate", "Changed.",
)  # fmt: skip


class _Dispatcher(TemplateLogger):  # type: ignore[misc]  # esptool is untyped here
    """esptool's logger is one for the process: this one hands each thread's words to that thread's sink."""

    def print(self, *args: object, **kwargs: object) -> None:
        if _sinks.text:
            text = Text.from_markup(" ".join(str(arg) for arg in args)).plain.strip()
            if text.strip(". ") and not text.startswith(SAYS_NOTHING_HERE):
                _sinks.text(text)

    def note(self, message: str) -> None:
        self.print(f"Note: {message}")

    def warning(self, message: str) -> None:
        self.print(f"Warning: {message}")

    def error(self, message: str) -> None:
        self.print(f"Error: {message}")

    def stage(self, finish: bool = False) -> None:
        pass

    def progress_bar(
        self, cur_iter: int, total_iters: int, prefix: str = "", suffix: str = "", bar_length: int = 30
    ) -> None:
        pass

    def set_verbosity(self, verbosity: str) -> None:
        pass


esptool_log.set_logger(_Dispatcher())
