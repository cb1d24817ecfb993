"""The sums that ESP8266 firmware is checked by, fast without anything but the standard library."""

from __future__ import annotations

import zlib

__all__ = ["core_crc", "espressif_crc", "header_for_core_crc", "xor_checksum", "xor_of"]

XOR_SEED = 0xEF
CORE_WORDS = 0x1010  # where the Arduino core keeps a file's length and CRC, which count as zeros
CORE_POLYNOMIAL = 0x104C11DB7
CHUNK = 0x10000
REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def xor_of(data: bytes | memoryview) -> int:
    """XOR of all bytes, by large numbers: a loop over bytes would be 50 times slower."""
    value, width = 0, 0x1000
    for start in range(0, len(data), width):
        value ^= int.from_bytes(data[start : start + width], "little")
    while width > 1:
        width //= 2
        value = (value >> (8 * width)) ^ (value & ((1 << (8 * width)) - 1))
    return value


def xor_checksum(*parts: bytes | memoryview) -> int:
    """The checksum at the end of an image's segments, and in the SDK's and rBoot's own records."""
    value = XOR_SEED
    for part in parts:
        value ^= xor_of(part)
    return value


def espressif_crc(data: bytes | memoryview) -> int:
    """The CRC32 behind a version 2 image: zlib's, and its absolute value where it is read as a signed number."""
    crc = zlib.crc32(data)
    return crc ^ 0xFFFFFFFF if crc & 0x80000000 else crc + 1


def core_crc(file: bytes | memoryview) -> int:
    """The CRC of a whole file by Arduino core 3, with its own eight bytes as zeros.

    It takes bits in the other order than zlib does, so zlib gets each byte
    reversed, and the result is reversed again.
    """
    crc = 0
    for start, end in ((0, CORE_WORDS), (CORE_WORDS + 8, len(file))):
        for at in range(start, end, CHUNK):
            crc = zlib.crc32(bytes(file[at : min(at + CHUNK, end)]).translate(REVERSED), crc)
        if start == 0:
            crc = zlib.crc32(bytes(8), crc)
    return int(f"{crc ^ 0xFFFFFFFF:032b}"[::-1], 2)


def header_for_core_crc(file: bytes | memoryview, stored: int, computed: int) -> bytes | None:
    """Bytes 2 and 3 with which the stored CRC would hold, where others in their place explain the difference.

    A CRC is linear: a change of the first four bytes, taken as a polynomial,
    is multiplied by x to the power of all bits of the file. Undoing that is
    one division; only a change of bytes 2 and 3 alone has 16 bits.
    """
    change = _product(stored ^ computed, _power_of_x(-8 * len(file)))
    if not 0 < change <= 0xFFFF:
        return None
    return bytes([file[2] ^ change >> 8, file[3] ^ change & 0xFF])


def _product(a: int, b: int) -> int:
    """The product of two polynomials, by the CRC's own."""
    value = 0
    while b:
        if b & 1:
            value ^= a
        b >>= 1
        a <<= 1
        if a >> 32:
            a ^= CORE_POLYNOMIAL
    return value


def _power_of_x(exponent: int) -> int:
    """A power of x; the polynomial is primitive, so the powers repeat after 2³²-1, and there are negative ones."""
    exponent %= 0xFFFFFFFF
    value, square = 1, 2
    while exponent:
        if exponent & 1:
            value = _product(value, square)
        square = _product(square, square)
        exponent >>= 1
    return value
