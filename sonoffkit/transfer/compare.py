"""What a device holds that is not what we know: found by its own digests, not by reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..session import Cancel, Device
from .patience import Patience, digests
from .pieces import PIECE, SECTOR, Region, cut, md5_of, merged

__all__ = ["Reader", "differing"]

Reader = Callable[[int, int], bytes]  # (address, size) -> those bytes as we know them

FEW = 2  # regions: too few to say that nearly all of them differ


def differing(
    device: Device,
    regions: Sequence[Region],
    expected: Reader,
    patience: Patience,
    *,
    finely: bool = False,
    cancel: Cancel | None = None,
) -> list[Region]:
    """Where the device holds something else than ``expected``, as regions of whole sectors.

    First by pieces, then by the sectors of those that differ. Where most
    pieces differ, chances are that most of their sectors do, and looking
    closer is left out, unless ``finely``.
    """
    pieces = cut(regions, PIECE)
    wrong = _wrong(device, pieces, expected, patience, cancel)
    if not finely and len(pieces) > FEW and len(wrong) > len(pieces) / 2:
        return merged(wrong)
    return merged(_wrong(device, cut(wrong, SECTOR), expected, patience, cancel))


def _wrong(
    device: Device, regions: Sequence[Region], expected: Reader, patience: Patience, cancel: Cancel | None
) -> list[Region]:
    found = digests(device, regions, patience, cancel)
    return [region for region, md5 in zip(regions, found, strict=True) if md5 != md5_of(expected(*region))]
