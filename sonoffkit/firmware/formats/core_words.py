"""Length and CRC that Arduino core 2.7 keeps in the last eight bytes of the boot stage's sector.

Core 3 keeps them in the application (see ``makers``). The place and the sum were tried on published Tasmota images.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace

from .checksums import REVERSED, header_for_core_crc
from .parts import Check, FirmwareImage

__all__ = ["with_boot_stage_words"]

WORDS, SECOND_STAGE = 0xFF8, 0x1000


def with_boot_stage_words(data: bytes, stage: FirmwareImage, sketch: FirmwareImage) -> FirmwareImage:
    """The boot stage with the checks that its sector's last words ask for; unchanged where they are none."""
    if stage.problem or sketch.problem or sketch.at != stage.at + SECOND_STAGE or stage.end > stage.at + WORDS:
        return stage
    length, stored = struct.unpack_from("<II", data, stage.at + WORDS)
    file = data[stage.at : sketch.end]
    if length != len(file):
        return stage
    place = stage.at + WORDS
    size = Check("Arduino length", place, f"{length:#x}", f"{len(file):#x}")
    computed = _crc(file)
    crc = Check("Arduino CRC", place + 4, f"{stored:08x}", f"{computed:08x}", _explanation(file, stored, computed))
    return replace(stage, end=sketch.at, checks=(*stage.checks, size, crc), maker="Arduino core 2.7")


def _explanation(file: bytes, stored: int, computed: int) -> str:
    before = header_for_core_crc(file, stored, computed) if stored != computed else None
    if before is None:
        return ""
    return f"holds with bytes 0x2 and 0x3 as {before.hex(' ')}: the header was changed when it was flashed"


def _crc(file: bytes) -> int:
    """The core's CRC: each byte's bits in the other order than zlib's, its own eight bytes as zeros."""
    words = file[:WORDS] + bytes(8) + file[WORDS + 8 :]
    return int(f"{zlib.crc32(words.translate(REVERSED)) ^ 0xFFFFFFFF:032b}"[::-1], 2)
