"""Real images, where they are at hand: what is known of each must be found. The same on fresh practice dumps."""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from sonoffkit.firmware.identity import Confidence
from sonoffkit.firmware.layout import FileKind
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.models import MODELS
from sonoffkit.report import Report, inspect_dump

FOLDER = Path(__file__).parents[3] / "shared" / "firmware"
BASIC, MINI = "stock_basic_fw1.6.0_redacted.bin", "stock_mini_fw3.0.0_redacted.bin"
ALLOWED = 8 * 1024  # bytes that are written, and that nothing is known of
MB = 0x100000


@functools.cache
def real(name: str) -> Report:
    path = FOLDER / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    return inspect_dump(path)


def checks(report: Report, at: int) -> dict[str, tuple[str, bool]]:
    image = next(image for image in report.layout.images if image.at == at)
    return {check.name: (check.stored, check.holds) for check in image.checks}


def unknown_bytes(report: Report) -> int:
    unknown = (region for region in report.layout.regions if region.kind.value == "unknown")
    return sum(region.size - report.data.count(b"\xff", region.start, region.end) for region in unknown)


def covers_all(report: Report) -> bool:
    edges = [0, *(region.end for region in report.layout.regions)]
    return [region.start for region in report.layout.regions] == edges[:-1] and edges[-1] == report.size


@pytest.mark.parametrize("name", [BASIC, MINI])
def test_a_stock_dump_is_whole_and_nearly_all_of_it_is_known(name):
    report = real(name)
    assert (report.layout.kind, report.size, report.notices) == (FileKind.FLASH, MB, ())
    assert covers_all(report)
    assert unknown_bytes(report) <= ALLOWED
    assert dict(report.facts())["Flash header"] == "DOUT, 1 MB, 40 MHz"
    assert dict(report.facts())["Map"].startswith("512+512")
    assert report.region("certificate").note == "ca-17727.cer, CN=coolkit.cn"
    assert report.region("room for user2 (blank)").start == 0x81000
    assert report.layout.runs == "user1"


def test_the_basics_boot_loader_and_program():
    report = real(BASIC)
    assert report.firmware.boot == "1.6"
    assert report.region("boot loader").note.startswith("boot 1.6")
    assert len(report.layout.images[0].segments) == 3
    assert checks(report, 0) == {"XOR checksum": ("d8", True)}
    user1 = report.layout.images[1]
    assert (user1.version, user1.end, user1.segments[0].size) == (2, 0x64474, 0x59170)
    assert checks(report, 0x1000) == {"XOR checksum": ("1b", True), "CRC32": ("5fe4616f", True)}


def test_the_basics_identity():
    firmware = real(BASIC).firmware
    assert firmware.name == "stock eWeLink (Itead)"
    assert firmware.confidence is Confidence.PROVEN
    assert (firmware.version, firmware.version_confidence) == ("1.6.0", Confidence.LIKELY)
    assert firmware.model == "ITA-GZ1-GL (Sonoff Basic R1)"
    assert firmware.sdk == "2.0.0(5a875ba), compiled Aug 9 2016"


def test_the_basics_settings_and_last_sectors():
    report = real(BASIC)
    assert report.layout.record("settings A")
    assert report.layout.record("settings B") is None
    assert report.region("settings flag").note == "copy A counts"
    leftover = report.layout.region_at(0xF8000)
    assert (leftover.start, leftover.end, leftover.kind.value) == (0xF8000, 0xF9000, "unknown")
    assert "random-looking" in leftover.note
    assert report.region("RF calibration").start == 0xFB000
    assert report.region("PHY init data").note == "version 05"
    assert report.region("system parameters flag (blank)").start == 0xFF000
    for name, at in (("system parameters A", 0xFD000), ("system parameters B", 0xFE000)):
        record = report.layout.record(name)
        assert record is not None
        assert (record.at, record.facts["user image"], record.facts["boot loader"]) == (at, "user1 runs", "1.6")
        assert record.value("SSID") == b"8DB0839D"


def test_the_minis_program_and_identity():
    report = real(MINI)
    assert report.firmware.boot == "1.7"
    assert report.layout.images[1].end == 0x6A984
    assert checks(report, 0x1000) == {"XOR checksum": ("f0", True), "CRC32": ("581d6bd7", True)}
    firmware = report.firmware
    assert (firmware.name, firmware.confidence) == ("stock eWeLink (Itead)", Confidence.PROVEN)
    assert (firmware.version, firmware.version_confidence) == ("3.0.0", Confidence.LIKELY)
    assert firmware.model == "PSF-BD1-GL (Sonoff Mini or Basic R3)"
    assert firmware.sdk == "2.2.0(f28eaf2), compiled Dec 7 2018"
    assert any("1.6.2" in str(evidence) for evidence in firmware.evidence)


def test_the_minis_settings_and_last_sectors():
    report = real(MINI)
    assert report.layout.record("settings A")
    assert report.layout.record("settings B")
    assert (report.region("settings flag").start, report.region("settings flag").note) == (0x7A000, "copy B counts")
    assert report.region("PHY init data").note == "version 08"
    flag = report.layout.record("system parameters flag")
    assert flag is not None
    assert (flag.facts["bank"], flag.facts["times written"]) == ("1", "13")
    assert [check.holds for check in flag.checks] == [True, True]
    assert "system parameters B" in report.layout.runs_because


def test_a_tasmota_image():
    report = real("tasmota-lite_core2.7.4.bin")
    assert report.layout.kind is FileKind.IMAGE
    stage, sketch = report.layout.images
    assert [segment.address for segment in stage.segments] == [0x4010F000]
    assert (sketch.at, len(sketch.segments)) == (0x1000, 5)
    assert checks(report, 0x1000) == {"XOR checksum": ("11", True)}
    assert stage.maker == "Arduino core 2.7"
    assert checks(report, 0)["Arduino length"] == ("0x76b70", True)
    assert checks(report, 0)["Arduino CRC"] == ("a428a4e4", True)
    assert (report.firmware.name, report.firmware.version) == ("Tasmota", "")
    assert unknown_bytes(report) == 0


def test_a_packed_image_is_unpacked_and_that_is_told():
    report = real("tasmota-minimal.bin.gz")
    assert (report.size, report.firmware.name) == (372768, "Tasmota")
    assert all(image.is_sound for image in report.layout.images)
    assert "a serial flasher must not write it" in report.notices[0]


def test_an_espeasy_image():
    report = real("espeasy_2step_uploader_1M.bin")
    assert (report.firmware.name, report.layout.runs) == ("ESPEasy", "sketch")
    assert dict(report.facts())["Flash header"].startswith("DIO, 1 MB")


def test_a_micropython_image():
    report = real("micropython_1m_v1.19.1.bin")
    assert (report.firmware.name, report.firmware.version) == ("MicroPython", "1.19.1")
    assert report.firmware.confidence is Confidence.PROVEN
    image = report.layout.images[0]
    assert sum(segment.listed for segment in image.segments) == 3
    assert image.segments[-1].at == 0x9000
    assert image.end == 0x90664 + 16
    assert checks(report, 0)["MicroPython MD5"][1]


def test_an_at_image():
    report = real("at_nano_user1.1024.new.2.bin")
    assert report.layout.kind is FileKind.USER_IMAGE
    assert (report.firmware.name, report.firmware.version) == ("Espressif's AT firmware", "1.7.6")
    assert checks(report, 0) == {"XOR checksum": ("8c", True), "CRC32": ("74a62bb4", True)}
    assert any("must not be written to address 0" in notice for notice in report.notices)


def test_a_boot_loader_alone():
    report = real("boot_v1.7.bin")
    assert report.firmware.name == "Espressif's boot loader, without a program"
    assert report.firmware.boot == "1.7"


def test_an_arduino_image():
    report = real("arduino_2.4_deepsleep_4M.bin")
    assert report.firmware.name == "an Arduino sketch"
    assert report.firmware.confidence is Confidence.LIKELY
    assert dict(report.facts())["Flash header"].startswith("DIO, 4 MB")


def test_phy_init_data_alone():
    assert real("esp_init_data_default_v08.bin").region("PHY init data").note == "version 08"


def test_blank_flash_alone():
    report = real("blank.bin")
    assert (report.layout.kind, report.size) == (FileKind.BLANK, 4096)


def test_an_image_for_another_chip():
    report = real("esp32_bootloader_NEGATIVE.bin")
    assert report.layout.kind is FileKind.OTHER_CHIP
    assert "ESP32" in report.notices[0]
    assert report.layout.images == ()


def test_random_bytes_are_nothing():
    report = real("random_1k_NEGATIVE.bin")
    assert report.layout.kind is FileKind.UNKNOWN
    assert report.firmware.confidence is Confidence.UNKNOWN


@pytest.mark.parametrize(
    ("model", "mac"),
    [
        (name, bytes.fromhex("d02700") + n.to_bytes(3))
        for n, name in enumerate(("basic", "mini", "dual-r2", "th", "pow-r2", "s31", "nodemcu"), 0x1F2E3D)
    ],
)
def test_a_fresh_practice_dump_is_read_as_a_real_one(model, mac):
    made, data = MODELS[model], factory_image(MODELS[model], mac)
    report = inspect_dump(data)
    assert (report.layout.kind, report.layout.flash_size) == (FileKind.FLASH, made.flash_size)
    assert covers_all(report)
    assert unknown_bytes(report) <= ALLOWED
    assert all(image.is_sound for image in report.layout.images)
    assert report.firmware.confidence is Confidence.PROVEN
    assert report.firmware.model.startswith(made.stock_model)
    assert (report.firmware.version, report.firmware.boot) == ("1.6.0", "1.6")
    assert report.layout.runs == "user1"
    end = made.flash_size
    for name, at in (("RF calibration", 5), ("PHY init data", 4), ("system parameters A", 3)):
        assert report.region(name).start == end - at * 0x1000
    network = factory_network(mac)
    for name in ("settings A", "settings B", "system parameters A", "system parameters B"):
        record = report.layout.record(name)
        assert record is not None
        assert record.value("SSID") == network.ssid.encode()
        assert record.value("password") == network.password.encode()
    parameters, settings = report.layout.record("system parameters A"), report.layout.record("settings A")
    assert parameters is not None
    assert settings is not None
    assert parameters.value("PMK") == network.pmk
    assert parameters.value("BSSID") == network.bssid
    assert settings.value("MAC") == mac
    assert settings.value("AP SSID") == b"ITEAD-" + settings.value("device id")
    assert report.region("certificate").note.startswith("practice-ca.cer")
    assert "random-looking" in report.layout.region_at(0xF8000).note
    assert report.region("settings flag").note == "copy A counts"
