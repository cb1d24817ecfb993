"""What lies where: every byte of a dump in exactly one named region, and which program starts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .file_kind import FileKind, kind_of, notices_about
from .find import Family, family_of, find_images, find_records, flash_end, rboot_config
from .formats import FirmwareImage
from .maps import FLASH_SIZES, USER1, EndMap, flash_map_name, user2_places
from .records import SECTOR, Record, RegionKind
from .stock import PLACES, is_stock
from .tiling import Region, tile

__all__ = ["FileKind", "Layout", "Region", "RegionKind", "lay_out"]


@dataclass(frozen=True)
class Layout:
    """A file's regions in their order, without gaps, and what follows from them.

    ``flash_size`` is what the header at offset 0 says, in bytes; None where there is none.
    ``family`` is who starts the program, ``map_name`` the SDK's name of the flash map.
    ``runs`` names the region whose program starts, and ``runs_because`` the evidence.
    ``notices`` are sentences for a person: what is missing, what contradicts what.
    """

    kind: FileKind
    size: int
    flash_size: int | None
    regions: tuple[Region, ...]
    images: tuple[FirmwareImage, ...]
    records: tuple[Record, ...] = ()
    family: Family = Family.NONE
    map_name: str = ""
    runs: str = ""
    runs_because: str = ""
    notices: tuple[str, ...] = ()

    def region_at(self, address: int) -> Region:
        """The region that an address lies in; IndexError outside the file."""
        for region in self.regions:
            if region.start <= address < region.end:
                return region
        raise IndexError(f"{address:#x} lies outside the {self.size} bytes")

    def record(self, name: str) -> Record | None:
        """The first record of that name."""
        return next((record for record in self.records if record.name == name), None)


def lay_out(data: bytes) -> Layout:
    """The layout of a dump or an image; of any bytes at all."""
    images = find_images(data)
    family = family_of(data, images)
    flash_size = images[0].headers[0].flash_size if images and images[0].at == 0 and images[0].version == 1 else None
    end = flash_end(data, flash_size)
    records = find_records(data, family, end, images)
    kind = kind_of(data, images, records, flash_size)
    names = {image.at: _name_of(image, family) for image in images}
    claims = [*_image_regions(images, names, family), *_record_regions(records)]
    runs, because = _what_runs(data, images, records, names, family)
    return Layout(
        kind=kind,
        size=len(data),
        flash_size=flash_size,
        regions=tile(data, claims, _blank_names(data, family, end)),
        images=images,
        records=records,
        family=family,
        map_name=_map_name(images, family, flash_size or end),
        runs=runs,
        runs_because=because,
        notices=tuple(notices_about(data, kind, images, records, flash_size, end)),
    )


def _name_of(image: FirmwareImage, family: Family) -> str:
    user2 = {place for size in FLASH_SIZES for place in user2_places(size)}
    if image.at == 0:
        names = {Family.NONOS: "boot loader", Family.ARDUINO: "boot stage", Family.RBOOT: "boot loader"}
        return names.get(family, "program" if image.version == 1 else "user image")
    if family is Family.NONOS and image.at == USER1:
        return "user1"
    if family is Family.NONOS and image.at in user2:
        return "user2"
    if family is Family.ARDUINO and image.at == USER1:
        return "sketch"
    return f"image at {image.at:#x}"


def _image_regions(images: tuple[FirmwareImage, ...], names: dict[int, str], family: Family) -> Iterator[Region]:
    for image in images:
        is_boot = image.at == 0 and family in (Family.NONOS, Family.ARDUINO, Family.RBOOT)
        kind = RegionKind.BOOT if is_boot else RegionKind.PROGRAM
        yield Region(image.at, image.end, names[image.at], kind, _image_note(image))


def _image_note(image: FirmwareImage) -> str:
    if image.problem:
        return f"damaged or cut off: {image.problem}"
    broken = [check.name for check in image.checks if not check.holds]
    state = f"does not hold: {', '.join(broken)}" if broken else f"checked: {', '.join(c.name for c in image.checks)}"
    return f"{image.maker or f'version {image.version}'}, ends at {image.end:#x}; {state}"


def _record_regions(records: tuple[Record, ...]) -> Iterator[Region]:
    """A region for each record, but those that lie in another one, as a file's page does in its file system."""
    for record in records:
        if not any(other is not record and other.at <= record.at and record.end < other.end for other in records):
            yield Region(record.at, record.end, record.name, record.kind, record.note)


def _blank_names(data: bytes, family: Family, end: int) -> Iterator[tuple[int, int, str]]:
    """The names that blank places have on the family's map."""
    if len(data) not in FLASH_SIZES:
        return
    map_ = EndMap(end)
    if family is Family.NONOS:
        places = (
            (map_.rf_calibration, "RF calibration"),
            (map_.phy_init, "PHY init data"),
            (map_.parameters_a, "system parameters A"),
            (map_.parameters_b, "system parameters B"),
            (map_.parameters_flag, "system parameters flag"),
        )
        for at, name in places:
            yield at, at + SECTOR, f"{name} (blank)"
        user2 = user2_places(end)[0]
        yield user2, map_.rf_calibration, "room for user2 (blank)"
    if family is Family.NONOS and is_stock(data):
        yield from ((at, at + SECTOR, f"{name} (blank)") for at, name in PLACES)


def _map_name(images: tuple[FirmwareImage, ...], family: Family, flash_size: int) -> str:
    if family is not Family.NONOS or len(images) < 2:
        return ""
    taken = {image.at for image in images}
    places = user2_places(flash_size)
    return flash_map_name(flash_size, next((place for place in places if place in taken), places[0]))


def _what_runs(
    data: bytes, images: tuple[FirmwareImage, ...], records: tuple[Record, ...], names: dict[int, str], family: Family
) -> tuple[str, str]:
    """Which program starts, and why that is known; two empty texts where nothing tells."""
    if family is Family.NONOS:
        return _slot_that_runs(images, records, names)
    if family is Family.ARDUINO and USER1 in names:
        return names[USER1], "the boot stage at 0 does nothing but start what lies at 0x1000"
    if family is Family.RBOOT:
        config = rboot_config(data)
        if config and config.current < len(config.roms):
            at = config.roms[config.current]
            return names.get(at, f"image at {at:#x}"), f"rBoot's configuration at 0x1000 names ROM {config.current}"
    if family is Family.ALONE:
        return names[0], "the chip's ROM starts what lies at 0"
    return "", ""


def _slot_that_runs(
    images: tuple[FirmwareImage, ...], records: tuple[Record, ...], names: dict[int, str]
) -> tuple[str, str]:
    """By the copy of the system parameters that counts; else by what is there."""
    named = {record.name: record for record in records}
    flag = named.get("system parameters flag")
    copies = [named[name] for name in ("system parameters A", "system parameters B") if name in named]
    chosen = named.get(f"system parameters {flag.facts['copy in use']}") if flag else None
    programs = [names[image.at] for image in images if names[image.at] in ("user1", "user2")]
    if chosen or copies:
        record = chosen or copies[0]
        why = f"{record.name} (byte 0 at {record.at:#x}) says so"
        why += ", and the flag sector says that this copy counts" if chosen else ""
        slots = {copy.facts["user image"] for copy in ([chosen] if chosen else copies)}
        slot = record.facts["user image"].removesuffix(" runs")
        if len(slots) == 1 and slot in ("user1", "user2"):
            return slot, why + ("" if slot in programs else f"; but there is no program in {slot}")
    if len(programs) == 1:
        return programs[0], "it is the only program here; no system parameters say which one starts"
    return "", "the system parameters do not tell" if programs else ""
