"""Dumps by what is known of each firmware's layout, without a byte of anybody's; of plain parts, put together."""

from __future__ import annotations

import functools
import hashlib
import random
import struct
import zlib

from firmware.builders import CODE, DRAM, EBOOT, IRAM, IROM, by_hand, user_part, xor

SECTOR, MB = 0x1000, 0x100000
SIZES = {0x80000: 0x00, MB: 0x20, 2 * MB: 0x30, 4 * MB: 0x40}
STOCK_WORDS = b"Host: iotgo.iteadstudio.com\r\n\0Sec-WebSocket-Key: ITEADTmobiM0x1DabcEsnw==\r\n\0"
SDK_2016 = b"2.0.0(5a875ba)\0SDK ver: %s compiled @ Aug  9 2016 15:12:27\0"
SSID, PASSWORD = b"upstairs-7", b"correct horse battery"
DEVICE_ID, API_KEY = b"10000abcde", b"01234567-89ab-4cde-8f01-23456789abcd"
MAC = bytes.fromhex("d02700112233")


def flash(size: int, parts: dict[int, bytes]) -> bytes:
    """An erased flash with parts written to it; one that lies behind the end is left out."""
    out = bytearray(b"\xff" * size)
    for at, data in parts.items():
        if at < size:
            out[at : at + len(data)] = data[: size - at]
    return bytes(out)


@functools.cache
def boot(version=b"1.6", size_freq=0x20, mode=3) -> bytes:
    """A boot loader in the manner of Espressif's."""
    return by_hand(
        (IRAM, CODE[:2408]), (DRAM, b"2nd boot version : " + version + b"\n\0"), mode=mode, size_freq=size_freq
    )


@functools.cache
def user(words=STOCK_WORDS + SDK_2016, code=CODE[:2992]) -> bytes:
    """A user image with words among its data."""
    return user_part((IRAM, CODE), (DRAM, b"\0" + words), code=code)


def sketch(words=b"core_esp8266_main.cpp\0", application=b"") -> bytes:
    """An Arduino image: boot stage and application."""
    stage = by_hand((EBOOT, CODE[:1200]), size_freq=0x20).ljust(SECTOR, b"\xaa")
    return stage + (application or by_hand((IROM, CODE + b"\0" + words), (IRAM, CODE), (DRAM, b"data" * 20)))


def parameters(slot=0, version=6, ssid=SSID, password=PASSWORD, mode=1) -> bytes:
    """The SDK's system parameters."""
    block = bytearray(b"\xff" * 0x4A4)
    block[0:2] = bytes([0xFC | slot, 0xE0 | version])
    block[8] = mode
    struct.pack_into("<I32s", block, 0x0C, len(ssid), ssid)
    struct.pack_into("<65s", block, 0x37, password)
    block[0x78:0x98] = hashlib.pbkdf2_hmac("sha1", password, ssid, 4096, 32)
    struct.pack_into("<I", block, 0xB0, 0)
    block[0x492:0x498] = MAC
    return bytes(block)


def flag(bank: int, a: bytes, b: bytes, written=13, length=0x20) -> bytes:
    """Which copy of the system parameters counts, with the sum of each."""
    sums = (xor(a[:length]), xor(b[:length]))
    marks = bytes.fromhex("aa55aa55"), bytes.fromhex("55aa55aa")
    return struct.pack("<I4sIIIII4s", bank, marks[0], written, length, length, *sums, marks[1])


def phy() -> bytes:
    return bytes([5, 8]) + bytes(n % 64 for n in range(126))


def settings(model=b"PSF-BD1-GL", ssid=SSID, password=PASSWORD) -> bytes:
    """The maker's settings."""
    block = bytearray(0x218)
    fields = {
        0x00: ssid, 0x20: password, 0x67: model, 0x7C: DEVICE_ID, 0x87: API_KEY, 0xAC: MAC, 0xB2: MAC,
        0xC4: b"ITEAD-" + DEVICE_ID, 0xE4: b"12345678", 0x134: b"eu-disp.coolkit.cc", 0x178: b"1500000000000",
    }  # fmt: skip
    for at, data in fields.items():
        block[at : at + len(data)] = data
    return bytes(block)


def system(size: int, slot=0, version=6) -> dict[int, bytes]:
    """The SDK's five sectors at a flash's end."""
    block = parameters(slot, version)
    out = {size - 5 * SECTOR: bytes([0, 0, 255, 0]) + CODE[:624], size - 4 * SECTOR: phy()}
    out |= {size - 3 * SECTOR: block, size - 2 * SECTOR: block}
    return out | {size - SECTOR: flag(0, block, block)}


def stock_parts(size=MB, model=b"PSF-BD1-GL", version=b"1.6") -> dict[int, bytes]:
    """The parts of a dump of stock firmware."""
    return {
        0: boot(version, SIZES[size]),
        0x1000: user(),
        0x78000: settings(model),
        0x79000: settings(model, ssid=b"8DB0839D"),
        0x7A000: b"\x00",
        0x7C000: b"\xff\xff\xff\xff\1\0\0\0",
        0x7D000: b"\xff\xff\xff\xff\0\0\0\0",
        0x7E000: b"\x01",
        0x7F000: certificate(),
        **system(size, version=int(version[-1:])),
    }


def stock(size=MB, **parts) -> bytes:
    return flash(size, stock_parts(size, **parts))


def certificate() -> bytes:
    name = b"\x06\x03\x55\x04\x03\x0c\x0acoolkit.cn"
    der = b"\x30\x82" + struct.pack(">H", len(name) + 200) + name + CODE[:200]
    return b"ca-17727.cer".ljust(32, b"\0") + struct.pack("<H", len(der)) + der


@functools.cache
def random_bytes(size: int, seed=1) -> bytes:
    return random.Random(seed).randbytes(size)


def tasmota_settings(version=0x0C040000, save_flag=7) -> bytes:
    """A settings block of Tasmota 12: texts one behind the other, and a CRC32 begun with 0."""
    block = bytearray(SECTOR)
    struct.pack_into("<HHII", block, 0, 0x1209, SECTOR, save_flag, version)
    block[SECTOR - 4 :] = struct.pack("<I", zlib.crc32(bytes(block[:-4]), 0xFFFFFFFF))
    return bytes(block)


def core27(words=b"core_esp8266_main.cpp\0tasmota_%06X\0") -> bytes:
    """An image of Arduino core 2.7: length and CRC of all of it in the last bytes of the boot stage's sector."""
    from firmware.builders import core_crc

    out = bytearray(sketch(words))
    out[0xFF8:0x1000] = struct.pack("<I", len(out)) + bytes(4)
    blank = bytes(out[:0xFF8]) + bytes(8) + bytes(out[0x1000:])
    out[0xFFC:0x1000] = struct.pack("<I", core_crc(blank))
    return bytes(out)
