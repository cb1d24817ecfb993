"""A dump in, a report out: for any file, in words for a person and as JSON, and never with a secret in it."""

from __future__ import annotations

import gzip
import json

import pytest
from firmware import dump_builders as dumps
from hypothesis import given, settings
from hypothesis import strategies as st

from sonoffkit.errors import DumpTooBig, DumpUnreadable
from sonoffkit.listing import listing
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.models import MODELS
from sonoffkit.report import LARGEST_DUMP, Report, inspect_dump

MB = 0x100000
MAC = bytes.fromhex("d02700aabbcc")


@pytest.fixture(scope="module")
def practice() -> Report:
    return inspect_dump(factory_image(MODELS["basic"], MAC), "sonoff-d0-27-00-aa-bb-cc.bin")


@pytest.fixture(scope="module")
def stock() -> Report:
    return inspect_dump(dumps.stock(), f"{dumps.DEVICE_ID.decode()}.bin")


def forms(value: bytes) -> set[str]:
    return {value.decode("utf-8", "replace"), value.hex(), value.hex().upper(), value.hex(":"), str(value)[2:-1]}


def test_the_facts_are_in_the_order_of_what_matters(stock):
    facts = stock.facts()
    assert [name for name, _ in facts] == [
        "File",
        "Size",
        "Firmware",
        "Model",
        "SDK",
        "Boot loader",
        "Flash header",
        "Map",
        "Runs",
        "Secrets",
        "SHA-256",
    ]
    told = dict(facts)
    assert told["File"] == "a whole flash"
    assert told["Size"] == "1 MB (1,048,576 bytes)"
    assert told["Firmware"] == "stock eWeLink (Itead) (proven)"
    assert told["Boot loader"] == "Espressif's, version 1.6"
    assert told["Flash header"] == "DOUT, 1 MB, 40 MHz"
    assert told["Map"] == "512+512 (KB for each of two programs)"
    assert told["Runs"].startswith("user1: system parameters A (byte 0 at 0xfd000) says so")


def test_what_is_not_known_is_not_told_twice():
    told = dict(inspect_dump(b"hello, world").facts())
    assert (told["Size"], told["Firmware"], told["Secrets"]) == ("12 bytes", "unknown", "none found")
    assert "Flash header" not in told


def test_the_listing_says_how_a_secret_is_known(stock):
    lines = listing(stock).splitlines()
    assert any(
        "Wi-Fi password" in line and " - proven: the stored key fits this name and password" in line for line in lines
    )


def test_the_listing_of_what_is_not_known_promises_nothing():
    lines = listing(inspect_dump(b"hello world!", "greeting.bin")).splitlines()
    assert lines[-1] == "  none found; that proves nothing where the firmware is not known"
    assert lines[lines.index("How the firmware is known") + 1] == "  nothing in it tells"


def test_that_copies_are_counted_is_said(practice):
    told = dict(practice.facts())
    assert told["Secrets"].startswith("13 different, in 40 places: 6 × Wi-Fi name, 6 × Wi-Fi password")


@pytest.mark.parametrize(
    ("size_freq", "told"), [(0x7F, "?, ?, 80 MHz"), (0x60, "?, 4 MB (c1), 40 MHz"), (0x2E, "?, 1 MB, ?")]
)
def test_a_header_that_says_nothing_known(size_freq, told):
    report = inspect_dump(dumps.boot(size_freq=size_freq, mode=7))
    assert dict(report.facts())["Flash header"] == told


def test_a_region_by_its_name(stock):
    assert stock.region("user1").start == 0x1000
    with pytest.raises(KeyError, match="there is no region 'user3'; there are: boot loader, user1"):
        stock.region("user3")


def as_json(report: Report, **how) -> str:
    text = json.dumps(report.to_json(**how), ensure_ascii=False)
    assert json.loads(text) == report.to_json(**how)
    return text


def test_the_json_holds_all_of_it(stock):
    told = stock.to_json()
    assert set(told) == {
        "name", "size", "sha256", "kind", "notices", "facts", "firmware", "layout", "images", "records", "secrets",
        "numbers",
    }  # fmt: skip
    assert told["firmware"]["confidence"] == "proven"
    assert told["firmware"]["evidence"]
    assert told["layout"]["regions"][1] == {
        "start": "0x1000",
        "end": "0x3000",
        "size": 0x2000,
        "name": "user1",
        "kind": "program",
        "note": "runs; ends at 0x2824; checksums hold",
    }
    first, user1 = told["images"]
    assert (first["headers"][0]["mode"], first["headers"][0]["flash_size"]) == ("DOUT", MB)
    assert [check["name"] for check in user1["checks"]] == ["XOR checksum", "CRC32"]
    assert all(check["holds"] and check["stored"] == check["computed"] for check in user1["checks"])
    assert user1["segments"][0]["memory"] == "irom"
    flag = next(record for record in told["records"] if record["name"] == "system parameters flag")
    assert flag["facts"] == {"copy in use": "A", "bank": "0", "times written": "13"}
    assert all(check["holds"] for check in flag["checks"])
    numbers = told["numbers"]
    assert sum(numbers["classes"].values()) == sum(numbers["histogram"]) == MB
    assert len(numbers["entropy"]) == MB // 1024
    assert 7.8 < numbers["entropy_ceiling"] < 7.82
    assert any(int(start, 16) < 0x81000 and end == "0xfb000" for start, end in numbers["blank_runs"])


def test_a_stale_header_is_never_told_as_the_flashs(stock):
    headers = [header for image in stock.to_json()["images"][1:] for header in image["headers"]]
    assert {(header["mode"], header["flash_size"], header["frequency_mhz"]) for header in headers} == {
        (None, None, None)
    }


@pytest.mark.parametrize("name", ["practice", "stock"])
def test_the_exported_json_holds_no_secret_in_any_form(name, request):
    report = request.getfixturevalue(name)
    assert report.secrets
    text = as_json(report)
    for secret in report.secrets:
        assert not any(form in text for form in forms(secret.value)), secret.kind


@pytest.mark.parametrize("name", ["practice", "stock"])
def test_the_owners_json_holds_no_password_and_no_key(name, request):
    report = request.getfixturevalue(name)
    text = as_json(report, exported=False)
    shown = [secret for secret in report.secrets if secret.kind.shown_to_owner]
    hidden = {secret.value for secret in report.secrets} - {secret.value for secret in shown}
    assert any(secret.text() in text for secret in shown)
    for value in hidden:
        assert not any(form in text for form in forms(value))


@pytest.mark.parametrize("name", ["practice", "stock"])
def test_no_repr_and_no_text_of_a_report_holds_a_password_or_key(name, request):
    report = request.getfixturevalue(name)
    told = " ".join(
        [
            repr(report),
            str(report),
            repr(report.layout),
            repr(report.firmware),
            repr(report.secrets),
            *map(str, report.secrets),
            str(report.facts()),
            str(report.notices),
        ]
    )
    for secret in report.secrets:
        if not secret.kind.shown_to_owner:
            assert not any(form in told for form in forms(secret.value)), secret.kind


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("sonoff-d0-27-00-11-22-33.bin", "sonoff-••••.bin"),
        ("D02700112233.bin", "••••.bin"),
        ("basic_d02700112233_20260102.bin", "basic_••••_20260102.bin"),
        ("macd0:27:00:11:22:33", "m••••"),
        (f"{dumps.DEVICE_ID.decode()}.bin", "••••.bin"),
        (f"at {dumps.SSID.decode()}.bin", "at ••••.bin"),
        ("plain.bin", "plain.bin"),
    ],
)
def test_a_files_name_can_be_an_identity_too(name, told):
    report = inspect_dump(dumps.stock(), name)
    assert report.to_json()["name"] == told
    assert report.to_json(exported=False)["name"] == name


def test_a_file_is_read_and_named(tmp_path):
    path = tmp_path / "dump.bin"
    path.write_bytes(dumps.stock())
    assert inspect_dump(path).name == "dump.bin"
    assert inspect_dump(str(path), "mine").name == "mine"
    assert inspect_dump(b"abc").name == "dump"


def test_a_packed_file_is_unpacked(tmp_path):
    path = tmp_path / "image.bin.gz"
    path.write_bytes(gzip.compress(dumps.sketch()))
    report = inspect_dump(path)
    assert report.data == dumps.sketch()
    assert report.notices[0].startswith("The file is compressed (gzip, ")


def test_a_damaged_packed_file_stays_as_it_is():
    raw = gzip.compress(dumps.random_bytes(5000))[:-20]
    report = inspect_dump(raw)
    assert report.data == raw
    assert report.notices[0].startswith("This is a compressed file (gzip). ")


def test_a_packed_file_never_unpacks_to_more_than_the_limit():
    report = inspect_dump(gzip.compress(bytes(LARGEST_DUMP + 1), 1))
    assert report.size < MB
    assert "unpacks to more than" in report.notices[0]


def test_what_cannot_be_read(tmp_path):
    with pytest.raises(DumpUnreadable, match="cannot be read"):
        inspect_dump(tmp_path / "none.bin")
    with pytest.raises(DumpUnreadable, match="cannot be read"):
        inspect_dump(tmp_path)
    with pytest.raises(DumpUnreadable, match="cannot be read"):
        inspect_dump("a\0b")


def test_what_is_too_large(tmp_path):
    path = tmp_path / "large.bin"
    with path.open("wb") as file:
        file.truncate(LARGEST_DUMP + 1)
    with pytest.raises(DumpTooBig, match=r"large\.bin is larger than 64 MB"):
        inspect_dump(path)


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff", b"\xe9", b"\xea\4", b"\x1f\x8b", bytes(5), b"\xff" * 4097])
def test_every_file_has_a_report(data):
    report = inspect_dump(data)
    as_json(report)
    assert report.facts()


@given(st.binary(max_size=6000))
def test_any_bytes_have_a_report(data):
    report = inspect_dump(data)
    as_json(report)
    assert report.facts()


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, MB - 1), st.binary(min_size=1, max_size=40)), max_size=5), st.integers(0, MB))
def test_a_changed_and_cut_dump_has_a_report_without_passwords(changes, end):
    data = bytearray(dumps.stock())
    for at, new in changes:
        data[at : at + len(new)] = new
    report = inspect_dump(bytes(data[:end]))
    text = as_json(report)
    assert dumps.PASSWORD.decode() not in text or not report.secrets
