"""The whole flash into a store: what is known already is asked for by digest, the rest is read, all is verified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ..errors import VerifyFailed
from ..session import Cancel, Device, Progress, ask_to_stop, say
from .compare import differing, most
from .costs import Costs
from .gaps import Gaps, Source, Store
from .patience import Patience, digests
from .pieces import SECTOR, Region, blank_md5, cut, md5_of
from .reading import Reading

__all__ = ["Fetched", "Known", "Store", "fetch"]

AT_ONCE = 0x100000  # bytes of an earlier backup that are copied at a time
ROUNDS = 3  # how often what differs from the device's is read again


class Known(Protocol):
    """A whole flash of the same size that may hold the same bytes: an earlier backup."""

    @property
    def md5(self) -> str: ...
    def part(self, address: int, size: int) -> bytes: ...


@dataclass(frozen=True)
class Fetched:
    """Where the bytes of a flash came from, in bytes.

    ``md5`` is the device's own, of its whole flash, and the store's. ``read``
    over the wire, ``blank`` told by the device's digest, ``known`` from an
    earlier backup by the same proof, ``resumed`` from a try that was cut off:
    together they are the flash. ``changed``: of that try, what the device no
    longer held. ``repeats``: reads and questions that broke on the way.
    """

    md5: str
    read: int
    blank: int
    known: int
    resumed: int
    changed: int
    repeats: int


def fetch(
    device: Device,
    store: Store,
    known: Sequence[Known] = (),
    progress: Progress | None = None,
    cancel: Cancel | None = None,
) -> Fetched:
    """Fill a store with all that the device holds; on return its MD5 is the device's.

    Raises TransferFailed where bytes break for good, VerifyFailed where store
    and device do not agree in the end, and lets errors of port and disk through.
    """
    return _Fetch(device, store, progress, cancel).run(known)


class _Fetch:
    def __init__(self, device: Device, store: Store, progress: Progress | None, cancel: Cancel | None) -> None:
        self._device, self._store, self._progress, self._cancel = device, store, progress, cancel
        self._size = device.identity.flash_size
        self._patience = Patience(device, cancel)
        self._told = 0

    def run(self, known: Sequence[Known]) -> Fetched:
        changed = self._forget_what_changed()
        self._gaps = Gaps(self._store, self._size)
        md5 = self._take_over(known) if known else None
        reading = Reading(self._device, self._gaps, self._patience, self._tell, self._cancel)
        for _ in range(ROUNDS):
            reading.run()
            ask_to_stop(self._cancel)
            md5 = md5 or self._whole_md5()
            if md5 == self._store.md5():
                return self._fetched(md5, changed)
            md5 = None
            self._gaps.lose(self._differing())
        raise VerifyFailed(
            f"After {ROUNDS} rounds, what was read is still not what the device says it holds.",
            "Power the device again with the button held, and run this again. Nothing on it was changed.",
        )

    def _fetched(self, md5: str, changed: int) -> Fetched:
        of = self._gaps.of
        return Fetched(
            md5,
            read=of(Source.READ),
            blank=of(Source.BLANK),
            known=of(Source.KNOWN),
            resumed=of(Source.RESUMED),
            changed=changed,
            repeats=self._patience.repeats,
        )

    def _forget_what_changed(self) -> int:
        """Drop the pieces of an earlier try that the device does not hold any more; how many bytes that was."""
        pieces = list(self._store.pieces)
        found = digests(self._device, [Region(p.address, p.size) for p in pieces], self._patience, self._cancel)
        stale = [piece for piece, md5 in zip(pieces, found, strict=True) if piece.md5 != md5]
        size = sum(piece.size for piece in stale)
        if stale:
            self._store.drop(stale)
            say(f"Of what was read before, {size // 1024} KB are no longer what the device holds: they are read anew.")
        return size

    def _take_over(self, known: Sequence[Known]) -> str | None:
        """Fill in what an earlier backup holds too. The whole flash's MD5, where that was enough."""
        if not self._store.pieces:
            md5 = self._whole_md5()
            for backup in known:
                if backup.md5 == md5:
                    for region in cut([Region(0, self._size)], AT_ONCE):
                        self._gaps.fill(region.address, backup.part(*region), Source.KNOWN)
                    self._tell(0)
                    return md5
        blocks = cut(self._gaps.all(), Costs.of(self._device).grid)
        wrong = self._take_over_regions(blocks, known)
        if not most(wrong, blocks):
            self._take_over_regions(cut(wrong, SECTOR), known)
        return None

    def _take_over_regions(self, regions: list[Region], known: Sequence[Known]) -> list[Region]:
        """Fill in those that a backup holds, or that are blank; the rest."""
        wrong = []
        found = digests(self._device, regions, self._patience, self._cancel)
        for region, md5 in zip(regions, found, strict=True):
            if md5 == blank_md5(region.size):
                self._gaps.fill(region.address, b"\xff" * region.size, Source.BLANK)
            elif data := _data_with(md5, region, known):
                self._gaps.fill(region.address, data, Source.KNOWN)
            else:
                wrong.append(region)
            self._tell(0)
        return wrong

    def _differing(self) -> list[Region]:
        all_of_it = [Region(0, self._size)]
        return differing(self._device, all_of_it, self._store.read, self._patience, finely=True, cancel=self._cancel)

    def _whole_md5(self) -> str:
        return self._patience.again(lambda: self._device.md5(0, self._size), "The device's MD5")

    def _tell(self, on_its_way: int) -> None:
        """Progress never goes back, though a broken read does."""
        self._told = max(self._told, self._gaps.filled + on_its_way)
        if self._progress is not None:
            self._progress(self._told, self._size)


def _data_with(md5: str, region: Region, known: Sequence[Known]) -> bytes | None:
    for backup in known:
        data = backup.part(*region)
        if md5_of(data) == md5:
            return data
    return None
