"""Formats: what is read out of images, and which checks hold, against images built by the rules."""

from __future__ import annotations

import contextlib
import dataclasses
import gzip
import random
import struct
import zlib
from functools import partial
from pathlib import Path

import pytest
from counted_calls import counted
from firmware.builders import (
    CODE,
    DRAM,
    EBOOT,
    IRAM,
    IROM,
    SOUND,
    USER,
    boundaries,
    by_hand,
    core3,
    core_crc,
    esp32,
    micropython,
    nodemcu,
    rboot_config,
    two_stages,
    user_part,
    xor,
)
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.errors import ImageInvalid, ImageTooBig
from sonoffkit.firmware.formats import (
    Check,
    FirmwareImage,
    Header,
    RbootConfig,
    Segment,
    checksums,
    other_chip,
    read_image,
    read_rboot_config,
    unpacked,
)

# Real images, beside the checkout where there are any.
REAL = Path(__file__).parents[3] / "shared" / "firmware"


def read(data: bytes, at: int = 0) -> FirmwareImage:
    image = read_image(data, at)
    assert image is not None
    return image


def changed(data: bytes, at: int, new: int | bytes) -> bytes:
    new = bytes([new]) if isinstance(new, int) else new
    return data[:at] + new + data[at + len(new) :]


def failing(image: FirmwareImage) -> list[str]:
    return [check.name for check in image.checks if not check.holds]


# Version 1


def test_an_image_of_version_1_is_read_whole():
    assert read(SOUND) == FirmwareImage(
        at=0,
        end=len(SOUND),
        version=1,
        headers=(Header(0, 0xE9, 3, 3, 0x20, 0x40100004),),
        segments=(
            Segment(16, 3000, 0x40100000),
            Segment(16 + 3000 + 8, 100, 0x3FFE8000),
            Segment(16 + 3000 + 8 + 100 + 8, 3000, 0x40201010),
        ),
        checks=(Check("XOR checksum", len(SOUND) - 1, f"{SOUND[-1]:02x}", f"{SOUND[-1]:02x}"),),
        listed_end=len(SOUND),
    )
    assert read(SOUND).is_sound


@pytest.mark.parametrize("at", [1, 15, 0x1000, 0x1234])
@pytest.mark.parametrize("image", [SOUND, USER])
def test_an_image_is_the_same_wherever_it_lies(at, image):
    found = read(b"\x55" * at + image + b"\x55" * 99, at)
    assert found.is_sound
    assert (found.at, found.end) == (at, at + len(image))
    assert [segment.at - at for segment in found.segments] == [segment.at for segment in read(image).segments]


@given(st.integers(16, 3015), st.integers(1, 255))
def test_a_changed_byte_breaks_the_checksum_and_both_values_are_told(at, change):
    data = changed(SOUND, at, SOUND[at] ^ change)
    image = read(data)
    assert not image.is_sound
    stored, computed = SOUND[-1], SOUND[-1] ^ change
    assert image.checks == (Check("XOR checksum", len(SOUND) - 1, f"{stored:02x}", f"{computed:02x}"),)
    assert image.end == len(SOUND)


@given(st.lists(st.tuples(st.sampled_from([IRAM, DRAM, IROM]), st.binary(max_size=40)), min_size=1, max_size=16))
def test_segments_of_any_number_and_length_are_read(parts):
    data = by_hand(*parts)
    image = read(data)
    assert image.is_sound
    assert [(s.address, data[s.at : s.end]) for s in image.segments] == parts
    assert image.end == len(data)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (0x40100000, "IRAM"),
        (0x4010FFFF, "IRAM"),
        (EBOOT, "IRAM"),
        (0x3FFE8000, "DRAM"),
        (0x3FFFFFFF, "DRAM"),
        (0x40200000, "irom"),
        (0x402FFFFF, "irom"),
    ],
)
def test_a_segment_has_its_kind_by_its_address(address, kind):
    (segment,) = read(by_hand((address, CODE))).segments
    assert segment.kind == kind


@pytest.mark.parametrize("address", [0, 0x3FFE7FFF, 0x40000000, 0x400FFFFF, 0x40110000, 0x40300000, 0xFFFFFFFF])
def test_an_address_where_an_esp8266_has_nothing_is_a_problem(address):
    image = read(by_hand((IRAM, CODE), (address, CODE)))
    assert image.problem == f"segment 2 would be loaded to {address:#010x}, where an ESP8266 has nothing"
    assert (image.end, len(image.segments), image.checks) == (3016, 1, ())
    assert Segment(0, 1, address or 1).kind == "?"


def test_overlapping_segments_are_a_notice_and_no_problem():
    image = read(by_hand((IRAM, CODE), (DRAM, CODE), (IRAM + 2999, CODE)))
    assert image.is_sound
    assert image.notices == ("segments 1 and 3 would be loaded over one another",)
    assert read(by_hand((IRAM, CODE), (IRAM + 3000, CODE))).notices == ()


# Headers


@pytest.mark.parametrize("byte", range(256))
def test_a_mode_is_known_or_none(byte):
    (header,) = read(by_hand((IRAM, CODE), mode=byte)).headers
    assert header.mode_byte == byte
    assert header.mode == {0: "QIO", 1: "QOUT", 2: "DIO", 3: "DOUT"}.get(byte)


@pytest.mark.parametrize(
    ("nibble", "size", "text"),
    [
        (0, 512 * 1024, "512 KB"),
        (1, 256 * 1024, "256 KB"),
        (2, 1 << 20, "1 MB"),
        (3, 2 << 20, "2 MB"),
        (4, 4 << 20, "4 MB"),
        (5, 2 << 20, "2 MB (c1)"),
        (6, 4 << 20, "4 MB (c1)"),
        (7, None, "?"),
        (8, 8 << 20, "8 MB"),
        (9, 16 << 20, "16 MB"),
        *((nibble, None, "?") for nibble in range(10, 16)),
    ],
)
@pytest.mark.parametrize("low", range(16))
def test_a_size_and_a_frequency_are_known_or_none(nibble, size, text, low):
    (header,) = read(by_hand((IRAM, CODE), size_freq=nibble << 4 | low)).headers
    assert (header.flash_size, header.size_text, header.is_c1) == (size, text, nibble in (5, 6))
    assert header.frequency == {0: 40, 1: 26, 2: 20, 15: 80}.get(low)


@pytest.mark.parametrize("count", [0, 17, 255])
def test_an_impossible_number_of_segments_is_a_problem(count):
    image = read(changed(SOUND, 1, count))
    assert image.problem == f"its header names {count} segments"
    assert (image.end, image.segments) == (8, ())


def test_what_has_nothing_of_a_header_but_its_first_byte_is_none():
    nothing = b"\xe9\x00\x77\x00\x00\x00\x00\x00" + bytes(100)
    assert read_image(nothing) is None
    assert read_image(b"\xe9" * 100) is None
    assert read(changed(nothing, 1, 1)).problem
    assert read(changed(nothing, 2, 3)).problem
    assert read(changed(nothing, 4, b"\x00\x00\x10\x40")).problem


@pytest.mark.parametrize("data", [b"", b"\xe9", SOUND[:7], b"\xff" * 64, bytes(64), b"\xea\x03" + USER[2:]])
def test_where_no_image_begins_there_is_none(data):
    assert read_image(data) is None


@pytest.mark.parametrize("at", [-1, -8, len(SOUND), len(SOUND) - 7, 1 << 40])
def test_an_offset_outside_is_none(at):
    assert read_image(SOUND, at) is None


@pytest.mark.parametrize("entry", [0, 0xFFFFFFFF])
def test_an_entry_is_told_as_it_is(entry):
    (header,) = read(by_hand((IRAM, CODE), entry=entry)).headers
    assert header.entry == entry


# Cut off


@pytest.mark.parametrize("length", range(8, len(SOUND), 7))
def test_version_1_cut_off_anywhere_has_a_problem_and_ends_with_the_file(length):
    image = read(SOUND[:length])
    assert image.problem.endswith(" is cut off")
    assert image.end == length
    assert not image.is_sound
    assert all(segment.end <= length for segment in image.segments)


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        (8, "its code in flash is cut off"),
        (16, "its code in flash is cut off"),
        (16 + 2991, "its code in flash is cut off"),
        (16 + 2992, "its second header is cut off"),
        (16 + 2992 + 7, "its second header is cut off"),
        (16 + 2992 + 8, "segment 1 is cut off"),
        (len(USER) - 5, "its checksum is cut off"),
        (len(USER) - 3, "its CRC is cut off"),
        (len(USER) - 1, "its CRC is cut off"),
    ],
)
def test_version_2_cut_off_says_where(length, problem):
    image = read(USER[:length])
    assert (image.problem, image.end, image.listed_end) == (problem, length, length)


@pytest.mark.parametrize("where", [12, 3016 + 4])
@pytest.mark.parametrize("size", [0x7FFFFFFF, 0x80000000, 0xFFFFFFFF])
def test_a_length_far_beyond_the_data_ends_with_them(where, size):
    image = read(changed(SOUND, where, struct.pack("<I", size)))
    assert image.problem.endswith("is cut off")
    assert image.end == image.segments[-1].end == len(SOUND)


# Version 2


def test_an_image_of_version_2_is_read_whole():
    image = read(USER)
    assert (image.version, image.end, image.is_sound) == (2, len(USER), True)
    assert [(h.at, h.magic, h.segments, h.mode, h.size_text) for h in image.headers] == [
        (0, 0xEA, 4, "QIO", "512 KB"),
        (16 + 2992, 0xE9, 2, "QIO", "1 MB"),
    ]
    assert [segment.kind for segment in image.segments] == ["irom", "IRAM", "DRAM"]
    crc = f"{struct.unpack('<I', USER[-4:])[0]:08x}"
    assert image.checks == (
        Check("XOR checksum", len(USER) - 5, f"{USER[-5]:02x}", f"{USER[-5]:02x}"),
        Check("CRC32", len(USER) - 4, crc, crc),
    )


def test_the_code_in_flash_is_in_the_crc_only():
    assert failing(read(changed(USER, 20, USER[20] ^ 1))) == ["CRC32"]


def test_the_segments_are_in_the_checksum_and_the_crc():
    assert failing(read(changed(USER, 3100, USER[3100] ^ 1))) == ["XOR checksum", "CRC32"]


def test_a_changed_crc_does_not_hold():
    assert failing(read(changed(USER, len(USER) - 1, USER[-1] ^ 0x80))) == ["CRC32"]


@pytest.mark.parametrize("n", range(20))
def test_the_crc_is_right_whatever_its_highest_bit(n):
    assert read(user_part((IRAM, CODE[n:]))).is_sound


@pytest.mark.parametrize("crc", [b"", b"\xff\xff\xff\xff"])
@pytest.mark.parametrize("with_code", [False, True])
def test_rboots_images_can_lack_the_crc_and_count_more_into_the_checksum(crc, with_code):
    data = user_part((IRAM, CODE), crc=crc, with_code=with_code, code=CODE[5:1605])
    image = read(data)
    assert image.is_sound
    assert image.end == len(data) - len(crc)
    assert image.notices == ("there is no CRC behind it: some makers, for rBoot, leave it out",)
    note = "with the code in flash counted in, an option of rBoot"
    assert [(check.name, check.note) for check in image.checks] == [("XOR checksum", note if with_code else "")]


def test_behind_the_code_in_flash_there_must_be_a_header():
    image = read(changed(USER, 16 + 2992, 0))
    assert image.problem == "there is no second header behind its code in flash"
    assert (image.end, len(image.segments)) == (16 + 2992, 1)


@pytest.mark.parametrize(("told", "address"), [(0, 0), (0x40201010, 0x40201010), (IRAM, 0), (0xFFFFFFFF, 0)])
def test_the_code_in_flash_need_not_tell_its_address(told, address):
    code = read(changed(USER, 8, struct.pack("<I", told))).segments[0]
    assert (code.address, code.kind) == (address, "irom")


@pytest.mark.parametrize("count", [0, 17, 255])
def test_an_impossible_number_in_the_second_header_is_a_problem(count):
    assert read(changed(USER, 16 + 2992 + 1, count)).problem == f"its second header names {count} segments"


# Arduino


def test_an_arduino_file_is_two_images():
    data = two_stages()
    boot, application = read(data), read(data, 0x1000)
    assert boot.is_sound
    assert application.is_sound
    assert [segment.address for segment in boot.segments] == [EBOOT]
    assert (application.end, application.maker) == (len(data), "")


@pytest.mark.parametrize("behind", [b"", b"\xff" * 9999])
def test_core_3_is_known_by_its_length_and_crc(behind):
    data = core3()
    image = read(data + behind, 0x1000)
    length, crc = struct.unpack_from("<II", data, 0x1010)
    assert image.is_sound
    assert (image.maker, image.end, length) == ("Arduino core 3", len(data), len(data))
    assert image.checks[1:] == (
        Check("Arduino length", 0x1010, f"{length:#x}", f"{length:#x}"),
        Check("Arduino CRC", 0x1014, f"{crc:08x}", f"{crc:08x}"),
    )
    assert read(data + behind).maker == ""


def test_core_3_can_lie_anywhere_with_its_boot_stage():
    image = read(b"\x77" * 0x3000 + core3(), 0x4000)
    assert image.is_sound
    assert image.maker == "Arduino core 3"


@given(st.integers(0x1018, 0x1018 + 2900), st.integers(1, 255))
def test_a_changed_byte_of_core_3s_application_breaks_both_sums(at, change):
    image = read(changed(core3(), at, core3()[at] ^ change), 0x1000)
    assert failing(image) == ["XOR checksum", "Arduino CRC"]
    assert (image.is_sound, image.maker) == (False, "Arduino core 3")
    assert not image.checks[-1].note


@given(st.integers(0x10, 0xFFF), st.integers(1, 255))
def test_a_changed_byte_of_core_3s_boot_stage_breaks_the_crc_without_an_excuse(at, change):
    image = read(changed(core3(), at, core3()[at] ^ change), 0x1000)
    assert failing(image) == ["Arduino CRC"]
    assert not image.is_sound


@pytest.mark.parametrize("mode", range(4))
@pytest.mark.parametrize("size_freq", [0x00, 0x1F, 0x21, 0x42, 0x90])
def test_a_header_fitted_when_flashing_is_found_out_by_the_crc(mode, size_freq):
    data = core3()
    image = read(changed(data, 2, bytes([mode, size_freq])) + b"\xff" * 99, 0x1000)
    check = image.check("Arduino CRC")
    assert (check.holds, check.is_explained, image.is_sound) == (False, True, True)
    assert check.note == (
        "holds with bytes 0x2 and 0x3 as 03 20 (DOUT, 1 MB): the header was changed when it was flashed"
    )
    assert check.computed == f"{core_crc(changed(changed(data, 0x1010, bytes(8)), 2, bytes([mode, size_freq]))):08x}"
    assert image.end == len(data)


def test_a_header_that_no_tool_writes_is_no_excuse():
    strange = core3(SOUND)
    crc = core_crc(changed(changed(strange, 0x1010, bytes(8)), 2, b"\x77\x77"))
    image = read(changed(strange, 0x1014, struct.pack("<I", crc)), 0x1000)
    assert failing(image) == ["Arduino CRC"]
    assert not image.is_sound


def test_core_3_that_says_more_than_there_is_is_cut_off():
    data = core3(extra=16)
    image = read(data, 0x1000)
    assert image.problem == f"it says it has {len(data) + 16} bytes, and there are {len(data)}"


def test_core_3_with_a_wrong_length_is_told_by_its_checksum():
    image = read(core3(extra=16) + b"\xff" * 16, 0x1000)
    assert failing(image) == ["Arduino length", "Arduino CRC"]
    assert image.check("Arduino length").computed == f"{len(core3()):#x}"


def test_older_cores_have_code_where_core_3_has_its_words():
    image = read(two_stages(), 0x1000)
    assert [check.name for check in image.checks] == ["XOR checksum"]
    assert image.is_sound


def test_one_wrong_byte_does_not_make_an_older_core_a_new_one():
    data = two_stages()
    image = read(changed(data, 0x1100, data[0x1100] ^ 1), 0x1000)
    assert (image.maker, failing(image)) == ("", ["XOR checksum"])


# MicroPython and NodeMCU


@pytest.mark.parametrize("behind", [b"", b"\xff" * 5000])
@pytest.mark.parametrize("at", [0, 0x3C000])
def test_micropythons_code_is_found_behind_its_length(behind, at):
    data = micropython()
    image = read(bytes(at) + data + behind, at)
    assert image.is_sound
    assert (image.maker, image.end - at) == ("MicroPython", len(data))
    assert image.segments[-1] == Segment(at + 0x9000, len(CODE), 0x40200000 + at + 0x9000, listed=False)
    assert image.listed_end == at + len(by_hand((IRAM, CODE)))
    assert image.checks[-1] == Check("MicroPython MD5", at + len(data) - 16, data[-16:].hex(), data[-16:].hex())


@pytest.mark.parametrize("at", [4, 0x9000, 0x9000 + 2999, -1])
def test_a_changed_byte_breaks_micropythons_md5(at):
    data = micropython()
    at %= len(data)
    image = read(changed(data, at, data[at] ^ 1))
    assert failing(image) == ["MicroPython MD5"]
    assert image.maker == ""


@pytest.mark.parametrize("header", [b"\x00\x00", b"\x03\x40"])
def test_micropythons_md5_holds_with_any_mode_and_size(header):
    assert read(changed(micropython(), 2, header)).is_sound


@pytest.mark.parametrize("length", [0x9000, 0x9001, 0x9000 + 2999, len(micropython()) - 1])
def test_micropython_cut_off_says_so(length):
    image = read(micropython()[:length])
    assert image.problem == f"it is cut off: it says it has {len(micropython())} bytes, and there are {length}"
    assert image.end == length


def test_nodemcus_code_is_found_at_its_place():
    data = nodemcu()
    for behind in (b"", b"\xff" * 0x5000, b"\xff" * 0x5000 + b"files" * 500):
        image = read(data + behind)
        assert image.is_sound
        assert image.segments[-1] == Segment(0x10000, len(data) - 0x10000, 0x40210000, listed=False)
        assert (image.end, image.maker) == (len(data), "")


def test_nodemcus_code_ends_before_the_sdks_own_sectors():
    data = nodemcu(code=b"\x55" * 0xE0000).ljust(0x100000, b"\x55")
    assert read(data).end == 0xFB000
    assert read(data + bytes(0x300000)).end == 0x100000


def test_raw_code_is_looked_for_only_where_nothing_else_can_be():
    boot = by_hand((IRAM, CODE[:2000])).ljust(0x1000, b"\xff") + USER
    small = boot.ljust(0x10000, b"\xff") + CODE
    names_irom = by_hand((IRAM, CODE * 3), (IROM, CODE)).ljust(0x10000, b"\xff") + CODE
    followed = changed(nodemcu(), read(nodemcu()).listed_end + 3, 0)
    for data in (small, names_irom, followed, nodemcu(code=b"\xff" * 9999), nodemcu()[:0x10000], nodemcu(code=b"")):
        assert read(data).end == read(data).listed_end
        assert all(segment.listed for segment in read(data).segments)


# rBoot


def test_rboots_configuration_says_which_program_runs():
    data = bytes(0x1000) + rboot_config(current=1, mode=1, gpio=0)
    assert read_rboot_config(data, 0x1000) == RbootConfig(0x1000, 1, 1, 0, (0x2000, 0x82000))
    config = read_rboot_config(data)
    assert (config.count, config.current_address) == (2, 0x82000)


def test_rboots_configuration_is_checked_where_it_has_a_checksum():
    data = rboot_config(checksum=True)
    check = Check("rBoot checksum", 24, f"{xor(data[:24]):02x}", f"{xor(data[:24]):02x}")
    assert read_rboot_config(data, 0).check == check
    assert not read_rboot_config(changed(data, 2, 2), 0).check.holds
    assert read_rboot_config(data[:24], 0).check is None


def test_words_of_others_behind_rboots_configuration_are_no_checksum():
    config = read_rboot_config(changed(rboot_config(), 24, b"\x00\x10\x00\x00" * 4), 0)
    assert config.check is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        rboot_config()[:23],
        rboot_config(version=2),
        rboot_config(current=2),
        rboot_config(mode=16),
        rboot_config(roms=()),
        changed(rboot_config(), 5, 5),
        rboot_config(roms=(0x2001,)),
        rboot_config(roms=(0x2000, 0x1000000)),
        b"\xff" * 0x1000,
    ],
)
def test_what_makes_no_sense_is_no_configuration_of_rboot(data):
    assert read_rboot_config(data, 0) is None


def test_rboots_configuration_is_not_looked_for_outside():
    assert read_rboot_config(rboot_config(), -0x1000) is None
    assert read_rboot_config(rboot_config()) is None


# Other chips


@pytest.mark.parametrize(
    ("chip_id", "name"),
    [
        (0, "ESP32"),
        (2, "ESP32-S2"),
        (5, "ESP32-C3"),
        (9, "ESP32-S3"),
        (12, "ESP32-C2"),
        (13, "ESP32-C6"),
        (16, "ESP32-H2"),
        (18, "ESP32-P4"),
        (20, "ESP32-C61"),
        (23, "ESP32-C5"),
    ],
)
def test_images_of_the_esp32_family_are_told_apart(chip_id, name):
    assert other_chip(esp32(chip_id)) == name
    assert other_chip(bytes(50) + esp32(chip_id), 50) == name
    assert not read(esp32(chip_id)).is_sound


@pytest.mark.parametrize(
    "data",
    [
        b"",
        SOUND,
        USER,
        micropython(),
        two_stages(),
        esp32()[:31],
        esp32(chip_id=999),
        esp32(address=0x10000000),
        changed(esp32(), 1, 0),
        changed(esp32(), 1, 17),
        changed(esp32(), 19, 1),
        changed(esp32(), 23, 2),
        changed(esp32(), 28, b"\xff\xff\xff\x7f"),
        changed(esp32(), 1, 2),
        b"\xff" * 100,
    ],
)
def test_what_is_no_image_of_that_family_is_not_called_one(data):
    assert other_chip(data) == ""


# gzip


def test_what_is_packed_comes_out():
    assert unpacked(gzip.compress(SOUND)) == SOUND
    assert unpacked(gzip.compress(SOUND), len(SOUND)) == SOUND


@pytest.mark.parametrize("name", ["The file", "f.gz"])
def test_more_than_the_limit_is_refused(name):
    with pytest.raises(ImageTooBig) as caught:
        unpacked(gzip.compress(SOUND), len(SOUND) - 1, name)
    assert str(caught.value) == f"{name} unpacks to more than {len(SOUND) - 1} bytes."


def test_a_bomb_within_a_bomb_costs_no_more_than_the_limit():
    bomb = gzip.compress(bytes(64 << 20), compresslevel=1)
    with pytest.raises(ImageTooBig) as caught:
        unpacked(bomb)
    assert str(caught.value) == "The file unpacks to more than any flash of an ESP8266 holds."


@given(st.one_of(st.binary(max_size=60), st.binary(max_size=60).map(lambda tail: b"\x1f\x8b\x08" + tail)))
def test_any_packed_bytes_come_out_or_are_refused(data):
    with contextlib.suppress(ImageInvalid, ImageTooBig):  # whatever else it raises fails the test
        assert len(unpacked(data, 100)) <= 100


# Sums


@given(st.binary(max_size=70))
def test_sums_are_those_of_plain_loops(data):
    assert checksums.xor_of(data) == xor(data) ^ 0xEF
    assert checksums.xor_checksum(data, data[:3]) == xor(data + data[:3])
    crc = zlib.crc32(data)
    assert checksums.espressif_crc(data) == abs(crc - 0x100000000 if crc >> 31 else crc + 1) - (crc >> 31)


@pytest.mark.parametrize("size", [0, 1, 0xFFF, 0x1000, 0x1001, 0x2FFF, 0x10001])
def test_the_xor_of_larger_pieces_is_that_of_a_plain_loop(size):
    data = random.Random(size).randbytes(size)
    assert checksums.xor_of(memoryview(data)) == xor(data) ^ 0xEF


@pytest.mark.parametrize("size", [0x1018, 0x1019, 0x1F00, 0x11018, 0x11019])
def test_the_cores_crc_is_that_of_a_plain_loop(size):
    data = random.Random(size).randbytes(size)
    assert checksums.core_crc(data) == core_crc(changed(data, 0x1010, bytes(8)))


# Anything at all

heads = st.sampled_from(
    [b"", b"\xe9", b"\xe9\x01\x03\x20\x04\x00\x10\x40", b"\xea\x04", SOUND[:24], USER[:16], esp32()[:40], b"\xe1\x01"]
)
rules = st.sampled_from([SOUND, USER, two_stages(), core3(), micropython()[:0x9100], esp32(), rboot_config()])


def looked_at(data: bytes, at: int = 0) -> None:
    """Everything that is read out of bytes, and what must be true of it whatever they are."""
    image = read_image(data, at)
    other_chip(data, at)
    read_rboot_config(data, at)
    if image is None:
        return
    assert at == image.at < image.listed_end <= image.end <= len(data)
    assert image.headers
    for header in image.headers:
        assert [header.mode, header.flash_size, header.frequency, header.size_text, header.is_c1]
    for segment in image.segments:
        assert at < segment.at <= segment.end <= image.end
        assert segment.kind in ("IRAM", "DRAM", "irom")
    for check in image.checks:
        assert int(check.stored, 16) >= 0 <= int(check.computed, 16)
        assert at < check.at < image.end
    assert image.is_sound in (True, False)


@given(heads, st.binary(max_size=300), st.integers(-2, 300))
@example(b"\xe9\x01", b"", 0)
def test_any_bytes_are_read_without_a_fault(head, data, at):
    looked_at(head + data)
    looked_at(data[:at] + head + data[at:], at)


@given(rules, st.lists(st.tuples(st.integers(0, 0x9100), st.integers(0, 255)), max_size=6), st.integers(0, 0x9100))
def test_any_damage_is_read_without_a_fault(data, changes, length):
    damaged = bytearray(data)
    for at, byte in changes:
        damaged[at % len(data)] = byte
    for cut in (bytes(damaged), bytes(damaged[:length])):
        looked_at(cut)
        looked_at(cut, 0x1000)


@pytest.mark.parametrize("data", [SOUND, USER, core3()[:0x1100], esp32()[:64]])
@pytest.mark.parametrize("byte", [0x00, 0x7F, 0x80, 0xFF])
def test_every_byte_of_the_headers_at_its_extremes(data, byte):
    for at in range(48):
        looked_at(changed(data, at, byte))
        looked_at(changed(data, at & ~3, bytes([byte] * 4)))


@pytest.mark.parametrize("byte", [0x00, 0xFF, 0xE9, 0xEA])
def test_large_files_take_little_work(byte):
    large = bytes([byte]) * (16 << 20)
    header = SOUND[:8] + struct.pack("<II", IRAM, (16 << 20) - 32)
    header = changed(header, 1, 1)
    for data in (large, header + large[: (16 << 20) - 16]):
        work, _ = counted(partial(looked_at, data))
        assert work < 100_000


def test_an_image_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        read(SOUND).maker = "me"


# Real images: at, end, version, lengths of the segments, maker, checks as stored
FOUND = {
    ("stock_basic_fw1.6.0_redacted.bin", 0): (0xF10, 1, [0x968, 0x308, 0x278], "", ["d8"]),
    ("stock_basic_fw1.6.0_redacted.bin", 0x1000): (
        *(0x64474, 2, [0x59170, 0x7A44, 0xB18, 0x1D70], ""),
        ["1b", "5fe4616f"],
    ),
    ("stock_mini_fw3.0.0_redacted.bin", 0): (0xFF0, 1, [0xA20, 0x2FC, 0x2A4], "", ["22"]),
    ("stock_mini_fw3.0.0_redacted.bin", 0x1000): (
        *(0x6A984, 2, [0x60050, 0x6E54, 0xB00, 0x1FA4], ""),
        ["f0", "581d6bd7"],
    ),
    ("tasmota-lite_core2.7.4.bin", 0): (0xE20, 1, [0xE00], "", ["b0"]),
    ("tasmota-lite_core2.7.4.bin", 0x1000): (486256, 1, [0x6DAFC, 0x13C, 0x6F40, 0x64C, 0x974], "", ["11"]),
    ("tasmota-minimal.bin.gz", 0): (0xE20, 1, [0xE00], "", ["b0"]),
    ("tasmota-minimal.bin.gz", 0x1000): (372768, 1, [0x529D8, 0x13C, 0x6AF0, 0x4B8, 0x530], "", ["18"]),
    ("espeasy_2step_uploader_1M.bin", 0x1000): (276848, 1, [0x3A500, 0x700C, 0x384, 0x10B0], "", ["6e"]),
    ("micropython_1m_v1.19.1.bin", 0): (
        *(591476, 1, [0x7800, 0x3E4, 0x438, 0x90664 - 0x9000], "MicroPython"),
        ["f5", "e37e7ae7c4b8b6c743c0ae1c43c2ac84"],
    ),
    ("at_nano_user1.1024.new.2.bin", 0): (396900, 2, [0x565E0, 0x6924, 0x890, 0x3690], "", ["8c", "74a62bb4"]),
    ("boot_v1.7.bin", 0): (4080, 1, [0xA20, 0x2FC, 0x2A4], "", ["22"]),
    ("arduino_2.4_deepsleep_4M.bin", 0): (0x580, 1, [0x568], "", ["2d"]),
    ("arduino_2.4_deepsleep_4M.bin", 0x1000): (297632, 1, [0x40B48, 0x671C, 0x508, 0x304], "", ["c6"]),
}


def real(name: str) -> bytes:
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"there is no {name} beside the checkout")
    data = path.read_bytes()
    return unpacked(data) if data.startswith(b"\x1f\x8b") else data


@pytest.mark.parametrize(("name", "at"), FOUND)
def test_a_real_image_has_the_figures_that_are_known_of_it(name, at):
    end, version, sizes, maker, stored = FOUND[name, at]
    image = read(real(name), at)
    assert image.is_sound
    assert (image.end, image.version, image.maker, image.notices) == (end, version, maker, ())
    assert [segment.size for segment in image.segments] == sizes
    assert [check.stored for check in image.checks] == [check.computed for check in image.checks] == stored


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("stock_basic_fw1.6.0_redacted.bin", ("DOUT", "1 MB", 40)),
        ("tasmota-lite_core2.7.4.bin", ("DOUT", "1 MB", 40)),
        ("espeasy_2step_uploader_1M.bin", ("DIO", "1 MB", 40)),
        ("arduino_2.4_deepsleep_4M.bin", ("DIO", "4 MB", 40)),
    ],
)
def test_a_real_header_says_what_is_known_of_it(name, words):
    (header,) = read(real(name)).headers
    assert (header.mode, header.size_text, header.frequency) == words


@pytest.mark.parametrize("name", ["blank.bin", "random_1k_NEGATIVE.bin", "esp_init_data_default_v08.bin"])
def test_a_real_file_without_an_image_has_none(name):
    assert read_image(real(name)) is None


def test_a_real_image_for_an_esp32_is_told_apart():
    data = real("esp32_bootloader_NEGATIVE.bin")
    assert not read(data).is_sound
    assert other_chip(data) == "ESP32"


@pytest.mark.parametrize(("name", "at"), FOUND)
def test_no_real_image_for_an_esp8266_is_taken_for_another_chips(name, at):
    assert other_chip(real(name), at) == ""


@pytest.mark.parametrize(("name", "at"), FOUND)
@pytest.mark.parametrize("keep", [0.01, 0.5, 0.99])
def test_a_real_image_cut_off_is_not_sound(name, at, keep):
    data = real(name)
    end = FOUND[name, at][0]
    image = read(data[: at + int((end - at) * keep)], at)
    assert image.problem


def test_the_boundaries_of_the_builder_are_those_found():
    marks = boundaries(SOUND)[2:]
    assert marks == [mark for segment in read(SOUND).segments for mark in (segment.at, segment.end)]
