"""Records of the maker's firmware, built here by what was derived from dumps."""

from __future__ import annotations

import pytest
from firmware import dump_builders as dumps
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.firmware.identity.stock_version import stock_version
from sonoffkit.firmware.records import SecretKind
from sonoffkit.firmware.records.stock import (
    has_stock_settings,
    is_stock,
    read_certificate,
    read_settings,
    stock_records,
)

MB = 0x100000


def test_settings_and_their_fields():
    record = read_settings(dumps.settings(), 0)
    assert record is not None
    assert record.facts == {"model": "PSF-BD1-GL", "paired": "paired with a network"}
    values = {field.name: field.value for field in record.fields}
    assert values["SSID"] == dumps.SSID
    assert values["device id"] == dumps.DEVICE_ID
    assert values["API key"] == dumps.API_KEY
    assert values["MAC"] == dumps.MAC
    assert values["AP SSID"] == b"ITEAD-" + dumps.DEVICE_ID
    kinds = {field.name: field.secret for field in record.fields}
    assert kinds["password"] is SecretKind.WIFI_PASSWORD
    assert kinds["model"] is None


def test_the_factorys_network_means_never_paired():
    record = read_settings(dumps.settings(ssid=b"8DB0839D"), 0)
    assert record is not None
    assert record.facts["paired"].startswith("never paired")


def test_no_network_means_not_paired():
    record = read_settings(dumps.settings(ssid=b""), 0)
    assert record is not None
    assert record.facts["paired"] == "not paired"


@pytest.mark.parametrize("missing", [[0x7C], [0x87], [0xC4]])
def test_two_of_three_marks_will_do(missing):
    block = bytearray(dumps.settings())
    for at in missing:
        block[at] = ord("?")
    assert read_settings(bytes(block), 0) is not None


def test_one_mark_will_not_do():
    block = bytearray(dumps.settings())
    block[0x7C] = block[0xC4] = ord("?")
    assert read_settings(bytes(block), 0) is None


@pytest.mark.parametrize("size", [0x217, 0x1F0, 0x1BD, 0xC6, 0xB0, 0xAC])
def test_settings_that_the_file_ends_in_are_read_as_far_as_they_go(size):
    block = dumps.settings()[:size]
    record = read_settings(block, 0)
    assert record is not None
    assert (record.value("SSID"), record.value("password")) == (dumps.SSID, dumps.PASSWORD)
    assert all(field.at + field.size <= size for field in record.fields)
    assert all(len(field.value) == 6 for field in record.fields if field.name in ("MAC", "AP MAC"))


def test_settings_without_their_marks_are_not_recognised():
    assert read_settings(dumps.settings()[:0xAB], 0) is None


def test_notes_and_facts_hold_no_secrets():
    record = read_settings(dumps.settings(), 0)
    told = repr(record)
    secrets = (dumps.SSID, dumps.PASSWORD, dumps.DEVICE_ID, dumps.API_KEY, b"12345678")
    assert not any(secret.decode() in told for secret in secrets)


def test_a_certificate():
    record = read_certificate(dumps.certificate(), 0)
    assert record is not None
    assert record.facts == {"file": "ca-17727.cer", "common name": "coolkit.cn"}


@pytest.mark.parametrize("at", [0x20, 0x21, 0x22, 0x23, 0])
def test_what_is_no_certificate(at):
    block = bytearray(dumps.certificate())
    block[at] = 0
    if at == 0x20:
        block[0x21] = 0
    assert read_certificate(bytes(block[: 0x22 + 100]), 0) is None


def test_settings_are_named_by_their_place_and_never_as_the_flag():
    data = dumps.flash(MB, {at: dumps.settings() for at in range(0x77000, 0x7C000, 0x1000)})
    names = [record.name for at in range(0x77000, 0x7C000, 0x1000) if (record := read_settings(data, at))]
    assert names == ["settings", "settings A", "settings B", "settings", "settings"]


def test_records_by_their_place():
    records = {record.name: record for record in stock_records(dumps.stock())}
    assert records["settings flag"].facts == {"copy in use": "A"}
    assert records["relay state flag"].facts == {"copy in use": "B"}
    assert records["relay state A"].by_place
    assert not records["settings A"].by_place
    assert stock_records(b"\xff" * MB) == ()
    assert stock_records(b"") == ()


def test_a_flag_is_one_byte_and_nothing_behind_it():
    data = dumps.flash(MB, {0x7A000: b"\x02", 0x7E000: b"\x01\x00"})
    assert stock_records(data) == ()


@pytest.mark.parametrize(
    ("word", "told"), [(b"ITEAD", False), (b"Sonoff Basic", False), (b"iotgo.iteadstudio.com", True)]
)
def test_words_that_are_stock_and_words_that_are_not(word, told):
    assert is_stock(b"\0" + word + b"\0") is told


def test_settings_at_their_places_are_seen_whatever_runs():
    assert has_stock_settings(dumps.flash(MB, {0x79000: dumps.settings()}))
    assert not has_stock_settings(dumps.flash(MB, {0x77000: dumps.settings()}))


def test_versions_are_sought_in_the_program_only():
    data = b"\x001.1.1\0" + bytes(9) + b"\x003.5.0\0\0device\0" + bytes(9) + b"\x002.2.2\0"
    assert stock_version(data, 8, len(data) - 8, "").version == "3.5.0"
    assert stock_version(data, 8, 12, "") == ("", False, ())


@given(st.binary(max_size=0x900), st.integers(0, 0x300))
def test_any_bytes(data, at):
    read_settings(data, at)
    read_certificate(data, at)
    stock_version(data, 0, len(data), "")
