"""A dump in, everything that is known about it out: one dataclass, of which every view is made."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .analysis import CLASSES, Numbers, measure
from .errors import ImageError
from .firmware.dump_file import LARGEST_DUMP, read_dump
from .firmware.formats import Check, FirmwareImage, Header
from .firmware.formats.containers import GZIP_MAGIC, unpacked
from .firmware.identity import Confidence, Firmware, identify_firmware
from .firmware.layout import Layout, Region, lay_out
from .firmware.maps import counted, size_text
from .firmware.records import Record
from .firmware.secrets import Secret, find_secrets, grouped

__all__ = ["LARGEST_DUMP", "Report", "inspect_dump"]

BLANK = 0xFF
HIDDEN = "••••"
SHORTEST_HIDDEN = 4  # letters: shorter ones stand in any name
# Six octets in a file's name, as backups have them; and where they do not begin a word, any that may be among them.
MAC_WORD = re.compile(r"(?i)(?<![0-9a-z])(?:[0-9a-f]{2}[:_-]?){5}[0-9a-f]{2}(?![0-9a-f])")
MAC_INSIDE = re.compile(r"(?i)(?:[0-9a-f]{2}[:_-]?){5,}[0-9a-f]{2}")


@dataclass(frozen=True)
class Report:
    """What a file is, what lies where, which firmware, whose secrets, and its numbers.

    ``data`` holds the secrets; every text and picture made of a report masks them.
    ``notices`` are sentences for a person, those of the layout among them.
    """

    name: str
    data: bytes = field(repr=False)
    sha256: str
    layout: Layout = field(repr=False)
    firmware: Firmware
    secrets: tuple[Secret, ...] = field(repr=False)
    numbers: Numbers = field(repr=False)
    notices: tuple[str, ...] = field(default=(), repr=False)

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def exported_name(self) -> str:
        """The file's name without the addresses and secrets that may stand in it."""
        name = MAC_INSIDE.sub(HIDDEN, MAC_WORD.sub(HIDDEN, self.name))
        texts = {text for s in self.secrets for text in (s.value.decode("utf-8", "replace"), s.value.hex())}
        for text in sorted(texts, key=len, reverse=True):
            if len(text) >= SHORTEST_HIDDEN:
                name = name.replace(text, HIDDEN)
        return name

    def region(self, name: str) -> Region:
        """The first region of that name; KeyError, with the names that there are."""
        for region in self.layout.regions:
            if region.name == name:
                return region
        raise KeyError(f"there is no region {name!r}; there are: {', '.join(r.name for r in self.layout.regions)}")

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Names and values for a person, the most important first; no secrets in them."""
        return tuple((name, value) for name, value in _facts(self) if value)

    def to_json(self, exported: bool = True) -> dict[str, Any]:
        """All of it but the bytes, in JSON's types; addresses as "0x1f000". Passwords and keys are masked.

        ``exported`` masks names, addresses and ids too, those in the file's name included.
        """
        return {
            "name": self.exported_name if exported else self.name,
            "size": self.size,
            "sha256": self.sha256,
            "kind": self.layout.kind.value,
            "notices": list(self.notices),
            "facts": dict(self.facts()),
            "firmware": _firmware_json(self.firmware),
            "layout": _layout_json(self.layout),
            "images": [_image_json(image) for image in self.layout.images],
            "records": [_record_json(record) for record in self.layout.records],
            "secrets": [_secret_json(secret, exported) for secret in self.secrets],
            "numbers": _numbers_json(self.numbers),
        }


def inspect_dump(source: Path | str | bytes, name: str = "") -> Report:
    """Look at a file, or at bytes under a name: any of at most 64 MiB has a report; a .gz is unpacked first.

    Raises DumpUnreadable where a file cannot be read, DumpTooBig where it is larger.
    """
    data, notices = _unpacked(source if isinstance(source, bytes) else read_dump(source))
    layout = lay_out(data)
    return Report(
        name=name or (Path(source).name if not isinstance(source, bytes) else "dump"),
        data=data,
        sha256=hashlib.sha256(data).hexdigest(),
        layout=layout,
        firmware=identify_firmware(data, layout),
        secrets=find_secrets(data, layout),
        numbers=measure(data),
        notices=(*notices, *layout.notices),
    )


def _unpacked(raw: bytes) -> tuple[bytes, tuple[str, ...]]:
    """What is in a .gz, and the sentence that says so; a damaged one stays as it is."""
    if not raw.startswith(GZIP_MAGIC):
        return raw, ()
    try:
        data = unpacked(raw, LARGEST_DUMP)
    except ImageError as error:
        return raw, (f"This is a compressed file (gzip). {error}",)
    return data, (
        f"The file is compressed (gzip, {len(raw)} bytes); this is what is in it. "
        "As it is, it serves for updates over the air only: a serial flasher must not write it.",
    )


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    layout, firmware = report.layout, report.firmware
    is_known = firmware.confidence is not Confidence.UNKNOWN
    yield "File", layout.kind.value
    yield "Size", _size(report.size)
    yield "Firmware", f"{firmware.name} ({firmware.confidence.value})" if is_known else firmware.name
    sure = "" if firmware.version_confidence is Confidence.PROVEN else f" ({firmware.version_confidence.value})"
    yield "Version", f"{firmware.version}{sure}" if firmware.version else ""
    yield "Model", firmware.model
    yield "SDK", firmware.sdk
    yield "Boot loader", f"Espressif's, version {firmware.boot}" if firmware.boot else layout.family.value
    yield "Flash header", _header(layout)
    yield "Map", f"{layout.map_name} (KB for each of two programs)" if layout.map_name else ""
    yield "Runs", f"{layout.runs}: {layout.runs_because}" if layout.runs else layout.runs_because
    yield "Secrets", _secrets(report)
    yield "SHA-256", report.sha256


def _size(size: int) -> str:
    count, short = f"{size:,} bytes", size_text(size)
    if size == 1:
        return "1 byte"
    return count if short.endswith("bytes") else f"{short} ({count})"


def _header(layout: Layout) -> str:
    """Mode, size and speed as the header at 0 says them; "?" where it says nothing that is known."""
    if not layout.images or layout.images[0].at or layout.images[0].version != 1:
        return ""
    header = layout.images[0].headers[0]
    frequency = f"{header.frequency} MHz" if header.frequency else "?"
    return f"{header.mode or '?'}, {header.size_text}, {frequency}"


def _secrets(report: Report) -> str:
    """How many there are, in how many places, and of which kinds; each copy is a place."""
    kinds = Counter(secret.kind.value for secret in report.secrets)
    told = ", ".join(f"{count} × {kind}" for kind, count in kinds.items())
    different, places = len(grouped(report.secrets)), len(report.secrets)
    return f"{different} different, in {counted(places, 'place')}: {told}" if kinds else "none found"


def _firmware_json(firmware: Firmware) -> dict[str, Any]:
    return {
        "name": firmware.name,
        "confidence": firmware.confidence.value,
        "version": firmware.version,
        "version_confidence": firmware.version_confidence.value,
        "model": firmware.model,
        "sdk": firmware.sdk,
        "boot": firmware.boot,
        "evidence": [str(evidence) for evidence in firmware.evidence],
    }


def _layout_json(layout: Layout) -> dict[str, Any]:
    regions = (
        {"start": hex(r.start), "end": hex(r.end), "size": r.size, "name": r.name, "kind": r.kind.value, "note": r.note}
        for r in layout.regions
    )
    return {
        "flash_size": layout.flash_size,
        "started_by": layout.family.value,
        "map": layout.map_name,
        "runs": layout.runs,
        "runs_because": layout.runs_because,
        "regions": list(regions),
    }


def _header_json(header: Header) -> dict[str, Any]:
    """A header; mode, size and speed count at offset 0 only, others keep stale ones."""
    counts = header.at == 0
    return {
        "at": hex(header.at),
        "magic": f"{header.magic:02x}",
        "segments": header.segments,
        "bytes_2_3": f"{header.mode_byte:02x}{header.size_frequency_byte:02x}",
        "mode": header.mode if counts else None,
        "flash_size": header.flash_size if counts else None,
        "frequency_mhz": header.frequency if counts else None,
        "entry": hex(header.entry),
    }


def _image_json(image: FirmwareImage) -> dict[str, Any]:
    segments = (
        {"at": hex(s.at), "size": s.size, "address": hex(s.address), "memory": s.kind, "listed": s.listed}
        for s in image.segments
    )
    return {
        "at": hex(image.at),
        "end": hex(image.end),
        "version": image.version,
        "maker": image.maker,
        "problem": image.problem,
        "notices": list(image.notices),
        "sound": image.is_sound,
        "headers": [_header_json(header) for header in image.headers],
        "segments": list(segments),
        "checks": [_check_json(check) for check in image.checks],
    }


def _check_json(check: Check) -> dict[str, Any]:
    return {
        "name": check.name,
        "at": hex(check.at),
        "stored": check.stored,
        "computed": check.computed,
        "holds": check.holds,
        "note": check.note,
    }


def _record_json(record: Record) -> dict[str, Any]:
    """A record with its fields' places, and no field's value: what is no secret here may be one to somebody."""
    fields = (
        {"name": f.name, "at": hex(f.at), "size": f.size, "secret": f.secret.value if f.secret else None}
        for f in record.fields
    )
    return {
        "name": record.name,
        "kind": record.kind.value,
        "at": hex(record.at),
        "size": record.size,
        "note": record.note,
        "by_place": record.by_place,
        "facts": dict(record.facts),
        "fields": list(fields),
        "checks": [_check_json(check) for check in record.checks],
    }


def _secret_json(secret: Secret, exported: bool) -> dict[str, Any]:
    return {
        "kind": secret.kind.value,
        "at": hex(secret.at),
        "size": secret.size,
        "where": secret.where,
        "text": secret.text(exported=exported),
        "proof": secret.proof,
    }


def _numbers_json(numbers: Numbers) -> dict[str, Any]:
    blank = (run for run in numbers.runs if run.value == BLANK)
    return {
        "block": numbers.block,
        "entropy": [round(float(bits), 3) for bits in numbers.entropy],
        "entropy_ceiling": float(numbers.ceiling),
        "histogram": [int(count) for count in numbers.histogram],
        "classes": {name: int(count) for name, count in zip(CLASSES, numbers.classes, strict=True)},
        "strings": len(numbers.strings),
        "blank_runs": [[hex(run.start), hex(run.end)] for run in blank],
        "edges": [
            {"at": hex(edge.at), "before": round(float(edge.before), 3), "after": round(float(edge.after), 3)}
            for edge in numbers.edges
        ],
    }
