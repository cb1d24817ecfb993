"""Secrets are found where firmware keeps them, with all copies and with proofs, and masked unless asked for."""

from __future__ import annotations

import functools
import struct
from collections import Counter
from functools import partial

import pytest
from counted_calls import counted
from firmware import dump_builders as dumps

from sonoffkit.firmware.layout import lay_out
from sonoffkit.firmware.records.system_parameters import pmk_of
from sonoffkit.firmware.secrets import Secret, SecretKind, find_secrets, masked
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.models import MODELS

MAC = bytes.fromhex("5ccf7f1a2b3c")
NETWORK = factory_network(MAC)
PARAMETERS, SECTOR, MB = 0xFD000, 0x1000, 0x100000
PROOF = "proven: the stored key fits this name and password"


@functools.cache
def practice() -> bytes:
    return factory_image(MODELS["basic"], MAC)


def changed(*patches: tuple[int, bytes]) -> bytes:
    out = bytearray(practice())
    for at, new in patches:
        out[at : at + len(new)] = new
    return bytes(out)


def secrets_of(data: bytes) -> tuple[Secret, ...]:
    return find_secrets(data, lay_out(data))


@functools.cache
def found() -> tuple[Secret, ...]:
    return secrets_of(practice())


def test_every_secret_of_a_practice_dump_is_found_in_all_its_copies():
    assert Counter(secret.kind for secret in found()) == {
        SecretKind.WIFI_NAME: 6,
        SecretKind.WIFI_PASSWORD: 6,
        SecretKind.WIFI_KEY: 4,
        SecretKind.AP_NAME: 4,
        SecretKind.AP_PASSWORD: 4,
        SecretKind.AP_KEY: 2,
        SecretKind.BSSID: 2,
        SecretKind.MAC: 6,
        SecretKind.DEVICE_ID: 2,
        SecretKind.API_KEY: 4,
    }


def test_the_values_are_those_of_the_practice_network():
    values = {secret.kind: secret.value for secret in found()}
    assert values[SecretKind.WIFI_NAME] == NETWORK.ssid.encode()
    assert values[SecretKind.WIFI_PASSWORD] == NETWORK.password.encode()
    assert values[SecretKind.WIFI_KEY] == NETWORK.pmk
    assert values[SecretKind.BSSID] == NETWORK.bssid


def test_each_lies_where_it_says():
    for secret in found():
        assert practice()[secret.at : secret.at + len(secret.value)] == secret.value
        assert len(secret.value) <= secret.size


def test_they_come_in_the_order_of_their_places():
    assert [secret.at for secret in found()] == sorted(secret.at for secret in found())


def settings_everywhere(size: int) -> bytes:
    """A dump of stock firmware that is full of settings, each with others' names and passwords."""
    parts = {
        at: dumps.settings(ssid=f"network {at}".encode(), password=f"password {at}".encode())
        for at in range(0x10000, size - 0x10000, SECTOR)
    }
    return dumps.flash(size, {**parts, 0: dumps.boot(), 0x1000: dumps.user()})


def test_a_file_full_of_records_takes_work_in_proportion():
    """Eight times the bytes: quadratic would be 64 times the work."""
    works = []
    for size in (MB, 8 * MB):
        data = settings_everywhere(size)
        work, secrets = counted(partial(find_secrets, data, lay_out(data)))
        works.append(work)
        assert len(secrets) > size // SECTOR
    assert works[1] < 12 * works[0]


def test_the_makers_own_password_is_told_as_that_and_anybody_elses_is_not():
    network = changed((0x780E4, b"12345678".ljust(64, b"\0")), (0x79020, b"12345678".ljust(64, b"\0")))
    proofs = {secret.where: secret.proof for secret in secrets_of(network)}
    assert proofs["settings A, AP password"] == "the maker's own, the same in every device"
    assert proofs["settings B, password"] == ""


@pytest.mark.parametrize("record", [0x78000, 0x79000, PARAMETERS, PARAMETERS + SECTOR])
@pytest.mark.parametrize("after", [0x40, 0x60, 0x80, 0xAC, 0x200, 0x3E8])
def test_of_a_dump_cut_off_within_a_record_what_is_there_is_masked(record, after):
    cut = practice()[: record + after]
    view = masked(cut, secrets_of(cut), everything=True)
    assert len(view) == len(cut)
    assert NETWORK.ssid.encode() not in view
    assert NETWORK.password.encode()[:8] not in view
    assert NETWORK.pmk[:8] not in view


def test_a_key_that_fits_proves_the_name_and_the_password():
    proven = {secret.where for secret in found() if secret.proof == PROOF}
    assert {f"system parameters {copy}, {name}" for copy in "AB" for name in ("SSID", "password", "PMK")} <= proven
    assert "system parameters A, AP PMK" in proven
    assert "system parameters B, saved password 0" in proven
    assert not any(where.startswith("settings") for where in proven)


def test_a_key_that_does_not_fit_proves_nothing():
    data = changed((PARAMETERS + 0x78, bytes(range(32))))
    proofs = {secret.where: secret.proof for secret in secrets_of(data)}
    assert {proofs[f"system parameters A, {name}"] for name in ("SSID", "password", "PMK")} == {""}
    assert proofs["system parameters B, PMK"] == PROOF


def test_the_factory_s_own_network_is_called_that():
    data = changed((0x78000, b"8DB0839D".ljust(32, b"\0")))
    proofs = {secret.where: secret.proof for secret in secrets_of(data)}
    assert proofs["settings A, SSID"] == "the factory's own test network"


@pytest.mark.parametrize("at", [0x70000, 0xF8100, 0x80FF8])
def test_a_copy_elsewhere_is_found(at):
    data = changed((at, NETWORK.password.encode()))
    copies = [secret for secret in secrets_of(data) if secret.at == at]
    assert [(copy.kind, copy.value) for copy in copies] == [(SecretKind.WIFI_PASSWORD, NETWORK.password.encode())]
    assert copies[0].where.startswith("a copy in ")


def test_two_copies_in_a_row_are_both_found():
    text = NETWORK.password.encode()
    data = changed((0x70000, text * 2))
    assert {0x70000, 0x70000 + len(text)} <= {secret.at for secret in secrets_of(data)}


@pytest.mark.parametrize("n", range(5))
def test_every_saved_network_is_found(n):
    name, password = b"Old-Network-%d" % n, b"old-secret-%d" % n
    saved = struct.pack("<I32s64s", len(name), name, password)
    data = changed((PARAMETERS + 0x140 + 100 * n, saved), (PARAMETERS + 0x3E4 + 32 * n, pmk_of(password, name)))
    of_it = {secret.where: secret.proof for secret in secrets_of(data) if secret.where.endswith(f"{n}")}
    assert of_it[f"system parameters A, saved password {n}"] == PROOF


def test_a_field_that_was_never_written_is_no_secret():
    blank = changed((PARAMETERS, b"\xff" * (2 * SECTOR)), (0x78000, b"\xff" * (2 * SECTOR)))
    assert secrets_of(blank) == ()


@pytest.mark.parametrize("data", [b"", b"\xff" * SECTOR, bytes(SECTOR), b"no dump at all"])
def test_there_are_none_where_there_are_no_records(data):
    assert secrets_of(data) == ()


# Masking


def test_passwords_and_keys_are_masked_and_names_are_shown_to_the_owner():
    shown = {secret.kind for secret in found() if "••••" not in secret.text()}
    assert shown == {kind for kind in SecretKind if kind.shown_to_owner} & {secret.kind for secret in found()}
    assert SecretKind.WIFI_PASSWORD not in shown


@pytest.mark.parametrize("kind", list(SecretKind))
def test_nothing_is_shown_in_what_is_exported(kind):
    assert Secret(kind, 0, 8, b"abcdefgh").text(exported=True).startswith("••••")


def test_revealing_is_explicit():
    secret = Secret(SecretKind.WIFI_PASSWORD, 0, 65, b"open sesame")
    assert (secret.text(), secret.text(reveal=True)) == ("••••", "open sesame")


def test_a_key_is_shown_as_hex_and_an_address_with_colons():
    assert Secret(SecretKind.WIFI_KEY, 0, 4, b"\1\2\3\4").text() == "•••• (4 bytes)"
    assert Secret(SecretKind.WIFI_KEY, 0, 4, b"\1\2\3\4").text(reveal=True) == "01020304"
    assert Secret(SecretKind.MAC, 0, 6, MAC).text() == "5c:cf:7f:1a:2b:3c"


def test_a_name_that_is_no_text_is_shown_escaped():
    assert Secret(SecretKind.WIFI_NAME, 0, 32, b"caf\xe9").text() == "caf\\xe9"


@pytest.mark.parametrize("secret", found(), ids=lambda secret: secret.where)
def test_neither_repr_nor_str_tells_a_password(secret):
    assert repr(secret.value) not in repr(secret)
    if not secret.kind.shown_to_owner:
        assert secret.value.hex() not in str(secret)
        assert secret.value.decode("latin-1") not in str(secret)


def test_masking_overwrites_whole_fields_and_leaves_names_to_the_owner():
    view = masked(practice(), found())
    assert len(view) == len(practice())
    assert view[PARAMETERS + 0x37 : PARAMETERS + 0x78] == b"*" * 65
    assert NETWORK.password.encode() not in view
    assert NETWORK.pmk not in view
    assert NETWORK.ssid.encode() in view


def test_masking_everything_leaves_no_found_value():
    view = masked(practice(), found(), everything=True)
    assert [secret.where for secret in found() if secret.value in view] == []
