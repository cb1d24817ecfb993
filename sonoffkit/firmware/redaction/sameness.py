"""What a dump shows, as far as a share-safe copy of it must show the same."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..identity import identify_firmware
from ..layout import Layout
from ..layout.tiling import Region
from ..records import Record
from ..records.system_parameters import pmk_of
from ..secrets.secrets import PAIRS

__all__ = ["what_it_shows"]

Name = tuple[int, int, str, str]
OVERWRITTEN = "overwritten"


def what_it_shows(
    data: bytes, layout: Layout, overwritten: Collection[Region], programs: Collection[int]
) -> dict[str, object]:
    """Each thing by a name for a person; values of secrets count by their lengths only.

    ``overwritten`` are regions of which nothing stayed, ``programs`` where those images begin that stay.
    """
    firmware = identify_firmware(data, layout)
    records = [record for record in layout.records if not _is_in(record.at, overwritten)]
    images = [image for image in layout.images if image.at in programs]
    return {
        "size": layout.size,
        "kind of file": (layout.kind, layout.flash_size, layout.map_name),
        "regions": _merged(_name(region, overwritten) for region in layout.regions),
        "records": [(r.name, r.kind, r.at, r.size, r.by_place, _fields(r)) for r in records],
        "records' checksums": [(r.at, c.name, c.at, c.holds) for r in records for c in r.checks],
        "images": [(i.at, i.end, i.version, i.headers, i.segments, i.problem, i.maker) for i in images],
        "images' checksums": [(i.at, c.name, c.at, c.holds) for i in images for c in i.checks],
        "firmware": (firmware.name, firmware.confidence, firmware.version, firmware.model, firmware.sdk),
        "program that runs": (firmware.boot, layout.family, layout.runs),
        "Wi-Fi keys": [(r.at, key, _is_proven(r, key)) for r in records for key in PAIRS],
    }


def _is_in(at: int, regions: Iterable[Region]) -> bool:
    return any(region.start <= at < region.end for region in regions)


def _name(region: Region, overwritten: Collection[Region]) -> Name:
    if _is_in(region.start, overwritten):
        return region.start, region.end, OVERWRITTEN, ""
    return region.start, region.end, region.name, region.kind.value


def _merged(names: Iterable[Name]) -> list[Name]:
    """Neighbours that were overwritten, together: they are one unknown region then."""
    merged: list[Name] = []
    for name in names:
        if merged and merged[-1][2] == name[2] == OVERWRITTEN:
            merged[-1] = (merged[-1][0], name[1], OVERWRITTEN, "")
        else:
            merged.append(name)
    return merged


def _fields(record: Record) -> list[tuple[object, ...]]:
    return [(one.name, one.at, one.size, one.secret, len(one.value)) for one in record.fields]


def _is_proven(record: Record, key: str) -> bool:
    """Whether a key is that of the name and the password beside it."""
    name, password = PAIRS[key]
    stored, ssid, secret = record.value(key), record.value(name), record.value(password)
    return bool(stored and ssid and secret) and pmk_of(secret, ssid) == stored
