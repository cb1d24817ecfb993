"""ESPurna's, ESPEasy's and the Arduino core's settings, packed here by their own rules."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.records import Record, RegionKind, SecretKind
from sonoffkit.firmware.records.filesystems import find_filesystems
from sonoffkit.firmware.records.third_party import eeprom_by_place, recognise_espeasy, recognise_espurna

BLANK = b"\xff"
ESPURNA = {
    b"cfg": b"4",
    b"ssid0": b"Heimnetz",
    b"pass0": b"geheim-eins",
    b"adminPass": b"fibonacci",
    b"mqttPassword": b"mqttwort",
    b"mqttUser": b"nutzer",
    b"hostname": b"lampe",
    b"ntpServer": b"",
    b"somethingToken": b"unbekannt",
}
SECRETS = {
    b"ssid0": SecretKind.WIFI_NAME,
    b"pass0": SecretKind.WIFI_PASSWORD,
    b"adminPass": SecretKind.TOKEN,
    b"mqttPassword": SecretKind.TOKEN,
    b"mqttUser": SecretKind.TOKEN,
    b"somethingToken": SecretKind.TOKEN,
}


def espurna(pairs=ESPURNA, *, counter=7):
    """From the end on: size of a key, the key before it, size of its value, the value before it."""
    sector = bytearray(BLANK * 4096)
    end = len(sector)
    for pair in pairs.items():
        for text in pair:
            blob = text + struct.pack(">H", len(text))
            sector[end - len(blob) : end] = blob
            end -= len(blob)
    total = sum(byte for place, byte in enumerate(sector) if place not in (11, 12, 13)) & 0xFFFF
    struct.pack_into(">HB", sector, 11, total, counter)
    return bytes(sector)


def spiffs(pages, names, count=16):
    """Pages (object, span, flags, content) of the files of these names, in blocks of 4 KiB."""
    packed = []
    for number, name in enumerate(names, 1):
        head = BLANK * 3 + struct.pack("<IB", 4096, 1) + name.encode().ljust(32, b"\0")
        packed.append((struct.pack("<HHB", number | 0x8000, 0, 0xF8) + head).ljust(256, BLANK))
    packed += [(struct.pack("<HHB", *page[:3]) + page[3]).ljust(256, BLANK) for page in pages]
    blocks = []
    for n in range(count):
        lookup = BLANK * 252 + struct.pack("<HH", 0x0529 ^ 256 ^ (count - n), 1)
        blocks.append((lookup + b"".join(packed[n * 15 : n * 15 + 15])).ljust(4096, BLANK))
    return b"".join(blocks)


def security():
    whole = bytearray(552)
    texts = {
        0: b"Heimnetz",
        32: b"geheim-eins",
        96: b"Zweitnetz",
        128: b"geheim-zwei",
        192: b"k" * 63,
        256: b"nutzer-1",
        282: b"nutzer-2",
        308: b"nutzer-3",
        334: b"wort-1",
        398: b"wort-2",
        462: b"w" * 64,
        526: b"admin",
    }
    for at, text in texts.items():
        whole[at : at + len(text)] = text
    return bytes(whole)


def espeasy(*, pid=2016110801, old=None):
    content = security()
    pages = [(1, 0, 0xFC, struct.pack("<Ii", pid, 2).ljust(251, b"\0"))]
    pages += [(2, span, 0xFC, content[span * 251 : span * 251 + 251]) for span in range(3)]
    if old:
        pages.append((2, 0, 0x7C, old.ljust(251, b"\0")))
    return spiffs(pages, ["/config.dat", "/security.dat"])


def recognised(data):
    return recognise_espeasy(data, find_filesystems(data)[0])


def test_espurna_is_found_with_all_keys_and_its_sum_holds():
    record = recognise_espurna(BLANK * 4096 + espurna(), 4096)
    assert (record.name, record.kind, record.at, record.size) == (
        "ESPurna settings",
        RegionKind.SETTINGS,
        4096,
        4096,
    )
    assert record.facts == {"keys": "9", "rotation counter": "7"}
    assert [(check.at, check.holds) for check in record.checks] == [(4096 + 11, True)]
    assert record.value("hostname") == b"lampe"


@pytest.mark.parametrize("key", SECRETS)
def test_each_secret_of_espurna_is_a_field_over_exactly_its_bytes(key):
    data = BLANK * 4096 + espurna()
    record = recognise_espurna(data, 4096)
    (field,) = [field for field in record.fields if field.name == key.decode()]
    assert (field.value, field.size, field.secret) == (ESPURNA[key], len(ESPURNA[key]), SECRETS[key])
    assert data[field.at : field.at + field.size] == ESPURNA[key]


def test_nothing_else_of_espurna_is_a_secret_and_none_is_shown():
    record = recognise_espurna(espurna(), 0)
    assert {field.name.encode() for field in record.fields if field.secret} == set(SECRETS)
    assert not any(ESPURNA[key].decode() in repr(record) for key in SECRETS)


def test_a_sum_that_does_not_hold_is_explained():
    data = bytearray(espurna())
    data[100] ^= 1
    (check,) = recognise_espurna(bytes(data), 0).checks
    assert check.is_explained


def test_a_dictionary_without_a_key_of_espurna_is_none():
    assert recognise_espurna(espurna({b"one": b"1", b"two": b"2", b"three": b"3"}), 0) is None
    assert recognise_espurna(espurna({b"cfg": b"4", b"ssid0": b"x"}), 0) is None


def test_a_value_longer_than_the_sector_ends_the_dictionary():
    data = bytearray(espurna({b"cfg": b"4", b"ssid0": b"a", b"pass0": b"b", b"adminPass": b"c" * 9}))
    at = data.index(b"c" * 9) + 9
    data[at : at + 2] = b"\x7f\xff"
    assert recognise_espurna(bytes(data), 0).facts["keys"] == "3"


@pytest.mark.parametrize("at", [-1, 1, 4096])
def test_a_sector_that_is_not_whole_in_the_file_is_none(at):
    assert recognise_espurna(espurna(), at) is None


def test_espeasy_gives_its_version_and_its_credentials():
    data = espeasy()
    settings, *pages = recognised(data)
    assert (settings.name, settings.facts) == ("ESPEasy settings", {"settings version": "2"})
    fields = {field.name: field for page in pages for field in page.fields}
    assert {name: (field.value, field.secret) for name, field in fields.items()} == {
        "Wi-Fi name 1": (b"Heimnetz", SecretKind.WIFI_NAME),
        "Wi-Fi password 1": (b"geheim-eins", SecretKind.WIFI_PASSWORD),
        "Wi-Fi name 2": (b"Zweitnetz", SecretKind.WIFI_NAME),
        "Wi-Fi password 2": (b"geheim-zwei", SecretKind.WIFI_PASSWORD),
        "access point's password": (b"k" * 59, SecretKind.AP_PASSWORD),
        "access point's password (rest)": (b"k" * 4, SecretKind.AP_PASSWORD),
        "controller 1 user": (b"nutzer-1", SecretKind.TOKEN),
        "controller 2 user": (b"nutzer-2", SecretKind.TOKEN),
        "controller 3 user": (b"nutzer-3", SecretKind.TOKEN),
        "controller 1 password": (b"wort-1", SecretKind.TOKEN),
        "controller 2 password": (b"wort-2", SecretKind.TOKEN),
        "controller 3 password": (b"w" * 40, SecretKind.TOKEN),
        "controller 3 password (rest)": (b"w" * 24, SecretKind.TOKEN),
        "admin password": (b"admin", SecretKind.TOKEN),
    }
    assert all(data[field.at : field.at + field.size].startswith(field.value) for field in fields.values())
    assert all(page.at <= field.at and field.at + field.size <= page.end for page in pages for field in page.fields)


def test_an_older_copy_of_espeasys_credentials_is_found_and_told():
    *_, old = recognised(espeasy(old=b"Altes-Netz"))
    assert "older copy" in old.note
    assert old.value("Wi-Fi name 1") == b"Altes-Netz"


def test_files_of_these_names_without_espeasys_number_are_not_espeasys():
    assert recognised(espeasy(pid=1)) == ()


def test_only_a_spiffs_is_searched_for_espeasy():
    assert recognise_espeasy(espeasy(), Record("littlefs file system", RegionKind.FILES, 0, 0x10000)) == ()


@pytest.mark.parametrize("size", [0x100000, 0x200000, 0x400000])
def test_the_eeprom_is_found_by_its_place(size):
    data = bytearray(BLANK * size)
    data[size - 0x5000] = 1
    record = eeprom_by_place(bytes(data), size)
    assert (record.at, record.size, record.by_place) == (size - 0x5000, 4096, True)


def test_a_blank_or_missing_eeprom_is_none():
    assert eeprom_by_place(BLANK * 0x100000, 0x100000) is None
    assert eeprom_by_place(b"x" * 0x1000, 0x100000) is None
    assert eeprom_by_place(b"", 0) is None


@given(st.binary(max_size=400), st.binary(max_size=400))
def test_any_bytes_are_settings_or_none(front, back):
    sector = front.ljust(4096 - len(back), BLANK) + back
    for data in (sector, sector[:-1], front):
        record = recognise_espurna(data, 0)
        assert record is None or record.end <= len(data)
        eeprom_by_place(data, len(data))


@given(st.integers(0, 0xFFFF), st.binary(min_size=1, max_size=300), st.integers(0, 0xFFFF))
def test_damage_makes_no_field_outside_the_file(at, noise, length):
    data = bytearray(espeasy())
    data[at : at + len(noise)] = noise
    short = bytes(data[:length])
    for record in recognise_espeasy(short, Record("SPIFFS file system", RegionKind.FILES, 0, 0x10000)):
        assert all(field.at + field.size <= len(short) for field in record.fields)
