"""What a file is as a whole: a flash, whole or not, an image, a part; and what is to be said about that."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ..formats import FirmwareImage, other_chip
from ..maps import FLASH_SIZES, EndMap, counted, size_text
from ..records import SECTOR, Record

__all__ = ["FileKind", "kind_of", "notices_about"]


class FileKind(StrEnum):
    """What the file is, as a whole."""

    FLASH = "a whole flash"
    INCOMPLETE = "an incomplete flash"
    IMAGE = "a firmware image, as it is written to address 0"
    USER_IMAGE = "a firmware's user part, as it is written to 0x1000 or behind"
    OTHER_CHIP = "a firmware for another chip"
    PART = "a part of a flash"
    BLANK = "nothing but blank flash"
    UNKNOWN = "nothing that is known here"
    EMPTY = "an empty file"


def kind_of(
    data: bytes, images: tuple[FirmwareImage, ...], records: tuple[Record, ...], flash_size: int | None
) -> FileKind:
    """What a file is, by its first header, its size, and what lies in it."""
    if not data:
        return FileKind.EMPTY
    if not data.strip(b"\xff"):
        return FileKind.BLANK
    if not images or images[0].at:
        return _kind_without_header(data, images, records)
    if images[0].version == 2:
        return FileKind.USER_IMAGE
    if _is_image_file(data, images):
        return FileKind.IMAGE
    return FileKind.FLASH if _is_whole(len(data), flash_size) else FileKind.INCOMPLETE


def _is_whole(size: int, flash_size: int | None) -> bool:
    """Whether that is a flash's size, of what the header says or more; or what it says and a few bytes behind."""
    if flash_size and size - flash_size in range(SECTOR):
        return True
    return size in FLASH_SIZES and size >= (flash_size or 0)


def _kind_without_header(data: bytes, images: tuple[FirmwareImage, ...], records: tuple[Record, ...]) -> FileKind:
    if other_chip(data):
        return FileKind.OTHER_CHIP
    if not images and not any(not record.by_place for record in records):
        return FileKind.UNKNOWN
    return FileKind.FLASH if len(data) in FLASH_SIZES else FileKind.PART


def _is_image_file(data: bytes, images: tuple[FirmwareImage, ...]) -> bool:
    """Whether the file ends where its program does; or is cut off within the one program that it has."""
    if len(data) in FLASH_SIZES or any(image.version == 2 for image in images):
        return len(data) <= SECTOR
    last = images[-1]
    return bool(last.problem) or len(data) - last.end < SECTOR


def notices_about(
    data: bytes,
    kind: FileKind,
    images: tuple[FirmwareImage, ...],
    records: tuple[Record, ...],
    flash_size: int | None,
    end: int,
    runs: int | None,
) -> Iterator[str]:
    """Sentences for a person about what is missing or contradicts itself.

    ``runs`` is where the program begins that runs, None where that is not known.
    """
    size = len(data)
    if kind is FileKind.INCOMPLETE and flash_size and flash_size > size:
        yield from _about_missing(records, size, flash_size, end)
    elif kind is FileKind.INCOMPLETE:
        why = _how_odd(flash_size)
        yield f"This has {size_text(size)}, which is no size that a flash has: {why}. {READ_AGAIN}"
    if kind is FileKind.FLASH and flash_size and flash_size < size:
        yield from _about_more_than_said(data, size, flash_size, end)
    if kind is FileKind.FLASH and not (images and images[0].at == 0):
        yield "There is no program at address 0: this flash would not start."
    if kind is FileKind.OTHER_CHIP:
        yield f"This is for an {other_chip(data)}. It must not be written to an ESP8266."
    if kind is FileKind.USER_IMAGE:
        yield "It has no boot loader: it must not be written to address 0. User1 belongs at 0x1000."
    if kind is FileKind.IMAGE and images[-1].problem:
        yield f"It is damaged or cut off: {images[-1].problem}. Get it again; don't write it."
    for image in images:
        if image.problem and kind is not FileKind.IMAGE:
            rest = "" if runs in (None, image.at) or not image.at else " It is not the program that runs."
            yield f"The image at {image.at:#x} is damaged or cut off: {image.problem}.{rest}"
        yield from _about_checks(image)


READ_AGAIN = "Read it again, all of it, while the device still holds it: esptool read-flash 0 ALL FILE, or notebook 2."


def _how_odd(flash_size: int | None) -> str:
    return f"it is more than the header's {size_text(flash_size)}" if flash_size else "it may be cut off"


def _about_missing(records: tuple[Record, ...], size: int, flash_size: int, end: int) -> Iterator[str]:
    lost = "whatever is in there is lost" if end <= size else f"{_lost(size, EndMap(end))} in there"
    yield (
        f"Incomplete: the header says that the flash has {size_text(flash_size)}, and this file has {size_text(size)}. "
        f"Missing is {size_text(flash_size - size)}, from {size:#x} to {flash_size:#x}: {lost}. "
        f"Restored from this, the device would not be what it was. {READ_AGAIN}"
    )
    if end <= size:
        yield (
            f"But the SDK's own records lie in this file, before {end:#x}, where a flash of {size_text(end)} has "
            "them: the header may be wrong, as after an image for another size. esptool flash-id asks the chip itself."
        )


def _lost(size: int, map_: EndMap) -> str:
    """Which of the SDK's records a file of a size has not, or not whole."""
    if size < map_.rf_calibration + SECTOR:
        return "the radio's calibration and the system parameters are"
    if size < map_.parameters_flag:
        return "system parameters are"
    return "what tells which copy of the system parameters counts is"


def _about_more_than_said(data: bytes, size: int, flash_size: int, end: int) -> Iterator[str]:
    if size - flash_size < SECTOR:
        yield (
            f"This file has {counted(size - flash_size, 'byte')} more than the flash that its header names "
            f"({size_text(flash_size)}): they belong to no flash. Read it again if you can, and compare."
        )
        return
    written = data[flash_size:].strip(b"\xff")
    what = "and there is something written behind that" if written else "and all behind that is blank"
    told = f"The header says that the flash has {size_text(flash_size)}; this file has {size_text(size)}, {what}. "
    if end > flash_size:
        told += (
            f"The SDK's own records lie before {end:#x}, where a flash of {size_text(end)} has them: the header is "
            "wrong, or an earlier firmware left them. "
        )
    else:
        told += "The program uses only what the header says. "
    yield told + "Nothing is missing: keep the whole file."


def _about_checks(image: FirmwareImage) -> Iterator[str]:
    for check in image.checks:
        if not check.holds and not check.is_explained:
            yield (
                f"The {check.name} of the image at {image.at:#x} does not hold: {check.stored} is stored, and its "
                f"bytes give {check.computed}. It was changed after it was made, or damaged."
            )
