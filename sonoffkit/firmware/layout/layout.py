"""What lies where: every byte of a dump in exactly one named region, and which program starts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ..formats import FirmwareImage
from ..maps import BLANK_SECTOR, USER1, EndMap, flash_map_name, user2_places
from ..records import SECTOR, Record, RegionKind
from ..records.stock import PLACES, is_stock
from .file_kind import FileKind, kind_of, notices_about
from .find import Family, extents, family_of, find_images, find_records, flash_end, is_end_known
from .repeats import notice_of_repeats, period_of, region_of_repeats
from .running import boot_version, image_names, what_runs
from .tiling import Region, tile

__all__ = ["FileKind", "Layout", "Region", "RegionKind", "lay_out"]

WITH_LOADER = (Family.NONOS, Family.ARDUINO, Family.RBOOT)


@dataclass(frozen=True)
class Layout:
    """A file's regions in their order, without gaps, and what follows from them.

    ``flash_size`` is what the header at offset 0 says, in bytes; None where there is none.
    ``family`` is who starts the program, ``map_name`` the SDK's name of the flash map.
    ``runs`` names the region whose program starts, and ``runs_because`` the evidence.
    ``notices`` are sentences for a person: what is missing, what contradicts what.
    ``period`` is the size of what a file repeats, 0 if it does not: then all else is about its first time.
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
    period: int = 0

    def region_at(self, address: int) -> Region:
        """The region that an address lies in; IndexError outside the file."""
        if not 0 <= address < self.size:
            raise IndexError(f"{address:#x} lies outside the {self.size} bytes")
        return self.regions[bisect_right(self.regions, address, key=lambda region: region.start) - 1]

    def record(self, name: str) -> Record | None:
        """The first record of that name."""
        return next((record for record in self.records if record.name == name), None)


def lay_out(data: bytes) -> Layout:
    """The layout of a dump or an image; of any bytes at all."""
    period = period_of(data)
    if not period:
        return _lay_out(data)
    first = _lay_out(data[:period])
    if (first.flash_size or 0) > period:  # the header may be right: then a fault of reading repeats itself
        whole = _lay_out(data)
        return replace(whole, notices=(notice_of_repeats(len(data), period), *whole.notices))
    return replace(
        first,
        size=len(data),
        period=period,
        regions=(*first.regions, region_of_repeats(len(data), period)),
        notices=(notice_of_repeats(len(data), period), *first.notices),
    )


def _lay_out(data: bytes) -> Layout:
    images = find_images(data)
    family = family_of(data, images)
    header = images[0].headers[0] if images and images[0].at == 0 and images[0].version == 1 else None
    flash_size = header.flash_size if header else None
    end = flash_end(data, flash_size)
    records = find_records(data, family, end, images)
    kind = kind_of(data, images, records, flash_size)
    names = image_names(data, images, family)
    user2 = _user2_place(images, end, is_c1=header is not None and header.is_c1)
    runs, because = what_runs(data, images, records, names, family)
    runs_at = next((at for at, name in names.items() if runs and name == runs), None)
    claims = [
        *_image_regions(data, [image for image in images if not image.problem], names, family, runs),
        *_record_regions(records),
        # Where these end is not sure, so they come last.
        *_image_regions(data, [image for image in images if image.problem], names, family, runs),
        *_behind_the_flash(data, kind, end),
    ]
    return Layout(
        kind=kind,
        size=len(data),
        flash_size=flash_size,
        regions=tile(data, claims, _blank_names(data, family, end, user2)),
        images=images,
        records=records,
        family=family,
        map_name=flash_map_name(end, user2) if family is Family.NONOS and len(images) > 1 else "",
        runs=runs,
        runs_because=because,
        notices=tuple(notices_about(data, kind, images, records, flash_size, end, runs_at)),
    )


def _image_regions(
    data: bytes, images: list[FirmwareImage], names: dict[int, str], family: Family, runs: str
) -> Iterator[Region]:
    for image in images:
        name = names[image.at]
        is_boot = image.at == 0 and family in WITH_LOADER
        kind = RegionKind.BOOT if is_boot else RegionKind.PROGRAM
        note = "; ".join(filter(None, (_role(data, name, is_boot, runs), _image_note(image))))
        for start, end in extents(data, image):
            yield Region(start, _first_blank(data, start, end) if image.problem else end, name, kind, note)


def _first_blank(data: bytes, start: int, end: int) -> int:
    """Where the first blank sector begins: a damaged image may claim all that follows."""
    sectors = range(start // SECTOR + 1, end // SECTOR)
    return next((n * SECTOR for n in sectors if data[n * SECTOR : (n + 1) * SECTOR] == BLANK_SECTOR), end)


def _role(data: bytes, name: str, is_boot: bool, runs: str) -> str:
    if is_boot:
        version = boot_version(data)
        return f"boot {version}" if version else ""
    if not runs:
        return ""
    return "runs" if name == runs else "does not run"


def _image_note(image: FirmwareImage) -> str:
    if image.problem:
        return f"damaged or cut off: {image.problem}"
    broken = [check.name for check in image.checks if not check.holds and not check.is_explained]
    explained = any(check.is_explained for check in image.checks)
    state = f"does not hold: {', '.join(broken)}" if broken else "checksums hold" + ", or are explained" * explained
    return "; ".join(filter(None, (f"ends at {image.end:#x}", image.maker, state)))


def _record_regions(records: tuple[Record, ...]) -> Iterator[Region]:
    """A region for each record, but those that lie in another one, as a file's page does in its file system."""
    inside, farthest = set[int](), -1
    for n, record in sorted(enumerate(records), key=lambda item: (item[1].at, -item[1].end)):
        if record.end < farthest:
            inside.add(n)
        farthest = max(farthest, record.end)
    for n, record in enumerate(records):
        if n not in inside:
            yield Region(record.at, record.end, record.name, record.kind, record.note)


def _behind_the_flash(data: bytes, kind: FileKind, end: int) -> Iterator[Region]:
    """The few bytes that a file has more than its flash."""
    if kind is FileKind.FLASH and 0 < len(data) - end < SECTOR:
        yield Region(end, len(data), "behind the flash's end", RegionKind.UNKNOWN, "no flash has bytes there")


def _blank_names(data: bytes, family: Family, end: int, user2: int) -> Iterator[tuple[int, int, str]]:
    """The names that blank places have on the family's map."""
    if family is not Family.NONOS or not is_end_known(data, family, end):
        return
    map_ = EndMap(end)
    places = (
        (map_.rf_calibration, "RF calibration"),
        (map_.phy_init, "PHY init data"),
        (map_.parameters_a, "system parameters A"),
        (map_.parameters_b, "system parameters B"),
        (map_.parameters_flag, "system parameters flag"),
        *(PLACES if is_stock(data) else ()),
    )
    yield from ((at, at + SECTOR, f"{name} (blank)") for at, name in places)
    yield user2, min(2 * user2 - USER1, map_.rf_calibration), "room for user2 (blank)"


def _user2_place(images: tuple[FirmwareImage, ...], end: int, *, is_c1: bool) -> int:
    """Where user2 is, or would be."""
    taken = {image.at for image in images}
    places = user2_places(end, is_c1)
    return next((place for place in places if place in taken), places[0])
