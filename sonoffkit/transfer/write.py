"""Writing what differs, and nothing else; what the device holds already is told by its digests."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import SonoffkitError, VerifyFailed
from ..session import Cancel, Device, Progress, ask_to_stop
from .compare import differing
from .patience import BROKEN, Patience, Stride
from .pieces import PIECE, Region, cut, md5_of, merged, without

__all__ = ["Written", "write_changes"]

HALF_WRITTEN = (
    "The device may now hold only a part of it, and not start. Its loader still answers when the button is held at "
    "power-up: run this again, or restore your backup."
)
ROUNDS = 3  # how often what reads back differently is written again


@dataclass(frozen=True)
class Written:
    """``sent`` bytes went over the wire, the other ``kept`` were there already; ``repeats`` broke on the way."""

    sent: int
    kept: int
    repeats: int


def write_changes(
    device: Device, address: int, data: bytes, progress: Progress | None = None, cancel: Cancel | None = None
) -> Written:
    """Make the device hold ``data`` at ``address`` (a sector's beginning), and verify all of it.

    A try that was cut off goes on where it stopped, since what it had written
    no longer differs. Raises TransferFailed where bytes break for good and
    VerifyFailed where the flash does not take them.
    """
    return _Write(device, address, data, progress, cancel).run()


class _Write:
    def __init__(
        self, device: Device, address: int, data: bytes, progress: Progress | None, cancel: Cancel | None
    ) -> None:
        self._device, self._address, self._data = device, address, data
        self._progress, self._cancel = progress, cancel
        self._patience = Patience(device, cancel)
        self._sent = 0
        self._stride = Stride(PIECE)
        self._begun = False

    def run(self) -> Written:
        """Do it; an error after the first byte says what the device may hold now."""
        try:
            return self._run()
        except SonoffkitError as error:
            if self._begun:
                error.hint = HALF_WRITTEN
            raise

    def _run(self) -> Written:
        whole = Region(self._address, len(self._data))
        todo = self._differing([whole])
        kept = whole.size - sum(region.size for region in todo)
        for _ in range(ROUNDS):
            done = whole.size - sum(region.size for region in todo)
            for region in cut(todo, PIECE):
                self._write(region, done)
                done += region.size
            if self._md5(whole) == md5_of(self._data):
                return Written(self._sent, kept, self._patience.repeats)
            todo = self._differing([whole], finely=True)
        raise VerifyFailed("What was written reads back differently.")

    def _write(self, region: Region, done: int) -> None:
        """One piece; where it breaks, what of it is still missing, in smaller stretches."""
        todo = [region]
        while todo:
            stretch = cut(todo, self._stride.length)[0]
            ask_to_stop(self._cancel)
            try:
                self._begun = True
                self._device.write(*self._data_of(stretch), self._step(done, region, stretch), self._cancel)
            except BROKEN as error:
                left = self._differing([stretch], finely=True)
                if left != [stretch]:
                    self._patience.gained()
                if left != [stretch] or self._stride.broke():
                    self._patience.mended()
                else:
                    self._patience.spent(error, f"The piece at {stretch.address:#08x}")
                todo = merged([*left, *without(todo, stretch)])
            else:
                self._sent += stretch.size
                self._patience.gained()
                self._stride.went_well(PIECE)
                todo = without(todo, stretch)
        self._tell(done + region.size)

    def _data_of(self, region: Region) -> tuple[int, bytes]:
        return region.address, self._bytes(*region)

    def _step(self, done: int, region: Region, stretch: Region) -> Progress:
        before = done + stretch.address - region.address

        def step(written: int, _total: int) -> None:
            self._tell(before + written)

        return step

    def _differing(self, regions: list[Region], *, finely: bool = False) -> list[Region]:
        return differing(self._device, regions, self._bytes, self._patience, finely=finely, cancel=self._cancel)

    def _md5(self, region: Region) -> str:
        return self._patience.again(lambda: self._device.md5(*region), "The device's MD5")

    def _bytes(self, address: int, size: int) -> bytes:
        start = address - self._address
        return self._data[start : start + size]

    def _tell(self, done: int) -> None:
        if self._progress is not None:
            self._progress(done, len(self._data))
