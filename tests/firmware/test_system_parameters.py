"""The SDK's last sectors, built here by the rules that were read off dumps."""

from __future__ import annotations

import struct

import pytest
from firmware import dump_builders as dumps
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.maps import EndMap
from sonoffkit.firmware.records import SecretKind
from sonoffkit.firmware.records.system_parameters import (
    pmk_of,
    read_flag_sector,
    read_parameters,
    read_phy_init,
    read_rf_calibration,
    system_records,
)

MB = 0x100000


def test_the_key_of_a_network_is_that_of_the_standard():
    """IEEE 802.11i, annex H.4, test case 1."""
    key = "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"
    assert pmk_of(b"password", b"IEEE").hex() == key


def test_parameters_and_their_fields():
    record = read_parameters(dumps.parameters(slot=1, version=7, mode=3), 0, "A")
    assert record is not None
    assert (record.name, record.note) == (
        "system parameters A",
        "user2 runs, boot loader 1.7, station and access point",
    )
    assert record.value("SSID") == dumps.SSID
    assert record.value("password") == dumps.PASSWORD
    assert record.value("PMK") == pmk_of(dumps.PASSWORD, dumps.SSID)
    assert record.value("base MAC") == dumps.MAC
    assert {field.secret for field in record.fields} == {
        SecretKind.WIFI_NAME,
        SecretKind.WIFI_PASSWORD,
        SecretKind.WIFI_KEY,
        SecretKind.MAC,
    }


def test_saved_networks_have_their_fields():
    block = bytearray(dumps.parameters())
    for n in range(5):
        at = 0x140 + 100 * n
        block[at : at + 100] = struct.pack("<I32s64s", 4, b"net%d" % n, b"secret-%d" % n)
        block[0x3E4 + 32 * n : 0x404 + 32 * n] = bytes([n + 1]) * 32
    record = read_parameters(bytes(block), 0, "B")
    assert record is not None
    assert [record.value(f"saved SSID {n}") for n in range(5)] == [b"net%d" % n for n in range(5)]
    assert record.value("saved password 4") == b"secret-4"
    assert record.value("saved PMK 4") == b"\x05" * 32


@pytest.mark.parametrize(
    ("at", "value"), [(0, b"\x00"), (8, b"\x04"), (8, b"\xff"), (0x0C, b"\x21\0\0\0"), (0xB0, b"\0\0\1\0")]
)
def test_what_is_no_parameters(at, value):
    block = bytearray(dumps.parameters())
    block[at : at + len(value)] = value
    assert read_parameters(bytes(block), 0, "A") is None


def test_blank_or_short_sectors_are_no_parameters():
    assert read_parameters(b"\xff" * 0x1000, 0, "A") is None
    assert read_parameters(dumps.parameters()[:0x36], 0, "A") is None


@pytest.mark.parametrize("size", [0x4A3, 0x497, 0x98, 0x80, 0x78, 0x40, 0x37])
def test_parameters_that_the_file_ends_in_are_read_as_far_as_they_go(size):
    whole, record = read_parameters(dumps.parameters(), 0, "A"), read_parameters(dumps.parameters()[:size], 0, "A")
    assert whole is not None
    assert record is not None
    assert record.note.endswith("; cut off: the file ends here")
    assert record.value("SSID") == dumps.SSID
    for field in record.fields:
        assert field.at + field.size <= size
        assert whole.value(field.name).startswith(field.value)
    assert bool(record.value("base MAC")) is (size >= 0x498)  # whole, or not at all


def test_texts_never_stand_in_notes_or_facts():
    record = read_parameters(dumps.parameters(), 0, "A")
    assert record is not None
    told = repr(record) + record.note + str(record.facts)
    assert not any(value.decode() in told for value in (dumps.SSID, dumps.PASSWORD))


def test_the_flag_sector_and_its_sums():
    a, b = dumps.parameters(), dumps.parameters(ssid=b"another")
    data = dumps.flash(MB, {0xFD000: a, 0xFE000: b, 0xFF000: dumps.flag(1, a, b, written=13)})
    record = system_records(data, MB)[-1]
    assert record.note == "copy B counts (bank 1), written 13 times"
    assert [check.holds for check in record.checks] == [True, True]
    changed = bytearray(data)
    changed[0xFE000 + 0x12] ^= 1
    record = system_records(bytes(changed), MB)[-1]
    assert [check.holds for check in record.checks] == [True, False]
    assert record.note.endswith("; does not hold: sum of copy B")


@pytest.mark.parametrize("length", [0, 0x484, 0x48C, 0x1000, 0x1001, 0xFFFFFFFF])
def test_sums_of_any_length(length):
    a = dumps.parameters()
    flag = bytearray(dumps.flag(0, a, a))
    struct.pack_into("<II", flag, 0x0C, length, length)
    found = read_flag_sector(bytes(flag), 0)
    assert found is not None
    checks = found.checks(dumps.flash(MB, {0xFD000: a}), EndMap(MB))
    assert len(checks) == (2 if length <= 0x1000 else 0)


def test_a_flag_sector_without_its_marks_is_none():
    assert read_flag_sector(b"\xff" * 0x1000, 0) is None
    assert read_flag_sector(dumps.flag(0, b"", b"")[:-1], 0) is None


@pytest.mark.parametrize(("second", "version"), [(0, "05"), (8, "08")])
def test_phy_init_data(second, version):
    record = read_phy_init(bytes([5, second]) + dumps.phy()[2:], 0)
    assert record is not None
    assert record.facts == {"version": version}


@pytest.mark.parametrize("data", [dumps.phy()[:-1], b"\x06" + dumps.phy()[1:], dumps.phy() + b"\0", b"\xff" * 200])
def test_what_is_no_phy_init_data(data):
    assert read_phy_init(data, 0) is None


def test_rf_calibration_is_known_by_its_place_only():
    record = read_rf_calibration(CALIBRATION.ljust(0x1000, b"\xff"), 0)
    assert record is not None
    assert (record.by_place, record.facts) == (True, {"bytes": "628"})
    assert read_rf_calibration(b"\xff" * 0x1000, 0) is None
    assert read_rf_calibration(b"abc", -0x1000) is None


CALIBRATION = bytes(range(1, 201)) * 3 + bytes(range(1, 29))


@given(st.binary(max_size=0x2000), st.integers(-1, 2 * MB))
def test_any_bytes_and_any_size_of_flash(data, size):
    for record in system_records(data, size):
        assert 0 <= record.at < record.end <= len(data)
