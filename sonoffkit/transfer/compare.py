"""What a device holds that is not what we know: found by its own digests, not by reading."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..session import Cancel, Device
from .costs import Costs
from .patience import Patience, digests
from .pieces import SECTOR, Region, cut, md5_of, merged

__all__ = ["Reader", "differing", "md5_of_device", "most"]

Reader = Callable[[int, int], bytes]  # (address, size) -> those bytes as we know them

FEW = 2  # regions: too few to say that nearly all of them differ


def md5_of_device(device: Device, address: int, size: int, expected: str, cancel: Cancel | None = None) -> str:
    """The device's MD5 of a region; asked twice where it is not the expected one, for answers carry no checksum."""
    patience, region = Patience(device, cancel), [Region(address, size)]
    (found,) = digests(device, region, patience, cancel)
    return found if found == expected else digests(device, region, patience, cancel)[0]


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

    First by larger blocks, then by the sectors of those that differ. Where
    most blocks differ, chances are that most of their sectors do, and looking
    closer is left out, unless ``finely``.
    """
    blocks = cut(regions, Costs.of(device).grid)
    wrong = _wrong(device, blocks, expected, patience, cancel)
    if not finely and most(wrong, blocks):
        return merged(wrong)
    return merged(_wrong(device, cut(wrong, SECTOR), expected, patience, cancel))


def most(wrong: Sequence[Region], blocks: Sequence[Region]) -> bool:
    """Whether so many are wrong that looking closer would cost more than it saves."""
    return len(blocks) > FEW and len(wrong) > len(blocks) / 2


def _wrong(
    device: Device, regions: Sequence[Region], expected: Reader, patience: Patience, cancel: Cancel | None
) -> list[Region]:
    found = digests(device, regions, patience, cancel)
    return [region for region, md5 in zip(regions, found, strict=True) if md5 != md5_of(expected(*region))]
