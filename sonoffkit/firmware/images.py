"""Images to be flashed: read, checked before anything is written, and fitted to the device's flash."""

from __future__ import annotations

import hashlib
import re
import struct
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import (
    ImageChanged,
    ImageCompressed,
    ImageForOtherChip,
    ImageInvalid,
    ImageTooBig,
    ImageUnreadable,
)
from .formats import Header, read_image
from .formats.containers import GZIP_MAGIC, other_chip, unpacked
from .formats.parts import C1_MAPS, FLASH_SIZES, LONGEST_IMAGE, MODES, size_text
from .formats.reading import MAGIC_V1, MAGIC_V2

__all__ = ["HeaderChange", "Image", "check_fits", "load_image", "with_flash_parameters"]

SECOND_STAGE = 0x1000  # where an Arduino image's application begins, behind its boot stage
EBOOT = 0x4010F000  # where Arduino's boot stage is loaded; it does nothing but start the application
HEADER = 8
MODE_NAMES = tuple(mode.lower() for mode in MODES)
SIZE_NIBBLES = {size: nibble for nibble, size in FLASH_SIZES.items() if nibble not in C1_MAPS}
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
    is_packed = raw.startswith(GZIP_MAGIC)
    if is_packed and not unpack:
        raise ImageCompressed(f"{path.name} is compressed (gzip).")
    data = unpacked(raw, LONGEST_IMAGE, path.name) if is_packed else raw
    check_image(path.name, data)
    return Image(path.name, data, hashlib.sha256(data).hexdigest(), is_packed, checked)


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
    problem = _problem_of(data, 0)
    other = other_chip(data) if problem else ""
    if other:
        raise ImageForOtherChip(f"{name} is for an {other}, not for an ESP8266.")
    problem = problem or _problem_of_application(data)
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
    if mode is not None and mode not in MODE_NAMES:
        known = ", ".join(MODE_NAMES)
        raise ImageInvalid(f"There is no flash mode {mode!r}.", f"Use one of {known}, or None to keep it.")
    if flash_size is not None and flash_size not in SIZE_NIBBLES:
        raise ImageTooBig(
            f"An image's header cannot say {size_text(flash_size)} of flash.",
            "An ESP8266 can use 256 KB to 16 MB. Nothing has been changed on the device.",
        )
    new_mode = data[2] if mode is None else MODE_NAMES.index(mode)
    new_size = data[3] if flash_size is None else SIZE_NIBBLES[flash_size] << 4 | data[3] & 0x0F
    old = Header(0, MAGIC_V1, 0, data[2], data[3], 0)
    new = replace(old, mode_byte=new_mode, size_frequency_byte=new_size)
    told = (
        HeaderChange(2, data[2], new_mode, f"flash mode {old.mode or '?'} → {new.mode}"),
        HeaderChange(3, data[3], new_size, f"flash size {old.size_text} → {new.size_text}"),
    )
    changes = tuple(change for change in told if change.old != change.new)
    return data[:2] + bytes([new_mode, new_size]) + data[4:], changes


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


def _problem_of(data: bytes, at: int) -> str:
    """What is wrong with the version 1 image at an offset, in words; empty if nothing is."""
    image = read_image(data, at)
    if image is None:
        return "its header is cut off" if at + HEADER > len(data) else f"its header names {data[at + 1]} segments"
    if image.problem:
        return image.problem
    checksum, digest = image.check("XOR checksum"), image.check("MicroPython MD5")
    if checksum and not checksum.holds:
        return f"its checksum is {checksum.stored}, but its bytes give {checksum.computed}"
    # Arduino's CRC is no reason to refuse one: flashing itself breaks it.
    return "its MD5 does not hold" if digest and not digest.holds else ""


def _problem_of_application(data: bytes) -> str:
    """What is wrong with what Arduino's boot stage starts; empty if nothing is, or if this is no boot stage."""
    (address,) = struct.unpack_from("<I", data, HEADER)
    if data[1] != 1 or address != EBOOT:
        return ""
    if len(data) <= SECOND_STAGE:
        return "it ends before its application, which the boot stage starts at 0x1000"
    if data[SECOND_STAGE] != MAGIC_V1:
        return "there is no application at 0x1000, where the boot stage starts one"
    problem = _problem_of(data, SECOND_STAGE)
    return f"in its application, {problem}" if problem else ""
