"""Tasmota's settings: a sector each, several of them in turn, with the Wi-Fi and MQTT credentials in the clear.

Read in Tasmota's ``settings.ino`` (places, both checksums, text pool, quick power cycles), ``tasmota_types.h`` and the
older ``settings.h`` (offsets), and in tasmota/decode-config (offsets from 5.10 on, versions of the later texts), which
reads the same out of blocks made by these rules. Not tried on a real device's dump.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import NamedTuple

from ..formats.parts import Check
from .record import SECTOR, Field, Record, RegionKind, SecretKind, text_at

__all__ = ["POWER_CYCLES_NAME", "SETTINGS_NAME", "newest", "recognise_power_cycles", "recognise_settings"]

SETTINGS_NAME = "Tasmota settings"
POWER_CYCLES_NAME = "Tasmota power-cycle counter"

HOLDER = 4617  # CFG_HOLDER of my_user_config.h; a build of one's own may have another
HOLDER_5 = 0x20161209  # before version 6 the holder had four bytes, and there was no checksum
QUICK_POWER_CYCLE = 0xFFA55AFF
MOST_POWER_CYCLES = 7

FIRST_WITH_FIXED_TEXTS, FIRST_WITH_CRC16 = 0x050A0000, 0x06000000
FIRST_WITH_NUMBERS = 0x06010104  # until 6.1.1c the fourth part of a version was a letter
LAST_WITH_CRC16 = 0x0606000A
SHORT_BLOCK, LONG_CRC16 = 0xE00, range(0x06060007, LAST_WITH_CRC16 + 1)
FIRST_WITH_POOL, FIRST_WITH_BSSID = 0x08000000, 0x08020003
FIRST_WITH_TELEGRAM, FIRST_WITH_EXTENDER = 0x08030103, 0x09050005
MAJOR_VERSIONS = range(5, 0x30)

POOL, POOL_END, BSSID, CRC16, CRC32 = 0x017, 0x2D2, 0xF0A, 0x00E, 0xFFC


class Text(NamedTuple):
    """A setting that is a text; ``place`` is its index in the pool, or its offset, ``size`` what it has there."""

    place: int
    size: int
    name: str
    secret: SecretKind | None = None
    since: int = 0


# enum SettingsTextIndex: up to 70 as in version 8.2, and what was put behind since. The texts in between (states,
# memories, labels) are read over.
POOL_TEXTS = (
    Text(0, 0, "OTA URL"),
    *(Text(n, 0, f"MQTT prefix {n}") for n in (1, 2, 3)),
    Text(4, 0, "Wi-Fi name 1", SecretKind.WIFI_NAME),
    Text(5, 0, "Wi-Fi name 2", SecretKind.WIFI_NAME),
    Text(6, 0, "Wi-Fi password 1", SecretKind.WIFI_PASSWORD),
    Text(7, 0, "Wi-Fi password 2", SecretKind.WIFI_PASSWORD),
    Text(8, 0, "host name"),
    Text(9, 0, "syslog host"),
    Text(10, 0, "web password", SecretKind.TOKEN),
    Text(12, 0, "MQTT host"),
    Text(13, 0, "MQTT client"),
    Text(14, 0, "MQTT user", SecretKind.TOKEN),
    Text(15, 0, "MQTT password", SecretKind.TOKEN),
    Text(16, 0, "MQTT full topic"),
    Text(17, 0, "MQTT topic"),
    Text(18, 0, "MQTT button topic"),
    Text(19, 0, "MQTT switch topic"),
    Text(20, 0, "MQTT group topic"),
    *(Text(43 + n, 0, f"friendly name {n}") for n in range(1, 9)),
    Text(76, 0, "device name", since=FIRST_WITH_TELEGRAM),
    Text(77, 0, "Telegram token", SecretKind.TOKEN, FIRST_WITH_TELEGRAM),
    Text(89, 0, "range extender's name", SecretKind.AP_NAME, FIRST_WITH_EXTENDER),
    Text(90, 0, "range extender's password", SecretKind.AP_PASSWORD, FIRST_WITH_EXTENDER),
    Text(94, 0, "InfluxDB token", SecretKind.TOKEN, FIRST_WITH_EXTENDER),
)
FIXED_TEXTS = (
    Text(0x017, 101, "OTA URL"),
    *(Text(0x071 + 11 * n, 11, f"MQTT prefix {n}") for n in (1, 2, 3)),
    Text(0x0A1, 33, "Wi-Fi name 1", SecretKind.WIFI_NAME),
    Text(0x0C2, 33, "Wi-Fi name 2", SecretKind.WIFI_NAME),
    Text(0x0E3, 65, "Wi-Fi password 1", SecretKind.WIFI_PASSWORD),
    Text(0x124, 65, "Wi-Fi password 2", SecretKind.WIFI_PASSWORD),
    Text(0x165, 33, "host name"),
    Text(0x186, 33, "syslog host"),
    Text(0x1E9, 33, "MQTT host"),
    Text(0x20C, 33, "MQTT client"),
    Text(0x22D, 33, "MQTT user", SecretKind.TOKEN),
    Text(0x24E, 33, "MQTT password", SecretKind.TOKEN),
    Text(0x26F, 33, "MQTT topic"),
    Text(0x290, 33, "MQTT button topic"),
    Text(0x2B1, 33, "MQTT group topic"),
    Text(0x4A9, 33, "web password", SecretKind.TOKEN),
    Text(0x558, 100, "MQTT full topic"),
)


def recognise_settings(data: bytes, at: int) -> Record | None:
    """The block of settings that begins at an offset; None if none does. Never raises."""
    if not 0 <= at <= len(data) - POOL:
        return None
    version, saved = _version(data, at), _u32(data, at + 4)
    if version >> 24 not in MAJOR_VERSIONS or not (_holds_the_usual(data, at, version) or _is_by_checksum(data, at)):
        return None
    whole = at + SECTOR <= len(data)
    checks = _checks(data, at, version) if whole else ()
    facts = {"version": version_text(version), "saved": str(saved), "boot count": str(_boots(data, at, version))}
    size = min(SECTOR, len(data) - at)
    fields = tuple(_fields(data, at, version))
    return Record(SETTINGS_NAME, RegionKind.SETTINGS, at, size, _note(checks, whole, fields), fields, checks, facts)


def recognise_power_cycles(data: bytes, at: int) -> Record | None:
    """The sector where Tasmota counts quick power cycles, seven of which reset it; None if it is none."""
    if not 0 <= at <= len(data) - 8 or _u32(data, at) not in (QUICK_POWER_CYCLE, 0):
        return None
    rest = data[at : at + SECTOR]
    words = struct.unpack_from(f"<{min(MOST_POWER_CYCLES + 1, len(rest) // 4)}I", rest)
    cycles = sum(1 for _ in takewhile(lambda word: word == 0, words[1:]))
    counted = 4 * (1 + cycles)
    if words[0] != QUICK_POWER_CYCLE or cycles > MOST_POWER_CYCLES or rest[counted:].strip(b"\xff"):
        return None
    note = "seven switchings on in a row, each cut short, make Tasmota forget its settings"
    return Record(
        POWER_CYCLES_NAME, RegionKind.SETTINGS, at, len(rest), note, facts={"quick power cycles": str(cycles)}
    )


def newest(records: Iterable[Record]) -> Record | None:
    """The block that Tasmota would load: saved last, of those whose checksum holds; None if there is none.

    Blocks of version 5 have no checksum, and count if there is nothing better.
    """
    blocks = [record for record in records if record.name == SETTINGS_NAME]
    sound = [record for record in blocks if record.checks and record.checks[0].holds]
    unchecked = [record for record in blocks if not record.checks and record.size == SECTOR]
    return max(sound or unchecked, key=lambda record: int(record.facts["saved"]), default=None)


def version_text(version: int) -> str:
    """A version as Tasmota writes it: 12.4.0, 9.5.0.3, or 5.11.1a before there were four numbers."""
    *parts, last = version.to_bytes(4, "big")
    text = ".".join(map(str, parts))
    if not last:
        return text
    is_letter = version < FIRST_WITH_NUMBERS and last <= 26
    return text + (chr(ord("a") - 1 + last) if is_letter else f".{last}")


def settings_crc16(block: bytes, version: int) -> int:
    """``GetCfgCrc16``: no CRC, but the sum of the bytes, each times its place; its own two are left out."""
    size = SECTOR if version in LONG_CRC16 else SHORT_BLOCK
    total = sum(place * byte for place, byte in enumerate(block[:size], 1))
    return (total - 15 * block[14] - 16 * block[15]) & 0xFFFF


def settings_crc32(block: bytes) -> int:
    """``GetCfgCrc32``: the usual one but begun with 0, of all but the last four bytes."""
    return zlib.crc32(block[:CRC32], 0xFFFFFFFF)


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "little")


def _u16(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "little")


def _version(data: bytes, at: int) -> int:
    return _u32(data, at + 8)


def _boots(data: bytes, at: int, version: int) -> int:
    return _u32(data, at + 0xC) if version < FIRST_WITH_CRC16 else _u16(data, at + 0xC)


def _holds_the_usual(data: bytes, at: int, version: int) -> bool:
    """Whether it begins as an unchanged build's does."""
    if version < FIRST_WITH_CRC16:
        return _u32(data, at) == HOLDER_5
    return _u16(data, at) == HOLDER and POOL_END <= _u16(data, at + 2) <= SECTOR


def _is_by_checksum(data: bytes, at: int) -> bool:
    """Whether it is the block of a build with another holder: its size and its checksum say so."""
    if _u16(data, at + 2) != SECTOR or _version(data, at) <= LAST_WITH_CRC16 or at + SECTOR > len(data):
        return False
    stored = _u32(data, at + CRC32)
    return stored not in (0, 0xFFFFFFFF) and stored == settings_crc32(data[at : at + SECTOR])


def _checks(data: bytes, at: int, version: int) -> tuple[Check, ...]:
    """What Tasmota itself checks, first; from 6.6.0.11 on that is the CRC32, and the older sum is kept beside it."""
    block = data[at : at + SECTOR]
    if version < FIRST_WITH_CRC16:
        return ()
    stored, computed = _u16(block, CRC16), settings_crc16(block, version)
    checksum = Check("checksum of 16 bits", at + CRC16, f"{stored:04x}", f"{computed:04x}")
    if version <= LAST_WITH_CRC16:
        return (checksum,)
    stored, computed = _u32(block, CRC32), settings_crc32(block)
    crc = Check("CRC32", at + CRC32, f"{stored:08x}", f"{computed:08x}")
    if not checksum.holds and crc.holds:
        # Only for going back to a version before 6.6.0.11, so nothing looks at it.
        note = "kept for much older versions only; the CRC32 counts"
        checksum = Check(checksum.name, checksum.at, checksum.stored, checksum.computed, note)
    return (crc, checksum)


def _fields(data: bytes, at: int, version: int) -> Iterator[Field]:
    if version >= FIRST_WITH_POOL:
        yield from _pool_fields(data, at, version)
    elif version >= FIRST_WITH_FIXED_TEXTS:
        yield from _fixed_fields(data, at)
    bssid = data[at + BSSID : at + BSSID + 6]
    if version >= FIRST_WITH_BSSID and len(bssid) == 6 and bssid not in (bytes(6), b"\xff" * 6):
        yield Field("router's address", at + BSSID, 6, bssid, SecretKind.BSSID)


def _pool_fields(data: bytes, at: int, version: int) -> Iterator[Field]:
    """The texts one behind the other, each up to its NUL; what is no more ended by one is none."""
    *texts, _ = data[at + POOL : min(at + POOL_END, len(data))].split(b"\0")
    wanted = {text.place: text for text in POOL_TEXTS if version >= text.since}
    start = at + POOL
    for index, value in enumerate(texts):
        if value and index in wanted:
            text = wanted[index]
            yield Field(text.name, start, len(value), value, text.secret)
        start += len(value) + 1


def _fixed_fields(data: bytes, at: int) -> Iterator[Field]:
    """The texts of before version 8, each in its place; whole places, since an older text may remain behind a NUL."""
    for text in FIXED_TEXTS:
        start = at + text.place
        value = text_at(data, start, text.size)
        if value and start + text.size <= len(data):
            yield Field(text.name, start, text.size, value, text.secret)


def _note(checks: tuple[Check, ...], whole: bool, fields: tuple[Field, ...]) -> str:
    if not whole:
        return "cut off"
    if checks and not checks[0].holds:
        return "damaged: Tasmota would not load it, since its checksum does not hold"
    if not fields:
        return "where this version keeps its texts is not known"
    return "rules, scripts and memories, which may hold passwords too, are not read" if checks else "has no checksum"
