"""Which program starts, and what the programs are called: by who starts them, and what that one keeps in mind."""

from __future__ import annotations

import re

from ..formats import FirmwareImage
from ..maps import USER1
from ..records import SECTOR, Record
from .find import USER_PLACES, Family, rboot_config

__all__ = ["boot_version", "image_names", "what_runs"]

BOOT_VERSION = re.compile(rb"2nd boot version : ?(\d\.\d)")
FIRST_NAMES = {
    Family.NONOS: "boot loader",
    Family.ARDUINO: "boot stage",
    Family.RBOOT: "boot loader",
    Family.ALONE: "program",
}
BOTH_COPIES = ("system parameters A", "system parameters B")


def boot_version(data: bytes) -> str:
    """The version of Espressif's boot loader, as it will print it; empty if it is none of theirs."""
    found = BOOT_VERSION.search(data, 0, SECTOR)
    return found[1].decode("ascii") if found else ""


def image_names(data: bytes, images: tuple[FirmwareImage, ...], family: Family) -> dict[int, str]:
    """A name for each image, by where it begins."""
    rboot = rboot_config(data) if family is Family.RBOOT else None
    roms = {at: f"ROM {n}" for n, at in enumerate(rboot.roms)} if rboot else {}
    return {image.at: roms.get(image.at) or _name_of(image, family) for image in images}


def _name_of(image: FirmwareImage, family: Family) -> str:
    if image.at == 0:
        return FIRST_NAMES.get(family, "program" if image.version == 1 else "user image")
    is_user = family is Family.NONOS or (family is Family.NONE and image.version == 2)
    if is_user and image.at in USER_PLACES:
        return "user1" if image.at == USER1 else "user2"
    if family is Family.ARDUINO and image.at == USER1:
        return "sketch"
    return f"image at {image.at:#x}"


def what_runs(
    data: bytes, images: tuple[FirmwareImage, ...], records: tuple[Record, ...], names: dict[int, str], family: Family
) -> tuple[str, str]:
    """Which program starts, and why that is known; two empty texts where nothing tells."""
    if family is Family.NONOS:
        return _slot_that_runs(images, records, names)
    if family is Family.ARDUINO and USER1 in names:
        return names[USER1], "the boot stage at 0 does nothing but start what lies at 0x1000"
    if family is Family.RBOOT:
        return _rom_that_runs(data, names)
    if family is Family.ALONE:
        return names[0], "the chip's ROM starts what lies at 0"
    is_without_first = family is Family.NONE and images and images[0].at > 0
    return "", "nothing at address 0 could start a program" if is_without_first else ""


def _rom_that_runs(data: bytes, names: dict[int, str]) -> tuple[str, str]:
    config = rboot_config(data)
    if not config:
        return "", "rBoot's configuration at 0x1000 is missing, or of a kind that is not known here"
    at, why = config.current_address, f"rBoot's configuration at 0x1000 names ROM {config.current}"
    return (names[at], why) if at in names else ("", f"{why}, at {at:#x}, and no image was found there")


def _slot_that_runs(
    images: tuple[FirmwareImage, ...], records: tuple[Record, ...], names: dict[int, str]
) -> tuple[str, str]:
    """By the copy of the system parameters that counts; else by what is there."""
    programs = {names[image.at]: image for image in images if names[image.at] in ("user1", "user2")}
    slot, why = _slot_told(records)
    if slot in programs:
        return slot, why + ("; but it is damaged or cut off, and may not start" if programs[slot].problem else "")
    if slot and programs:
        return "", f"the system parameters name {slot}, and there is no program: the device may not start"
    if len(programs) == 1:
        return next(iter(programs)), "it is the only program here; no system parameters say which one starts"
    return "", _why_nothing_tells(records) if programs else ""


def _why_nothing_tells(records: tuple[Record, ...]) -> str:
    if any(record.name in BOTH_COPIES for record in records):
        return "there are two programs, and the system parameters do not tell which one starts"
    return "there are two programs, and no system parameters that would tell which one starts"


def _slot_told(records: tuple[Record, ...]) -> tuple[str, str]:
    """The slot that the system parameters name, and which copy of them says it."""
    named = {record.name: record for record in records}
    copies = [named[name] for name in BOTH_COPIES if name in named]
    flag = named.get("system parameters flag")
    chosen = named.get(f"system parameters {flag.facts['copy in use']}") if flag else None
    slots = {copy.facts["user image"] for copy in ([chosen] if chosen else copies)}
    if len(slots) != 1:
        return "", ""
    record = chosen or copies[0]
    slot = slots.pop().removesuffix(" runs")
    why = f"{record.name} (byte 0 at {record.at:#x}) says so"
    why += ", and the flag sector says that this copy counts" if chosen else ""
    return (slot, why) if slot in ("user1", "user2") else ("", "")
