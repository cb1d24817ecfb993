"""What an image may be packed in, be taken for, or be chosen by: gzip, an ESP32's image, rBoot's configuration."""

from __future__ import annotations

import gzip
import io
import struct
import zlib
from dataclasses import dataclass

from ...errors import ImageInvalid, ImageTooBig
from ..maps import SECTOR
from .checksums import xor_checksum
from .parts import LONGEST_IMAGE, Check

__all__ = ["GZIP_MAGIC", "RbootConfig", "other_chip", "read_rboot_config", "unpacked"]

GZIP_MAGIC = b"\x1f\x8b"

ESP32_HEADER, SEGMENT_HEADER, MOST_SEGMENTS = 24, 8, 16
ESP32_ADDRESSES = range(0x3C000000, 0x60000000)
ESP32_CHIP_IDS = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
    18: "ESP32-P4",
    20: "ESP32-C61",
    23: "ESP32-C5",
    25: "ESP32-H21",
    28: "ESP32-H4",
}

RBOOT_HEAD = b"\xe1\x01"  # magic and version
RBOOT_SIZE = 24
RBOOT_MODES = range(16)  # four flags; two of them came with later versions


def unpacked(data: bytes, limit: int = LONGEST_IMAGE, name: str = "The file") -> bytes:
    """What is packed in gzip bytes: never more than a limit, whatever they claim.

    Raises ImageInvalid when they are damaged or cut off, ImageTooBig when there is more in them.
    """
    try:
        with gzip.open(io.BytesIO(data)) as file:
            out = file.read(limit + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise ImageInvalid(f"{name} cannot be unpacked: it is damaged or cut off. ({exc})") from exc
    if len(out) > limit:
        most = "any flash of an ESP8266 holds" if limit == LONGEST_IMAGE else f"{limit} bytes"
        raise ImageTooBig(f"{name} unpacks to more than {most}.")
    return out


def other_chip(data: bytes, at: int = 0) -> str:
    """The chip of the ESP32 family that an image is for, if it makes sense read that way; else empty.

    Ask only where an ESP8266's image was found to have a problem: the first byte is the same.
    """
    if not 0 <= at <= len(data) - ESP32_HEADER - SEGMENT_HEADER or data[at] != 0xE9:
        return ""
    count = data[at + 1]
    (chip_id,) = struct.unpack_from("<H", data, at + 12)
    reserved, has_digest = data[at + 19 : at + 23], data[at + 23]
    if not 0 < count <= MOST_SEGMENTS or any(reserved) or has_digest > 1:
        return ""
    return ESP32_CHIP_IDS.get(chip_id, "") if _has_esp32_segments(data, at + ESP32_HEADER, count) else ""


def _has_esp32_segments(data: bytes, at: int, count: int) -> bool:
    """Whether the segments lie where an ESP32 has memory; the first one must be there, later ones may be cut off."""
    for n in range(count):
        if at + SEGMENT_HEADER > len(data):
            return n > 0
        address, size = struct.unpack_from("<II", data, at)
        if address not in ESP32_ADDRESSES or (n == 0 and size > len(data)):
            return False
        at += SEGMENT_HEADER + size
    return True


@dataclass(frozen=True)
class RbootConfig:
    """Which program rBoot starts: ``roms`` are addresses in flash, and ``current`` is the number of one of them.

    ``gpio`` is the one that a pin asks for, where ``mode`` says so. ``check`` is None where none is kept.
    """

    at: int
    mode: int
    current: int
    gpio: int
    roms: tuple[int, ...]
    check: Check | None = None

    @property
    def count(self) -> int:
        return len(self.roms)

    @property
    def current_address(self) -> int:
        return self.roms[self.current]


def read_rboot_config(data: bytes, at: int = SECTOR) -> RbootConfig | None:
    """The configuration of rBoot at an offset, after its ``rboot.h``; None if there is none that makes sense."""
    if at < 0 or data[at : at + 2] != RBOOT_HEAD or at + RBOOT_SIZE > len(data):
        return None
    mode, current, gpio, count, *_ = data[at + 2 : at + 8]
    if mode not in RBOOT_MODES or not current < count <= 4:
        return None
    roms = struct.unpack_from(f"<{count}I", data, at + 8)
    if any(rom % SECTOR or rom >= LONGEST_IMAGE for rom in roms):
        return None
    return RbootConfig(at, mode, current, gpio, roms, _rboot_check(data, at))


def _rboot_check(data: bytes, at: int) -> Check | None:
    """A build can keep a checksum behind the addresses; others have blank flash there, or words of their own."""
    place = at + RBOOT_SIZE
    computed = xor_checksum(data[at:place])
    has_none = data[place : place + 1] in (b"", b"\xff") or data[place + 4 : place + 16].strip(b"\xff")
    if place >= len(data) or (has_none and data[place] != computed):
        return None
    return Check("rBoot checksum", place, f"{data[place]:02x}", f"{computed:02x}")
