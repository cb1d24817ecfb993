"""The images that are flashed for practice are sound to esptool's own eyes."""

from __future__ import annotations

import pytest
from esptool.bin_image import ESP8266ROMFirmwareImage, ESP8266V2FirmwareImage, LoadFirmwareImage

import sonoffkit.session  # noqa: F401  # installs our logger, which keeps esptool quiet
from sonoffkit.practice import MODELS, lesson_images
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.images import PRACTICE_MARK


@pytest.fixture(params=lesson_images())
def lesson(request):
    return lesson_images()[request.param]


def test_esptool_takes_a_lesson_image_for_one_of_an_esp8266(lesson):
    image = LoadFirmwareImage("esp8266", lesson)
    assert isinstance(image, ESP8266ROMFirmwareImage)
    image.verify()
    assert image.checksum == image.calculate_checksum()
    assert len(image.segments) == 3
    assert any(segment.addr <= image.entrypoint < segment.addr + len(segment.data) for segment in image.segments)


def test_a_broken_byte_shows_in_the_checksum(lesson):
    broken = lesson[:1000] + bytes([lesson[1000] ^ 1]) + lesson[1001:]
    image = LoadFirmwareImage("esp8266", broken)
    assert image.checksum != image.calculate_checksum()


def test_a_lesson_image_says_that_there_is_no_program_in_it(lesson):
    assert PRACTICE_MARK in lesson


def test_a_lesson_image_fits_a_sonoff_but_asks_for_what_it_does_not_have(lesson):
    assert len(lesson) < 0x40000
    assert (lesson[2], lesson[3] >> 4) != (3, 2)  # DOUT, 1 MB


def test_lesson_images_differ_and_are_always_the_same():
    hello, blink = lesson_images().values()
    assert hello != blink
    assert list(lesson_images().values()) == [hello, blink]


def test_esptool_reads_the_boot_loader_and_user1_of_a_factory_image():
    flash = factory_image(MODELS["basic"], bytes.fromhex("5ccf7f0a0b0c"))
    boot = LoadFirmwareImage("esp8266", flash[:0x1000])
    assert boot.checksum == boot.calculate_checksum()
    user1 = LoadFirmwareImage("esp8266", flash[0x1000:0x78000])
    assert isinstance(user1, ESP8266V2FirmwareImage)
    assert user1.checksum == user1.calculate_checksum()
