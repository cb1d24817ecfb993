"""Records of stock eWeLink firmware (Itead, coolkit) on a 1 MB flash.

No public document describes them; the places and fields were derived from 28 dumps and fit 27 of them.
The other one (iFan04, firmware 3.5.0) keeps its settings obfuscated.
"""

from __future__ import annotations

import re
import struct

from .record import SECTOR, Field, Record, RegionKind, SecretKind, text_at

__all__ = [
    "FACTORY_NETWORK", "FACTORY_PASSWORDS", "MAKERS_WORDS", "MODELS", "PLACES", "STOCK_WORDS",
    "has_stock_settings", "is_stock", "read_certificate", "read_settings", "stock_records",
]  # fmt: skip

SETTINGS_SIZE = 0x218
MARKS_END = 0xAC  # two of the three marks lie before; a dump that was cut off can end behind
FACTORY_NETWORK = b"8DB0839D"  # CoolKit's test network: a device that knows no other was never paired
# Of a device's own access point, and of that network.
FACTORY_PASSWORDS = {SecretKind.AP_PASSWORD: b"12345678", SecretKind.WIFI_PASSWORD: b"094FAFE8"}
UNREADABLE = "not readable here: obfuscated, or of another firmware"
CUT_OFF = "cut off: the file ends here"
DEVICE_ID = re.compile(rb"[0-9a-f]{10}\Z")
UUID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")

# What a copy's flag says about which copy counts: 0 is A, 1 is B.
SETTINGS = (0x78000, 0x79000, 0x7A000)
STATE = (0x7C000, 0x7D000, 0x7E000)
PLACES = tuple(
    (at, f"{what} {which}")
    for what, places in (("settings", SETTINGS), ("relay state", STATE))
    for at, which in zip(places, ("A", "B", "flag"), strict=True)
)
# "ITEAD" and "Sonoff Basic" stand in other firmware, too. Not every version was seen to have all of these.
MAKERS_WORDS = (
    b"ITEADTmobiM0x1DabcEsnw==",
    b"iotgo.iteadstudio.com",
    b"iotgo_tree_",
    b"itead-device",
    b"dl.itead.cn",
    b"coolkit.cn",
    b"coolkit.cc",
)
STOCK_WORDS = (*MAKERS_WORDS, b"practice-maker.example")

# Offset, size in bytes, name, and what secret it holds.
FIELDS = (
    (0x000, 32, "SSID", SecretKind.WIFI_NAME),
    (0x020, 64, "password", SecretKind.WIFI_PASSWORD),
    (0x067, 21, "model", None),
    (0x07C, 11, "device id", SecretKind.DEVICE_ID),
    (0x087, 37, "API key", SecretKind.API_KEY),
    (0x0C4, 32, "AP SSID", SecretKind.AP_NAME),
    (0x0E4, 64, "AP password", SecretKind.AP_PASSWORD),
    (0x134, 64, "dispatch host", None),
    (0x178, 14, "time", None),
    (0x1BC, 37, "account key", SecretKind.API_KEY),
    (0x1E2, 37, "device key", SecretKind.API_KEY),
)
ADDRESSES = ((0x0AC, "MAC"), (0x0B2, "AP MAC"))

MODELS = {
    "ITA-GZ1-GL": "Sonoff Basic R1",
    "PSF-B01-GL": "Sonoff Basic or S55",
    "PSF-BD1-GL": "Sonoff Mini or Basic R3",
    "PSF-B04-GL": "Sonoff Dual R2, T1, iFan02 or Touch",
    "PSF-BRA-GL": "Sonoff RF Bridge",
    "PSF-BFB-GL": "Sonoff iFan03",
    "PSA-B01-GL": "Sonoff S26",
    "PSA-BHA-GL": "Sonoff TH10",
    "PSA-BTA-GL": "Sonoff SC",
}


def read_settings(data: bytes, at: int) -> Record | None:
    """The device's settings at an offset; None unless at least two of its three marks are there."""
    block = data[at : at + SETTINGS_SIZE]
    if len(block) < MARKS_END or not _is_settings(block):
        return None
    model = text_at(block, 0x67, 21).decode("ascii", "replace")
    facts = {"model": model, "paired": _paired(block)}
    note = f"model {model}, {facts['paired']}"
    name = {SETTINGS[0]: "settings A", SETTINGS[1]: "settings B"}.get(at, "settings")
    return Record(name, RegionKind.SETTINGS, at, min(SECTOR, len(data) - at), note, _fields(block, at), (), facts)


def _fields(block: bytes, at: int) -> tuple[Field, ...]:
    """The fields that are in use; of one that the file ends in, what is there, but of an address nothing."""
    there = len(block)
    fields = [
        Field(name, at + start, min(size, there - start), text_at(block, start, size), secret)
        for start, size, name, secret in FIELDS
    ]
    fields += [
        Field(name, at + start, 6, block[start : start + 6], SecretKind.MAC)
        for start, name in ADDRESSES
        if start + 6 <= there
    ]
    return tuple(field for field in fields if field.value.strip(b"\xff\0"))


def _is_settings(block: bytes) -> bool:
    marks = (
        DEVICE_ID.match(text_at(block, 0x7C, 11)),
        UUID.match(text_at(block, 0x87, 37)),
        text_at(block, 0xC4, 32).startswith(b"ITEAD-"),
    )
    return sum(bool(mark) for mark in marks) >= 2


def _paired(block: bytes) -> str:
    ssid = text_at(block, 0, 32)
    if ssid == FACTORY_NETWORK:
        return "never paired: it knows the factory's test network only"
    return "paired with a network" if ssid else "not paired"


def read_certificate(data: bytes, at: int) -> Record | None:
    """A certificate with its file's name: name[32], length (u16), DER."""
    block = data[at : at + SECTOR]
    if len(block) < 0x26 or block[0x22:0x24] != b"\x30\x82":
        return None
    name = text_at(block, 0, 32)
    (length,) = struct.unpack_from("<H", block, 0x20)
    if not re.fullmatch(rb"[\x20-\x7e]+", name) or not 4 < length <= len(block) - 0x22:
        return None
    subject = _common_name(block[0x22 : 0x22 + length])
    facts = {"file": name.decode("ascii"), "common name": subject}
    note = f"{facts['file']}, CN={subject}" if subject else facts["file"]
    return Record("certificate", RegionKind.CERTIFICATE, at, len(block), note, facts=facts)


def _common_name(der: bytes) -> str:
    """The first common name (OID 2.5.4.3) in a certificate; empty if it has none."""
    at = der.find(b"\x06\x03\x55\x04\x03")
    if at < 0 or at + 7 > len(der):
        return ""
    return der[at + 7 : at + 7 + der[at + 6]].decode("utf-8", "replace")


def stock_records(data: bytes) -> tuple[Record, ...]:
    """The records at their places in a dump of stock firmware; what cannot be read there is named by its place."""
    found: list[Record | None] = []
    for places, what in ((SETTINGS, "settings"), (STATE, "relay state")):
        for at, copy in zip(places[:2], "AB", strict=True):
            found.append(_copy_at(data, at, f"{what} {copy}"))
        found.append(_flag_at(data, places[2], f"{what} flag"))
    return tuple(record for record in found if record)


def _copy_at(data: bytes, at: int, name: str) -> Record | None:
    settings = read_settings(data, at)
    if settings:
        return settings
    block = data[at : at + SECTOR]
    if not block.strip(b"\xff"):
        return None
    if not name.startswith("settings"):
        note = "how the relay was last, for after a power cut"
        return Record(name, RegionKind.SETTINGS, at, len(block), note, by_place=True)
    if len(block) < MARKS_END:  # too little to recognise, and enough for a name and a password
        return Record(name, RegionKind.SETTINGS, at, len(block), CUT_OFF, _fields(block, at), by_place=True)
    return Record(name, RegionKind.SETTINGS, at, len(block), UNREADABLE, by_place=True)


def _flag_at(data: bytes, at: int, name: str) -> Record | None:
    """One byte that tells which copy counts, and nothing behind it."""
    block = data[at : at + SECTOR]
    if not block or block[0] not in (0, 1) or block[1:].strip(b"\xff"):
        return None
    copy = "AB"[block[0]]
    return Record(
        name, RegionKind.SETTINGS, at, len(block), f"copy {copy} counts", facts={"copy in use": copy}, by_place=True
    )


def has_stock_settings(data: bytes) -> bool:
    """Whether the maker's settings lie at their places, whatever runs now."""
    return any(read_settings(data, at) for at in SETTINGS[:2])


def is_stock(data: bytes) -> bool:
    """Whether a dump's program speaks to the maker's cloud as stock firmware does, or imitates that for practice."""
    return any(word in data for word in STOCK_WORDS)
