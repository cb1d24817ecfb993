"""A boot log held against a dump: is this what the device starts?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..firmware.formats import FirmwareImage, read_image
from ..firmware.formats.checksums import xor_checksum
from .boots import Boot, BootLog, Load

__all__ = ["Comparison", "compare"]

SKETCH_STAMP = 0x1010  # the word of Arduino's second image that its boot loader prints
NO_LOADS = "The log tells of nothing that was loaded, so it cannot be compared."
REACH = "That is a boot loader, the same on many devices; of the program that it starts the log does not tell."


@dataclass(frozen=True)
class Comparison:
    """``same`` is None where it cannot be told; ``says`` is it in words, ``differs`` what differs."""

    same: bool | None
    says: str
    differs: tuple[str, ...] = ()


def compare(log: BootLog, dump: bytes) -> Comparison:
    """Whether the image that a device loaded is the one at the beginning of a dump.

    The ROM loads only that one. It is told by its segments' addresses, lengths and checksums.
    """
    boot = _fullest(log)
    if boot is None:
        return Comparison(None, NO_LOADS)
    image = read_image(dump)
    if image is None:
        return Comparison(False, "This dump begins with no image, and the device loaded one.", ("no image at 0",))
    if image.version != 1:
        return Comparison(None, "This file is no dump of a whole flash: it begins with a program for a boot loader.")
    differs = tuple(_differences(boot, image, dump))
    if differs:
        return Comparison(False, "The device loaded something else than this dump begins with.", differs)
    if boot.csum is None or len(boot.loads) < len(_expected(image, dump)):
        return Comparison(None, "What was heard fits this dump, but the log is not whole.")
    return Comparison(
        True, f"The device loaded what this dump begins with. {REACH if boot.boot_version else ''}".strip()
    )


def _fullest(log: BootLog) -> Boot | None:
    """The latest of the starts that tell most."""
    told = [boot for boot in log.boots if boot.loads]
    return max(reversed(told), key=lambda boot: (len(boot.loads), boot.csum is not None), default=None)


def _expected(image: FirmwareImage, dump: bytes) -> list[Load]:
    """What the ROM says when it loads an image; its ``chksum`` runs on from segment to segment."""
    view, running, loads = memoryview(dump), xor_checksum(), []
    for segment in image.segments:
        if segment.listed:
            running = xor_checksum(view[segment.at : segment.end]) ^ xor_checksum() ^ running
            loads.append(Load(segment.address, segment.size, 0, chksum=running))
    return loads


def _differences(boot: Boot, image: FirmwareImage, dump: bytes) -> Iterator[str]:
    expected = _expected(image, dump)
    if boot.csum is not None and len(boot.loads) > len(expected):
        yield f"it loaded {len(boot.loads)} segments, the dump's first image has {len(expected)}"
    for n, load in enumerate(boot.loads):
        yield from _of_segment(n, load, expected)
    if boot.csum is not None and expected and boot.csum != expected[-1].chksum:
        yield f"csum {boot.csum:02x}, in the dump {expected[-1].chksum:02x}"
    stamp = dump[SKETCH_STAMP : SKETCH_STAMP + 4]
    if boot.stamp is not None and len(stamp) == 4 and boot.stamp != int.from_bytes(stamp, "little"):
        yield f"v{boot.stamp:08x} of the sketch, in the dump {int.from_bytes(stamp, 'little'):08x}"


def _of_segment(n: int, load: Load, expected: list[Load]) -> Iterator[str]:
    """A line of the log may be lost: a segment is held against the one of its address."""
    there = next((one for one in expected if one.address == load.address), None)
    if there is None:
        yield f"segment {n + 1} at {load.address:#010x}, in the dump nothing is loaded there"
    elif there.size != load.size:
        yield f"segment at {load.address:#010x}: {load.size} bytes, in the dump {there.size}"
    elif load.chksum is not None and load.chksum != there.chksum:
        yield f"segment at {load.address:#010x}: chksum {load.chksum:02x}, in the dump {there.chksum:02x}"
