"""The SDK's own last sectors: system parameters (two copies and a flag), PHY init data, RF calibration.

Field names after the public ``relib/s/wl_profile.h``; ``boot_hdr`` also in Espressif's ESP8266_RTOS_SDK
``chip_boot.c``; the scheme of three sectors is ``system_param_save_with_protect``. Values, the flag sector's
sums and the access point's key (32 bytes behind its password, as the station's) were read off dumps.
"""

from __future__ import annotations

import functools
import hashlib
import struct
from dataclasses import dataclass, replace

from ..formats import Check
from ..formats.checksums import xor_of
from ..maps import EndMap
from .record import SECTOR, Field, Record, RegionKind, SecretKind, text_at

__all__ = [
    "PARAMETERS_SIZE", "RF_CALIBRATION_SIZE", "FlagSector", "pmk_of", "read_flag_sector", "read_parameters",
    "read_phy_init", "read_rf_calibration", "system_records",
]  # fmt: skip

PARAMETERS_SIZE = 0x4A4
FEWEST = 0x37  # bytes: up to behind the network's name; a dump that was cut off can end there
NEVER_WRITTEN = 0xFFFFFFFF
USUAL_HIGH_BITS = 0xF0  # byte 0 uses its low four bits, and the others are as erased
MODES = {0: "off", 1: "station", 2: "access point", 3: "station and access point"}
SAVED, SAVED_SIZE, SAVED_MOST = 0x140, 100, 5
SAVED_KEYS, KEY_SIZE = 0x3E4, 32
FLAG_MAGIC, FLAG_END = b"\xaa\x55\xaa\x55", b"\x55\xaa\x55\xaa"
PHY_SIZE = 128
RF_CALIBRATION_SIZE = 0x274  # what is written of its sector in dumps of NONOS devices
PHY_VERSIONS = {0x00: "05", 0x08: "08"}  # byte 1 of Espressif's esp_init_data_default_vNN.bin


@functools.lru_cache(maxsize=32)  # a device has few networks, and nothing should keep their keys for long
def pmk_of(password: bytes, ssid: bytes) -> bytes:
    """The 32-byte pairwise master key of a WPA2 network (IEEE 802.11i: PBKDF2-SHA1, 4096 rounds)."""
    return hashlib.pbkdf2_hmac("sha1", password, ssid, 4096, 32)


def read_parameters(data: bytes, at: int, copy: str) -> Record | None:
    """The SDK's ``wl_profile`` at an offset, named by its copy (A or B); None if there is none.

    Of one that the file ends in, what is there.
    """
    there = data[at : at + PARAMETERS_SIZE]
    block = there.ljust(PARAMETERS_SIZE, b"\xff")
    if len(there) < FEWEST or not _is_plausible(block):
        return None
    fields = (*_station(block, at), *_access_point(block, at), *_saved(block, at), *_addresses(block, at))
    facts = {
        "user image": _slot(block),
        "boot loader": f"1.{block[1] & 0x1F}" if block[1] != 0xFF else "none",
        "mode": MODES.get(block[8], "?"),
    }
    name = f"system parameters {copy}"
    size = min(SECTOR, len(data) - at)
    note = _note(facts) + ("; cut off: the file ends here" if len(there) < PARAMETERS_SIZE else "")
    return Record(name, RegionKind.SYSTEM, at, size, note, _in_use(fields, at + len(there)), (), facts)


def _is_plausible(block: bytes) -> bool:
    if block[8] not in MODES or block[0] < USUAL_HIGH_BITS:
        return False
    lengths = struct.unpack_from("<I", block, 0x0C) + struct.unpack_from("<I", block, 0xB0)
    return all(length <= 32 or length == NEVER_WRITTEN for length in lengths)


def _note(facts: dict[str, str]) -> str:
    return f"{facts['user image']}, boot loader {facts['boot loader']}, {facts['mode']}"


def _slot(block: bytes) -> str:
    """Bits 0 and 1: 0 is user1, 1 is user2; a boot loader of Espressif's keeps them, others leave FF."""
    return {0: "user1 runs", 1: "user2 runs"}.get(block[0] & 0x03, "no slot is named")


def _named(block: bytes, at: int, length_at: int, ssid_at: int, name: str, kind: SecretKind) -> Field:
    (length,) = struct.unpack_from("<I", block, length_at)
    value = block[ssid_at : ssid_at + length] if length <= 32 else b""
    return Field(name, at + ssid_at, 32, value, kind)


def _station(block: bytes, at: int) -> tuple[Field, ...]:
    return (
        _named(block, at, 0x0C, 0x10, "SSID", SecretKind.WIFI_NAME),
        Field("password", at + 0x37, 65, text_at(block, 0x37, 65), SecretKind.WIFI_PASSWORD),
        _binary("PMK", block, at, 0x78, KEY_SIZE, SecretKind.WIFI_KEY),
        _binary("BSSID", block, at, 0xAA, 6, SecretKind.BSSID),
    )


def _access_point(block: bytes, at: int) -> tuple[Field, ...]:
    return (
        _named(block, at, 0xB0, 0xB4, "AP SSID", SecretKind.AP_NAME),
        Field("AP password", at + 0xD4, 65, text_at(block, 0xD4, 65), SecretKind.AP_PASSWORD),
        _binary("AP PMK", block, at, 0x115, KEY_SIZE, SecretKind.AP_KEY),
    )


def _saved(block: bytes, at: int) -> tuple[Field, ...]:
    """Up to five networks that it remembers, and their keys."""
    fields: list[Field] = []
    for n in range(SAVED_MOST):
        start = SAVED + n * SAVED_SIZE
        fields += (
            _named(block, at, start, start + 4, f"saved SSID {n}", SecretKind.WIFI_NAME),
            Field(f"saved password {n}", at + start + 36, 64, text_at(block, start + 36, 64), SecretKind.WIFI_PASSWORD),
            _binary(f"saved PMK {n}", block, at, SAVED_KEYS + n * KEY_SIZE, KEY_SIZE, SecretKind.WIFI_KEY),
        )
    return tuple(fields)


def _addresses(block: bytes, at: int) -> tuple[Field, ...]:
    return (_binary("base MAC", block, at, 0x492, 6, SecretKind.MAC),)


def _binary(name: str, block: bytes, at: int, start: int, size: int, kind: SecretKind) -> Field:
    value = block[start : start + size]
    used = value if set(value) - {0x00} and set(value) - {0xFF} else b""
    return Field(name, at + start, size, used, kind)


def _in_use(fields: tuple[Field, ...], end: int) -> tuple[Field, ...]:
    """The fields that are in use; of one that the file ends in, what is there, but of an address nothing."""
    cut = (field if field.at + field.size <= end else _cut_off(field, end) for field in fields if field.at < end)
    return tuple(field for field in cut if field.value)


def _cut_off(field: Field, end: int) -> Field:
    is_address = field.secret in (SecretKind.MAC, SecretKind.BSSID)
    return replace(field, size=end - field.at, value=b"" if is_address else field.value[: end - field.at])


@dataclass(frozen=True)
class FlagSector:
    """Which copy of the system parameters counts (0 is A, 1 is B), how often it was written, and what it sums up."""

    at: int
    bank: int
    written: int
    lengths: tuple[int, int]
    sums: tuple[int, int]

    def checks(self, data: bytes, map_: EndMap) -> tuple[Check, ...]:
        """Both copies' sums: 0xEF with the XOR of the copy's first ``length`` bytes."""
        copies = zip("AB", (map_.parameters_a, map_.parameters_b), self.lengths, self.sums, strict=True)
        return tuple(
            Check(
                f"sum of copy {copy}",
                self.at + 0x14 + 4 * n,
                f"{stored:02x}",
                f"{0xEF ^ xor_of(data[start : start + length]):02x}",
            )
            for n, (copy, start, length, stored) in enumerate(copies)
            if length <= SECTOR
        )


def read_flag_sector(data: bytes, at: int) -> FlagSector | None:
    """The flag sector at an offset; None where its marks are missing."""
    block = data[at : at + 0x20]
    if len(block) < 0x20 or block[4:8] != FLAG_MAGIC or block[0x1C:] != FLAG_END:
        return None
    written, *rest = struct.unpack_from("<IIIII", block, 8)
    return FlagSector(at, block[0], written, (rest[0], rest[1]), (rest[2], rest[3]))


def _flag_record(data: bytes, map_: EndMap) -> Record | None:
    flag = read_flag_sector(data, map_.parameters_flag)
    if not flag:
        return None
    copy = {0: "A", 1: "B"}.get(flag.bank, "?")
    facts = {"copy in use": copy, "bank": str(flag.bank), "times written": str(flag.written)}
    note = f"copy {copy} counts (bank {flag.bank}), written {flag.written} times"
    checks = flag.checks(data, map_)
    broken = [check.name for check in checks if not check.holds]
    note += f"; does not hold: {', '.join(broken)}" if broken else ""
    size = min(SECTOR, len(data) - flag.at)
    return Record("system parameters flag", RegionKind.SYSTEM, flag.at, size, note, (), checks, facts)


def read_phy_init(data: bytes, at: int) -> Record | None:
    """Espressif's PHY init data: 128 bytes that begin with 05 and the version, and nothing behind them."""
    block = data[at : at + SECTOR]
    if len(block) < PHY_SIZE or block[0] != 5 or block[1] not in PHY_VERSIONS or block[PHY_SIZE:].strip(b"\xff"):
        return None
    version = PHY_VERSIONS[block[1]]
    return Record(
        "PHY init data", RegionKind.CALIBRATION, at, len(block), f"version {version}", facts={"version": version}
    )


def read_rf_calibration(data: bytes, at: int) -> Record | None:
    """The radio's calibration, known by its place only."""
    block = data[at : at + SECTOR] if at >= 0 else b""
    written = len(block.rstrip(b"\xff"))
    if not written:
        return None
    facts = {"bytes": str(written)}
    note = f"by its place; {written} bytes, which this very radio measured of itself"
    return Record("RF calibration", RegionKind.CALIBRATION, at, len(block), note, facts=facts, by_place=True)


def system_records(data: bytes, size: int) -> tuple[Record, ...]:
    """What lies in the five sectors at the end of a flash of ``size`` bytes, of what can be recognised there."""
    map_ = EndMap(size)
    if map_.rf_calibration < 0:
        return ()
    found = (
        read_phy_init(data, map_.phy_init),
        read_parameters(data, map_.parameters_a, "A"),
        read_parameters(data, map_.parameters_b, "B"),
        _flag_record(data, map_),
    )
    return tuple(record for record in found if record)
