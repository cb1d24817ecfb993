"""What a session is made of: who a device is, how far an operation is, and whether to stop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from ..errors import Cancelled

__all__ = ["SAFE_BAUD", "Cancel", "Identity", "Progress", "ask_to_stop"]

SAFE_BAUD = 115200  # what every tool tries first

Progress = Callable[[int, int], None]  # (bytes done, bytes in all)


class Cancel(Protocol):
    """Says whether the person asked to stop; a ``threading.Event`` is one."""

    def is_set(self) -> bool: ...


@dataclass(frozen=True)
class Identity:
    """Who a device is: chip, MAC (``aa:bb:…``), flash id (24 bits) and flash size (bytes)."""

    chip: str
    mac: str
    flash_id: int
    flash_size: int

    @property
    def size_text(self) -> str:
        mb = self.flash_size / 0x100000
        return f"{mb:g} MB"


def ask_to_stop(cancel: Cancel | None) -> None:
    """Raise Cancelled if the person asked for it."""
    if cancel and cancel.is_set():
        raise Cancelled("You stopped it.")
