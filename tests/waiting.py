"""Waiting in tests: for a condition, never for a time."""

from __future__ import annotations

import threading
import time


def wait_until(condition, seconds=60):
    """What the condition gives as soon as that is true; the limit is for a loaded machine."""
    deadline = time.monotonic() + seconds
    while not (met := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.005)
    return met


def threads() -> list[str]:
    """The names of the kit's threads that run now."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("sonoffkit")]
