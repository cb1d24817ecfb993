"""A share-safe copy holds nothing of anybody's, in any form, and shows the same as the dump; or there is none."""

from __future__ import annotations

import base64
import functools
import random
import re
import struct
import zlib
from pathlib import Path

import pytest
from firmware import dump_builders as dumps
from firmware.builders import CODE, DRAM, EBOOT, IRAM, IROM, by_hand, micropython, user_part
from hypothesis import given, settings
from hypothesis import strategies as st

from sonoffkit.errors import NotRedacted
from sonoffkit.firmware.formats.checksums import xor_checksum
from sonoffkit.firmware.identity import identify_firmware
from sonoffkit.firmware.layout import Layout
from sonoffkit.firmware.layout import lay_out as lay_out_anew
from sonoffkit.firmware.records.system_parameters import pmk_of
from sonoffkit.firmware.redaction import Redacted, redact
from sonoffkit.firmware.redaction.forms import forms_of
from sonoffkit.firmware.secrets import SecretKind, find_secrets
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.images import Segment, user_image
from sonoffkit.practice.models import MODELS

REAL = Path(__file__).parents[3] / "shared" / "firmware"
STOCK = ("stock_basic_fw1.6.0_redacted.bin", "stock_mini_fw3.0.0_redacted.bin")
SECTOR, MB = 0x1000, 0x100000
PARAMETERS = 0xFD000
MAC = bytes.fromhex("5ccf7f1a2b3c")
BOOT_WORDS = b"2nd boot version : 1.6\n\0"
MAKERS = b"Sec-WebSocket-Key: ITEADTmobiM0x1DabcEsnw==\0iotgo.iteadstudio.com\0"


@functools.lru_cache(16)
def lay_out(data: bytes) -> Layout:
    return lay_out_anew(data)


@functools.cache
def practice(model="basic", mac=MAC) -> bytes:
    return factory_image(MODELS[model], mac)


@functools.cache
def shared(model="basic", mac=MAC) -> Redacted:
    return redact(practice(model, mac))


def changed(data: bytes, *patches: tuple[int, bytes]) -> bytes:
    out = bytearray(data)
    for at, new in patches:
        out[at : at + len(new)] = new
    return bytes(out)


def with_flag(data: bytes, end=MB) -> bytes:
    """With the sums of the flag sector computed anew."""
    out = bytearray(data)
    for n in (0, 1):
        out[end - SECTOR + 0x14 + 4 * n] = xor_checksum(bytes(out[end - (3 - n) * SECTOR :][:0x20]))
    return bytes(out)


def in_both(data: bytes, offset: int, new: bytes) -> bytes:
    """Changed in both copies of the system parameters."""
    return with_flag(changed(data, (PARAMETERS + offset, new), (PARAMETERS + SECTOR + offset, new)))


def checks(data: bytes) -> dict[tuple[int, str], bool]:
    layout = lay_out(data)
    found = [(record.at, check) for record in layout.records for check in record.checks]
    found += [(image.at, check) for image in layout.images for check in image.checks]
    return {(at, check.name): check.holds for at, check in found}


def regions(data: bytes) -> list[tuple[int, int, str]]:
    return [(region.start, region.end, region.name) for region in lay_out(data).regions]


def fields(data: bytes) -> list[tuple[object, ...]]:
    return [(r.name, f.name, f.at, f.size, f.secret, len(f.value)) for r in lay_out(data).records for f in r.fields]


def texts_of(value: bytes) -> list[bytes]:
    """A value written in all ways that come to mind, made here by other means than the kit's."""
    texts = [value, value.lower(), value.upper(), base64.b64encode(value)]
    for separator in ("", ":", "-", " "):
        text = separator.join(f"{byte:02x}" for byte in value).encode()
        texts += [text, text.upper()]
    return texts + [
        b"".join(bytes([byte, 0]) for byte in text) for text in texts if text.isascii() and text.decode().isprintable()
    ]


def forms_in_the_open(secrets) -> set[bytes]:
    forms: set[bytes] = set()
    for secret in secrets:
        forms.update(texts_of(secret.value))
        if secret.kind in (SecretKind.MAC, SecretKind.BSSID):
            forms.update(texts_of(secret.value[::-1]))
        if secret.kind is SecretKind.MAC:
            tail = secret.value[3:].hex().encode()
            forms.update((b"ESP_" + tail, b"ESP_" + tail.upper(), tail, tail.upper()))
        if secret.kind is SecretKind.API_KEY:
            digits = secret.value.replace(b"-", b"")
            forms.update((digits, digits.upper(), bytes.fromhex(digits.decode())))
    return forms


def assert_safe(data: bytes, copy: Redacted, *, same_regions=True) -> None:
    """Everything that the kit promises of a copy, looked at from outside."""
    assert len(copy.data) == len(data)
    left = [form for form in forms_in_the_open(find_secrets(data, lay_out(data))) if form in copy.data]
    assert left == []
    before, after = checks(data), checks(copy.data)
    assert [key for key, holds in before.items() if holds and not after.get(key, False) and key in after] == []
    if same_regions:
        assert regions(copy.data) == regions(data)
        assert fields(copy.data) == fields(data)
        assert after == before
    old, new = (identify_firmware(one, lay_out(one)) for one in (data, copy.data))
    assert (old.name, old.version, old.model, old.confidence) == (new.name, new.version, new.model, new.confidence)
    report = copy.report.encode()
    assert [secret for secret in find_secrets(data, lay_out(data)) if secret.value in report] == []


def program(words: bytes, *, sound=True) -> bytes:
    """The practice firmware's user1 with other words in it."""
    head = b"practice-maker.example\0practice-maker firmware 1.6.0, the relay is off\n\0"
    made = user_image(head + words + CODE * 4, [Segment(0x40100000, CODE), Segment(0x3FFE8000, b"text\0" * 20)])
    return made if sound else made[:0x200] + bytes([made[0x200] ^ 1]) + made[0x201:]


def with_program(data: bytes, words: bytes, at=0x1000, *, sound=True) -> bytes:
    """With another program as user1, or besides it."""
    data = changed(data, (0x1000, b"\xff" * 0x65000)) if at == 0x1000 else data
    return changed(data, (at, program(words, sound=sound)))


def refusal(data: bytes) -> tuple[str, str]:
    with pytest.raises(NotRedacted) as refused:
        redact(data)
    return str(refused.value), refused.value.hint


# What the copy is


@pytest.mark.parametrize("mac", ["5ccf7f1a2b3c", "a020a6000001", "2c3ae8ffffff"])
@pytest.mark.parametrize("model", ["basic", "mini"])
def test_a_practice_dump_is_made_share_safe(model, mac):
    data = practice(model, bytes.fromhex(mac))
    assert_safe(data, shared(model, bytes.fromhex(mac)))


def test_a_large_dump_is_made_share_safe():
    assert_safe(practice("pow-r2"), shared("pow-r2"))


def test_an_incomplete_dump_is_made_share_safe():
    data = practice("pow-r2")[:MB]
    assert_safe(data, redact(data))


@pytest.mark.parametrize("size", [0x7A000, 0x80000, 0x9ABCD, 0xFC123, 0xFE800])
def test_a_dump_cut_off_behind_its_program_is_made_share_safe(size):
    data = practice()[:size]
    copy = redact(data)
    assert_safe(data, copy, same_regions=False)
    assert [start for start, _, _ in regions(copy.data)] == [start for start, _, _ in regions(data)]


@pytest.mark.parametrize("name", STOCK)
def test_a_real_dump_is_made_share_safe(name):
    if not (REAL / name).exists():
        pytest.skip("the real dumps are not here")
    data = (REAL / name).read_bytes()
    assert_safe(data, redact(data))


def test_the_key_of_the_network_is_that_of_the_made_up_one():
    record = lay_out(shared().data).record("system parameters A")
    name, password = record.value("SSID"), record.value("password")
    assert record.value("PMK") == record.value("saved PMK 0") == pmk_of(password, name)
    assert name != factory_network(MAC).ssid.encode()
    assert record.value("AP PMK") == pmk_of(record.value("AP password"), record.value("AP SSID"))


def test_a_key_that_nothing_proves_is_made_up():
    stray = random.Random(3).randbytes(32)
    data = in_both(practice(), 0x115, stray)
    copy = redact(data)
    assert_safe(data, copy)
    record = lay_out(copy.data).record("system parameters A")
    assert record.value("AP PMK") != pmk_of(record.value("AP password"), record.value("AP SSID"))


def test_a_password_that_is_the_key_itself_stays_so():
    key = random.Random(4).randbytes(32)
    data = in_both(in_both(practice(), 0x37, key.hex().encode()), 0x78, key)
    copy = redact(data)
    assert_safe(data, copy)
    record = lay_out(copy.data).record("system parameters A")
    assert record.value("PMK").hex().encode() == record.value("password")


def test_equal_values_stay_equal_and_names_of_the_device_are_made_of_its_made_up_id():
    layout = lay_out(shared().data)
    settings_a, settings_b = layout.record("settings A"), layout.record("settings B")
    parameters = layout.record("system parameters A")
    assert [f.value for f in settings_a.fields] == [f.value for f in settings_b.fields]
    assert settings_a.value("AP SSID") == b"ITEAD-" + settings_a.value("device id")
    assert parameters.value("SSID") == settings_a.value("SSID")
    assert parameters.value("AP SSID") == b"ESP_" + parameters.value("base MAC")[3:].hex().upper().encode()


def test_addresses_become_local_ones_and_follow_each_other_as_before():
    data = changed(practice(), *((at, MAC[:5] + bytes([MAC[5] + 1])) for at in (0x780B2, 0x790B2)))
    record = lay_out(redact(data).data).record("settings A")
    first, second = (int.from_bytes(record.value(name)) for name in ("MAC", "AP MAC"))
    assert record.value("MAC")[0] == 0x02
    assert second == first + 1


def test_made_up_values_have_the_shape_of_the_real_ones():
    record = lay_out(shared().data).record("settings A")
    assert re.fullmatch(rb"[0-9a-f]{10}", record.value("device id"))
    assert re.fullmatch(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", record.value("API key"))
    assert re.fullmatch(rb"[0-9]{8}", record.value("AP password"))
    assert re.fullmatch(rb"[0-9]{13}", record.value("time"))
    assert re.fullmatch(rb"[\x21-\x7e]+", record.value("SSID"))


def test_the_same_dump_gives_the_same_copy():
    assert redact(practice()) == shared()


def test_made_up_values_are_made_of_nothing_secret():
    """Two dumps with other secrets of the same lengths get the same made-up values."""
    one = in_both(practice(), 0x37, b"another-password")
    two = in_both(practice(), 0x37, b"a-third-passw0rd")
    first, second = redact(one).data, redact(two).data
    assert first == second


def test_a_copy_can_be_redacted_again():
    again = redact(shared().data)
    assert_safe(shared().data, again)


@pytest.mark.parametrize("data", [b"", b"\xff", b"\xff" * SECTOR, b"\xff" * MB])
def test_what_is_blank_stays_as_it_is(data):
    assert redact(data) == Redacted(data, (), ("There is nothing in it.",))
    assert redact(data).lines() == ["Nothing was changed.", "There is nothing in it."]


# Copies elsewhere, in whatever form

NETWORK = factory_network(MAC)
SECRET_TEXTS = {
    "the password": NETWORK.password.encode(),
    "the password as hex": NETWORK.password.encode().hex().upper().encode(),
    "the password in UTF-16": NETWORK.password.encode("utf-16-le"),
    "the password in base64": base64.b64encode(NETWORK.password.encode()),
    "name and password in base64": base64.b64encode(f"x:{NETWORK.password}:{NETWORK.ssid}".encode()),
    "the name": NETWORK.ssid.encode(),
    "the name between dashes": b"wifi=" + NETWORK.ssid.encode() + b";",
    "the key": NETWORK.pmk,
    "the key as hex": NETWORK.pmk.hex().encode(),
    "the address": MAC,
    "the address from its end": MAC[::-1],
    "the address with colons": MAC.hex(":").encode(),
    "the address with dashes, in capitals": MAC.hex("-").upper().encode(),
    "the address in mixed letters": b"5cCf7F1a2B3c",
    "the address in UTF-16": MAC.hex(":").encode("utf-16-le"),
    "a name with the address's end": b"DVES_1A2B3C",
    "the same in small letters": b"tasmota_1a2b3c-1234",
    "the router's address": NETWORK.bssid.hex(":").upper().encode(),
}


@pytest.mark.parametrize("text", SECRET_TEXTS.values(), ids=SECRET_TEXTS.keys())
def test_a_copy_in_the_program_is_replaced_and_the_checksums_are_mended(text):
    data = with_program(practice(), b"log: \0" + text + b"\0" + b"Z" + text + b"Z")
    copy = redact(data)
    assert_safe(data, copy)
    assert text not in copy.data
    assert all(checks(copy.data).values())
    assert any("comparison" in line for line in copy.mind)


def test_ids_and_keys_in_the_program_are_replaced_in_every_form():
    record = lay_out(practice()).record("settings A")
    key, device = record.value("API key"), record.value("device id")
    words = (key.upper(), key.replace(b"-", b""), bytes.fromhex(key.replace(b"-", b"").decode()))
    words += (device.upper(), bytes.fromhex(device.decode()), b"ITEAD-" + device, device.decode().encode("utf-16-le"))
    data = with_program(practice(), b"\0".join(words))
    copy = redact(data)
    assert_safe(data, copy)
    assert [word for word in words if word in copy.data] == []


def test_a_password_of_every_device_in_the_program_is_replaced_without_a_warning():
    data = with_program(practice(), b"\0" + b"12345678\0")
    copy = redact(data)
    assert_safe(data, copy)
    assert not any("comparison" in line for line in copy.mind)
    made_up = lay_out(copy.data).record("settings A").value("AP password")
    assert copy.data[0x1000:0x60000].count(made_up) == 1


PLACES = (0x66010, 0x90000, 0xC0FF8, 0xF8123, 0x7B000)


@pytest.mark.parametrize(
    ("text", "at"),
    [(text, PLACES[n % len(PLACES)]) for n, text in enumerate(SECRET_TEXTS.values())],
    ids=SECRET_TEXTS.keys(),
)
def test_a_copy_in_blank_places_is_overwritten(text, at):
    data = changed(practice(), (at, text))
    copy = redact(data)
    assert text not in copy.data
    assert regions(copy.data) == regions(data)
    assert any(c.kind == "unknown bytes" and c.at <= at < c.at + c.size for c in copy.changes)


def test_a_secret_that_lies_across_two_sectors_is_replaced():
    without = with_program(practice(), b"x").find(b"x" + CODE[:8])
    data = with_program(practice(), b"x" * (0x2000 - without - 7) + NETWORK.password.encode())
    assert data.find(NETWORK.password.encode()) == 0x2000 - 7
    assert_safe(data, redact(data))


# What is not known goes


def test_unknown_bytes_are_overwritten():
    copy = shared()
    assert practice()[0xF8000:0xF9000] not in copy.data
    assert set(copy.data[0xF8000:0xF9000]) == set(b"REDACTED")


def test_the_radio_s_calibration_is_overwritten():
    assert not any(shared().data[0xFB000:0xFB200])
    assert lay_out(shared().data).region_at(0xFB000).name == "RF calibration"


def test_phy_init_data_stays():
    assert shared().data[0xFC000:0xFD000] == practice()[0xFC000:0xFD000]


def test_a_certificate_of_an_unknown_maker_keeps_nothing_but_its_frame():
    old, new = practice()[0x7F000:0x80000], shared().data[0x7F000:0x80000]
    assert old[:0xF] == b"practice-ca.cer"
    assert new[:0xF] == b"certificatecert"
    assert new[0x20:0x26] == old[0x20:0x26]
    assert not any(new[0x26:0x300])


STALE = b"Older-And-Longer-Secret"


@pytest.mark.parametrize("offset", [0x00, 0x20, 0x67, 0x7C, 0x87, 0xC4, 0xE4, 0x134, 0x1BC, 0x1E2])
def test_what_an_older_value_left_behind_a_shorter_one_goes(offset):
    size = {0x00: 32, 0x20: 64, 0x67: 21, 0x7C: 11, 0x87: 37, 0xC4: 32, 0xE4: 64, 0x134: 64, 0x1BC: 37, 0x1E2: 37}
    at = 0x78000 + offset
    used = len(practice()[at : at + size[offset]].split(b"\0")[0])
    room = size[offset] - used - 1
    tail = STALE[: max(0, room)]
    data = changed(practice(), (at + used + 1, tail))
    copy = redact(data)
    assert regions(copy.data) == regions(data)
    assert not tail or not any(copy.data[at + used + 1 : at + used + 1 + len(tail)])


@pytest.mark.parametrize(
    "offset", [0x10, 0x37, 0xB4, 0xD4, 0x144, 0x164, 0x1A8, 0x300, 0x348, 0x410, 0x484, 0x4A4, 0xF00]
)
def test_stale_bytes_in_the_system_parameters_go(offset):
    base = in_both(practice(), offset, b"") if offset >= 0x1A8 else practice()
    place = offset if offset >= 0x1A8 else offset + 18
    before = base[PARAMETERS + place - 1]
    if offset < 0x1A8 and before != 0:
        place += 1
    stale = STALE[:10]
    data = in_both(base, place, stale)
    copy = redact(data)
    for copy_at in (PARAMETERS, PARAMETERS + SECTOR):
        assert stale not in copy.data[copy_at : copy_at + SECTOR]
    assert stale not in copy.data
    assert all(holds for holds in checks(copy.data).values())


@pytest.mark.parametrize("at", [0x78060, 0x78128, 0x78190, 0x78210, 0x78218, 0x78800, 0x78FF0, 0x7C020, 0x7D800])
def test_bytes_of_no_known_use_in_the_settings_go(at):
    data = changed(practice(), (at, STALE[:7]))
    copy = redact(data)
    assert STALE[:7] not in copy.data
    assert any(
        change.kind == "bytes of no known use" and change.at <= at < change.at + change.size for change in copy.changes
    )


def test_what_the_maker_s_settings_have_in_common_stays():
    numbers = bytes.fromhex("10070000040000000004000000d0ea17")
    data = changed(practice(), (0x78124, numbers), (0x78134, b"eu-disp.coolkit.cc\0".ljust(64, b"\0")))
    copy = redact(data)
    assert copy.data[0x780B8:0x780C4] == data[0x780B8:0x780C4]
    assert copy.data[0x78124:0x78134] == numbers
    assert lay_out(copy.data).record("settings A").value("dispatch host") == b"eu-disp.coolkit.cc"
    assert lay_out(copy.data).record("settings A").value("model") == b"ITA-GZ1-GL"


def test_a_server_of_one_s_own_goes():
    host = b"iot.smith-family.example"
    data = changed(practice(), (0x78134, host.ljust(64, b"\0")))
    copy = redact(data)
    assert host not in copy.data
    assert len(lay_out(copy.data).record("settings A").value("dispatch host")) == len(host)


@pytest.mark.parametrize("n", range(5))
def test_every_saved_network_gets_another_name_password_and_key(n):
    name, password = b"Old-Network-%d" % n, b"old-secret-%d" % n
    data = in_both(practice(), 0x140 + 100 * n, struct.pack("<I32s64s", len(name), name, password))
    data = in_both(data, 0x3E4 + 32 * n, pmk_of(password, name))
    copy = redact(data)
    assert_safe(data, copy)
    record = lay_out(copy.data).record("system parameters B")
    made_up = record.value(f"saved password {n}"), record.value(f"saved SSID {n}")
    assert record.value(f"saved PMK {n}") == pmk_of(*made_up)


def test_an_old_key_of_a_saved_network_without_its_name_goes():
    key = random.Random(8).randbytes(32)
    data = in_both(practice(), 0x3E4 + 32 * 3, key)
    copy = redact(data)
    assert_safe(data, copy)
    assert key not in copy.data


def test_settings_that_cannot_be_read_are_overwritten():
    noise = random.Random(5).randbytes(0x300)
    data = changed(practice(), (0x78000, noise), (0x79000, noise))
    copy = redact(data)
    assert regions(copy.data) == regions(data)
    assert [noise[at : at + 8] for at in range(0, 0x300, 8) if noise[at : at + 8] in copy.data] == []


def tasmota_block() -> bytes:
    """A leftover of another firmware: Tasmota's settings, in one sector."""
    out = bytearray(SECTOR)
    struct.pack_into("<HHII", out, 0, 4617, SECTOR, 7, 0x0C040000)
    texts = b"\0\0\0\0upstairs-9\0\0hunter2-hunter2\0\0"
    out[0x17 : 0x17 + len(texts)] = texts
    out[0x800:0x820] = b"Rule1 ON x DO WebSend [10.0.0.9]"
    struct.pack_into("<I", out, 0xFFC, zlib.crc32(out[:0xFFC], 0xFFFFFFFF))
    return bytes(out)


def test_leftovers_of_another_firmware_are_overwritten_and_their_secrets_are_known():
    data = with_program(practice(), b"\0hunter2-hunter2\0")
    data = changed(data, (0xF4000, tasmota_block()))
    copy = redact(data)
    assert_safe(data, copy, same_regions=False)
    assert b"hunter2" not in copy.data
    assert b"Rule1" not in copy.data
    assert ("a record that is not understood", 0xF4000) in {(change.kind, change.at) for change in copy.changes}


def test_an_old_image_at_an_odd_place_is_overwritten():
    stray = user_part((IRAM, CODE), (DRAM, b"my-own-key-4711" * 4))
    data = changed(practice(), (0x90000, stray))
    copy = redact(data)
    assert b"my-own-key-4711" not in copy.data
    assert_safe(data, copy, same_regions=False)


def test_a_damaged_second_program_is_overwritten():
    data = with_program(practice(), b"stale-words-4711", 0x81000, sound=False)
    copy = redact(data)
    assert b"stale-words-4711" not in copy.data


def test_a_second_program_of_the_maker_s_stays():
    data = with_program(practice(), b"new-words-4711", 0x81000)
    copy = redact(data)
    assert_safe(data, copy)
    assert b"new-words-4711" in copy.data


# Checksums


def test_a_checksum_that_did_not_hold_still_does_not():
    data = with_program(practice(), b"\0" + NETWORK.password.encode() + b"\0", sound=False)
    data = changed(data, (0xFF014, b"\x77"))
    assert [key for key, holds in checks(data).items() if not holds] == [
        (0xFF000, "sum of copy A"), (0x1000, "CRC32"),
    ]  # fmt: skip
    copy = redact(data)
    assert checks(copy.data) == checks(data)
    assert NETWORK.password.encode() not in copy.data
    assert any("did not hold before, and does not now" in line for line in copy.kept)


def test_a_checksum_that_did_not_hold_tells_nothing_of_the_old_contents():
    """It is made of the new ones, however it was."""
    one, two = (redact(changed(practice(), (0xFF014, bytes([n])))).data for n in (0x11, 0x77))
    assert one == two


def test_the_sums_of_the_flag_sector_are_those_of_the_made_up_names():
    assert shared().data[0xFF014] == xor_checksum(shared().data[PARAMETERS : PARAMETERS + 0x20])
    assert shared().data[0xFF018] == xor_checksum(shared().data[PARAMETERS + SECTOR : PARAMETERS + SECTOR + 0x20])


def test_sums_over_a_whole_copy_are_mended_too():
    data = bytearray(practice())
    struct.pack_into("<II", data, 0xFF00C, 0x484, 0x48C)
    for n, length in enumerate((0x484, 0x48C)):
        at = PARAMETERS + n * SECTOR
        data[0xFF014 + 4 * n] = xor_checksum(bytes(data[at : at + length]))
    assert_safe(bytes(data), redact(bytes(data)))


# What it refuses

SAFE = "Do not share this dump. The file is as it was, and nothing was written."
INSPECT = f"{SAFE} sonoffkit inspect shows what was found in it, masked."
IMAGE_HINT = (
    "An image that somebody published needs no redacting: share its address. Do not share one that you built "
    "yourself: your network's name and password may be in it. The file is as it was, and nothing was written."
)


def sketch(words: bytes) -> bytes:
    """A flash with an Arduino program."""
    image = by_hand((EBOOT, CODE[:1200])).ljust(SECTOR, b"\xaa")
    image += by_hand((IRAM, CODE), (DRAM, words), (IROM, CODE[::-1]))
    return image.ljust(MB, b"\xff")


REFUSED = {
    "random bytes": (
        random.Random(1).randbytes(MB),
        "It is not known for sure which firmware this is, so neither is where it keeps names and passwords.",
        INSPECT,
    ),
    "Tasmota": (
        sketch(b"DVES_%06X\0"),
        "This is Tasmota: a network's name and password can be built into its program, and its rules, scripts and "
        "files are not read here.",
        INSPECT,
    ),
    "ESPHome": (
        sketch(b"ESPHome version 2022.4.0 compiled\0"),
        "This is ESPHome: it has the network's name and password, and keys, built into its program, anywhere in it.",
        INSPECT,
    ),
    "ESPurna": (
        sketch(b"ESPURNA\0"),
        "This is ESPurna: names and passwords can be built into its program, and what its settings were before "
        "remains in their sectors.",
        INSPECT,
    ),
    "ESPEasy": (
        sketch(b"ESP Easy\0"),
        "This is ESPEasy: it keeps names, passwords and rules in a file system, older copies included, which is not "
        "read whole.",
        INSPECT,
    ),
    "a sketch": (
        sketch(b"core_esp8266_main.cpp\0"),
        "This is an Arduino sketch: whatever its author wrote into the program is in it, names and passwords too, "
        "anywhere.",
        INSPECT,
    ),
    "Shelly": (
        changed(b"\xff" * MB, (0, practice()[:SECTOR]), (0x1000, user_part((IRAM, CODE), (DRAM, b"shelly.cloud\0")))),
        "This is Shelly: where it keeps names, passwords and keys is not known here.",
        INSPECT,
    ),
    "MicroPython": (
        changed(b"\xff" * MB, (0, micropython())),
        "This is MicroPython: its user's programs, with names and passwords in them, lie in a file system that is not "
        "read here.",
        INSPECT,
    ),
    "an image": (
        sketch(b"DVES_%06X\0").rstrip(b"\xff"),
        "This is a firmware image (Tasmota), not a dump of a device: what was built into it, its maker knows alone.",
        IMAGE_HINT,
    ),
    "a user image": (
        user_part((IRAM, CODE), (DRAM, MAKERS)),
        "This is a firmware image (stock eWeLink (Itead)), not a dump of a device: what was built into it, its maker "
        "knows alone.",
        IMAGE_HINT,
    ),
    "a compressed file": (
        b"\x1f\x8b\x08" + b"whatever" * 40,
        "This is a compressed file, and what is in it is not looked at here.",
        f"Unpack it. {SAFE}",
    ),
    "for another chip": (
        (REAL / "esp32_bootloader_NEGATIVE.bin"),
        "This is not for an ESP8266, so what lies where in it is not known here.",
        SAFE,
    ),
    "without a boot loader's words": (
        practice().replace(b"2nd boot version", b"0nd boot version"),
        "What lies at 0 is no boot loader of Espressif's, so what is in it is not known here.",
        SAFE,
    ),
    "a very short name": (
        in_both(practice(), 0x0C, struct.pack("<I32s", 2, b"re")),
        "One of its secrets is very short (2 bytes). Programs are full of such bytes by chance, so it cannot be "
        "replaced everywhere.",
        SAFE,
    ),
    "a name that the firmware is known by": (
        in_both(practice(), 0x0C, struct.pack("<I32s", 22, b"practice-maker.example")),
        "With its secrets replaced, the copy would show something else (firmware): one of them is also a part of what "
        "the dump is known by.",
        SAFE,
    ),
}


@pytest.mark.parametrize(("data", "message", "hint"), REFUSED.values(), ids=REFUSED.keys())
def test_it_refuses_what_nobody_can_be_sure_of(data, message, hint):
    if isinstance(data, Path):
        if not data.exists():
            pytest.skip("the real files are not here")
        data = data.read_bytes()
    assert refusal(data) == (message, hint)


def test_it_refuses_a_program_that_is_cut_off():
    message, hint = refusal(practice()[:0x60000])
    assert re.fullmatch(
        r"The program at 0x1000 is damaged or cut off \(.+ is cut off\), so nobody knows what its bytes are\.", message
    )
    assert hint == f"{SAFE} Read the flash again: notebook 2."


def test_it_refuses_a_file_full_of_records_at_once():
    """To replace all of them would take hours."""
    parts = {
        at: dumps.settings(ssid=f"network {at}".encode(), password=f"password {at}".encode())
        for at in range(0x10000, MB - 0x10000, SECTOR)
    }
    message, hint = refusal(dumps.flash(MB, {**parts, 0: dumps.boot(), 0x1000: dumps.user()}))
    assert re.fullmatch(
        r"There are \d{3} different names, passwords and keys in it: no device has so many, so what this is is not "
        r"known\.",
        message,
    )
    assert hint == SAFE


@pytest.mark.parametrize("name", ["a", "ab"])
def test_no_refusal_tells_the_secret(name):
    message, hint = refusal(in_both(practice(), 0x0C, struct.pack("<I32s", len(name), name.encode())))
    assert f"'{name}'" not in message + hint


@pytest.mark.parametrize("end", [0x78040, 0x780B0, 0x79200, PARAMETERS + 0x50, PARAMETERS + 0x90, PARAMETERS + 0x3F0])
def test_of_a_dump_cut_off_within_a_record_nothing_is_left(end):
    copy = redact(practice()[:end]).data
    assert len(copy) == end
    for secret in (NETWORK.ssid.encode(), NETWORK.password.encode()[:8], NETWORK.pmk[:8]):
        assert secret not in copy


# Any bytes at all


def outcome(data: bytes) -> None:
    try:
        copy = redact(data)
    except NotRedacted:
        return
    assert len(copy.data) == len(data)
    assert copy.lines()


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=3 * SECTOR))
def test_any_bytes_give_a_copy_or_a_reason(data):
    outcome(data)


@settings(max_examples=10, deadline=None)
@given(st.data())
def test_a_dump_with_any_bytes_put_into_it_is_safe_or_refused(draw):
    places = st.one_of(st.integers(0, MB - 1), st.integers(0x78000, 0x78400), st.integers(PARAMETERS, MB - 1))
    patches = draw.draw(st.lists(st.tuples(places, st.binary(min_size=1, max_size=80)), max_size=4))
    data = changed(practice(), *patches)[:MB]
    try:
        copy = redact(data)
    except NotRedacted:
        return
    assert NETWORK.password.encode() not in copy.data
    assert MAC not in copy.data
    known = checks(copy.data)
    assert [key for key, holds in checks(data).items() if holds and known.get(key) is False] == []


ALPHABET = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


@settings(max_examples=10, deadline=None)
@given(st.text(ALPHABET, min_size=8, max_size=32), st.text(ALPHABET, min_size=8, max_size=63))
def test_any_name_and_password_are_replaced_everywhere(name, password):
    ssid, secret = name.encode(), password.encode()
    data = in_both(practice(), 0x0C, struct.pack("<I32s", len(ssid), ssid))
    data = in_both(data, 0x37, secret.ljust(65, b"\0"))
    data = in_both(data, 0x78, pmk_of(secret, ssid))
    try:
        copy = redact(data)
    except NotRedacted:
        return
    assert ssid not in copy.data
    assert secret not in copy.data
    record = lay_out(copy.data).record("system parameters A")
    assert record.value("PMK") == pmk_of(record.value("password"), record.value("SSID"))


# The report


def test_the_report_says_what_was_changed_and_what_was_kept():
    lines = shared().lines()
    assert lines[0] == (
        "Wi-Fi name: a made-up value of the same length, 6 times: settings A, SSID (0x78000), settings B, SSID "
        "(0x79000), system parameters A, SSID (0xfd010), and 3 more."
    )
    assert "Unknown bytes: overwritten with a pattern, once: unknown (0xf8000)." in lines
    assert "User1 is kept: it is the firmware's own, and nothing of yours is in it." in lines
    assert "The PHY init data is kept: the radio's settings as its maker publishes them." in lines
    assert lines[-1] == "This copy is for looking at. Never write it to a device."
    assert shared().report == "\n".join(lines)


def test_every_byte_that_is_another_one_is_told():
    told = bytearray(MB)
    for change in shared().changes:
        told[change.at : change.at + change.size] = b"\1" * change.size
    pairs = zip(practice(), shared().data, told, strict=True)
    assert [at for at, (old, new, is_told) in enumerate(pairs) if old != new and not is_told] == []


def test_a_copy_does_not_show_its_bytes():
    assert repr(Redacted(b"secret")) == "Redacted()"


@pytest.mark.parametrize("kind", list(SecretKind))
def test_every_form_is_as_long_as_what_takes_its_place(kind):
    for form in forms_of(kind, b"\xc3\xa4bcdef-0123"[:12], b"ghijklmnopqr"):
        assert len(form.needle) == len(form.replacement)
