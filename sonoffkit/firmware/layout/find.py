"""Looking through a dump: which images and which records lie in it, and where the flash ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from ..formats import FirmwareImage, RbootConfig, read_image, read_rboot_config
from ..formats.core_words import with_boot_stage_words
from ..maps import BLANK_SECTOR, FLASH_SIZES, USER1, EndMap, size_text, user2_places
from ..records import SECTOR, Record, RegionKind
from ..records.filesystems import find_filesystems
from ..records.stock import has_stock_settings, is_stock, read_certificate, read_settings, stock_records
from ..records.system_parameters import RF_CALIBRATION_SIZE, read_phy_init, read_rf_calibration, system_records
from ..records.tasmota import recognise_power_cycles, recognise_settings
from ..records.third_party import eeprom_by_place, recognise_espeasy, recognise_espurna

__all__ = [
    "USER_PLACES", "Family", "extents", "family_of", "find_images", "find_records", "flash_end",
    "is_end_known", "rboot_config",
]  # fmt: skip

EBOOT = 0x4010F000  # where the Arduino core's boot stage is loaded
BOOT_WORDS, RBOOT_WORDS = b"2nd boot version", b"rBoot v"
IMAGE_MAGICS = (0xE9, 0xEA)
SURE_RECORDS = 2  # one alone may be something else that looks like it
USER2_PLACES = tuple(sorted({place for size in FLASH_SIZES for place in user2_places(size)}))
USER_PLACES = (USER1, *USER2_PLACES)
# Of all that images at unusual places claim to hold and do not: how many times the file is read for that at most.
MOST_IN_VAIN = 4

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
    rboot = rboot_config(data)
    sure = {0, *USER_PLACES, *(rboot.roms if rboot else ())}
    found: list[FirmwareImage] = []
    end, in_vain = 0, 0
    for at in range(0, len(data), SECTOR):
        if data[at] not in IMAGE_MAGICS or at < end or (at not in sure and in_vain > MOST_IN_VAIN * len(data)):
            continue
        image = read_image(data, at)
        if image and (image.is_sound or (at in sure and image.segments)):
            found.append(image)
            end = at if image.problem else image.end
        elif image:
            in_vain += _bytes_read(image)
    return tuple(_with_boot_stage_words(data, found))


def _bytes_read(image: FirmwareImage) -> int:
    """How much reading an image took: up to its end, or as far as it says that its CRC goes."""
    length = image.check("Arduino length")
    return image.end - image.at + (int(length.stored, 16) if length else 0)


def _with_boot_stage_words(data: bytes, images: list[FirmwareImage]) -> Iterator[FirmwareImage]:
    for n, image in enumerate(images):
        has_next = _is_boot_stage(image) and n + 1 < len(images)
        yield with_boot_stage_words(data, image, images[n + 1]) if has_next else image


def _is_boot_stage(image: FirmwareImage) -> bool:
    return len(image.segments) == 1 and image.segments[0].address == EBOOT


def extents(data: bytes, image: FirmwareImage) -> tuple[tuple[int, int], ...]:
    """The stretches that an image consists of: two where other things lie before the code that no header names."""
    code = next((segment for segment in image.segments if not segment.listed), None)
    if code is None or image.maker or not data[image.listed_end : code.at].strip(b"\xff"):
        return ((image.at, image.end),)
    return ((image.at, image.listed_end), (code.at, image.end))


def rboot_config(data: bytes) -> RbootConfig | None:
    """rBoot's configuration, where it has its place."""
    return read_rboot_config(data, USER1)


def family_of(data: bytes, images: tuple[FirmwareImage, ...]) -> Family:
    """What starts the program in a dump, by its first sectors."""
    first = {image.at: image for image in images[:2]}
    if 0 not in first:
        return Family.NONE
    if _is_boot_stage(first[0]):
        return Family.ARDUINO
    if rboot_config(data) or RBOOT_WORDS in data[:SECTOR]:
        return Family.RBOOT
    if BOOT_WORDS in data[:SECTOR] or (USER1 in first and first[USER1].version == 2):
        return Family.NONOS
    return Family.ALONE if first[0].version == 1 else Family.NONE


def flash_end(data: bytes, header_size: int | None) -> int:
    """The size of the flash whose last sectors are the SDK's: what the header says, unless the bytes tell better.

    A flash can hold such records of an earlier firmware, too, which took it for larger or smaller.
    """
    usual = header_size or next((size for size in FLASH_SIZES if size >= len(data)), len(data))
    if len(system_records(data, usual)) >= SURE_RECORDS:
        return usual
    records = {size: len(system_records(data, size)) for size in (usual, *FLASH_SIZES)}
    best = max(records, key=lambda size: (records[size], size == usual))
    return best if records[best] >= SURE_RECORDS else usual


def is_end_known(data: bytes, family: Family, end: int) -> bool:
    """Whether the flash ends there for sure: the file does, too, or the SDK's records lie before it."""
    ends_there = family is not Family.NONE and 0 <= len(data) - end < SECTOR
    return ends_there or bool(system_records(data, end))


def find_records(data: bytes, family: Family, end: int, images: tuple[FirmwareImage, ...]) -> tuple[Record, ...]:
    """All records; by its place alone only what nothing else was found to be."""
    covered = _sectors(extent for image in images if not image.problem for extent in extents(data, image))
    found = [*system_records(data, end), *_rboot_record(data, family)]
    found += [record for record in _left_parameters(data, end) if record.at // SECTOR not in covered]
    found += _recognised(data, covered | {record.at // SECTOR for record in found})
    for file_system in find_filesystems(data):
        found += (*recognise_espeasy(data, file_system), file_system)
    by_place = list(_by_place(data, family, end)) if is_end_known(data, family, end) else []
    if (family in (Family.NONOS, Family.NONE) and is_stock(data)) or has_stock_settings(data):
        by_place += stock_records(data)
    covered |= _sectors((record.at, record.end) for record in found)
    found += [record for record in by_place if record.at // SECTOR not in covered]
    return tuple(_fitted(record, family) for record in found)


def _left_parameters(data: bytes, end: int) -> Iterator[Record]:
    """System parameters where a flash of another size has them: an earlier firmware's, with its Wi-Fi's password.

    None of them says which program starts now.
    """
    for size in FLASH_SIZES:
        if size == end or size > len(data):
            continue
        records = [record for record in system_records(data, size) if record.name.startswith("system parameters")]
        if len(records) < SURE_RECORDS or not any(
            record.value("SSID") or record.value("AP SSID") for record in records
        ):
            continue
        note = f"left by an earlier firmware, which took the flash for one of {size_text(size)}"
        yield from (replace(record, name=f"old {record.name}", note=note, facts={}) for record in records)


def _sectors(stretches: Iterable[tuple[int, int]]) -> set[int]:
    return {n for start, end in stretches for n in range(start // SECTOR, -(-end // SECTOR))}


def _recognised(data: bytes, covered: set[int]) -> Iterator[Record]:
    """What each sector is recognised as that is neither blank nor covered."""
    for at in range(0, len(data), SECTOR):
        if at // SECTOR not in covered and data[at : at + SECTOR] != BLANK_SECTOR:
            record = next((record for read in RECOGNISERS if (record := read(data, at))), None)
            if record:
                yield record


def _rboot_record(data: bytes, family: Family) -> Iterator[Record]:
    config = rboot_config(data) if family is Family.RBOOT else None
    if config:
        roms = ", ".join(f"{rom:#x}" for rom in config.roms)
        facts = {"ROM in use": str(config.current), "ROMs": roms}
        note = f"ROM {config.current} of {config.count} counts: {roms}"
        checks = (config.check,) if config.check else ()
        size = min(SECTOR, len(data) - config.at)
        yield Record("rBoot's configuration", RegionKind.SYSTEM, config.at, size, note, (), checks, facts)


def _by_place(data: bytes, family: Family, end: int) -> Iterator[Record]:
    """The radio's calibration, and Arduino's EEPROM where others have it."""
    map_ = EndMap(end)
    if family is Family.ARDUINO:
        found = [_eeprom(data, end), read_rf_calibration(data, map_.phy_init)]
    else:
        found = [read_rf_calibration(data, map_.rf_calibration)]
    yield from (record for record in found if record)


def _eeprom(data: bytes, end: int) -> Record | None:
    """What lies where the Arduino core has its EEPROM; of the size of a calibration, that is what others had there."""
    calibration = read_rf_calibration(data, EndMap(end).rf_calibration)
    if calibration and calibration.facts["bytes"] == str(RF_CALIBRATION_SIZE):
        return replace(calibration, note="by its place and size; left from an earlier firmware")
    return eeprom_by_place(data, end)


def _fitted(record: Record, family: Family) -> Record:
    """A record with a note that holds for who starts the program: others leave what was there before."""
    if family in (Family.NONOS, Family.NONE):
        return record
    if "user image" in record.facts:
        return replace(record, note=f"{record.facts['mode']}; which user image runs counts for Espressif's loader only")
    if record.name.startswith(("settings", "relay state", "certificate")):
        return replace(record, note=f"{record.note}; left from the maker's firmware")
    return record
