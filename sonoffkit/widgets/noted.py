"""What a widget writes into the learner's progress; that it cannot must not end what the widget does."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["noted"]


def noted(note: Callable[..., None], *what: object) -> str:
    """Write it down; empty, or a sentence that says why it could not be."""
    try:
        note(*what)
    except Exception as exc:  # a full disk, a folder without rights: the work itself is well
        return f"Your progress could not be written down. ({exc})"
    return ""
