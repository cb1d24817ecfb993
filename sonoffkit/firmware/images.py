"""Images to be flashed: read, checked before anything is written, and fitted to the device's flash.

Formats after esptool's "Firmware Image Format" and, for Arduino's length and
CRC words, ``tools/elf2bin.py`` of the ESP8266 core.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import re
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

from ..errors import (
    ImageChanged,
    ImageCompressed,
    ImageForOtherChip,
    ImageInvalid,
    ImageTooBig,
    ImageUnreadable,
)

__all__ = ["HeaderChange", "Image", "check_fits", "load_image", "with_flash_parameters"]

MAGIC_V1, MAGIC_V2 = 0xE9, 0xEA
GZIP_MAGIC = b"\x1f\x8b"
LONGEST_IMAGE = 16 * 0x100000  # the largest flash an ESP8266 can have
MOST_SEGMENTS = 16
SECOND_STAGE = 0x1000  # where an Arduino image's application begins, behind its boot stage
EBOOT = 0x4010F000  # where Arduino's boot stage is loaded; it does nothing but start the application
MICROPYTHON_LENGTH = 0x8FFC  # ports/esp8266/makeimg.py
CORE_WORDS = 0x1010  # total length and CRC, from Arduino core 3 on

MODES = {"qio": 0, "qout": 1, "dio": 2, "dout": 3}
SIZE_NIBBLES = {0x40000: 1, 0x80000: 0, 0x100000: 2, 0x200000: 3, 0x400000: 4, 0x800000: 8, 0x1000000: 9}
# Where segments of ESP8266 images are loaded, and those of ESP32s.
ESP8266_RANGES = ((0x3FFE8000, 0x40000000), (0x40100000, 0x40110000), (0x40200000, 0x40300000))
ESP32_CHIP_IDS = {
    0: "ESP32",
    2: "ESP32-S2",
    5: "ESP32-C3",
    9: "ESP32-S3",
    12: "ESP32-C2",
    13: "ESP32-C6",
    16: "ESP32-H2",
}
ESP32_HEADER = 24
PRACTICE_MARK = b"sonoffkit practice image"


@dataclass(frozen=True)
class Image:
    """A sound ESP8266 image that starts at address 0 of the flash."""

    name: str
    data: bytes
    sha256: str
    unpacked: bool = False
    checked_against: str = ""

    def __repr__(self) -> str:
        return f"<Image {self.name}, {len(self.data)} bytes>"

    @property
    def is_practice(self) -> bool:
        """Whether it is for the practice Sonoff only: it holds no program."""
        return PRACTICE_MARK in self.data


@dataclass(frozen=True)
class HeaderChange:
    """A byte of the header that flashing changes, and what it says before and after."""

    offset: int
    old: int
    new: int
    means: str

    def __str__(self) -> str:
        return f"byte {self.offset}: {self.old:02x} → {self.new:02x} ({self.means})"


def load_image(file: Path | str, *, unpack: bool = False) -> Image:
    """Read an image and check it; raises an ImageError that says what is wrong with it.

    A ``.gz`` is unpacked only when asked. If ``FILE.sha256`` lies beside it,
    the file must match it.
    """
    path = Path(file)
    try:
        if path.stat().st_size > LONGEST_IMAGE:
            raise ImageTooBig(f"{path.name} is larger than any flash of an ESP8266.")
        raw = path.read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        raise ImageUnreadable(f"{path} cannot be read. ({getattr(exc, 'strerror', exc)})") from exc
    checked = _check_published(path, raw)
    data = _unpacked(path.name, raw, unpack)
    check_image(path.name, data)
    return Image(path.name, data, hashlib.sha256(data).hexdigest(), data is not raw, checked)


def check_image(name: str, data: bytes) -> None:
    """Raise an ImageError unless this is a sound ESP8266 image for address 0."""
    if not data:
        raise ImageUnreadable(f"{name} is empty.")
    if data[0] == MAGIC_V2:
        raise ImageInvalid(
            f"{name} is a part of a firmware (user1 or user2, for address 0x1000), not one that starts at 0.",
            "Take the firmware's combined .bin. Nothing has been changed on the device.",
        )
    if data[0] != MAGIC_V1:
        raise ImageInvalid(f"{name} is no ESP8266 image: it begins with {data[:4].hex(' ')}, not with e9.")
    problem = _problem_at(data, 0)
    if problem:
        other = _other_chip(data)
        if other:
            raise ImageForOtherChip(f"{name} is for an {other}, not for an ESP8266.")
        raise ImageInvalid(f"{name} is damaged or cut off: {problem}.")
    problem = _problem_behind(data)
    if problem:
        raise ImageInvalid(f"{name} is damaged or cut off: {problem}.")


def check_fits(image: Image, flash_size: int) -> None:
    """Raise ImageTooBig unless it fits into the flash."""
    if len(image.data) > flash_size:
        raise ImageTooBig(f"{image.name} has {len(image.data)} bytes, and this flash has room for {flash_size}.")


def with_flash_parameters(
    data: bytes, mode: str | None, flash_size: int | None
) -> tuple[bytes, tuple[HeaderChange, ...]]:
    """The image with its header's flash mode and size set, and which bytes that changed.

    The header at 0 is not under the image's XOR checksum; a digest over the
    whole file (a published SHA-256, the second-stage CRC of some builds) no
    longer matches what is in flash then. None keeps what is there.
    """
    if mode is not None and mode not in MODES:
        raise ImageInvalid(f"There is no flash mode {mode!r}.", f"Use one of {', '.join(MODES)}, or None to keep it.")
    if flash_size is not None and flash_size not in SIZE_NIBBLES:
        raise ImageTooBig(
            f"An image's header cannot say {_size_text(flash_size)} of flash.",
            "An ESP8266 can use 256 KB to 16 MB. Nothing has been changed on the device.",
        )
    old_mode, old_size = data[2], data[3]
    new_mode = old_mode if mode is None else MODES[mode]
    new_size = old_size if flash_size is None else SIZE_NIBBLES[flash_size] << 4 | old_size & 0x0F
    names = {number: name.upper() for name, number in MODES.items()}
    sizes = {nibble: _size_text(size) for size, nibble in SIZE_NIBBLES.items()}
    told = (
        (2, old_mode, new_mode, f"flash mode {names.get(old_mode, '?')} → {names.get(new_mode)}"),
        (3, old_size, new_size, f"flash size {sizes.get(old_size >> 4, '?')} → {sizes.get(new_size >> 4)}"),
    )
    changes = tuple(HeaderChange(*one) for one in told if one[1] != one[2])
    return data[:2] + bytes([new_mode, new_size]) + data[4:], changes


def _size_text(size: int) -> str:
    return f"{size // 0x100000} MB" if size >= 0x100000 else f"{size // 1024} KB"


def _unpacked(name: str, raw: bytes, unpack: bool) -> bytes:
    if not raw.startswith(GZIP_MAGIC):
        return raw
    if not unpack:
        raise ImageCompressed(f"{name} is compressed (gzip).")
    try:
        with gzip.open(io.BytesIO(raw)) as file:
            data = file.read(LONGEST_IMAGE + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise ImageInvalid(f"{name} cannot be unpacked: it is damaged or cut off. ({exc})") from exc
    if len(data) > LONGEST_IMAGE:
        raise ImageTooBig(f"{name} unpacks to more than any flash of an ESP8266 holds.")
    return data


def _check_published(path: Path, raw: bytes) -> str:
    """Compare with the SHA-256 beside the file; the name of that file, or empty if there is none."""
    beside = path.with_name(path.name + ".sha256")
    if not beside.is_file():
        return ""
    # Both writings: "digest  name" (sha256sum) and "SHA256 (name) = digest" (BSD).
    digests = re.findall(r"\b[0-9a-f]{64}\b", beside.read_text(encoding="utf-8", errors="replace").lower())
    if hashlib.sha256(raw).hexdigest() not in digests:
        raise ImageChanged(f"{path.name} does not match the checksum in {beside.name}.")
    return beside.name


def _problem_at(data: bytes, start: int) -> str:
    """What is wrong with the version 1 image at an offset, in words; empty if nothing is."""
    if len(data) < start + 8:
        return "its header is cut off"
    count = data[start + 1]
    if not 0 < count <= MOST_SEGMENTS:
        return f"its header names {count} segments"
    at, check = start + 8, 0xEF
    for n in range(count):
        if at + 8 > len(data):
            return f"segment {n + 1} is cut off"
        address, size = struct.unpack_from("<II", data, at)
        if not _in_ranges(address):
            return f"segment {n + 1} would be loaded to {address:#010x}, where an ESP8266 has nothing"
        at += 8
        if at + size > len(data):
            return f"segment {n + 1} is cut off"
        check ^= _xor(data[at : at + size])
        at += size
    end = at // 16 * 16 + 15
    if end >= len(data):
        return "its checksum is cut off"
    return _problem_with_checksum(data, start, data[end], check)


def _problem_with_checksum(data: bytes, start: int, stored: int, computed: int) -> str:
    """Arduino core 3 puts the file's length and a CRC into its application after the checksum was made."""
    without = computed
    length = _core_length(data) if start == SECOND_STAGE else 0
    if length:
        without ^= _xor(data[CORE_WORDS : CORE_WORDS + 8])
    if stored == (without if length == len(data) else computed):
        return ""
    if length and stored == without:
        return "" if length <= len(data) else f"it says it has {length} bytes, and there are {len(data)}"
    return f"its checksum is {stored:02x}, but its bytes give {computed:02x}"


def _core_length(data: bytes) -> int:
    """The file's length by the core's own word, 0 where that word can be none."""
    (length,) = struct.unpack_from("<I", data.ljust(CORE_WORDS + 4, b"\0"), CORE_WORDS)
    return int(length) if CORE_WORDS + 8 < length <= LONGEST_IMAGE else 0


def _problem_behind(data: bytes) -> str:
    """What is wrong with what a sound first stage needs behind it, in words; empty if nothing is."""
    (address,) = struct.unpack_from("<I", data, 8)
    if data[1] == 1 and address == EBOOT:
        if len(data) <= SECOND_STAGE:
            return "it ends before its application, which the boot stage starts at 0x1000"
        if data[SECOND_STAGE] != MAGIC_V1:
            return "there is no application at 0x1000, where the boot stage starts one"
        problem = _problem_at(data, SECOND_STAGE)
        return f"in its application, {problem}" if problem else ""
    return _problem_with_micropython(data)


def _problem_with_micropython(data: bytes) -> str:
    """MicroPython's code lies outside the header: FF up to a length word, and an MD5 at the end it names."""
    ram_end = _end_of(data)
    if ram_end >= MICROPYTHON_LENGTH or set(data[ram_end:MICROPYTHON_LENGTH]) != {0xFF}:
        return ""
    if len(data) < MICROPYTHON_LENGTH + 4:
        return ""
    (length,) = struct.unpack_from("<I", data, MICROPYTHON_LENGTH)
    if not MICROPYTHON_LENGTH + 4 < length <= LONGEST_IMAGE:
        return ""
    if length + 16 > len(data):
        return f"it is cut off: it says it has {length + 16} bytes, and there are {len(data)}"
    # From byte 4 on: flash mode and size may have been fitted.
    same = hashlib.md5(data[4:length]).digest() == data[length : length + 16]
    return "" if same else "its MD5 does not hold"


def _end_of(data: bytes) -> int:
    """Where the first image ends, after its checksum; it is known to be sound."""
    at = 8
    for _ in range(data[1]):
        at += 8 + int(struct.unpack_from("<I", data, at + 4)[0])
    return at // 16 * 16 + 16


def _other_chip(data: bytes) -> str:
    """The chip of the ESP32 family that an image is for, if it is sound read that way."""
    if len(data) < ESP32_HEADER + 8:
        return ""
    (chip_id,) = struct.unpack_from("<H", data, 12)
    address, size = struct.unpack_from("<II", data, ESP32_HEADER)
    in_memory = 0x3C000000 <= address < 0x60000000
    return ESP32_CHIP_IDS.get(chip_id, "") if in_memory and size <= len(data) else ""


def _in_ranges(address: int) -> bool:
    return any(low <= address < high for low, high in ESP8266_RANGES)


def _xor(data: bytes) -> int:
    """XOR of all bytes, by halves of one large number: a loop over bytes would be 50 times slower."""
    value = int.from_bytes(data, "little")
    width = 1 << max(0, len(data) - 1).bit_length()
    while width > 1:
        width //= 2
        value = (value >> (8 * width)) ^ (value & ((1 << (8 * width)) - 1))
    return value
