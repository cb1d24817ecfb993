"""Settings that other firmwares keep: ESPurna's dictionary, ESPEasy's files, the Arduino core's EEPROM by its place.

Read in ESPurna's ``settings_embedis.h`` (dictionary) and ``storage_eeprom.h`` (what is reserved), in EEPROM_Rotate (sum
and counter), in ESPEasy's ``SecurityStruct.h`` and ``ESPEasyLimits.h``, and in the Arduino core's linker scripts.
ESPHome's preferences are numbers without names, so nothing is read out of them. Not tried on real devices' dumps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..formats.parts import Check
from .filesystems import SPIFFS_NAME, SpiffsPage, spiffs_pages
from .record import SECTOR, Field, Record, RegionKind, SecretKind, text_at

__all__ = [
    "EEPROM_NAME",
    "ESPEASY_SECURITY_NAME",
    "ESPEASY_SETTINGS_NAME",
    "ESPURNA_NAME",
    "eeprom_by_place",
    "recognise_espeasy",
    "recognise_espurna",
]

ESPURNA_NAME, EEPROM_NAME = "ESPurna settings", "Arduino EEPROM"
ESPEASY_SETTINGS_NAME, ESPEASY_SECURITY_NAME = "ESPEasy settings", "ESPEasy credentials"

# ESPurna: 14 bytes are reserved, the last three of them for EEPROM_Rotate: a sum of 16 bits, a counter.
RESERVED, ROTATE = 14, 11
EMPTY = 0xFFFF
LONGEST_KEY, FEWEST_KEYS = 64, 3
ESPURNA_KEYS = {
    b"ssid": SecretKind.WIFI_NAME,
    b"pass": SecretKind.WIFI_PASSWORD,
    b"bssid": SecretKind.BSSID,
    b"adminPass": SecretKind.TOKEN,
    b"wifiApSsid": SecretKind.AP_NAME,
    b"wifiApPass": SecretKind.AP_PASSWORD,
    b"apiKey": SecretKind.API_KEY,
    b"mqttUser": SecretKind.TOKEN,
    b"mqttPassword": SecretKind.TOKEN,
    b"idbUsername": SecretKind.TOKEN,
    b"idbPassword": SecretKind.TOKEN,
    b"tspkKey": SecretKind.API_KEY,
}
ESPURNA_MARKS = (b"cfg", b"adminPass", b"boardName", b"ssid0", b"hostname", b"mqttServer", b"relayBoot0", b"board")
SECRET_PARTS = (b"pass", b"key", b"token", b"secret")  # in the name of a key that is not listed, in small letters

ESPEASY_PID = 2016110801
CONTROLLERS = 3


class _Credential(NamedTuple):
    offset: int
    size: int
    name: str
    secret: SecretKind


SECURITY = (
    _Credential(0, 32, "Wi-Fi name 1", SecretKind.WIFI_NAME),
    _Credential(32, 64, "Wi-Fi password 1", SecretKind.WIFI_PASSWORD),
    _Credential(96, 32, "Wi-Fi name 2", SecretKind.WIFI_NAME),
    _Credential(128, 64, "Wi-Fi password 2", SecretKind.WIFI_PASSWORD),
    _Credential(192, 64, "access point's password", SecretKind.AP_PASSWORD),
    *(_Credential(256 + 26 * n, 26, f"controller {n + 1} user", SecretKind.TOKEN) for n in range(CONTROLLERS)),
    *(_Credential(334 + 64 * n, 64, f"controller {n + 1} password", SecretKind.TOKEN) for n in range(CONTROLLERS)),
    _Credential(526, 26, "admin password", SecretKind.TOKEN),
)


def recognise_espurna(data: bytes, at: int) -> Record | None:
    """ESPurna's dictionary in the sector at an offset; None if there is none. Never raises."""
    if at < 0 or at + SECTOR > len(data):
        return None
    block = data[at : at + SECTOR]
    pairs = list(_pairs(block))
    keys = {key for key, _, _ in pairs}
    if len(pairs) < FEWEST_KEYS or not keys.intersection(ESPURNA_MARKS):
        return None
    fields = tuple(
        Field(key.decode(), at + start, size, block[start : start + size], _espurna_secret(key))
        for key, start, size in pairs
        if size
    )
    facts = {"keys": str(len(pairs)), "rotation counter": str(block[ROTATE + 2])}
    note = "keys and values, written from the end on; what was there before may remain in front of them"
    return Record(ESPURNA_NAME, RegionKind.SETTINGS, at, SECTOR, note, fields, (_rotate_check(block, at),), facts)


def recognise_espeasy(data: bytes, file_system: Record) -> tuple[Record, ...]:
    """ESPEasy's settings and credentials in a SPIFFS, a record for each of their pages; older copies too."""
    if file_system.name != SPIFFS_NAME:
        return ()
    records: list[Record] = []
    is_espeasy = False
    for page in spiffs_pages(data, file_system.at, file_system.end):
        name = page.name.lstrip("/")
        if name == "config.dat" and page.offset == 0:
            settings = _espeasy_settings(data, page)
            records += settings
            is_espeasy |= bool(settings)
        elif name == "security.dat":
            records += _espeasy_security(data, page)
    return tuple(records) if is_espeasy else ()


def eeprom_by_place(data: bytes, size: int) -> Record | None:
    """The sector in which the Arduino core emulates an EEPROM, the fifth from the end of a flash of a size.

    None where it is blank, or not in the file. To be asked where the program is one of the Arduino core's: others have
    the radio's calibration there.
    """
    at = size - 5 * SECTOR
    sector = data[at : at + SECTOR] if at >= 0 else b""
    if not sector.strip(b"\xff"):
        return None
    note = "by its place; ESPHome keeps its preferences here, others what their programs like"
    return Record(EEPROM_NAME, RegionKind.SETTINGS, at, len(sector), note, by_place=True)


def _rotate_check(block: bytes, at: int) -> Check:
    """EEPROM_Rotate's sum of all bytes but its own three."""
    stored = int.from_bytes(block[ROTATE : ROTATE + 2], "big")
    computed = sum(block) - sum(block[ROTATE : ROTATE + 3]) & 0xFFFF
    note = "" if stored == computed else "kept only where the settings rotate between sectors"
    return Check("sum of the bytes", at + ROTATE, f"{stored:04x}", f"{computed:04x}", note)


def _pairs(block: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Keys, each with place and size of its value, from the end of the sector on; up to what is no key."""
    end = len(block)
    while (key := _blob(block, end)) and 0 < key[1] <= LONGEST_KEY and (value := _blob(block, key[0])):
        name = block[key[0] : key[0] + key[1]]
        if not name.isascii() or not name.decode().isprintable():
            return
        yield name, *value
        end = value[0]


def _blob(block: bytes, end: int) -> tuple[int, int] | None:
    """Begin and size of the bytes before an end, which their length closes; None if there are none."""
    if end - 2 < RESERVED:
        return None
    size = int.from_bytes(block[end - 2 : end], "big")
    start = end - 2 - size
    return None if size == EMPTY or start < RESERVED else (start, size)


def _espurna_secret(key: bytes) -> SecretKind | None:
    """What a key's value is; numbered keys have their kind, and what is called a password is taken for one."""
    plain = key.rstrip(b"0123456789")
    if plain in ESPURNA_KEYS:
        return ESPURNA_KEYS[plain]
    return SecretKind.TOKEN if any(part in key.lower() for part in SECRET_PARTS) else None


def _page_record(name: str, page: SpiffsPage, note: str, fields: tuple[Field, ...], facts: dict[str, str]) -> Record:
    note += "; an older copy, which remained" if page.deleted else ""
    return Record(name, RegionKind.SETTINGS, page.at, page.size, note, fields, facts=facts)


def _espeasy_settings(data: bytes, page: SpiffsPage) -> list[Record]:
    pid, version = (int.from_bytes(data[at : at + 4], "little") for at in (page.at, page.at + 4))
    if pid != ESPEASY_PID:
        return []
    facts = {"settings version": str(version)}
    return [_page_record(ESPEASY_SETTINGS_NAME, page, "the first page of config.dat", (), facts)]


def _espeasy_security(data: bytes, page: SpiffsPage) -> list[Record]:
    fields = tuple(_security_fields(data, page))
    return [_page_record(ESPEASY_SECURITY_NAME, page, "a page of security.dat", fields, {})] if fields else []


def _security_fields(data: bytes, page: SpiffsPage) -> Iterator[Field]:
    """The credentials in a page; one that goes on in the next page is two fields, the second called the rest."""
    for credential in SECURITY:
        start = max(credential.offset, page.offset)
        size = min(credential.offset + credential.size, page.offset + page.size) - start
        at = page.at + start - page.offset
        value = text_at(data, at, size) if size > 0 else b""
        if value:
            name = credential.name if start == credential.offset else f"{credential.name} (rest)"
            yield Field(name, at, size, value, credential.secret)
