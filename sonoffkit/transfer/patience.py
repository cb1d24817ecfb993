"""Trying again: what broke on the way is asked once more, and slower where that does not help."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import TypeVar

from ..errors import DeviceRefused, TransferFailed
from ..session import Cancel, Device, ask_to_stop, step_down
from .pieces import SECTOR, Region

__all__ = ["ATTEMPTS", "BROKEN", "Patience", "Stride", "digests"]

ATTEMPTS = 8  # in a row without any gain, at the lowest speed
ATTEMPTS_FASTER = 2  # so many at a higher one
# A refusal too may come of a byte that broke in the question: commands carry no checksum.
BROKEN = (TransferFailed, DeviceRefused)
BATCH = 64  # digests in one go

T = TypeVar("T")


class Stride:
    """How much is tried at a time, in bytes: less where it breaks, more where it goes well."""

    def __init__(self, length: int) -> None:
        self.length = length

    def went_well(self, limit: int) -> None:
        self.length = max(min(self.length * 2, limit), SECTOR)

    def broke(self) -> bool:
        """Take less; False where that is not possible."""
        if self.length <= SECTOR:
            return False
        self.length = max(self.length // 4, SECTOR)
        return True


class Patience:
    """Counts what broke, and says when to give up."""

    def __init__(self, device: Device, cancel: Cancel | None = None) -> None:
        self._device, self._cancel = device, cancel
        self.repeats = 0
        self.in_a_row = 0

    def gained(self) -> None:
        """Something came through."""
        self.in_a_row = 0

    def mended(self) -> None:
        """Something broke, and was got round."""
        self.repeats += 1

    def spent(self, error: Exception, what: str) -> None:
        """Something broke: go slower, or raise TransferFailed when it was too often."""
        ask_to_stop(self._cancel)
        self.repeats += 1
        self.in_a_row += 1
        if self.in_a_row >= ATTEMPTS_FASTER and step_down(self._device):
            self.in_a_row = 0
        if self.in_a_row >= ATTEMPTS:
            raise TransferFailed(f"{what} broke on the way {self.in_a_row} times in a row. ({error})") from error

    def again(self, ask: Callable[[], T], what: str) -> T:
        """Ask until the answer comes through."""
        while True:
            try:
                answer = ask()
            except BROKEN as error:
                self.spent(error, what)
            else:
                self.gained()
                return answer


def digests(device: Device, regions: Sequence[Region], patience: Patience, cancel: Cancel | None = None) -> list[str]:
    """The device's MD5 of each region: many at a time, and one by one where bytes break."""
    found: list[str] = []
    for at in range(0, len(regions), BATCH):
        batch = regions[at : at + BATCH]
        try:
            found += device.md5s(batch, cancel)
        except BROKEN as error:
            patience.spent(error, "The device's MD5")
            for region in batch:
                ask_to_stop(cancel)
                found.append(patience.again(functools.partial(device.md5, *region), "The device's MD5"))
    return found
