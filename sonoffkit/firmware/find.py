"""Looking through a dump: which images and which records lie in it, and where the flash ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum

from .filesystems import find_filesystems
from .formats import FirmwareImage, RbootConfig, read_image, read_rboot_config
from .maps import FLASH_SIZES, USER1, EndMap, user2_places
from .records import SECTOR, Record
from .stock import is_stock, read_certificate, read_settings, stock_records
from .system_parameters import read_phy_init, read_rf_calibration, system_records
from .tasmota import recognise_power_cycles, recognise_settings
from .third_party import eeprom_by_place, recognise_espeasy, recognise_espurna

__all__ = ["Family", "family_of", "find_images", "find_records", "flash_end"]

EBOOT = 0x4010F000  # where the Arduino core's boot stage is loaded
BOOT_WORDS = b"2nd boot version"
IMAGE_MAGICS = (0xE9, 0xEA)
SURE_RECORDS = 2  # one alone may be something else that looks like it
BLANK_SECTOR = b"\xff" * SECTOR
USER_PLACES = (USER1, *user2_places(FLASH_SIZES[1]), *user2_places(FLASH_SIZES[-1]))

RECOGNISERS: tuple[Callable[[bytes, int], Record | None], ...] = (
    read_certificate,
    read_settings,
    read_phy_init,
    recognise_settings,
    recognise_power_cycles,
    recognise_espurna,
)


class Family(StrEnum):
    """Who starts the program: that decides what has which place."""

    NONOS = "Espressif's boot loader"
    ARDUINO = "the Arduino core's boot stage (eboot)"
    RBOOT = "rBoot"
    ALONE = "the chip's own ROM"
    NONE = ""


def find_images(data: bytes) -> tuple[FirmwareImage, ...]:
    """All images that begin with a sector, in their order.

    A damaged one counts where images have their place; elsewhere a single byte would be taken for one.
    """
    rboot = read_rboot_config(data, USER1)
    sure = {0, *USER_PLACES, *(rboot.roms if rboot else ())}
    found: list[FirmwareImage] = []
    end = 0
    for at in range(0, len(data), SECTOR):
        if data[at] not in IMAGE_MAGICS or at < end:
            continue
        image = read_image(data, at)
        if image and (image.is_sound or (at in sure and image.segments)):
            found.append(image)
            end = at if image.problem else image.end
    return tuple(found)


def family_of(data: bytes, images: tuple[FirmwareImage, ...]) -> Family:
    """What starts the program in a dump, by its first sectors."""
    first = {image.at: image for image in images[:2]}
    if 0 not in first:
        return Family.NONE
    if len(first[0].segments) == 1 and first[0].segments[0].address == EBOOT:
        return Family.ARDUINO
    if read_rboot_config(data, USER1):
        return Family.RBOOT
    if BOOT_WORDS in data[:SECTOR] or (USER1 in first and first[USER1].version == 2):
        return Family.NONOS
    return Family.ALONE if first[0].version == 1 else Family.NONE


def flash_end(data: bytes, header_size: int | None) -> int:
    """The size of the flash whose last sectors are the SDK's: what the header says, unless the bytes tell better."""
    candidates = [size for size in {header_size or 0, len(data), *FLASH_SIZES} if 0 < size <= len(data)]
    usual = header_size if header_size and header_size <= len(data) else len(data)
    records = {size: len(system_records(data, size)) for size in candidates}
    best = max(candidates, key=lambda size: (records[size], size == usual), default=0)
    return best if records.get(best, 0) >= SURE_RECORDS else usual


def find_records(data: bytes, family: Family, end: int, images: tuple[FirmwareImage, ...]) -> tuple[Record, ...]:
    """All records, those first that are known by their contents."""
    whole = len(data) in FLASH_SIZES
    found = list(system_records(data, end))
    if family is Family.NONOS and is_stock(data):
        found += _new(found, stock_records(data))
    found += _recognised(data, images, found)
    for file_system in find_filesystems(data):
        found += (*recognise_espeasy(data, file_system), file_system)
    if whole or end != len(data):
        found += _new(found, _by_place(data, family, end))
    return tuple(found)


def _recognised(data: bytes, images: tuple[FirmwareImage, ...], known: Iterable[Record]) -> Iterator[Record]:
    """What each sector is recognised as that is neither blank nor within an image."""
    taken = {record.at for record in known}
    for at in range(0, len(data), SECTOR):
        if at in taken or data[at : at + SECTOR] == BLANK_SECTOR or any(i.at <= at < i.end for i in images):
            continue
        record = next((record for read in RECOGNISERS if (record := read(data, at))), None)
        if record:
            yield record


def _by_place(data: bytes, family: Family, end: int) -> Iterator[Record]:
    """The radio's calibration, and Arduino's EEPROM where others have it."""
    map_ = EndMap(end)
    if family is Family.ARDUINO:
        found = [eeprom_by_place(data, end), read_rf_calibration(data, map_.phy_init)]
    else:
        found = [read_rf_calibration(data, map_.rf_calibration)]
    yield from (record for record in found if record)


def _new(known: list[Record], records: Iterable[Record]) -> list[Record]:
    taken = {record.at for record in known}
    return [record for record in records if record.at not in taken]


def rboot_config(data: bytes) -> RbootConfig | None:
    """rBoot's configuration, where it has its place."""
    return read_rboot_config(data, USER1)
