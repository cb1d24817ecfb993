"""Which firmware it is, with the traps: words that stand in several, leftovers beside what runs, bare versions."""

from __future__ import annotations

import pytest
from firmware import dump_builders as dumps
from firmware.builders import CODE, IRAM, by_hand, micropython, nodemcu, rboot_config

from sonoffkit.firmware.identity import Confidence, Evidence, Firmware, identify_firmware
from sonoffkit.firmware.layout import lay_out

MB = 0x100000
MINI_WORDS = (
    dumps.STOCK_WORDS
    + b"2.2.0(f28eaf2)\0SDK ver: %s compiled @ Dec  7 2018 14:10:40\0"
    + b"register\0\0\x003.0.0\0\0\0device\0\x001.6.2\0\0\x001.1.3\0"
)


def identified(data: bytes) -> Firmware:
    return identify_firmware(data, lay_out(data))


def stock_with(words: bytes) -> Firmware:
    return identified(dumps.flash(MB, {**dumps.stock_parts(), 0x1000: dumps.user(words)}))


def sketch_with(words: bytes, **parts: bytes) -> Firmware:
    return identified(dumps.flash(MB, {0: dumps.sketch(b"core_esp8266_main.cpp\0" + words), **parts}))


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (b"ITA-GZ1-GL", "Sonoff Basic R1"),
        (b"PSF-B04-GL", "Dual R2"),
        (b"PSA-BHA-GL", "Sonoff TH10"),
        (b"PSA-B01-GL", "Sonoff S26"),
        (b"PSF-BFB-GL", "Sonoff iFan03"),
        (b"PSF-BRA-GL", "Sonoff RF Bridge"),
    ],
)
def test_a_stock_models_code_has_a_name(code, told):
    firmware = identified(dumps.stock(model=code))
    assert firmware.name == "stock eWeLink (Itead)"
    assert firmware.confidence is Confidence.PROVEN
    assert firmware.model.startswith(code.decode())
    assert told in firmware.model


def test_an_unknown_model_is_its_code():
    assert identified(dumps.stock(model=b"PSX-NEW-GL")).model == "PSX-NEW-GL"


def test_the_model_is_that_of_the_copy_that_counts():
    parts = {**dumps.stock_parts(), 0x79000: dumps.settings(b"PSX-NEW-GL"), 0x7A000: b"\x01"}
    assert identified(dumps.flash(MB, parts)).model == "PSX-NEW-GL"


def test_obfuscated_settings_leave_the_firmware_likely():
    parts = {**dumps.stock_parts(), 0x78000: dumps.random_bytes(999), 0x79000: dumps.random_bytes(999)}
    firmware = identified(dumps.flash(MB, parts))
    assert (firmware.name, firmware.confidence) == ("stock eWeLink (Itead)", Confidence.LIKELY)
    assert firmware.model == ""


def test_one_bare_version_is_likely_the_firmwares():
    firmware = stock_with(dumps.STOCK_WORDS + b"\x001.6.0\0")
    assert (firmware.version, firmware.version_confidence) == ("1.6.0", Confidence.LIKELY)


def test_of_several_bare_versions_the_one_before_device_is_likely():
    firmware = stock_with(MINI_WORDS.replace(b"\x003.0.0\0\0\0device", b"\x001.1.4\0\x003.0.0\0\0\0device"))
    assert (firmware.version, firmware.version_confidence) == ("3.0.0", Confidence.LIKELY)
    told = [str(evidence) for evidence in firmware.evidence]
    assert any("3.0.0 stands before the word “device”" in text for text in told)
    assert "3.0.0 was seen with this SDK in other dumps" in told
    assert any("1.6.2" in text for text in told)


def test_of_several_bare_versions_the_one_seen_with_the_sdk_is_likely():
    firmware = stock_with(MINI_WORDS.replace(b"device", b"gadget"))
    assert (firmware.version, firmware.version_confidence) == ("3.0.0", Confidence.LIKELY)


def test_several_bare_versions_without_support_are_a_guess():
    firmware = stock_with(dumps.STOCK_WORDS + b"\x003.0.0\0\x001.6.2\0")
    assert (firmware.version, firmware.version_confidence) == ("3.0.0", Confidence.GUESS)


def test_no_version_is_none():
    firmware = stock_with(dumps.STOCK_WORDS + b"V2.5.4\0\x0013.56.122.167\0")
    assert (firmware.version, firmware.version_confidence) == ("", Confidence.UNKNOWN)


def test_version_and_sdk_are_those_of_the_program_that_runs():
    old = dumps.user(dumps.STOCK_WORDS + dumps.SDK_2016 + b"\x001.6.0\0\0device\0")
    parts = {**dumps.stock_parts(), 0x1000: old, 0x81000: dumps.user(MINI_WORDS)}
    for slot, version, sdk in ((0, "1.6.0", "2.0.0(5a875ba)"), (1, "3.0.0", "2.2.0(f28eaf2)")):
        firmware = identified(dumps.flash(MB, {**parts, **dumps.system(MB, slot)}))
        assert firmware.version == version
        assert firmware.sdk.startswith(sdk)


def test_a_version_is_a_guess_where_nobody_knows_which_program_starts():
    parts = {0: dumps.boot(), 0x1000: dumps.user(MINI_WORDS), 0x81000: dumps.user()}
    firmware = identified(dumps.flash(MB, parts))
    assert (firmware.version, firmware.version_confidence) == ("3.0.0", Confidence.GUESS)
    assert "which program starts is not known" in str(firmware.evidence[-1])


@pytest.mark.parametrize("word", [b"coolkit.cc", b"iotgo_tree_date", b"User-Agent: itead-device", b"Host: dl.itead.cn"])
def test_later_firmware_can_have_a_few_of_the_makers_words_only(word):
    parts = {**dumps.stock_parts(), 0x78000: dumps.random_bytes(999), 0x79000: dumps.random_bytes(999)}
    data = dumps.flash(MB, {**parts, 0x1000: dumps.user(word + b"\0")})
    assert identified(data).name == "stock eWeLink (Itead)"
    assert lay_out(data).region_at(0x78000).name == "settings A"


@pytest.mark.parametrize("sdk", ["1.5.4.1(39cb9a32)", "2.1.0(deb1901)", "3.0.6-dev(072755c)", "2.2.0(e563851)"])
def test_sdk_versions_of_all_kinds(sdk):
    assert stock_with(dumps.STOCK_WORDS + b"\0" + sdk.encode() + b"\0").sdk == sdk


def test_tuya_with_an_older_boot_loader():
    parts = {0: dumps.boot(b"1.4(b1)"), 0x1000: dumps.user(b"tuya sdk compiled\0"), **dumps.system(MB, version=4)}
    firmware = identified(dumps.flash(MB, parts))
    assert (firmware.name, firmware.confidence, firmware.boot) == ("Tuya", Confidence.LIKELY, "1.4")


def test_shelly_behind_rboot():
    parts = {0: by_hand((IRAM, CODE)), 0x1000: rboot_config(0), 0x2000: dumps.user(b"shelly.cloud\0")}
    assert identified(dumps.flash(MB, parts)).name == "Shelly"


@pytest.mark.parametrize(
    ("words", "name", "version"),
    [
        (b"DVES_%06X\0Sonoff Basic\0", "Tasmota", ""),  # 5.9.1 does not say "Tasmota"
        (b"tasmota_%06X\0Sonoff Basic\0ITEAD\0", "Tasmota", ""),
        (b"ESPHome version 2022.4.0 compiled on %s\0", "ESPHome", "2022.4.0"),
        (b"ESPurna 1.6.9\0ESPURNA\0tinkerman.cat\0ITEAD\0Sonoff Basic\0NODEMCU\0", "ESPurna", "1.6.9"),
        (b"ESP Easy Mega\0", "ESPEasy", ""),
        (b"Sonoff Basic\0ITEAD\0", "an Arduino sketch", ""),
        (b"NODEMCU\0tuyacn.com\0shelly.cloud\0HomeKit\0AT+GMR\0micropython.org\0", "an Arduino sketch", ""),
    ],
)
def test_arduino_firmwares_and_their_traps(words, name, version):
    firmware = sketch_with(words)
    assert (firmware.name, firmware.version) == (name, version)
    assert firmware.confidence is Confidence.LIKELY


def test_tasmotas_version_comes_from_its_settings():
    blocks = {0xF5000: dumps.tasmota_settings(0x0B010000, 3), 0xF6000: dumps.tasmota_settings(0x0C040000, 9)}
    firmware = identified(dumps.flash(MB, {0: dumps.sketch(b"tasmota_%06X\0"), **blocks}))
    assert (firmware.name, firmware.version) == ("Tasmota", "12.4.0")
    assert firmware.version_confidence is Confidence.LIKELY


def test_tasmota_over_stock_firmware_is_tasmota():
    parts = {at: data for at, data in dumps.stock_parts().items() if at >= 0x78000}
    firmware = identified(dumps.flash(MB, {**parts, 0: dumps.core27(), 0xF6000: dumps.tasmota_settings()}))
    assert (firmware.name, firmware.version) == ("Tasmota", "12.4.0")
    assert firmware.model.startswith("PSF-BD1-GL")


def test_words_of_a_stock_program_that_remained_beside_a_sketch_do_not_count():
    data = dumps.flash(MB, {0: dumps.sketch(), 0x81000: dumps.user()})
    assert identified(data).name == "an Arduino sketch"


def test_settings_alone_are_a_guess():
    parts = {**dumps.stock_parts(), 0x1000: dumps.user(b"something else\0")}
    firmware = identified(dumps.flash(MB, parts))
    assert (firmware.name, firmware.confidence) == ("stock eWeLink (Itead)", Confidence.GUESS)


def test_micropython_and_circuitpython():
    assert identified(micropython()).name == "MicroPython"
    assert identified(micropython()).confidence is Confidence.LIKELY
    words = b"\0Adafruit CircuitPython 3.1.2 on 2019-01-07\0micropython\0MicroPython v1.9.4\0"
    firmware = identified(by_hand((IRAM, CODE + words)))
    assert (firmware.name, firmware.version) == ("CircuitPython", "3.1.2")


def test_nodemcu():
    firmware = identified(nodemcu(code=CODE * 3 + b"\0NodeMCU 0.9.5 build 20150318\0"))
    assert (firmware.name, firmware.version) == ("NodeMCU", "0.9.5")
    assert firmware.version_confidence is Confidence.LIKELY  # never surer than the name


def test_an_unknown_program_of_the_sdk():
    firmware = identified(dumps.flash(MB, {0: dumps.boot(), 0x1000: dumps.user(b"phy ver: %d\0")}))
    assert (firmware.name, firmware.confidence) == ("unknown", Confidence.UNKNOWN)
    assert "some ESP8266 SDK" in str(firmware.evidence[0])


@pytest.mark.parametrize(
    ("data", "confidence"),
    [(b"", Confidence.PROVEN), (b"\xff" * 99, Confidence.PROVEN), (b"a" * 99, Confidence.UNKNOWN)],
)
def test_what_holds_no_firmware(data, confidence):
    assert identified(data).confidence is confidence


def test_evidence_tells_its_address():
    assert str(Evidence(0x1234, "the words")) == "the words (at 0x1234)"
    assert str(Evidence(None, "the place")) == "the place"
