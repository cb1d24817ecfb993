"""The pictures in words: each made from the data, for who listens instead of looking."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..analysis import CLASSES, Difference, byte_classes, histogram
from ..firmware.identity import Confidence
from ..firmware.layout import Region
from ..report import Report
from .words import address, count, joined, printable, size_words, title_of

__all__ = [
    "firmware_words", "kind_words",
    "tell_byte_map", "tell_difference", "tell_entropy", "tell_overview",
]  # fmt: skip

CLASS_WORDS = {
    "FF": "FF (erased)",
    "00": "00",
    "text": "text",
    "low": "other values below 80",
    "high": "values from 80",
}
DENSE = 7.5  # bits per byte at 1 KB: compressed or random


def kind_words(report: Report) -> str:
    """What the file is, and its size."""
    return f"{report.layout.kind}, {size_words(report.size)}" if report.size else str(report.layout.kind)


def firmware_words(report: Report) -> str:
    """The firmware's name and version, and how sure that is."""
    firmware = report.firmware
    if not firmware.name or firmware.confidence is Confidence.UNKNOWN:
        return "unknown firmware"
    told = printable(f"{firmware.name} ({firmware.confidence})")
    if not firmware.version:
        return told
    sure = firmware.version_confidence in (firmware.confidence, Confidence.UNKNOWN)
    return told + printable(f", version {firmware.version}" + ("" if sure else f" ({firmware.version_confidence})"))


def tell_overview(report: Report, title: str) -> str:
    if not report.size:
        return _empty("Overview", title)
    secrets = count(len(report.secrets), "place")
    told = (
        f"Overview of {title}: {kind_words(report)}, {firmware_words(report)}.",
        _biggest_regions(report.layout.regions),
        _densest(report),
        _shares(report.numbers.histogram),
        f"Secrets were found in {secrets}; none of them is shown." if report.secrets else "",
        *(_first_sentence(notice) for notice in report.notices),
    )
    return " ".join(filter(None, told))


def tell_byte_map(report: Report, start: int, end: int, cell: int, order: str, colour: str) -> str:
    if not report.size:
        return _empty("Byte map", title_of(report.name))
    way = "along Hilbert's curve" if order == "hilbert" else "in rows"
    told = f"Byte map of {title_of(report.name)}, {address(start)} to {address(end)}: "
    told += f"{way}, coloured by {colour}, {count(cell, 'byte')} a cell."
    regions = [region for region in report.layout.regions if region.start < end and region.end > start]
    return " ".join((told, _biggest_regions(regions), _shares(histogram(memoryview(report.data)[start:end]))))


def tell_entropy(report: Report, title: str) -> str:
    if not report.size:
        return _empty("Entropy", title)
    block = size_words(report.numbers.block)
    told = f"Entropy of {title} in blocks of {block}, over {size_words(report.size)}."
    edges = len(report.numbers.edges)
    return " ".join(
        (
            told,
            _densest(report),
            _levels(report),
            f"The level changes {count(edges, 'time')}.",
        )
    )


def tell_difference(a: Report, b: Report, found: Difference) -> str:
    names = f"{title_of(a.name)} and {title_of(b.name)}"
    if found.is_same:
        return f"{names} are the same: {size_words(a.size)}, equal in every byte."
    differing, sectors = count(found.bytes_differing, "byte"), count(len(found.sectors), "sector")
    told = [f"Difference of {names}: {differing} differ, in {sectors} of {len(found.per_sector):,}."]
    most = sorted(found.sectors, key=lambda n: -int(found.per_sector[n]))[:3]
    if most:
        told.append("Most differ in the sectors at " + joined(address(int(n) * found.sector) for n in most) + ".")
    if a.size != b.size:
        longer = a if a.size > b.size else b
        told.append(f"{title_of(longer.name)} is longer by {size_words(abs(a.size - b.size))}.")
    return " ".join(told)


def _first_sentence(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


def _empty(what: str, title: str) -> str:
    return f"{what} of {title}: an empty file. There are no bytes to show."


def _biggest_regions(regions: tuple[Region, ...] | list[Region]) -> str:
    biggest = sorted(regions, key=lambda region: region.size, reverse=True)[:3]
    told = [f"{region.name} from {address(region.start)} ({size_words(region.size)})" for region in biggest]
    of = f" of {len(regions):,}" if len(regions) > len(biggest) else ""
    return f"The biggest{of} regions: {joined(told)}." if len(told) > 1 else f"One region: {joined(told)}."


def _densest(report: Report) -> str:
    numbers = report.numbers
    at = int(np.argmax(numbers.entropy))
    start = at * numbers.block
    highest = float(numbers.entropy[at])
    region = report.layout.region_at(start).name
    dense = int((numbers.entropy >= DENSE).sum()) * numbers.block
    told = f"Entropy is highest at {address(start)} in {region}: {highest:.2f} bits per byte, "
    told += f"where random bytes reach {numbers.ceiling:.2f}"
    if numbers.block != 1024:
        return told + "."
    return told + (
        f"; {size_words(min(dense, report.size))} are as dense as compressed data."
        if dense
        else "; nothing is as dense as compressed data."
    )


def _levels(report: Report) -> str:
    blank = int((report.numbers.entropy == 0).sum())
    return f"{blank:,} of {count(len(report.numbers.entropy), 'block')} hold one value only."


def _shares(counts: NDArray[np.int64]) -> str:
    """The classes by their shares, from a histogram; those below half a percent go without saying."""
    sums = np.bincount(byte_classes(bytes(range(256))), weights=counts, minlength=len(CLASSES))
    shares = sorted(zip((sums / sums.sum()).tolist(), CLASSES, strict=True), reverse=True)
    return f"Of its bytes, {joined(f'{share:.0%} {CLASS_WORDS[name]}' for share, name in shares if share >= 0.005)}."
