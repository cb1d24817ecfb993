"""What makers put into a version 1 image, or behind it, that its headers do not tell: Arduino, MicroPython, NodeMCU.

After the Arduino core's ``tools/elf2bin.py``, MicroPython's
``ports/esp8266/makeimg.py``, and NodeMCU's documents on its flash.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace

from ..maps import SECTOR
from .checksums import CORE_WORDS, core_crc, header_for_core_crc, xor_of
from .parts import LONGEST_IMAGE, Check, FirmwareImage, Header, Segment

__all__ = ["with_core_words", "with_micropython", "with_raw_irom"]

SECOND_STAGE = 0x1000  # where an Arduino file's application begins, behind its boot stage
MICROPYTHON_LENGTH = 0x8FFC
RAW_IROM = 0x10000
MAPPED = 0x100000  # how much of the flash the processor sees
IROM_ADDRESS = 0x40200000
SYSTEM_SECTORS = 5  # the SDK's own, at the flash's end


def with_core_words(data: bytes, image: FirmwareImage) -> FirmwareImage:
    """The length and CRC that Arduino core 3 writes into its application, after the XOR checksum was made.

    Both are of the whole file, boot stage included. The core has them where
    the length fits the image, or where the XOR holds only without them.
    """
    start = image.at - SECOND_STAGE
    if start < 0 or image.problem or image.segments[0].size < 8:
        return image
    length, stored = struct.unpack_from("<II", data, start + CORE_WORDS)
    checked = image.checks[0]
    without = f"{int(checked.computed, 16) ^ xor_of(data[start + CORE_WORDS : start + CORE_WORDS + 8]):02x}"
    is_left_out = checked.stored == without and not checked.holds and CORE_WORDS + 8 < length <= LONGEST_IMAGE
    if length != image.end - start and not is_left_out:
        return image
    image = replace(image, checks=(replace(checked, computed=without),), maker="Arduino core 3")
    if length > len(data) - start:
        return replace(image, problem=f"it says it has {length} bytes, and there are {len(data) - start}")
    crc = _core_crc_check(memoryview(data)[start : start + length], start, stored)
    end = start + length if crc.holds or crc.is_explained else image.end
    size = Check("Arduino length", start + CORE_WORDS, f"{length:#x}", f"{end - start:#x}")
    return replace(image, end=end, checks=(*image.checks, size, crc))


def _core_crc_check(file: memoryview, start: int, stored: int) -> Check:
    computed = core_crc(file)
    check = Check("Arduino CRC", start + CORE_WORDS + 4, f"{stored:08x}", f"{computed:08x}")
    before = None if check.holds else header_for_core_crc(file, stored, computed)
    if before is None:
        return check
    header = Header(start, file[0], file[1], before[0], before[1], 0)
    if None in (header.mode, header.flash_size, header.frequency):
        return check
    words = f"bytes {start + 2:#x} and {start + 3:#x} as {before.hex(' ')} ({header.mode}, {header.size_text})"
    return replace(check, note=f"holds with {words}: the header was changed when it was flashed")


def with_micropython(data: bytes, image: FirmwareImage) -> FirmwareImage:
    """MicroPython's code lies outside the header: FF up to a length word, and an MD5 at the end it names."""
    word = image.at + MICROPYTHON_LENGTH
    if _names_irom(image) or image.problem or image.end > word or word + 4 > len(data):
        return image
    (length,) = struct.unpack_from("<I", data, word)
    if not MICROPYTHON_LENGTH + 4 < length <= LONGEST_IMAGE or not _is_blank(data, image.end, word):
        return image
    end, code = image.at + length, word + 4
    there = min(end, len(data)) - code
    segment = Segment(code, there, IROM_ADDRESS + code % MAPPED, listed=False)
    image = replace(image, segments=(*image.segments, segment))
    if end + 16 > len(data):
        problem = f"it is cut off: it says it has {length + 16} bytes, and there are {len(data) - image.at}"
        return replace(image, end=len(data), problem=problem)
    # From byte 4 on: flash mode and size may have been fitted.
    digest = hashlib.md5(memoryview(data)[image.at + 4 : end], usedforsecurity=False).hexdigest()
    check = Check("MicroPython MD5", end, data[end : end + 16].hex(), digest)
    return replace(
        image, end=end + 16, checks=(*image.checks, check), maker="MicroPython" if check.holds else image.maker
    )


def with_raw_irom(data: bytes, image: FirmwareImage) -> FirmwareImage:
    """Code at 0x10000 that no header names, as NodeMCU and programs without updates over the air have it.

    Only behind an image at 0 that leaves no room for a program at 0x1000 (a
    boot loader's would be there) and lists no code in flash. It ends before
    the first blank sector, or the SDK's own ones.
    """
    if image.at or _names_irom(image) or image.problem or not SECOND_STAGE < image.end <= RAW_IROM:
        return image
    if not _is_blank(data, image.end, min(-(-image.end // SECTOR) * SECTOR, len(data))):
        return image
    # A header that says less than there is was never fitted to the device.
    size = max(image.headers[0].flash_size or 0, len(data))
    most = min(len(data), size - SYSTEM_SECTORS * SECTOR, MAPPED)
    end = RAW_IROM
    while end < most and not _is_blank(data, end, min(end + SECTOR, most)):
        end += SECTOR
    code = data[RAW_IROM : min(end, most)].rstrip(b"\xff")
    if not code:
        return image
    segment = Segment(RAW_IROM, len(code), IROM_ADDRESS + RAW_IROM, listed=False)
    return replace(image, end=segment.end, segments=(*image.segments, segment))


def _names_irom(image: FirmwareImage) -> bool:
    return any(segment.kind == "irom" for segment in image.segments)


def _is_blank(data: bytes, start: int, end: int) -> bool:
    return data.count(0xFF, start, end) == end - start
