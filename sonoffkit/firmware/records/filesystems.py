"""File systems in a dump, each with its exact extent: littlefs, SPIFFS, FAT.

Read in littlefs's ``SPEC.md`` (superblock, tags, checksums of commits), SPIFFS's ``spiffs_nucleus.h`` and
``spiffs_config.h`` of the ESP8266 Arduino core (magic, page headers), and Microsoft's "FAT File System Specification"
(boot sector).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from .record import SECTOR, Record, RegionKind

__all__ = ["FAT_NAME", "LITTLEFS_NAME", "SPIFFS_NAME", "SpiffsPage", "find_filesystems", "spiffs_pages"]

LITTLEFS_NAME, SPIFFS_NAME, FAT_NAME = "littlefs file system", "SPIFFS file system", "FAT file system"
LARGEST = 0x1000000  # what an ESP8266's flash has at most

# A littlefs tag is stored big-endian and XORed with the one before it, the first with ones. These are the first two of
# a superblock: the name "littlefs" of 8 bytes, then 24 bytes of configuration.
SUPERBLOCK = bytes.fromhex("f00ffff7") + b"littlefs" + bytes.fromhex("2fe00010")
CONFIGURATION = 20  # where version, block size, number of blocks follow
LITTLEFS_MAJOR = 2
NAME_TAGS, DELETED_TAG, CRC_TAGS = (0x001, 0x002), 0x3FF, range(0x500, 0x504)
MOST_TAGS = 2048  # in one block; more are none

# SPIFFS on an ESP8266 has pages of 256 bytes; a block begins with one of object ids, which ends in a magic number and
# how often the block was erased.
PAGE = 256
PAGE_HEADER, OBJECT_NAME, OBJECT_NAME_SIZE = 5, 13, 32
MAGIC = 0x0529 ^ PAGE
MAGIC_AT = PAGE - 4
INDEX = 0x8000  # this bit of an object id: the page is an index of the object's pages
USED, FINAL, NOT_INDEX, NOT_DELETED = 0x01, 0x02, 0x04, 0xC0
FEWEST_BLOCKS = 3


class SpiffsPage(NamedTuple):
    """A page of a file: ``at`` is where the file's bytes from ``offset`` on lie in the dump.

    A page is ``deleted`` as soon as another holds newer bytes; the older ones remain until their block is erased.
    """

    name: str
    offset: int
    at: int
    size: int
    deleted: bool


def find_filesystems(data: bytes) -> tuple[Record, ...]:
    """The file systems that begin at a sector of a dump, in their order. Never raises."""
    magics = _magics(data)
    found: list[Record] = []
    end = 0
    for sector, at in enumerate(range(0, len(data), SECTOR)):
        if at < end:
            continue
        record = _littlefs(data, at) or _spiffs(data, at, sector, magics) or _fat(data, at)
        if record:
            found.append(record)
            end = record.end
    return tuple(found)


def spiffs_pages(data: bytes, start: int, end: int) -> Iterator[SpiffsPage]:
    """The pages of the files of a SPIFFS, the older copies too, in the order of their addresses."""
    names = _spiffs_names(data, start, end)
    for at in range(start, min(end, len(data)) - PAGE + 1, PAGE):
        number, span, flags = struct.unpack_from("<HHB", data, at)
        if number in names and flags & (FINAL | NOT_INDEX) == NOT_INDEX:
            size = PAGE - PAGE_HEADER
            yield SpiffsPage(names[number], span * size, at + PAGE_HEADER, size, flags & NOT_DELETED != NOT_DELETED)


def _record(name: str, data: bytes, at: int, size: int, note: str, facts: dict[str, str]) -> Record:
    there = min(size, len(data) - at)
    if there < size:
        note += f"; only {there} of its {size} bytes are in this file"
    return Record(name, RegionKind.FILES, at, there, note, facts=facts)


def _littlefs(data: bytes, at: int) -> Record | None:
    if data[at + 4 : at + CONFIGURATION] != SUPERBLOCK or at + CONFIGURATION + 12 > len(data):
        return None
    version, block, count = struct.unpack_from("<III", data, at + CONFIGURATION)
    if version >> 16 != LITTLEFS_MAJOR or block % SECTOR or not 2 * SECTOR <= block * count <= LARGEST:
        return None
    names = set[bytes]()
    for start in range(at, min(at + block * count, len(data)), block):
        names |= _littlefs_names(data[start : start + block])
    version_name = f"{version >> 16}.{version & 0xFFFF}"
    facts = {
        "version": version_name,
        "block size": str(block),
        "blocks": str(count),
        "names seen": str(len(names)),
    }
    note = f"littlefs {version_name}, {count} blocks of {block} bytes; {_names_text(len(names))}, deleted ones included"
    return _record(LITTLEFS_NAME, data, at, block * count, note, facts)


def _littlefs_names(block: bytes) -> set[bytes]:
    """The names in a metadata block, as far as its commits' checksums hold; none in a block of another kind."""
    names, pending = set[bytes](), set[bytes]()
    at, tag, begin = 4, 0xFFFFFFFF, 0
    for _ in range(MOST_TAGS):
        if at + 4 > len(block):
            break
        tag ^= int.from_bytes(block[at : at + 4], "big")
        kind, length = tag >> 20 & 0x7FF, tag & 0x3FF
        size = 0 if length == DELETED_TAG else length
        if tag >> 31 or at + 4 + size > len(block):
            break
        if kind in CRC_TAGS:
            stored = int.from_bytes(block[at + 4 : at + 8], "little")
            if zlib.crc32(block[begin : at + 4]) ^ 0xFFFFFFFF != stored:
                break
            names |= pending
            pending.clear()
            begin = at + 4 + size
            tag ^= (kind & 1) << 31  # what the next tag's first bit will be when erased is kept in this one's kind
        elif kind in NAME_TAGS and size:
            pending.add(block[at + 4 : at + 4 + size])
        at += 4 + size
    return names


def _names_text(count: int) -> str:
    return f"{count} name of a file seen" if count == 1 else f"{count} names of files seen"


def _magics(data: bytes) -> list[int]:
    """For each sector what its SPIFFS magic leaves: the blocks from it to the end, or 0 where those are not told."""
    return [
        int.from_bytes(data[at : at + 2], "little") ^ MAGIC if at + 2 <= len(data) else -1
        for at in range(MAGIC_AT, len(data) + MAGIC_AT, SECTOR)
    ]


def _spiffs(data: bytes, at: int, sector: int, magics: list[int]) -> Record | None:
    """Blocks of one sector or two, counted down by their magics; in older ones the same magic is in all."""
    for sectors in (1, 2):
        count = _counted_down(magics, sector, sectors) or _all_the_same(magics, sector, sectors)
        if count:
            return _spiffs_record(data, at, count, sectors * SECTOR)
    return None


def _spiffs_record(data: bytes, at: int, count: int, block: int) -> Record:
    files = len(set(_spiffs_names(data, at, at + count * block).values()))
    facts = {"block size": str(block), "blocks": str(count), "names seen": str(files)}
    note = f"SPIFFS, {count} blocks of {block} bytes; {_names_text(files)}"
    return _record(SPIFFS_NAME, data, at, count * block, note, facts)


def _counted_down(magics: list[int], sector: int, step: int) -> int:
    """How many blocks the first magic tells, if three of four of those in the file agree; else 0.

    One that does not is a block that was erased when the power failed.
    """
    count = magics[sector]
    if not FEWEST_BLOCKS <= count <= LARGEST // (SECTOR * step):
        return 0
    for most in (4, count):  # the first four alone, since that is done for each sector of a dump
        seen = magics[sector : sector + min(count, most) * step : step]
        agree = sum(magic == count - n for n, magic in enumerate(seen))
        if agree < max(FEWEST_BLOCKS, 0.75 * len(seen)):
            return 0
    return count


def _all_the_same(magics: list[int], sector: int, step: int) -> int:
    """How many blocks in a row have the magic that tells nothing; 0 if they are too few."""
    count = 0
    while sector + count * step < len(magics) and magics[sector + count * step] == 0:
        count += 1
    return count if count >= FEWEST_BLOCKS else 0


def _spiffs_names(data: bytes, start: int, end: int) -> dict[int, str]:
    """The names of the files, by their object ids; from the pages of their indexes that are in use."""
    names: dict[int, str] = {}
    for at in range(start, min(end, len(data)) - PAGE + 1, PAGE):
        number, span, flags = struct.unpack_from("<HHB", data, at)
        in_use = flags & (USED | FINAL | NOT_INDEX | NOT_DELETED) == NOT_DELETED
        if not number & INDEX or number == 0xFFFF or span or not in_use:
            continue
        raw = data[at + OBJECT_NAME : at + OBJECT_NAME + OBJECT_NAME_SIZE].split(b"\0", 1)[0]
        if raw and raw.isascii() and raw.decode().isprintable():
            names[number & ~INDEX] = raw.decode()
    return names


def _fat(data: bytes, at: int) -> Record | None:
    """A FAT without partition table, as older MicroPython has it."""
    if data[at + 510 : at + 512] != b"\x55\xaa" or data[at : at + 1] not in (b"\xeb", b"\xe9"):
        return None
    sector, cluster, reserved, tables = struct.unpack_from("<HBHB", data, at + 11)
    (small,), (large,) = struct.unpack_from("<H", data, at + 19), struct.unpack_from("<I", data, at + 32)
    count = small or large
    sizes = sector in (512, 1024, 2048, 4096) and cluster and not cluster & (cluster - 1)
    if not sizes or not reserved or tables not in (1, 2) or not 4 * SECTOR <= count * sector <= LARGEST:
        return None
    facts = {"sector size": str(sector), "sectors": str(count)}
    note = f"FAT, {count} sectors of {sector} bytes; its files are not listed"
    return _record(FAT_NAME, data, at, count * sector, note, facts)
