"""Reading images of version 1 and 2: headers, segments, and the checks behind them.

After esptool's "Firmware Image Format" and ``bin_image.py``.
"""

from __future__ import annotations

import struct
from dataclasses import replace
from itertools import pairwise

from .checksums import espressif_crc, xor_checksum, xor_of
from .makers import with_core_words, with_micropython, with_raw_irom
from .parts import Check, FirmwareImage, Header, Segment, memory_at

__all__ = ["MAGIC_V1", "MAGIC_V2", "read_image"]

MAGIC_V1, MAGIC_V2 = 0xE9, 0xEA
VERSION_2 = 4  # what the first header of version 2 has in the place of the number of segments
HEADER, SEGMENT_HEADER, CRC = 8, 8, 4
MOST_SEGMENTS = 16


def read_image(data: bytes, at: int = 0) -> FirmwareImage | None:
    """The image that begins at an offset; None if none does, be it for want of eight bytes.

    Never raises. A damaged or cut off image is one with a ``problem``, or with a check that does not hold.
    """
    if not 0 <= at <= len(data) - HEADER:
        return None
    header = _header(data, at)
    if header.magic == MAGIC_V2 and header.segments == VERSION_2:
        return _version_2(data, header)
    if header.magic != MAGIC_V1 or _is_plainly_none(header):
        return None
    image = _version_1(data, header)
    return with_raw_irom(data, with_micropython(data, with_core_words(data, image)))


def _is_plainly_none(header: Header) -> bool:
    """Whether nothing but the first byte makes it a header."""
    return not 0 < header.segments <= MOST_SEGMENTS and header.mode is None and not memory_at(header.entry)


def _version_1(data: bytes, header: Header) -> FirmwareImage:
    segments, end, problem = _listed(data, header)
    image = FirmwareImage(header.at, end, 1, (header,), segments, (), "", problem, end, _overlaps(segments))
    return image if problem else _with_checksum(data, image)


def _version_2(data: bytes, first: Header) -> FirmwareImage:
    """The code in flash, then a second header with the segments to be loaded, and behind all a CRC."""
    code, end, problem = _segment(data, first.at + HEADER, "its code in flash", anywhere=True)
    image = FirmwareImage(first.at, end, 2, (first,), code, (), "", problem, end)
    if problem:
        return image
    if end + HEADER > len(data):
        return replace(image, end=len(data), listed_end=len(data), problem="its second header is cut off")
    second = _header(data, end)
    if second.magic != MAGIC_V1:
        return replace(image, problem="there is no second header behind its code in flash")
    segments, end, problem = _listed(data, second, "its second header")
    image = replace(image, headers=(first, second), segments=code + segments, notices=_overlaps(segments))
    image = replace(image, end=end, listed_end=end, problem=problem)
    return image if problem else _with_crc(data, _with_checksum(data, image))


def _listed(data: bytes, header: Header, name: str = "its header") -> tuple[tuple[Segment, ...], int, str]:
    """The segments behind a header, where they end, and what is wrong with them."""
    at = header.at + HEADER
    if not 0 < header.segments <= MOST_SEGMENTS:
        return (), at, f"{name} names {header.segments} segments"
    segments: tuple[Segment, ...] = ()
    for n in range(header.segments):
        found, at, problem = _segment(data, at, f"segment {n + 1}")
        segments += found
        if problem:
            return segments, at, problem
    return segments, at, ""


def _segment(data: bytes, at: int, name: str, *, anywhere: bool = False) -> tuple[tuple[Segment, ...], int, str]:
    """The segment whose header is at an offset, as far as it is there; none where an ESP8266 could not load it.

    With ``anywhere``, it is code that runs where it lies in flash, and its address need not be told.
    """
    if at + SEGMENT_HEADER > len(data):
        return (), len(data), f"{name} is cut off"
    address, size = struct.unpack_from("<II", data, at)
    if anywhere:
        address = address if memory_at(address) == "irom" else 0
    elif not memory_at(address):
        return (), at, f"{name} would be loaded to {address:#010x}, where an ESP8266 has nothing"
    at += SEGMENT_HEADER
    there = min(size, len(data) - at)
    return (Segment(at, there, address),), at + there, "" if there == size else f"{name} is cut off"


def _with_checksum(data: bytes, image: FirmwareImage) -> FirmwareImage:
    """The checksum is the last byte of the sixteen that the segments end in, counted from the image's beginning."""
    at = image.at + (image.end - image.at) // 16 * 16 + 15
    if at >= len(data):
        return replace(image, end=len(data), listed_end=len(data), problem="its checksum is cut off")
    view = memoryview(data)
    loaded = image.segments[image.version - 1 :]
    computed = xor_checksum(*(view[segment.at : segment.end] for segment in loaded))
    check = Check("XOR checksum", at, f"{data[at]:02x}", f"{computed:02x}")
    return replace(image, end=at + 1, listed_end=at + 1, checks=(check,))


def _with_crc(data: bytes, image: FirmwareImage) -> FirmwareImage:
    """The CRC behind a version 2 image; builds for rBoot can lack it, and can count more into the checksum."""
    at = image.end
    stored = data[at : at + CRC]
    if image.problem:
        return image
    if stored in (b"", b"\xff" * CRC):
        notice = "there is no CRC behind it: some makers, for rBoot, leave it out"
        return replace(image, checks=(_rboot_checksum(data, image),), notices=(*image.notices, notice))
    if len(stored) < CRC:
        return replace(image, end=len(data), listed_end=len(data), problem="its CRC is cut off")
    computed = espressif_crc(memoryview(data)[image.at : at])
    check = Check("CRC32", at, f"{int.from_bytes(stored, 'little'):08x}", f"{computed:08x}")
    checksum = _rboot_checksum(data, image) if check.holds else image.checks[0]
    return replace(image, end=at + CRC, listed_end=at + CRC, checks=(checksum, check))


def _rboot_checksum(data: bytes, image: FirmwareImage) -> Check:
    """The XOR checksum; if it holds only with the code in flash counted in, as rBoot can ask for, it is that one."""
    check, code = image.checks[0], image.segments[0]
    if check.holds:
        return check
    with_code = int(check.computed, 16) ^ xor_of(memoryview(data)[code.at : code.end])
    if check.stored != f"{with_code:02x}":
        return check
    return replace(check, computed=check.stored, note="with the code in flash counted in, an option of rBoot")


def _overlaps(segments: tuple[Segment, ...]) -> tuple[str, ...]:
    """Segments that would be loaded over one another; the later one wins, and that may be meant."""
    places = sorted((segment.address, segment.address + segment.size, n + 1) for n, segment in enumerate(segments))
    return tuple(
        f"segments {min(one, other)} and {max(one, other)} would be loaded over one another"
        for (_, end, one), (start, stop, other) in pairwise(places)
        if start < end and start < stop
    )


def _header(data: bytes, at: int) -> Header:
    return Header(at, *struct.unpack_from("<BBBBI", data, at))
