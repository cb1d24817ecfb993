"""Which dumps a share-safe copy can be made of, and why not of the others."""

from __future__ import annotations

from collections.abc import Iterable

from ...errors import NotRedacted
from ..formats import FirmwareImage
from ..formats.containers import GZIP_MAGIC
from ..identity import Confidence, Firmware
from ..layout import FileKind, Layout
from ..layout.find import Family

__all__ = ["refuse_what_is_not_sure"]

MOST_SECRETS = 100  # a device has some 30 different ones
SAFE = "Do not share this dump. The file is as it was, and nothing was written."
SUPPORTED = ("stock eWeLink", "sonoffkit's practice firmware")
SURE = (Confidence.PROVEN, Confidence.LIKELY)
IMAGES = (FileKind.IMAGE, FileKind.USER_IMAGE)
DUMPS = (FileKind.FLASH, FileKind.INCOMPLETE)
BOOT_WORDS = b"2nd boot version"
WHY_NOT = {
    "Tasmota": "a network's name and password can be built into its program, and its rules, scripts and files are "
    "not read here",
    "ESPHome": "it has the network's name and password, and keys, built into its program, anywhere in it",
    "ESPurna": "names and passwords can be built into its program, and what its settings were before remains in "
    "their sectors",
    "ESPEasy": "it keeps names, passwords and rules in a file system, older copies included, which is not read whole",
    "MicroPython": "its user's programs, with names and passwords in them, lie in a file system that is not read here",
    "CircuitPython": "its user's programs, with names and passwords in them, lie in a file system that is not read "
    "here",
    "NodeMCU": "its user's programs, with names and passwords in them, lie in a file system that is not read here",
    "an Arduino sketch": "whatever its author wrote into the program is in it, names and passwords too, anywhere",
}
NOT_KNOWN = "where it keeps names, passwords and keys is not known here"


def refuse_what_is_not_sure(data: bytes, layout: Layout, firmware: Firmware) -> None:
    """Raise NotRedacted unless this is a dump of a device with firmware whose records are known."""
    if data.startswith(GZIP_MAGIC):
        raise NotRedacted("This is a compressed file, and what is in it is not looked at here.", f"Unpack it. {SAFE}")
    if layout.kind is FileKind.OTHER_CHIP:
        raise NotRedacted("This is not for an ESP8266, so what lies where in it is not known here.", SAFE)
    if layout.kind in IMAGES:
        _refuse_image(firmware)
    if firmware.confidence not in SURE:
        raise NotRedacted(
            "It is not known for sure which firmware this is, so neither is where it keeps names and passwords.",
            f"{SAFE} sonoffkit inspect shows what was found in it, masked.",
        )
    if not firmware.name.startswith(SUPPORTED):
        raise NotRedacted(
            f"This is {firmware.name}: {WHY_NOT.get(firmware.name, NOT_KNOWN)}.",
            f"{SAFE} sonoffkit inspect shows what was found in it, masked.",
        )
    if layout.kind not in DUMPS or layout.family is not Family.NONOS:
        raise NotRedacted(
            f"This is {layout.kind.value}, without a flash's beginning, so nothing tells what lies where.",
            f"{SAFE} Read the whole flash: notebook 2.",
        )
    _refuse_damaged(data, layout)
    _refuse_crowded(layout)


def _refuse_image(firmware: Firmware) -> None:
    raise NotRedacted(
        f"This is a firmware image ({firmware.name}), not a dump of a device: what was built into it, its maker knows "
        "alone.",
        "An image that somebody published needs no redacting: share its address. Do not share one that you built "
        "yourself: your network's name and password may be in it. The file is as it was, and nothing was written.",
    )


def _refuse_damaged(data: bytes, layout: Layout) -> None:
    """The boot loader and the program that runs must be whole: of a cut off one nobody knows what its bytes are."""
    if BOOT_WORDS not in data[: layout.images[0].end]:
        raise NotRedacted("What lies at 0 is no boot loader of Espressif's, so what is in it is not known here.", SAFE)
    for image in needed(layout.images, layout):
        if image.problem:
            raise NotRedacted(
                f"The {'program' if image.at else 'boot loader'} at {image.at:#x} is damaged or cut off "
                f"({image.problem}), so nobody knows what its bytes are.",
                f"{SAFE} Read the flash again: notebook 2.",
            )


def _refuse_crowded(layout: Layout) -> None:
    """What a file made of records only would take to replace grows with its square."""
    secrets = {one.value for record in layout.records for one in record.fields if one.secret}
    if len(secrets) > MOST_SECRETS:
        raise NotRedacted(
            f"There are {len(secrets)} different names, passwords and keys in it: no device has so many, so what this "
            "is is not known.",
            SAFE,
        )


def needed(images: Iterable[FirmwareImage], layout: Layout) -> tuple[FirmwareImage, ...]:
    """The images without which the dump would not be what it is: the boot loader, and what it starts."""
    return tuple(image for image in images if not image.at or layout.region_at(image.at).name == layout.runs)
