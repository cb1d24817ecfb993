"""A boot log held against dumps: the device's own, another's, real ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logs import DOWNLOAD, EBOOT, STOCK, starts

from sonoffkit.bootlog import BootLog, compare, decode
from sonoffkit.practice import lesson_images, practice_device
from sonoffkit.practice.boot import boot_from_flash
from sonoffkit.practice.flash import NorFlash

# Real images, beside the checkout where there are any (see firmware/MANIFEST.md there).
REAL = Path(__file__).parents[3] / "shared" / "firmware"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real images are not here")
HELLO = lesson_images()["practice-hello.bin"]


def log_of(contents: bytes) -> BootLog:
    return decode(starts(1) + b"".join(words for words, _ in boot_from_flash(NorFlash(bytearray(contents)))))


@needs_real
def test_a_public_log_fits_the_real_dump_of_that_boot_loader():
    told = compare(decode(STOCK), (REAL / "stock_basic_fw1.6.0_redacted.bin").read_bytes())
    assert (told.same, told.differs) == (True, ())
    assert told.says == (
        "The device loaded what this dump begins with. That is a boot loader, the same on many devices; of the program "
        "that it starts the log does not tell."
    )


@needs_real
def test_a_public_log_does_not_fit_another_boot_loader_and_it_is_told_where():
    told = compare(decode(STOCK), (REAL / "stock_mini_fw3.0.0_redacted.bin").read_bytes())
    assert told.same is False
    assert told.differs[0] == "segment at 0x40100000: 2408 bytes, in the dump 2592"
    assert told.differs[-1].startswith("csum d8, in the dump ")


@needs_real
@pytest.mark.parametrize("name", ["tasmota-lite_core2.7.4.bin", "arduino_2.4_deepsleep_4M.bin"])
def test_a_real_arduino_image_fits_its_own_log_and_no_other(name):
    data = (REAL / name).read_bytes()
    assert compare(log_of(data), data).same is True
    assert compare(log_of(HELLO), data).same is False


@needs_real
def test_the_checksum_of_arduinos_boot_loader_is_told():
    data = (REAL / "arduino_2.4_deepsleep_4M.bin").read_bytes()
    told = compare(decode(EBOOT.split(b"v4ce")[0]), data)
    assert told.same is True, told.differs


@needs_real
def test_a_file_that_is_a_program_for_a_boot_loader_cannot_be_compared():
    assert compare(decode(STOCK), (REAL / "at_nano_user1.1024.new.2.bin").read_bytes()).same is None


def test_a_practice_sonoffs_log_fits_its_own_flash(sonoff):
    told = compare(log_of(sonoff.contents()), sonoff.contents())
    assert (told.same, told.differs) == (True, ())


def test_it_does_not_fit_a_flash_that_was_written_since(sonoff):
    told = compare(log_of(sonoff.contents()), HELLO)
    assert told.same is False
    assert told.differs[0] == "it loaded 3 segments, the dump's first image has 1"
    assert "in the dump nothing is loaded there" in told.differs[1]


def test_one_changed_byte_is_found_by_its_checksum(sonoff):
    changed = bytearray(sonoff.contents())
    changed[0x100] ^= 0x10
    told = compare(log_of(sonoff.contents()), bytes(changed))
    assert told.same is False
    assert len(told.differs) == 4  # each segment's checksum runs on from the one before, and csum


def test_another_sketch_behind_the_same_boot_loader_is_told_by_its_number():
    blink = lesson_images()["practice-blink.bin"]
    other = blink[:0x1010] + b"\1\2\3\4" + blink[0x1014:]
    assert compare(log_of(blink), blink).same is True
    told = compare(log_of(blink), other)
    assert told.same is False
    assert told.differs[0].endswith("of the sketch, in the dump 04030201")


def test_a_log_that_is_not_whole_proves_nothing_though_it_fits(sonoff):
    whole = log_of(sonoff.contents())
    text = "\r\n".join(whole.boots[0].lines)
    csum = text.index("csum 0x")
    for piece in (text[:csum], text[text.index("load 0x3ffe8000") :], text[csum : csum + 9]):
        told = compare(decode(piece.encode()), sonoff.contents())
        assert told.same is None, piece


def test_a_log_that_is_not_whole_tells_of_another_image_all_the_same(sonoff):
    (boot,) = log_of(sonoff.contents()).boots
    assert compare(decode("\r\n".join(boot.lines[:3]).encode()), HELLO).same is False


def test_a_start_in_download_mode_cannot_be_compared():
    assert compare(decode(DOWNLOAD), HELLO).same is None
    assert compare(BootLog(), HELLO).same is None


def test_an_erased_dump_is_not_what_the_device_loaded(sonoff):
    told = compare(log_of(sonoff.contents()), b"\xff" * 0x100000)
    assert (told.same, told.says) == (False, "This dump begins with no image, and the device loaded one.")


def test_the_fullest_of_several_starts_counts(sonoff):
    contents = sonoff.contents()
    (boot,) = log_of(contents).boots
    cut = starts(1) + b"load 0x40100000, len 2408, room 16"
    assert compare(decode(cut + "\r\n".join(boot.lines).encode() + cut), contents).same is True
    assert practice_device("basic") is sonoff


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_log_and_any_dump_are_compared_without_an_error(log, dump):
    assert compare(decode(log), dump).says
    assert compare(decode(STOCK), b"\xe9" + dump).same is not True
