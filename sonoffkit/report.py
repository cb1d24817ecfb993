"""A dump in, everything that is known about it out: one dataclass, of which every view is made."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from .analysis import Numbers, measure
from .errors import DumpTooBig, DumpUnreadable, ImageError
from .firmware.containers import GZIP_MAGIC, unpacked
from .firmware.identity import Confidence, Firmware, identify_firmware
from .firmware.layout import Layout, Region, lay_out
from .firmware.maps import size_text
from .firmware.secrets import Secret, find_secrets

__all__ = ["LARGEST_DUMP", "Report", "inspect_dump"]

LARGEST_DUMP = 64 * 1024 * 1024  # bytes; four times the largest flash of an ESP8266


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

    def region(self, name: str) -> Region:
        """The first region of that name; KeyError, with the names that there are."""
        for region in self.layout.regions:
            if region.name == name:
                return region
        raise KeyError(f"there is no region {name!r}; there are: {', '.join(r.name for r in self.layout.regions)}")

    def facts(self) -> tuple[tuple[str, str], ...]:
        """Names and values for a person, the most important first; no secrets in them."""
        return tuple((name, value) for name, value in _facts(self) if value)


def inspect_dump(source: Path | str | bytes, name: str = "") -> Report:
    """Look at a file, or at bytes under a name: any of at most 64 MiB has a report; a .gz is unpacked first.

    Raises DumpUnreadable where a file cannot be read, DumpTooBig where it is larger.
    """
    data, notices = _unpacked(source if isinstance(source, bytes) else _read(Path(source)))
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


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > LARGEST_DUMP:
            raise DumpTooBig(f"{path.name} is larger than {size_text(LARGEST_DUMP)}: no dump of an ESP8266.")
        return path.read_bytes()
    except (OSError, ValueError) as exc:  # ValueError: a name that no file can have
        raise DumpUnreadable(f"{path} cannot be read. ({getattr(exc, 'strerror', exc)})") from exc


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
    yield "File", layout.kind.value
    yield "Size", f"{size_text(report.size)} ({report.size:,} bytes)".replace(",", " ")
    yield "Firmware", f"{firmware.name} ({firmware.confidence.value})"
    sure = "" if firmware.version_confidence is Confidence.PROVEN else f" ({firmware.version_confidence.value})"
    yield "Version", f"{firmware.version}{sure}" if firmware.version else ""
    yield "Model", firmware.model
    yield "SDK", firmware.sdk
    yield "Boot loader", f"Espressif's, version {firmware.boot}" if firmware.boot else layout.family.value
    yield "Flash header", _header(layout)
    yield "Map", layout.map_name
    yield "Runs", f"{layout.runs}: {layout.runs_because}" if layout.runs else layout.runs_because
    yield "Secrets", _secrets(report)
    yield "SHA-256", report.sha256


def _header(layout: Layout) -> str:
    if layout.flash_size is None:
        return ""
    header = layout.images[0].headers[0]
    frequency = f"{header.frequency} MHz" if header.frequency else "?"
    return f"{header.mode or '?'}, {size_text(layout.flash_size)}, {frequency}"


def _secrets(report: Report) -> str:
    kinds = Counter(secret.kind.value for secret in report.secrets)
    return ", ".join(f"{count} × {kind}" for kind, count in kinds.items()) if kinds else "none found"
