"""Reading what is missing: long reads, left where the flash is blank, mended where the line broke them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable

from ..errors import SonoffkitError
from ..session import Cancel, Device, ask_to_stop, step_down
from .compare import differing
from .costs import Costs
from .gaps import Gaps, Source
from .patience import BROKEN, Patience, Stride
from .pieces import PIECE, SECTOR, Region, blank_md5, cut, is_blank

__all__ = ["Reading"]

PART = 0x100  # bytes; what gets through where whole sectors never do
LONGEST_WAIT = 16  # blank sectors to be seen before the next are asked for, where blanks turned out to be short
TROUBLE = 3  # broken reads, less one for every two good ones: a lower speed will be faster


class Reading:
    """Fills all gaps from the device.

    Whether a flash is blank from some point on is asked only after a blank
    sector was read, so that a dense flash costs nothing more than its bytes.
    """

    def __init__(
        self, device: Device, gaps: Gaps, patience: Patience, tell: Callable[[int], None], cancel: Cancel | None
    ) -> None:
        self._device, self._gaps, self._patience, self._tell, self._cancel = device, gaps, patience, tell, cancel
        self._stride = Stride(Costs.of(device).longest_read)
        self._trouble = 0.0
        self._blank_from: int | None = None  # where the last sector before was blank
        self._wait = 1

    def run(self) -> None:
        """Until nothing is missing; raises TransferFailed where nothing gets through."""
        while gap := self._gaps.first():
            ask_to_stop(self._cancel)
            if gap.address == self._blank_from and self._pass_over_blank(gap):
                continue
            if self._stride.length <= SECTOR and self._patience.in_a_row:
                self._read_in_parts(gap.address)
            else:
                self._read(Region(gap.address, min(gap.size, self._stride.length)))

    def _read(self, region: Region) -> None:
        got = bytearray()
        blanks = 0
        try:
            with self._device.reading(*region) as stream:
                for packet in stream:
                    got += packet
                    self._tell(len(got))
                    ask_to_stop(self._cancel)
                    blanks = blanks + 1 if is_blank(packet) else 0
                    if blanks >= self._wait:
                        break
        except BROKEN as error:
            self._mend(region.address, bytes(got), error)
        except SonoffkitError:
            with contextlib.suppress(SonoffkitError):  # whole pieces are worth keeping: they are checked before use
                self._gaps.fill(region.address, bytes(got[: len(got) // SECTOR * SECTOR]), Source.READ)
            raise
        else:
            self._fill(region.address, bytes(got))
            self._all_is_well()
            self._blank_from = region.address + len(got) if blanks >= self._wait else None

    def _fill(self, address: int, data: bytes) -> None:
        self._gaps.fill(address, data, Source.READ)
        self._tell(0)

    def _all_is_well(self) -> None:
        self._patience.gained()
        self._trouble = max(0.0, self._trouble - 0.5)
        self._stride.went_well(Costs.of(self._device).longest_read)

    def _mend(self, address: int, got: bytes, error: Exception) -> None:
        """Keep those sectors of a broken read that the device confirms; what is missing is read again."""
        sound = self._confirmed(address, got[: len(got) // SECTOR * SECTOR])
        for at, size in sound:
            self._fill(at, got[at - address : at - address + size])
        self._trouble += 1
        if self._trouble >= TROUBLE and step_down(self._device):
            self._trouble, self._stride.length = 0.0, PIECE
            self._patience.mended()
        elif sound or self._stride.broke():
            self._patience.mended()
        else:
            self._patience.spent(error, f"The piece at {address:#08x}")

    def _confirmed(self, address: int, got: bytes) -> list[Region]:
        if not got:
            return []
        all_of_it = Region(address, len(got))
        wrong = differing(
            self._device, [all_of_it], lambda at, n: got[at - address : at - address + n], self._patience, finely=True
        )
        bad = {at for at, _ in cut(wrong, SECTOR)}
        return [sector for sector in cut([all_of_it], SECTOR) if sector.address not in bad]

    def _read_in_parts(self, address: int) -> None:
        """One sector, in pieces so small that some get through."""
        got = b""
        while len(got) < SECTOR:
            at = address + len(got)
            got += self._patience.again(functools.partial(self._device.read, at, PART), f"The piece at {at:#08x}")
            ask_to_stop(self._cancel)
        self._fill(address, got)

    def _pass_over_blank(self, gap: Region) -> bool:
        """Fill in what is blank from here on, by its digest; False where nothing is."""
        least = size = Costs.of(self._device).smallest_probe
        at, growing = gap.address, True
        while at < gap.end and size >= least:
            ask_to_stop(self._cancel)
            part = Region(at, min(size, gap.end - at))
            if self._is_blank(part):
                self._gaps.fill(at, b"\xff" * part.size, Source.BLANK)
                self._tell(0)
                at = part.end
                size = min(size * 2, PIECE) if growing else size
            else:
                growing, size = False, size // 2
        self._blank_from = None
        found = at > gap.address
        self._wait = 1 if found else min(self._wait * 2, LONGEST_WAIT)
        return found

    def _is_blank(self, region: Region) -> bool:
        md5 = self._patience.again(lambda: self._device.md5(*region), "The device's MD5")
        return md5 == blank_md5(region.size)
