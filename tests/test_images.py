"""Images: what is accepted, and in which words everything else is refused."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import operator
from pathlib import Path

import pytest
from firmware.builders import CODE, EBOOT, SOUND, boundaries, by_hand, core3, esp32, micropython, two_stages, xor
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.errors import (
    ImageChanged,
    ImageCompressed,
    ImageError,
    ImageForOtherChip,
    ImageInvalid,
    ImageTooBig,
    ImageUnreadable,
)
from sonoffkit.firmware import HeaderChange, Image, check_fits, load_image, with_flash_parameters
from sonoffkit.firmware.images import check_image
from sonoffkit.practice import MODELS, lesson_images
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.images import DRAM, IRAM, Segment, boot_image, user_image

# Real images, beside the checkout where there are any (see firmware/MANIFEST.md there).
REAL = Path(__file__).parents[2] / "shared" / "firmware"


@pytest.fixture
def saved(tmp_path):
    def save(data, name="firmware.bin"):
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return save


def refused(expected, data, name="firmware.bin") -> str:
    """The words in which bytes are refused, after checking the error's type and hint."""
    with pytest.raises(ImageError) as caught:
        check_image(name, data)
    assert type(caught.value) is expected
    assert "Nothing has been changed on the device" in caught.value.hint
    return str(caught.value)


def load_refused(expected, path, **options) -> str:
    with pytest.raises(ImageError) as caught:
        load_image(path, **options)
    assert type(caught.value) is expected
    assert "Nothing has been changed on the device" in caught.value.hint
    return str(caught.value)


# Sound images


@pytest.mark.parametrize("data", [SOUND, two_stages(), core3(), micropython(), *lesson_images().values()])
def test_a_sound_image_is_loaded_as_it_is(saved, data):
    image = load_image(saved(data))
    assert image == Image("firmware.bin", data, hashlib.sha256(data).hexdigest(), False, "")
    assert repr(image) == f"<Image firmware.bin, {len(data)} bytes>"


@pytest.mark.parametrize("name", MODELS)
def test_the_dump_of_a_whole_flash_is_a_sound_image(name):
    check_image("dump.bin", factory_image(MODELS[name], bytes.fromhex("5ccf7f010203")))


def test_what_the_builder_makes_is_sound():
    check_image("built.bin", boot_image([Segment(IRAM, CODE), Segment(DRAM, CODE[:5])], mode=2, flash_size=0x100000))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 0x6BAD % 0x1000])
def test_segments_of_any_length_are_sound(size):
    check_image("odd.bin", by_hand((0x40100000, CODE[:size]), (0x3FFE8000, CODE[size : 2 * size])))


def test_bytes_behind_the_image_do_no_harm():
    check_image("padded.bin", SOUND + b"\xff" * 5000)


def test_a_large_segment_is_no_second_stage():
    # One segment of 8 KiB, whose byte at 0x1000 happens to be that of a header.
    data = bytearray(0x2000)
    data[0x1000 - 16] = 0xE9
    image = by_hand((0x40100000, bytes(data)))
    assert image[0x1000] == 0xE9
    check_image("large.bin", image)


@pytest.mark.parametrize("name", lesson_images())
def test_practice_images_are_told_from_real_ones(saved, name):
    assert load_image(saved(lesson_images()[name])).is_practice
    assert not load_image(saved(SOUND)).is_practice


# Files that are none


def test_a_file_that_is_not_there_is_unreadable(tmp_path):
    path = tmp_path / "none.bin"
    assert load_refused(ImageUnreadable, path) == f"{path} cannot be read. (No such file or directory)"


def test_a_folder_is_unreadable(tmp_path):
    assert load_refused(ImageUnreadable, tmp_path).startswith(f"{tmp_path} cannot be read. (")


def test_a_name_that_no_file_can_have_is_unreadable():
    load_refused(ImageUnreadable, "firm\0ware.bin")


def test_an_empty_file_is_unreadable(saved):
    assert load_refused(ImageUnreadable, saved(b"")) == "firmware.bin is empty."


def test_a_file_larger_than_any_flash_is_too_big(tmp_path):
    path = tmp_path / "huge.bin"
    with path.open("wb") as file:
        file.truncate(16 * 0x100000 + 1)
    assert load_refused(ImageTooBig, path) == "huge.bin is larger than any flash of an ESP8266."


@pytest.mark.parametrize("data", [b"\x00" * 100, b"\xff" * 4096, b"<!DOCTYPE html>", b"\x7fELF\x01", b"\xea"])
def test_what_does_not_begin_like_an_image_is_invalid(data):
    if data[0] == 0xEA:
        assert "part of a firmware (user1 or user2" in refused(ImageInvalid, data)
    else:
        text = f"firmware.bin is no ESP8266 image: it begins with {data[:4].hex(' ')}, not with e9."
        assert refused(ImageInvalid, data) == text


def test_a_part_for_0x1000_says_what_to_take_instead():
    with pytest.raises(ImageInvalid) as caught:
        check_image("user1.bin", user_image(CODE, [Segment(IRAM, CODE)]))
    assert str(caught.value) == (
        "user1.bin is a part of a firmware (user1 or user2, for address 0x1000), not one that starts at 0."
    )
    assert caught.value.hint == "Take the firmware's combined .bin. Nothing has been changed on the device."


# Cut off and damaged


CUTS = sorted({cut for mark in boundaries(SOUND) for cut in (mark - 1, mark, mark + 1) if 0 < cut < len(SOUND)})


@pytest.mark.parametrize("length", [*CUTS, len(SOUND) - 1])
def test_an_image_cut_off_anywhere_is_invalid(length):
    assert refused(ImageInvalid, SOUND[:length]).startswith("firmware.bin is damaged or cut off: ")


@pytest.mark.parametrize(
    ("length", "problem"),
    [
        (1, "its header is cut off"),
        (7, "its header is cut off"),
        (8, "segment 1 is cut off"),
        (15, "segment 1 is cut off"),
        (3015, "segment 1 is cut off"),
        (3016, "segment 2 is cut off"),
        (len(SOUND) - 1, "its checksum is cut off"),
    ],
)
def test_where_it_is_cut_off_is_said(length, problem):
    assert refused(ImageInvalid, SOUND[:length]) == f"firmware.bin is damaged or cut off: {problem}."


@given(st.integers(1, len(SOUND) - 1))
def test_no_beginning_of_an_image_is_an_image(length):
    refused(ImageInvalid, SOUND[:length])


@pytest.mark.parametrize("make", [two_stages, core3])
@pytest.mark.parametrize("mark", [0x1002, *boundaries(two_stages(), 0x1000)[1:], len(two_stages())])
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_an_application_cut_off_anywhere_is_invalid(make, mark, more):
    whole = make()
    length = mark + more
    if length >= len(whole):
        check_image("whole.bin", whole + b"\xff" * (length - len(whole)))
    else:
        assert "cut off" in refused(ImageInvalid, whole[:length])


@pytest.mark.parametrize("length", [len(by_hand((EBOOT, CODE[:1200]))), 0x800, 0xFFF, 0x1000])
def test_a_boot_stage_without_its_application_is_cut_off(length):
    # eboot does nothing but start what lies at 0x1000.
    assert "cut off" in refused(ImageInvalid, two_stages()[:length])


def test_a_boot_stage_before_something_else_is_invalid():
    refused(ImageInvalid, two_stages(b"\x00" * 5000))


def test_a_wrong_checksum_is_said():
    data = by_hand((0x40100000, CODE), checksum=xor(CODE) ^ 0x01)
    assert refused(ImageInvalid, data) == (
        f"firmware.bin is damaged or cut off: its checksum is {xor(CODE) ^ 1:02x}, but its bytes give {xor(CODE):02x}."
    )


@given(st.integers(16, 3015), st.integers(1, 255))
def test_one_changed_byte_of_a_segment_is_noticed(at, change):
    data = bytearray(SOUND)
    data[at] ^= change
    refused(ImageInvalid, bytes(data))


@given(st.integers(0x1018, 0x1018 + 2900), st.integers(1, 255))
def test_one_changed_byte_of_an_application_is_noticed(at, change):
    for make in (two_stages, core3):
        data = bytearray(make())
        data[at] ^= change
        assert "in its application, " in refused(ImageInvalid, bytes(data))


def test_a_core_3_image_that_is_shorter_than_it_says_is_cut_off():
    assert refused(ImageInvalid, core3(extra=16)) == (
        f"firmware.bin is damaged or cut off: in its application, it says it has {len(core3()) + 16} bytes, "
        f"and there are {len(core3())}."
    )


@pytest.mark.parametrize("length", [0x9000, 0x9000 + len(CODE) // 2, len(micropython()) - 1])
def test_a_micropython_image_that_is_shorter_than_it_says_is_cut_off(length):
    assert "cut off" in refused(ImageInvalid, micropython()[:length])


@pytest.mark.parametrize("count", [0, 17, 255])
def test_a_header_with_an_impossible_number_of_segments_is_invalid(count):
    data = SOUND[:1] + bytes([count]) + SOUND[2:]
    assert refused(ImageInvalid, data) == (f"firmware.bin is damaged or cut off: its header names {count} segments.")


def test_a_segment_where_an_esp8266_has_nothing_is_invalid():
    assert refused(ImageInvalid, by_hand((0x50000000, CODE))) == (
        "firmware.bin is damaged or cut off: segment 1 would be loaded to 0x50000000, where an ESP8266 has nothing."
    )


# Other chips


@pytest.mark.parametrize(
    ("chip_id", "address", "name"),
    [
        (0, 0x3F400020, "ESP32"),
        (2, 0x3F000020, "ESP32-S2"),
        (5, 0x3C000020, "ESP32-C3"),
        (9, 0x3C000020, "ESP32-S3"),
        (13, 0x42000020, "ESP32-C6"),
    ],
)
def test_an_image_for_an_esp32_is_named(chip_id, address, name):
    text = refused(ImageForOtherChip, esp32(chip_id, address))
    assert text == f"firmware.bin is for an {name}, not for an ESP8266."


# Compressed files


def test_a_compressed_image_is_not_taken_for_one(saved):
    assert load_refused(ImageCompressed, saved(gzip.compress(SOUND), "f.bin.gz")) == "f.bin.gz is compressed (gzip)."


def test_a_compressed_image_is_told_by_its_bytes_and_not_by_its_name(saved):
    load_refused(ImageCompressed, saved(gzip.compress(SOUND), "firmware.bin"))
    assert load_image(saved(SOUND, "plain.gz")).data == SOUND


def test_a_compressed_image_is_unpacked_when_asked(saved):
    image = load_image(saved(gzip.compress(SOUND)), unpack=True)
    assert (image.data, image.unpacked) == (SOUND, True)
    assert image.sha256 == hashlib.sha256(SOUND).hexdigest()
    assert not load_image(saved(SOUND), unpack=True).unpacked


def test_what_is_in_a_compressed_file_is_checked_too(saved):
    load_refused(ImageInvalid, saved(gzip.compress(SOUND[:-1])), unpack=True)
    load_refused(ImageUnreadable, saved(gzip.compress(b"")), unpack=True)
    load_refused(ImageForOtherChip, saved(gzip.compress(esp32())), unpack=True)


PACKED = gzip.compress(SOUND)


@given(st.integers(2, len(PACKED) - 1))
@example(2)
@example(10)
@example(len(PACKED) - 8)
@example(len(PACKED) - 1)
def test_a_compressed_file_that_is_cut_off_is_invalid(tmp_path_factory, length):
    path = tmp_path_factory.getbasetemp() / "cut.bin.gz"
    path.write_bytes(PACKED[:length])
    assert load_refused(ImageInvalid, path, unpack=True).startswith(
        "cut.bin.gz cannot be unpacked: it is damaged or cut off. ("
    )


@pytest.mark.parametrize("at", [2, 3, 30, -8, -1])
def test_a_damaged_compressed_file_is_invalid(saved, at):
    data = bytearray(PACKED)
    data[at] ^= 0xFF
    load_refused(ImageInvalid, saved(bytes(data)), unpack=True)


def test_a_small_file_that_unpacks_to_a_huge_one_is_too_big(saved):
    bomb = gzip.compress(bytes(17 * 0x100000), compresslevel=1)
    assert load_refused(ImageTooBig, saved(bomb), unpack=True) == (
        "firmware.bin unpacks to more than any flash of an ESP8266 holds."
    )


# Published checksums


@pytest.mark.parametrize("words", ["{}", "{}\n", "{}  firmware.bin\n", "{} *firmware.bin\r\n"])
def test_a_published_checksum_that_matches_is_noted(saved, words):
    path = saved(SOUND)
    digest = hashlib.sha256(SOUND).hexdigest()
    for text in (digest, digest.upper()):
        path.with_name("firmware.bin.sha256").write_text(words.format(text))
        assert load_image(path).checked_against == "firmware.bin.sha256"


@pytest.mark.parametrize("words", ["", " \n", "0" * 64, "no checksum"])
def test_a_published_checksum_that_does_not_match_stops_it(saved, words):
    path = saved(SOUND)
    path.with_name("firmware.bin.sha256").write_text(words)
    text = load_refused(ImageChanged, path)
    assert text == "firmware.bin does not match the checksum in firmware.bin.sha256."


def test_a_published_checksum_is_of_the_file_and_not_of_what_is_packed_in_it(saved):
    path = saved(PACKED)
    path.with_name("firmware.bin.sha256").write_text(hashlib.sha256(PACKED).hexdigest())
    assert load_image(path, unpack=True).checked_against == "firmware.bin.sha256"


# Fitting an image to a flash


def test_an_image_fits_or_the_sizes_are_told():
    check_fits(Image("a.bin", bytes(0x100000), ""), 0x100000)
    with pytest.raises(ImageTooBig) as caught:
        check_fits(Image("a.bin", bytes(0x100001), ""), 0x100000)
    assert str(caught.value) == "a.bin has 1048577 bytes, and this flash has room for 1048576."
    assert "lite, minimal" in caught.value.hint


def test_a_header_is_fitted_and_each_change_told():
    data, changes = with_flash_parameters(by_hand((IRAM, CODE), mode=0, size_freq=0x4F), "dout", 0x100000)
    assert data == by_hand((IRAM, CODE), mode=3, size_freq=0x2F)
    assert changes == (
        HeaderChange(2, 0x00, 0x03, "flash mode QIO → DOUT"),
        HeaderChange(3, 0x4F, 0x2F, "flash size 4 MB → 1 MB"),
    )
    assert str(changes[0]) == "byte 2: 00 → 03 (flash mode QIO → DOUT)"
    check_image("fitted.bin", data)


def test_a_header_that_fits_is_left_alone():
    assert with_flash_parameters(SOUND, "dout", 0x100000) == (SOUND, ())
    assert with_flash_parameters(SOUND, None, None) == (SOUND, ())


def test_a_mode_and_a_size_that_mean_nothing_are_told_as_such():
    _data, changes = with_flash_parameters(by_hand((IRAM, CODE), mode=7, size_freq=0x70), "dio", 0x400000)
    assert [change.means for change in changes] == ["flash mode ? → DIO", "flash size ? → 4 MB"]


@given(st.sampled_from(["qio", "qout", "dio", "dout", None]), st.sampled_from([0x80000, 0x400000, None]))
def test_nothing_but_the_two_bytes_ever_changes(mode, size):
    data, changes = with_flash_parameters(SOUND, mode, size)
    differing = [n for n, (old, new) in enumerate(zip(SOUND, data, strict=True)) if old != new]
    assert differing == [change.offset for change in changes]
    assert set(differing) <= {2, 3}


# Anything at all

heads = st.sampled_from([b"", b"\xe9", b"\xe9\x01\x03\x20\x04\x00\x10\x40", b"\xea\x04", b"\x1f\x8b\x08", SOUND[:24]])


@given(st.builds(operator.add, heads, st.binary(max_size=200)), st.booleans())
@example(b"\x1f\x8b", True)
@example(b"\xe9\x01", False)
@example(esp32()[:32], False)
def test_any_bytes_are_an_image_or_an_error_of_ours(tmp_path_factory, data, unpack):
    path = tmp_path_factory.getbasetemp() / "any.bin"
    path.write_bytes(data)
    with contextlib.suppress(ImageError):  # whatever else it raises fails the test
        image = load_image(path, unpack=unpack)
        assert image.data[0] == 0xE9
        assert image.sha256 == hashlib.sha256(image.data).hexdigest()


@given(st.lists(st.tuples(st.sampled_from([0x40100000, 0x3FFE8000, 0x40201010]), st.binary(max_size=40)), min_size=1))
def test_whatever_is_built_by_the_rules_is_sound(segments):
    segments = segments[:16]
    check_image("built.bin", by_hand(*segments))


# Real images

SOUND_FILES = [
    "arduino_2.4_deepsleep_4M.bin",
    "boot_v1.7.bin",
    "espeasy_2step_uploader_1M.bin",
    "micropython_1m_v1.19.1.bin",
    "stock_basic_fw1.6.0_redacted.bin",
    "stock_mini_fw3.0.0_redacted.bin",
    "tasmota-lite_core2.7.4.bin",
]
REFUSED_FILES = {
    "at_nano_user1.1024.new.2.bin": ImageInvalid,
    "blank.bin": ImageInvalid,
    "esp_init_data_default_v08.bin": ImageInvalid,
    "esp32_bootloader_NEGATIVE.bin": ImageForOtherChip,
    "random_1k_NEGATIVE.bin": ImageInvalid,
    "tasmota-minimal.bin.gz": ImageCompressed,
}


def real(name) -> Path:
    if not (REAL / name).is_file():
        pytest.skip(f"there is no {name} beside the checkout")
    return REAL / name


@pytest.mark.parametrize("name", SOUND_FILES)
def test_a_real_image_is_sound(name):
    image = load_image(real(name))
    assert image.data == real(name).read_bytes()
    assert not image.is_practice


@pytest.mark.parametrize("name", REFUSED_FILES)
def test_a_real_file_that_must_not_be_flashed_is_refused(name):
    load_refused(REFUSED_FILES[name], real(name))


def test_a_real_compressed_image_is_unpacked():
    image = load_image(real("tasmota-minimal.bin.gz"), unpack=True)
    assert (len(image.data), image.unpacked) == (372768, True)


@pytest.mark.parametrize("name", ["tasmota-lite_core2.7.4.bin", "espeasy_2step_uploader_1M.bin"])
@pytest.mark.parametrize("keep", [0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_real_image_cut_off_is_refused(name, keep):
    data = real(name).read_bytes()
    refused(ImageInvalid, data[: int(len(data) * keep)])
