"""Reports to draw, made of their parts: the pictures' tests need no firmware of anybody's."""

from __future__ import annotations

import hashlib
import random

import pytest

from sonoffkit.analysis import measure
from sonoffkit.firmware.identity import Confidence, Firmware
from sonoffkit.firmware.layout import FileKind, Layout, Region, RegionKind
from sonoffkit.firmware.secrets import Secret, SecretKind
from sonoffkit.report import Report

KIB = 1024
SECTOR = 4 * KIB
PASSWORD = b"correct horse battery"

# A stock flash of 1 MB: many short regions in two crowds, where labels have little room.
STOCK = (
    (0x00000, "boot loader", RegionKind.BOOT),
    (0x01000, "user1", RegionKind.PROGRAM),
    (0x65000, "blank", RegionKind.BLANK),
    (0x78000, "settings A", RegionKind.SETTINGS),
    (0x79000, "settings B", RegionKind.SETTINGS),
    (0x7A000, "settings flag", RegionKind.SETTINGS),
    (0x7B000, "blank", RegionKind.BLANK),
    (0x7C000, "relay state A", RegionKind.SETTINGS),
    (0x7D000, "relay state B", RegionKind.SETTINGS),
    (0x7E000, "relay state flag", RegionKind.SETTINGS),
    (0x7F000, "certificate", RegionKind.CERTIFICATE),
    (0x80000, "blank", RegionKind.BLANK),
    (0xF8000, "unknown", RegionKind.UNKNOWN),
    (0xF9000, "blank", RegionKind.BLANK),
    (0xFB000, "RF calibration", RegionKind.CALIBRATION),
    (0xFC000, "PHY init data", RegionKind.CALIBRATION),
    (0xFD000, "system parameters A", RegionKind.SYSTEM),
    (0xFE000, "system parameters B", RegionKind.SYSTEM),
    (0xFF000, "system parameters flag", RegionKind.SYSTEM),
)


def regions_of(starts, size):
    ends = [start for start, _, _ in starts[1:]] + [size]
    return tuple(Region(start, end, name, kind) for (start, name, kind), end in zip(starts, ends, strict=True))


def report_of(data, regions=None, *, name="a.bin", notices=(), firmware=None, secrets=()):
    """A report with these regions; without them, one that knows nothing."""
    if regions is None:
        regions = (Region(0, len(data), "unknown", RegionKind.UNKNOWN),) if data else ()
    kind = FileKind.FLASH if len(regions) > 1 else FileKind.UNKNOWN if data else FileKind.EMPTY
    layout = Layout(kind, len(data), None, regions, (), runs="user1")
    firmware = firmware or Firmware("", Confidence.UNKNOWN)
    digest = hashlib.sha256(data).hexdigest()
    return Report(name, data, digest, layout, firmware, tuple(secrets), measure(data), tuple(notices))


def stock_bytes(seed=1):
    rng = random.Random(seed)
    data = bytearray(b"\xff" * 0x100000)
    for (start, _, kind), (end, _, _) in zip(STOCK, (*STOCK[1:], (0x100000, "", "")), strict=True):
        if kind is RegionKind.PROGRAM:
            data[start:end] = bytes(
                rng.choices(range(256), weights=[3 if n < 0x60 else 1 for n in range(256)], k=end - start)
            )
        elif kind is not RegionKind.BLANK:
            data[start : start + 600] = rng.randbytes(600)
    data[0x78000 : 0x78000 + len(PASSWORD)] = PASSWORD
    return bytes(data)


@pytest.fixture(scope="session")
def stock():
    secrets = [Secret(SecretKind.WIFI_PASSWORD, at, len(PASSWORD), PASSWORD) for at in (0x78000, 0x79000)]
    firmware = Firmware("stock eWeLink", Confidence.PROVEN, version="1.6.0", model="PSF-B01-GL", sdk="2.0.0(5a875ba)")
    notices = ("Something is missing: read it again.",)
    regions = regions_of(STOCK, 0x100000)
    return report_of(stock_bytes(), regions, name="kitchen.bin", notices=notices, firmware=firmware, secrets=secrets)


@pytest.fixture(scope="session")
def make_report():
    return report_of


@pytest.fixture(scope="session")
def drawn():
    """All texts of a picture that are to be seen."""

    def texts(picture):
        from matplotlib.text import Text

        return [text for text in picture.figure.findobj(Text) if text.get_visible() and text.get_text()]

    return texts
