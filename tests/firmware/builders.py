"""Images by the formats' rules, and without the code under test: slow and plain where that is fast."""

from __future__ import annotations

import functools
import hashlib
import operator
import struct
import zlib

EBOOT = 0x4010F000
IRAM, DRAM, IROM = 0x40100000, 0x3FFE8000, 0x40201010
CODE = bytes(n * 37 % 251 for n in range(3000))


def xor(data: bytes) -> int:
    return functools.reduce(operator.xor, data, 0xEF)


def by_hand(*segments, mode=3, size_freq=0x20, checksum=None, entry=0x40100004) -> bytes:
    """An image of version 1."""
    out = bytes([0xE9, len(segments), mode, size_freq]) + struct.pack("<I", entry)
    for address, data in segments:
        out += struct.pack("<II", address, len(data)) + data
    check = xor(b"".join(data for _address, data in segments)) if checksum is None else checksum
    return out + bytes(15 - len(out) % 16) + bytes([check])


SOUND = by_hand((IRAM, CODE), (DRAM, b"words" * 20), (IROM, CODE[::-1]))


def espressif_crc(data: bytes) -> bytes:
    """CRC32 as the SDK's tools write it: the absolute value of what a signed CRC says, less one."""
    crc = zlib.crc32(data)
    return struct.pack("<I", ~crc & 0xFFFFFFFF if crc >> 31 else crc + 1)


def user_part(*segments, code=CODE[:2992], first=b"\xea\x04\x00\x01", crc=None, with_code=False) -> bytes:
    """An image of version 2: code in flash, then a version 1 image without it, then a CRC."""
    head = first + struct.pack("<I", 0x40100004) + struct.pack("<II", 0, len(code)) + code
    parts = [data for _address, data in segments] + [code] * with_code
    out = head + by_hand(*segments, mode=0, size_freq=0x20, checksum=xor(b"".join(parts)))
    return out + (espressif_crc(out) if crc is None else crc)


USER = user_part((IRAM, CODE), (DRAM, b"words" * 20))


def two_stages(application=SOUND) -> bytes:
    """An Arduino image: eboot with one segment, and at 0x1000 the application."""
    return by_hand((EBOOT, CODE[:1200])).ljust(0x1000, b"\xaa") + application


def core_crc(data: bytes) -> int:
    """The core's CRC, bit by bit."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return crc


@functools.cache
def core3(application=SOUND, extra=0) -> bytes:
    """As Arduino core 3 makes it: length and CRC are put in at 0x1010 after the XOR checksum was made."""
    data = bytearray(two_stages(application))
    data[0x1010:0x1018] = bytes(8)
    at = 0x1000 + 8
    payload = b""
    for _ in range(data[0x1001]):
        size = struct.unpack_from("<I", data, at + 4)[0]
        payload += data[at + 8 : at + 8 + size]
        at += 8 + size
    data[at // 16 * 16 + 15] = xor(payload)
    data[0x1010:0x1018] = struct.pack("<II", len(data) + extra, core_crc(data))
    return bytes(data)


def esp32(chip_id=0, address=0x3F400020) -> bytes:
    """The beginning of an ESP32 image: a header of 24 bytes, one segment."""
    head = struct.pack("<BBBBI", 0xE9, 1, 2, 0x20, 0x40080400)
    head += bytes([0xEE, 0, 0, 0]) + struct.pack("<H", chip_id) + bytes(9) + b"\x01"
    out = head + struct.pack("<II", address, len(CODE)) + CODE
    return out + bytes(15 - len(out) % 16) + bytes([xor(CODE)])


def micropython() -> bytes:
    """As MicroPython's makeimg.py makes it: at 0x9000 code that no header names, with length before and MD5 behind."""
    length = 0x9000 + len(CODE)
    data = by_hand((IRAM, CODE)).ljust(0x8FFC, b"\xff") + struct.pack("<I", length) + CODE
    return data + hashlib.md5(data[4:]).digest()


def nodemcu(code=CODE * 3, ram=CODE * 8) -> bytes:
    """A program in RAM at 0, and code in flash that no header names at 0x10000."""
    return by_hand((IRAM, ram), (DRAM, CODE)).ljust(0x10000, b"\xff") + code


def rboot_config(current=0, roms=(0x2000, 0x82000), *, mode=0, gpio=0, version=1, checksum=False) -> bytes:
    """A sector with rBoot's configuration."""
    words = [*roms, 0, 0, 0, 0][:4]
    out = struct.pack("<BBBBBB2x4I", 0xE1, version, mode, current, gpio, len(roms), *words)
    return (out + bytes([xor(out)]) * checksum).ljust(0x1000, b"\xff")


def boundaries(data: bytes, start=0) -> list[int]:
    """Where headers and segments of a version 1 image begin and end, counted from the file's beginning."""
    marks, at = [start, start + 8], start + 8
    for _ in range(data[start + 1]):
        size = struct.unpack_from("<I", data, at + 4)[0]
        marks += [at + 8, at + 8 + size]
        at += 8 + size
    return marks
