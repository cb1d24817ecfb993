"""Checksums after a change: what held before holds again, and what did not still does not."""

from __future__ import annotations

from ..formats import FirmwareImage, read_image
from ..formats.checksums import xor_checksum
from ..formats.parts import Check
from ..records import SECTOR
from ..records.system_parameters import read_flag_sector

__all__ = ["mend_flag_sector", "mend_image"]

IMAGE_CHECKS = {"XOR checksum": 1, "CRC32": 4}  # bytes; a CRC counts the XOR in, so it is second
FLAG_SUMS = (0x14, 0x18)


def mend_image(out: bytearray, before: FirmwareImage) -> tuple[Check, ...]:
    """Write the checksums of an image whose bytes were changed; those that were written.

    One that did not hold was of other contents, which it could tell something of, so it goes, too.
    """
    mended: list[Check] = []
    for name, size in IMAGE_CHECKS.items():
        check = before.check(name)
        image = read_image(bytes(out[: before.end]), before.at)
        now = image.check(name) if image else None
        if not check or not now or (check.holds and now.holds):
            continue
        out[now.at : now.at + size] = _sum(int(now.computed, 16), check.holds).to_bytes(size, "little")
        mended.append(now)
    return tuple(mended)


def mend_flag_sector(out: bytearray, at: int, copies: tuple[int, int], held: tuple[bool, bool]) -> tuple[int, ...]:
    """Write the sums of both copies of the system parameters, which lie at ``copies``; where they are kept.

    One that did not hold was of older contents, so it goes, too: it does not hold of the new ones.
    """
    flag = read_flag_sector(bytes(out), at)
    if not flag:
        return ()
    for place, copy, length, holds in zip(FLAG_SUMS, copies, flag.lengths, held, strict=True):
        computed = xor_checksum(bytes(out[copy : copy + length])) if length <= SECTOR else 0
        out[at + place : at + place + 4] = _sum(computed, holds or length > SECTOR).to_bytes(4, "little")
    return tuple(at + place for place in FLAG_SUMS)


def _sum(computed: int, holds: bool) -> int:
    return computed if holds else computed ^ 1
