"""What a browser is given of a report: the bytes with the secrets covered, the regions, the numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ...firmware.secrets import masked
from ...palette import CLASSES, REGIONS

if TYPE_CHECKING:
    from ...firmware.secrets import Secret
    from ...report import Report

__all__ = ["COLOURS", "Content", "contents"]

PALE = "#eeeeee"  # blank cells in a notebook that is white, too: what is to be selected has to be seen
COLOURS = {"regions": REGIONS, "classes": {**CLASSES, "FF": PALE}}


@dataclass(frozen=True)
class Content:
    """One dump for the explorer; ``masks`` are the covered ranges, as start, end and kind."""

    report: Report = field(repr=False)
    payload: bytes = field(repr=False)
    masks: tuple[tuple[int, int, str], ...]

    @property
    def traits(self) -> dict[str, object]:
        """As the browser wants it."""
        report = self.report
        entropy = [float(bits) for bits in report.numbers.entropy]
        return {
            "name": report.name,
            "payload": self.payload,
            "entropy": struct.pack(f"<{len(entropy)}f", *entropy),
            "block": report.numbers.block,
            "ceiling": float(report.numbers.ceiling),
            "regions": [
                {"start": one.start, "end": one.end, "name": one.name, "kind": str(one.kind), "note": one.note}
                for one in report.layout.regions
            ],
            "masks": [list(mask) for mask in self.masks],
        }

    def secret_bytes(self) -> list[tuple[int, bytes]]:
        """The real bytes under the masks, and where they begin."""
        return [(start, self.report.data[start:end]) for start, end, _ in self.masks]


def contents(report: Report, other: Report | None) -> tuple[Content, Content | None]:
    """Both dumps with their secrets covered, each also where the other one has the same secret."""
    if other is None:
        return _content(report, report.secrets), None
    return (
        _content(report, [*report.secrets, *_same_in(report.data, other.secrets)]),
        _content(other, [*other.secrets, *_same_in(other.data, report.secrets)]),
    )


def _same_in(data: bytes, secrets: Iterable[Secret]) -> list[Secret]:
    """Secrets that a dump holds at the same place, though nobody found them there: in a damaged record, say."""
    return [secret for secret in secrets if secret.value and data.startswith(secret.value, secret.at)]


def _content(report: Report, secrets: Iterable[Secret]) -> Content:
    size = len(report.data)
    hidden = [one for one in secrets if not one.kind.shown_to_owner and one.at < size]
    places = {(one.at, min(one.at + one.size, size), str(one.kind)) for one in hidden}
    return Content(report, masked(report.data, hidden), tuple(sorted(places)))
