"""Tasmota's settings, packed here by the rules of its own code."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.records import RegionKind, SecretKind
from sonoffkit.firmware.records.tasmota import (
    newest,
    recognise_power_cycles,
    recognise_settings,
    version_text,
)

TEXTS = {
    0: b"http://ota.example/tasmota.bin.gz",
    1: b"cmnd",
    2: b"stat",
    3: b"tele",
    4: b"Heimnetz",
    5: b"Zweitnetz",
    6: b"geheim-eins",
    7: b"geheim-zwei",
    8: b"%s-%04d",
    10: b"webwort",
    12: b"broker.example",
    13: b"DVES_%06X",
    14: b"mqttnutzer",
    15: b"mqttwort",
    16: b"%prefix%/%topic%/",
    17: b"lampe",
    20: b"tasmotas",
    44: b"Lampe im Flur",
    77: b"123:telegram",
    90: b"reichweite",
    94: b"influx",
}
SECRETS = {
    "Wi-Fi name 1": (4, SecretKind.WIFI_NAME),
    "Wi-Fi name 2": (5, SecretKind.WIFI_NAME),
    "Wi-Fi password 1": (6, SecretKind.WIFI_PASSWORD),
    "Wi-Fi password 2": (7, SecretKind.WIFI_PASSWORD),
    "web password": (10, SecretKind.TOKEN),
    "MQTT user": (14, SecretKind.TOKEN),
    "MQTT password": (15, SecretKind.TOKEN),
    "Telegram token": (77, SecretKind.TOKEN),
    "range extender's password": (90, SecretKind.AP_PASSWORD),
    "InfluxDB token": (94, SecretKind.TOKEN),
}


def reference_crc32(data):
    """Bit by bit, as the firmware does it."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def reference_crc16(data):
    return sum(byte * (i + 1) for i, byte in enumerate(data) if i not in (14, 15)) & 0xFFFF


def block(texts=TEXTS, *, version=0x0C040000, saved=42, boots=7, holder=0x1209, size=4096, pool=None, crc16_size=0xE00):
    whole = bytearray(4096)
    struct.pack_into("<HHIIH", whole, 0, holder, size, saved, version, boots)
    if pool is None:
        pool = b"".join(texts.get(i, b"") + b"\0" for i in range(99))
    whole[0x17 : 0x17 + len(pool)] = pool
    struct.pack_into("<H", whole, 0xE, reference_crc16(whole[:crc16_size]))
    struct.pack_into("<I", whole, 0xFFC, reference_crc32(whole[:0xFFC]))
    return bytes(whole)


HOLDER_6 = struct.pack("<HH", 0x1209, 0xE00)


def fixed(version=0x06060000, holder=HOLDER_6, crc16_size=0xE00):
    whole = bytearray(b"\xff" * 4096)
    whole[:0xE00] = bytes(0xE00)
    if crc16_size == 4096:
        whole[:] = bytes(4096)
    whole[:4] = holder
    struct.pack_into("<IIH", whole, 4, 9, version, 3)
    for at, text in ((0xA1, b"Netz-A"), (0xC2, b"Netz-B"), (0xE3, b"wort-a"), (0x124, b"wort-b"), (0x22D, b"nutzer")):
        whole[at : at + len(text)] = text
    whole[0x24E : 0x24E + 20] = b"kurz\0von-frueher\0\0\0\0"
    whole[0x4A9 : 0x4A9 + 3] = b"web"
    struct.pack_into("<H", whole, 0xE, reference_crc16(whole[:crc16_size]))
    return bytes(whole)


def test_settings_tell_version_and_counts_and_both_checksums_hold():
    record = recognise_settings(b"\xff" * 4096 + block(), 4096)
    assert (record.name, record.kind, record.at, record.size) == ("Tasmota settings", RegionKind.SETTINGS, 4096, 4096)
    assert record.facts == {"version": "12.4.0", "saved": "42", "boot count": "7"}
    assert [(check.name, check.at, check.holds) for check in record.checks] == [
        ("CRC32", 4096 + 0xFFC, True),
        ("checksum of 16 bits", 4096 + 0xE, True),
    ]


@pytest.mark.parametrize("name", SECRETS)
def test_each_secret_of_the_pool_is_a_field_over_exactly_its_bytes(name):
    data = bytes(8192) + block()
    record = recognise_settings(data, 8192)
    (field,) = [field for field in record.fields if field.name == name]
    index, kind = SECRETS[name]
    assert (field.value, field.size, field.secret) == (TEXTS[index], len(TEXTS[index]), kind)
    assert data[field.at : field.at + field.size] == TEXTS[index]


def test_texts_that_are_no_secrets_are_fields_without_a_kind_and_empty_ones_are_none():
    record = recognise_settings(block(), 0)
    assert record.value("MQTT host") == b"broker.example"
    assert record.value("friendly name 1") == b"Lampe im Flur"
    named = {field.name for field in record.fields}
    assert not {"syslog host", "friendly name 2", "device name"} & named
    assert {field.name for field in record.fields if field.secret} == set(SECRETS)


def test_late_texts_are_not_read_in_versions_that_may_not_have_them_there():
    record = recognise_settings(block(version=0x08020000), 0)
    assert record.value("MQTT password") == b"mqttwort"
    assert record.value("Telegram token") == record.value("InfluxDB token") == b""
    record = recognise_settings(block(version=0x09050004), 0)
    assert (record.value("Telegram token"), record.value("InfluxDB token")) == (b"123:telegram", b"")


def test_the_router_s_address_is_a_field_where_it_was_stored():
    whole = bytearray(block(version=0x09000000))
    whole[0xF0A : 0xF0A + 6] = bytes.fromhex("020304050607")
    (field,) = [field for field in recognise_settings(bytes(whole), 0).fields if field.secret is SecretKind.BSSID]
    assert (field.at, field.value) == (0xF0A, bytes.fromhex("020304050607"))


def test_facts_and_representation_hold_no_secrets():
    record = recognise_settings(block(), 0)
    shown = repr(record)
    assert not any(TEXTS[index].decode() in shown for index, _ in SECRETS.values())


def test_a_flipped_bit_breaks_the_crc_and_is_called_damage():
    whole = bytearray(block())
    whole[0x800] ^= 1
    record = recognise_settings(bytes(whole), 0)
    assert not record.checks[0].holds
    assert "damaged" in record.note


def test_a_wrong_old_checksum_beside_a_good_crc_is_explained():
    whole = bytearray(block())
    whole[0xE] ^= 1
    struct.pack_into("<I", whole, 0xFFC, reference_crc32(whole[:0xFFC]))
    crc, old = recognise_settings(bytes(whole), 0).checks
    assert crc.holds
    assert old.is_explained


def test_a_block_of_a_build_with_another_holder_is_known_by_its_crc():
    data = block(holder=4711)
    assert recognise_settings(data, 0).facts["version"] == "12.4.0"
    assert recognise_settings(data[:0xFFC] + b"\0\0\0\0", 0) is None


@pytest.mark.parametrize(("version", "size"), [(0x06000000, 0xE00), (0x06060006, 0xE00), (0x06060007, 4096)])
def test_version_6_has_the_sum_of_16_bits_only(version, size):
    record = recognise_settings(fixed(version, crc16_size=size), 0)
    assert [(check.name, check.holds) for check in record.checks] == [("checksum of 16 bits", True)]


def test_texts_before_version_8_lie_in_fixed_places_and_what_is_behind_a_nul_belongs_to_them():
    data = fixed()
    record = recognise_settings(data, 0)
    fields = {field.name: field for field in record.fields}
    assert {name: field.value for name, field in fields.items()} == {
        "Wi-Fi name 1": b"Netz-A",
        "Wi-Fi name 2": b"Netz-B",
        "Wi-Fi password 1": b"wort-a",
        "Wi-Fi password 2": b"wort-b",
        "MQTT user": b"nutzer",
        "MQTT password": b"kurz",
        "web password": b"web",
    }
    assert b"von-frueher" in data[fields["MQTT password"].at :][: fields["MQTT password"].size]
    assert all(field.secret for field in record.fields)


def test_version_5_has_a_longer_holder_and_no_checksum():
    record = recognise_settings(fixed(0x050C0000, holder=struct.pack("<I", 0x20161209)), 0)
    assert record.facts["version"] == "5.12.0"
    assert record.checks == ()
    assert record.value("Wi-Fi password 1") == b"wort-a"
    assert recognise_settings(fixed(0x050C0000), 0) is None


def test_texts_of_versions_before_5_10_are_not_guessed():
    record = recognise_settings(fixed(0x05000000, holder=struct.pack("<I", 0x20161209)), 0)
    assert record.fields == ()
    assert "not known" in record.note


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (0x0C040000, "12.4.0"),
        (0x09050003, "9.5.0.3"),
        (0x050B0101, "5.11.1a"),
        (0x0601010E, "6.1.1.14"),
        (0x05090100, "5.9.1"),
        (0x05000030, "5.0.0.48"),
        (0xFFFFFFFF, "255.255.255.255"),
    ],
)
def test_a_version_reads_as_tasmota_writes_it(version, text):
    assert version_text(version) == text


def test_newest_is_the_last_saved_block_that_is_sound():
    blocks = [block(saved=5), block(saved=8), block(saved=7)]
    damaged = bytearray(block(saved=99))
    damaged[0x900] ^= 1
    data = b"".join([*blocks, bytes(damaged)])
    records = [recognise_settings(data, at) for at in range(0, len(data), 4096)]
    assert newest(records) is records[1]
    assert newest(records[3:]) is None
    assert newest([]) is None


def test_newest_takes_a_block_without_checksum_if_there_is_no_other():
    old = recognise_settings(fixed(0x050C0000, holder=struct.pack("<I", 0x20161209)), 0)
    assert newest([old]) is old
    assert newest([old, recognise_settings(block(saved=1), 0)]).facts["version"] == "12.4.0"


@pytest.mark.parametrize("length", [0, 1, 0x16, 0x17, 0x18, 0x60, 0x2D1, 0x2D2, 0xFFF])
def test_a_block_that_is_cut_off_never_reaches_behind_the_end(length):
    data = block()[:length]
    record = recognise_settings(data, 0)
    if record is None:
        assert length < 0x17
        return
    assert (record.size, record.checks, record.note) == (length, (), "cut off")
    assert all(field.at + field.size <= length for field in record.fields)


def test_a_pool_without_an_end_gives_no_text():
    record = recognise_settings(block(pool=b"x" * 699), 0)
    assert record.fields == ()


def test_blank_zero_and_other_sectors_are_none():
    for data in (bytes(4096), b"\xff" * 4096, b"\xe9" * 4096):
        assert recognise_settings(data, 0) is None
        assert recognise_power_cycles(data, 0) is None
    assert recognise_settings(block(), -4096) is None
    assert recognise_settings(block(), 4096) is None


@pytest.mark.parametrize("cycles", range(8))
def test_power_cycles_are_counted(cycles):
    data = struct.pack("<I", 0xFFA55AFF) + bytes(4 * cycles) + b"\xff" * (4092 - 4 * cycles)
    record = recognise_power_cycles(data, 0)
    assert record.facts == {"quick power cycles": str(cycles)}
    assert record.size == 4096


def test_a_sector_with_the_power_cycle_word_and_something_else_is_none():
    assert recognise_power_cycles(struct.pack("<I", 0xFFA55AFF) + b"\xff" * 100 + b"x" * 3992, 0) is None


@given(st.binary(max_size=5000), st.integers(-5000, 10000))
def test_any_bytes_are_a_record_or_none(data, at):
    for recognise in (recognise_settings, recognise_power_cycles):
        record = recognise(data, at)
        assert record is None or record.end <= len(data)


@given(st.binary(max_size=4080), st.integers(0, 0xFFFFFFFF), st.integers(0, 0xFFFF))
def test_any_bytes_behind_a_header_make_fields_inside(rest, version, size):
    data = struct.pack("<HHII", 0x1209, size, 1, version) + rest
    record = recognise_settings(data, 0)
    assert record is None or all(data[f.at : f.at + f.size].startswith(f.value) for f in record.fields)
