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


SECTOR = 0x1000


def images_in(lesson: bytes) -> tuple[bytes, bytes]:
    """The boot loader in the first sector, and the sketch behind it."""
    return lesson[:SECTOR], lesson[SECTOR:]


@pytest.mark.parametrize("part", [0, 1])
def test_esptool_takes_both_parts_of_a_lesson_image_for_images_of_an_esp8266(lesson, part):
    image = LoadFirmwareImage("esp8266", images_in(lesson)[part])
    assert isinstance(image, ESP8266ROMFirmwareImage)
    image.verify()
    assert image.checksum == image.calculate_checksum()


def test_a_lesson_image_begins_with_a_boot_loader_as_the_arduino_core_puts_it(lesson):
    loader = LoadFirmwareImage("esp8266", images_in(lesson)[0])
    assert [(segment.addr, len(segment.data)) for segment in loader.segments] == [(0x4010F000, 3584)]
    assert images_in(lesson)[0][8 + 8 + 3584 + 16 :].strip(b"\xff") == b""  # and nothing else is in its sector


def test_the_sketch_has_code_for_flash_and_for_ram_and_starts_in_it(lesson):
    sketch = LoadFirmwareImage("esp8266", images_in(lesson)[1])
    assert [segment.addr for segment in sketch.segments] == [0x40201010, 0x40100000, 0x3FFE8000]
    assert any(segment.addr <= sketch.entrypoint < segment.addr + len(segment.data) for segment in sketch.segments)


def test_both_headers_of_a_lesson_image_ask_for_the_same(lesson):
    loader, sketch = images_in(lesson)
    assert loader[2:4] == sketch[2:4]


@pytest.mark.parametrize("at", [1000, SECTOR + 1000])
def test_a_broken_byte_shows_in_the_checksum(lesson, at):
    broken = lesson[:at] + bytes([lesson[at] ^ 1]) + lesson[at + 1 :]
    sound = [
        image.checksum == image.calculate_checksum()
        for image in (LoadFirmwareImage("esp8266", part) for part in images_in(broken))
    ]
    assert sound == [at > SECTOR, at < SECTOR]


def test_a_lesson_image_says_that_there_is_no_program_in_it(lesson):
    assert lesson.count(PRACTICE_MARK + b"\0") == 1


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("practice-hello.bin", b"Hello from your own firmware!"),
        ("practice-blink.bin", b"blink: the LED goes on and off"),
    ],
)
def test_a_lesson_image_has_its_words_behind_the_mark(name, words):
    assert PRACTICE_MARK + b"\0" + words + b"\n\0" in lesson_images()[name]


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
