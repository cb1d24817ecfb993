"""What a file is as a whole, and what is to be said about that."""

from __future__ import annotations

import pytest
from firmware import dump_builders as dumps
from firmware.builders import SOUND, core3, esp32, micropython, nodemcu

from sonoffkit.firmware.layout import FileKind, lay_out

MB = 0x100000


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", FileKind.EMPTY),
        (b"\xff" * 4096, FileKind.BLANK),
        (b"\xff" * MB, FileKind.BLANK),
        (bytes(MB), FileKind.UNKNOWN),
        (b"hello", FileKind.UNKNOWN),
        (SOUND, FileKind.IMAGE),
        (dumps.boot(), FileKind.IMAGE),
        (core3(), FileKind.IMAGE),
        (micropython(), FileKind.IMAGE),
        (nodemcu(), FileKind.IMAGE),
        (dumps.user(), FileKind.USER_IMAGE),
        (dumps.phy(), FileKind.PART),
        (dumps.settings().ljust(0x1000, b"\xff"), FileKind.PART),
        (esp32(), FileKind.OTHER_CHIP),
        (dumps.stock(), FileKind.FLASH),
        (dumps.stock(4 * MB), FileKind.FLASH),
        (dumps.stock()[:-1], FileKind.INCOMPLETE),
        (dumps.stock(4 * MB)[:MB], FileKind.INCOMPLETE),
        (dumps.stock() + bytes(0x8000), FileKind.INCOMPLETE),
    ],
)
def test_kinds(data, kind):
    assert lay_out(data).kind is kind


def test_random_bytes_as_large_as_a_flash_are_nothing():
    layout = lay_out(dumps.random_bytes(MB))
    assert layout.kind is FileKind.UNKNOWN
    assert [region.name for region in layout.regions] == ["unknown"]


def test_an_odd_size_is_told():
    assert "more than the header's 1 MB" in lay_out(dumps.stock() + bytes(0x8000)).notices[0]
    layout = lay_out(dumps.stock()[:-0x1000])
    assert "Missing is 4 KB, from 0xff000 to 0x100000" in layout.notices[0]


def test_a_cut_off_image_is_told():
    (notice,) = lay_out(SOUND[:-40]).notices
    assert notice.startswith("It is damaged or cut off:")


def test_a_user_part_must_not_go_to_0():
    (notice,) = lay_out(dumps.user()).notices
    assert notice == "It has no boot loader: it must not be written to address 0. User1 belongs at 0x1000."


def test_another_chips_image_is_told():
    assert lay_out(esp32()).notices == ("This is for an ESP32. It must not be written to an ESP8266.",)
