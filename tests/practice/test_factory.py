"""The factory image is laid out as stock firmware is. Taken apart here by rules of our own, from facts/flash.md."""

from __future__ import annotations

import functools
import hashlib
import math
import operator
import struct
import zlib
from collections import Counter
from statistics import median

import pytest

from sonoffkit.practice import MODELS
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.images import Segment, user_image

SECTOR = 0x1000
MAC = bytes.fromhex("5ccf7f0a0b0c")
SIZE_NIBBLE = {0x100000: 2, 0x400000: 4}


@functools.cache
def image_of(model: str) -> bytes:
    return factory_image(MODELS[model], MAC)


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]


@pytest.fixture
def image(model):
    return image_of(model.name)


def segments_of(image: bytes, at: int) -> tuple[list[tuple[int, bytes]], int]:
    """The segments of an image of version 1, and where they end."""
    segments = []
    count, at = image[at + 1], at + 8
    for _ in range(count):
        address, size = struct.unpack_from("<II", image, at)
        segments.append((address, image[at + 8 : at + 8 + size]))
        at += 8 + size
    return segments, at


def xor_of(data: bytes) -> int:
    return functools.reduce(operator.xor, data, 0xEF)


def xor_byte_at(segments_end: int) -> int:
    """The checksum is the last byte of the next multiple of 16."""
    return segments_end // 16 * 16 + 15


def user1_of(image: bytes) -> tuple[bytes, bytes, int]:
    """user1's irom, the bytes of its RAM segments, and the address of its CRC."""
    magic, count, _, _, _, address, irom_size = struct.unpack_from("<BBBBIII", image, 0x1000)
    assert (magic, count, address) == (0xEA, 4, 0)
    second = 0x1010 + irom_size
    assert image[second] == 0xE9
    segments, end = segments_of(image, second)
    # Padding counts from the start of the file, which lies at a multiple of 16.
    at = xor_byte_at(end)
    ram = b"".join(data for _, data in segments)
    assert image[at] == xor_of(ram)
    return image[0x1010:second], ram, at + 1


def test_there_are_14_models_with_a_title_each():
    assert len(MODELS) == 14
    assert len({model.title for model in MODELS.values()}) == 14
    assert all(name == model.name for name, model in MODELS.items())
    assert {name for name, model in MODELS.items() if model.auto_reset} == {"nodemcu"}


def test_the_id_of_the_flash_tells_the_size_of_the_model(model):
    assert 1 << (model.flash_id >> 16) == model.flash_size


def test_the_image_fills_the_flash(model, image):
    assert len(image) == model.flash_size


def test_the_boot_header_says_dout_and_the_size_of_this_flash(model, image):
    assert image[0] == 0xE9
    assert (image[2], image[3] >> 4, image[3] & 0xF) == (3, SIZE_NIBBLE[model.flash_size], 0)


def test_the_boot_loader_has_a_valid_checksum_and_fits_its_sector(image):
    segments, end = segments_of(image, 0)
    assert [len(data) for _, data in segments] == [2408, 776, 632]  # the lengths that real boot logs tell
    assert image[xor_byte_at(end)] == xor_of(b"".join(data for _, data in segments))
    assert set(image[xor_byte_at(end) + 1 : SECTOR]) == {0xFF}


def test_the_boot_loader_has_the_line_by_which_it_is_known(image):
    segments, _ = segments_of(image, 0)
    assert b"2nd boot version : 1.6\n\0" in segments[1][1]
    assert b"  SPI Speed      : \0" in segments[1][1]


def test_user1_says_that_it_is_for_practice_and_what_it_says_when_it_starts(image):
    irom, _, _ = user1_of(image)
    mark = b"sonoffkit practice image: no program in here\0"
    assert irom.count(mark) == image.count(mark) == 1
    assert irom.split(mark)[1].split(b"\0")[0] == b"practice-maker firmware 1.6.0, the relay is off\n"
    assert b"rf cal sector: %d\n\0" in irom


def test_user1_has_a_valid_checksum_and_crc(image):
    _, ram, crc_at = user1_of(image)
    assert len(ram) > 0x7000
    crc = zlib.crc32(image[0x1000:crc_at])
    expected = crc ^ 0xFFFFFFFF if crc & 0x80000000 else crc + 1
    assert struct.unpack_from("<I", image, crc_at) == (expected,)


def test_the_crc_follows_both_halves_of_its_rule():
    """Espressif's odd last step inverts a CRC with its highest bit set and adds one to any other."""
    highest_bits = set()
    for filler in range(0, 256, 17):
        image = user_image(bytes([filler]) * 32, [Segment(0x40100000, b"code")])
        crc = zlib.crc32(image[:-4])
        highest_bits.add(crc >> 31)
        assert int.from_bytes(image[-4:], "little") == (crc ^ 0xFFFFFFFF if crc >> 31 else crc + 1)
    assert highest_bits == {0, 1}


def test_user1_ends_before_the_settings_and_user2_is_blank(model, image):
    _, _, crc_at = user1_of(image)
    assert crc_at < 0x70000
    assert set(image[crc_at + 4 : 0x78000]) == {0xFF}
    assert set(image[0x81000:0xF8000]) == {0xFF}
    assert set(image[0xF8000 + SECTOR : model.flash_size - 5 * SECTOR]) == {0xFF}


def test_one_sector_has_no_order_as_in_some_real_dumps(model, image):
    leftover = image[0xF8000 : 0xF8000 + SECTOR]
    assert len(zlib.compress(leftover, 9)) > len(leftover)
    assert image[0xF8000 : 0xF8000 + SECTOR] != factory_image(model, bytes(6))[0xF8000 : 0xF8000 + SECTOR]


def test_the_code_in_user1_is_as_disordered_as_real_code():
    irom, _, _ = user1_of(image_of("basic"))
    code = irom[0x7000:]  # messages come first
    assert 6.3 < median(entropy(code[n : n + 1024]) for n in range(0, len(code) - 1024, 1024)) < 6.8


def entropy(block: bytes) -> float:
    return -sum(n / len(block) * math.log2(n / len(block)) for n in Counter(block).values())


def test_a_1_mb_image_is_neither_nearly_blank_nor_nearly_full():
    image = image_of("basic")
    used = sum(set(image[n : n + SECTOR]) != {0xFF} for n in range(0, len(image), SECTOR))
    assert 0.4 <= used / 256 <= 0.7


def station_of(parameters: bytes) -> tuple[bytes, bytes]:
    """Network and password where the SDK keeps them."""
    (length,) = struct.unpack_from("<I", parameters, 0x0C)
    return parameters[0x10 : 0x10 + length], parameters[0x37:0x78].rstrip(b"\0")


def test_the_master_key_is_the_one_that_wpa2_derives(model, image):
    parameters = image[model.flash_size - 3 * SECTOR :]
    ssid, password = station_of(parameters)
    assert ssid.startswith(b"Practice-Home-")
    assert len(password) >= 8
    assert parameters[0x78:0x98] == hashlib.pbkdf2_hmac("sha1", password, ssid, 4096, 32)
    assert parameters[0x3E4:0x404] == parameters[0x78:0x98]


def test_the_network_stands_in_all_its_places(model, image):
    ssid, password = station_of(image[model.flash_size - 3 * SECTOR :])
    network = factory_network(MAC)
    assert (ssid.decode(), password.decode()) == (network.ssid, network.password)
    for copy in (0x78000, 0x79000):
        assert image[copy : copy + 0x20].rstrip(b"\0") == ssid
        assert image[copy + 0x20 : copy + 0x60].rstrip(b"\0") == password
    saved = image[model.flash_size - 3 * SECTOR + 0x140 :]
    assert saved[4 : 4 + saved[0]] == ssid
    assert saved[0x24:0x64].rstrip(b"\0") == password


def test_the_settings_name_the_stock_model_and_the_mac(model, image):
    assert image[0x78067:].split(b"\0")[0].decode() == model.stock_model
    assert image[0x780AC:0x780B2] == MAC
    assert image[0x78000:0x79000] == image[0x79000:0x7A000]
    assert image[0x7A000] == 0


def test_the_flag_sector_names_a_copy_and_holds_the_checksums_of_both(model, image):
    size = model.flash_size
    bank, mark, _, *lengths, sum_a, sum_b, end = struct.unpack_from("<I4sIIIII4s", image, size - SECTOR)
    assert (bank, mark.hex(), end.hex(), lengths) == (0, "aa55aa55", "55aa55aa", [0x20, 0x20])
    assert sum_a == xor_of(image[size - 3 * SECTOR :][: lengths[0]])
    assert sum_b == xor_of(image[size - 2 * SECTOR :][: lengths[1]])


def test_the_system_parameters_say_that_user1_runs(model, image):
    flags, boot = image[model.flash_size - 3 * SECTOR :][:2]
    assert (flags & 3, boot & 0x1F) == (0, 6)


def test_calibration_and_phy_data_lie_in_their_sectors(model, image):
    calibration, phy = model.flash_size - 5 * SECTOR, model.flash_size - 4 * SECTOR
    assert image[calibration] == 0x05
    assert image[phy : phy + 2] == b"\x05\x08"
    assert set(image[phy + 128 : phy + SECTOR]) == {0xFF}


def test_the_same_mac_gives_the_same_image_and_another_one_another():
    again = factory_image(MODELS["basic"], MAC)
    other = factory_image(MODELS["basic"], MAC[:5] + b"\xff")
    assert again == image_of("basic")
    for place in (slice(0x1000, 0x70000), slice(0x78000, 0x79000), slice(0xFD000, 0xFE000)):
        assert other[place] != again[place]
    assert station_of(other[0xFD000:]) != station_of(again[0xFD000:])


def test_a_network_does_not_show_its_password():
    network = factory_network(MAC)
    assert network.password not in repr(network)
    assert network.ssid in repr(network)
