"""Building ESP8266 images: version 1 (E9), version 2 (EA), checksums; and two to flash for practice."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

from .code_like import code_like, text_block
from .flash import SECTOR
from .slip import checksum

__all__ = ["EBOOT", "PRACTICE_MARK", "Segment", "boot_image", "lesson_images", "user_image"]

QIO, DIO, DOUT = 0, 2, 3
MHZ_40 = 0x0
SIZE_CODES = {0x80000: 0x0, 0x40000: 0x1, 0x100000: 0x2, 0x200000: 0x3, 0x400000: 0x4}
IRAM, DRAM, IROM = 0x40100000, 0x3FFE8000, 0x40201010
EBOOT, EBOOT_SIZE = 0x4010F000, 3584  # the Arduino core's boot loader: where it is loaded
# Each image that is for practice only says so: it holds no program, and a real
# device would start nothing from it.
PRACTICE_MARK = b"sonoffkit practice image: no program in here"


@dataclass(frozen=True)
class Segment:
    """A stretch of an image, and where it is loaded."""

    address: int
    data: bytes


def boot_image(segments: list[Segment], *, mode: int, flash_size: int, entry: int = IRAM + 4) -> bytes:
    """An image of version 1: header, segments, XOR checksum in the last byte of a multiple of 16."""
    size_freq = SIZE_CODES[flash_size] << 4 | MHZ_40
    out = struct.pack("<BBBBI", 0xE9, len(segments), mode, size_freq, entry)
    for segment in segments:
        out += struct.pack("<II", segment.address, len(segment.data)) + segment.data
    out += bytes(15 - len(out) % 16)
    return out + bytes([checksum(b"".join(segment.data for segment in segments))])


def user_image(irom: bytes, segments: list[Segment]) -> bytes:
    """An image of version 2, as a boot loader of Espressif's starts it: EA, irom, an image of version 1, CRC32.

    Both headers keep stale mode bytes, as real ones do: only the header at
    offset 0 of the flash counts.
    """
    irom += bytes(-len(irom) % 16)
    head = struct.pack("<BBBBIII", 0xEA, 4, QIO, 0x01, IRAM + 4, 0, len(irom))
    body = head + irom + boot_image(segments, mode=QIO, flash_size=0x100000)
    crc = zlib.crc32(body)
    return body + struct.pack("<I", crc ^ 0xFFFFFFFF if crc & 0x80000000 else crc + 1)


def lesson_images() -> dict[str, bytes]:
    """Two images to flash for practice, by file name.

    Both are sound images for an ESP8266; their headers ask for a mode and a
    size that a Sonoff does not have, as many downloaded ones do.
    """
    return {
        "practice-hello.bin": _lesson("Hello from your own firmware!", 36_000, DIO, 0x400000),
        "practice-blink.bin": _lesson("blink: the LED goes on and off", 52_000, QIO, 0x80000),
    }


def _lesson(says: str, size: int, mode: int, flash_size: int) -> bytes:
    """Built as the Arduino core builds: its small boot loader in the first sector, and the sketch behind it."""
    boot = [Segment(EBOOT, code_like(EBOOT_SIZE, "eboot"))]
    loader = boot_image(boot, mode=mode, flash_size=flash_size, entry=EBOOT + 4)
    words = PRACTICE_MARK + b"\0" + says.encode() + b"\n\0"
    segments = [
        Segment(IROM, code_like(size - size // 2 - size // 8, says + " irom")),
        Segment(IRAM, code_like(size // 2, says)),
        Segment(DRAM, words + text_block(size // 8, says)),
    ]
    return loader.ljust(SECTOR, b"\xff") + boot_image(segments, mode=mode, flash_size=flash_size)
