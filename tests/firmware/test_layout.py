"""What lies where, in dumps built by what is known of each firmware; and of any bytes at all."""

from __future__ import annotations

import functools
import struct
from functools import partial

import pytest
from counted_calls import counted
from firmware import dump_builders as dumps
from firmware.builders import (
    CODE,
    DRAM,
    IRAM,
    by_hand,
    core3,
    micropython,
    nodemcu,
    rboot_config,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sonoffkit.firmware.identity import identify_firmware
from sonoffkit.firmware.layout import FileKind, Layout, lay_out
from sonoffkit.firmware.layout.find import Family
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.models import MODELS

MB, SECTOR = 0x100000, 0x1000


def regions(layout: Layout) -> dict[str, tuple[int, int]]:
    return {region.name: (region.start, region.end) for region in layout.regions}


def is_tiled(layout: Layout) -> bool:
    edges = [0, *(region.end for region in layout.regions)]
    starts = [region.start for region in layout.regions]
    return starts == edges[:-1] and edges[-1] == layout.size and all(r.size > 0 for r in layout.regions)


def test_a_stock_dump():
    layout = lay_out(dumps.stock())
    assert layout.kind is FileKind.FLASH
    assert (layout.family, layout.map_name, layout.runs) == (Family.NONOS, "512+512", "user1")
    assert [(region.start, region.name) for region in layout.regions] == [
        (0x0, "boot loader"),
        (0x1000, "user1"),
        (0x3000, "blank"),
        (0x78000, "settings A"),
        (0x79000, "settings B"),
        (0x7A000, "settings flag"),
        (0x7B000, "blank"),
        (0x7C000, "relay state A"),
        (0x7D000, "relay state B"),
        (0x7E000, "relay state flag"),
        (0x7F000, "certificate"),
        (0x80000, "blank"),
        (0x81000, "room for user2 (blank)"),
        (0xFB000, "RF calibration"),
        (0xFC000, "PHY init data"),
        (0xFD000, "system parameters A"),
        (0xFE000, "system parameters B"),
        (0xFF000, "system parameters flag"),
    ]
    assert layout.region_at(0x1000).note == "runs; ends at 0x2824; checksums hold"
    assert layout.region_at(0).note == "boot 1.6; ends at 0x9a0; checksums hold"
    assert layout.notices == ()


def two_programs(slot: int) -> bytes:
    return dumps.flash(MB, {**dumps.stock_parts(), 0x81000: dumps.user(), **dumps.system(MB, slot)})


@pytest.mark.parametrize(("slot", "runs", "other"), [(0, "user1", "user2"), (1, "user2", "user1")])
def test_which_of_two_programs_runs(slot, runs, other):
    layout = lay_out(two_programs(slot))
    found = {region.name: region.note for region in layout.regions}
    assert layout.runs == runs
    assert "the flag sector says that this copy counts" in layout.runs_because
    assert found[runs].startswith("runs;")
    assert found[other].startswith("does not run;")


def test_the_copy_that_the_flag_names_decides():
    a, b = dumps.parameters(slot=0), dumps.parameters(slot=1)
    data = dumps.flash(MB, {0: two_programs(0), 0xFD000: a, 0xFE000: b, 0xFF000: dumps.flag(1, a, b)})
    layout = lay_out(data)
    assert layout.runs == "user2"
    assert layout.runs_because.startswith("system parameters B (byte 0 at 0xfe000)")


def test_copies_that_differ_without_a_flag_tell_nothing():
    parts = {0: two_programs(0), 0xFE000: dumps.parameters(slot=1), 0xFF000: b"\xff" * SECTOR}
    layout = lay_out(dumps.flash(MB, parts))
    told = "there are two programs, and the system parameters do not tell which one starts"
    assert (layout.runs, layout.runs_because) == ("", told)


def test_two_programs_without_system_parameters():
    layout = lay_out(dumps.flash(MB, {0: two_programs(0)[:0xFB000]}))
    told = "there are two programs, and no system parameters that would tell which one starts"
    assert (layout.runs, layout.runs_because) == ("", told)


def test_a_program_that_is_named_and_missing_is_told():
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), **dumps.system(MB, slot=1)}))
    told = "the system parameters name user2, and there is no program: the device may not start"
    assert (layout.runs, layout.runs_because) == ("", told)


def test_a_program_that_is_named_and_damaged_is_told():
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x1000: dumps.user()[:0x800]}))
    assert layout.runs == "user1"
    assert layout.runs_because.endswith("; but it is damaged or cut off, and may not start")


def test_a_4_mb_device_saved_as_1_mb_is_incomplete():
    whole = dumps.stock(4 * MB)
    layout = lay_out(whole[:MB])
    assert layout.kind is FileKind.INCOMPLETE
    assert layout.notices == (
        "Incomplete: the header says that the flash has 4 MB, and this file has 1 MB. Missing is 3 MB, from 0x100000 "
        "to 0x400000: the radio's calibration and the system parameters are in there. Restored from this, the device "
        "would not be what it was. Read it again, all of it, while the device still holds it: "
        "esptool read-flash 0 ALL FILE, or notebook 2.",
    )
    assert "RF calibration" not in regions(layout)
    assert regions(layout)["settings A"] == (0x78000, 0x79000)
    assert regions(lay_out(whole))["system parameters A"] == (0x3FD000, 0x3FE000)


def test_a_header_that_asks_for_more_than_its_own_records_tell():
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0: dumps.boot(size_freq=0x40)}))
    assert layout.kind is FileKind.INCOMPLETE
    assert regions(layout)["system parameters A"] == (0xFD000, 0xFE000)
    assert "the header may be wrong" in layout.notices[1]


def test_a_header_that_says_less_than_the_file_has():
    layout = lay_out(dumps.flash(4 * MB, dumps.stock_parts()))
    assert layout.kind is FileKind.FLASH
    assert regions(layout)["RF calibration"] == (0xFB000, 0xFC000)
    (notice,) = layout.notices
    assert "1 MB; this file has 4 MB, and all behind that is blank" in notice


@pytest.mark.parametrize("size_freq", [0x00, 0x10, 0x20])
def test_the_sdks_records_tell_where_the_flash_really_ends(size_freq):
    parts = {at: data for at, data in dumps.stock_parts().items() if at < 0xFB000}
    parts |= {0: dumps.boot(size_freq=size_freq), **dumps.system(4 * MB)}
    layout = lay_out(dumps.flash(4 * MB, parts))
    assert regions(layout)["system parameters A"] == (0x3FD000, 0x3FE000)
    assert regions(layout)["RF calibration"] == (0x3FB000, 0x3FC000)
    assert layout.map_name == "512+512"
    assert (
        "The SDK's own records lie before 0x400000, where a flash of 4 MB has them: the header is wrong, or an "
        "earlier firmware left them."
    ) in layout.notices[0]


def test_a_firmware_for_1_mb_over_one_that_used_4_mb():
    """The later one's parameters count; what the earlier one kept is still found, with its network's password."""
    parts = {**dumps.system(4 * MB), **dumps.system(MB, slot=1)}
    layout = lay_out(dumps.flash(4 * MB, {**parts, 0: dumps.boot(), 0x1000: dumps.user(), 0x81000: dumps.user()}))
    assert regions(layout)["system parameters A"] == (0xFD000, 0xFE000)
    assert regions(layout)["old system parameters A"] == (0x3FD000, 0x3FE000)
    assert layout.region_at(0x3FE000).note == "left by an earlier firmware, which took the flash for one of 4 MB"
    assert layout.runs == "user2"
    assert not any("the header is wrong" in notice for notice in layout.notices)
    old = layout.record("old system parameters A")
    assert old is not None
    assert old.value("password") == dumps.PASSWORD


@pytest.mark.parametrize(
    ("end", "lost"),
    [
        (0xFB000, "the radio's calibration and the system parameters are in there"),
        (0xFC000, "system parameters are in there"),
        (0xFE800, "system parameters are in there"),
        (0xFF000, "what tells which copy of the system parameters counts is in there"),
        (MB - 1, "what tells which copy of the system parameters counts is in there"),
    ],
)
def test_what_a_cut_off_dump_has_lost(end, lost):
    notice = lay_out(dumps.stock()[:end]).notices[0]
    assert f" to 0x100000: {lost}. Restored from this" in notice


def test_a_file_with_a_few_bytes_more_than_its_flash():
    layout = lay_out(dumps.stock() + b"ok\n")
    assert layout.kind is FileKind.FLASH
    assert regions(layout)["behind the flash's end"] == (MB, MB + 3)
    assert regions(layout)["system parameters A"] == (0xFD000, 0xFE000)
    assert layout.notices[0].startswith("This file has 3 bytes more than the flash that its header names (1 MB)")


@pytest.mark.parametrize("at", [0xFE800, 0xFC001, 0x90000, 0x2000, 0x1004, 0x800, 7, 1])
def test_a_dump_that_is_cut_off_is_never_whole(at):
    layout = lay_out(dumps.stock()[:at])
    assert layout.kind is not FileKind.FLASH
    assert is_tiled(layout)
    assert "RF calibration" not in regions(layout) or at > 0xFB000


def test_what_is_left_of_a_cut_off_dump_is_still_named():
    found = regions(lay_out(dumps.stock()[:0xFE800]))
    assert found["system parameters A"] == (0xFD000, 0xFE000)
    assert found["settings A"] == (0x78000, 0x79000)


def test_an_erased_boot_sector():
    layout = lay_out(dumps.flash(MB, {at: data for at, data in dumps.stock_parts().items() if at}))
    assert layout.kind is FileKind.FLASH
    assert (layout.runs, layout.runs_because) == ("", "nothing at address 0 could start a program")
    assert layout.notices == ("There is no program at address 0: this flash would not start.",)
    assert {"user1", "settings A", "relay state A", "RF calibration"} <= set(regions(layout))


def test_a_damaged_program_leaves_the_records_theirs():
    head = b"\xea\x04\x00\x01" + struct.pack("<III", 0x40100004, 0, 0xFFFFFFF0)
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x1000: head}))
    assert {"settings A", "certificate", "RF calibration", "system parameters A"} <= set(regions(layout))
    assert any("The image at 0x1000 is damaged or cut off" in notice for notice in layout.notices)
    assert regions(layout)["user1"] == (0x1000, 0x2000)


def test_an_update_that_was_broken_off_is_told_and_does_not_run():
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x81000: dumps.user()[:0x800]}))
    assert layout.runs == "user1"
    assert layout.notices == (
        "The image at 0x81000 is damaged or cut off: there is no second header behind its code in flash. It is not "
        "the program that runs.",
    )
    damaged = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x1000: dumps.user()[:0x800]}))
    assert not damaged.notices[0].endswith("It is not the program that runs.")


def test_a_changed_byte_of_a_program_is_told():
    data = bytearray(dumps.stock())
    data[0x1100] ^= 1
    layout = lay_out(bytes(data))
    assert "does not hold" in layout.region_at(0x1100).note
    assert any("of the image at 0x1000 does not hold" in notice for notice in layout.notices)


def test_settings_that_nobody_can_read_have_their_place():
    noise = dumps.random_bytes(1000)
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x78000: noise, 0x79000: noise}))
    assert regions(layout)["settings A"] == (0x78000, 0x79000)
    assert layout.region_at(0x78000).note.startswith("not readable here")


def test_a_sketch_over_stock_firmware_leaves_the_makers_records_recognised():
    parts = {at: data for at, data in dumps.stock_parts().items() if at >= 0x78000}
    parts |= {0: dumps.core27(), 0xF5000: dumps.tasmota_settings(save_flag=3), 0xF6000: dumps.tasmota_settings()}
    layout = lay_out(dumps.flash(MB, parts))
    assert (layout.family, layout.runs) == (Family.ARDUINO, "sketch")
    assert "left from the maker's firmware" in layout.region_at(0x78000).note
    assert "left from the maker's firmware" in layout.region_at(0x7C000).note
    assert "left from the maker's firmware" in layout.region_at(0x7F000).note
    assert layout.region_at(0xF6000).name == "Tasmota settings"
    assert layout.region_at(0xFB000).name == "RF calibration"
    assert layout.region_at(0xFB000).note == "by its place and size; left from an earlier firmware"
    assert lay_out(dumps.flash(MB, {**parts, 0xFB000: b"preferences"})).region_at(0xFB000).name == "Arduino EEPROM"
    assert "user1" not in layout.region_at(0xFD000).note


def test_a_program_over_the_makers_places_keeps_them():
    long = dumps.sketch(application=by_hand((IRAM, CODE), (0x40201010, CODE * 180)))
    parts = {at: data for at, data in dumps.stock_parts().items() if at >= 0x7C000}
    layout = lay_out(dumps.flash(MB, {**parts, 0: long}))
    assert layout.region_at(0x78000).name == "sketch"
    assert layout.region_at(0xFD000).name == "system parameters A"


def test_a_long_program_has_no_records_in_it():
    long = dumps.user(code=CODE * 180)
    layout = lay_out(dumps.flash(MB, {0: dumps.boot(), **dumps.system(MB), 0x1000: long}))
    end = layout.images[1].end
    assert end > 0x7F000
    assert layout.region_at(0x78000).name == "user1"
    assert [record.name for record in layout.records if record.at < end] == []


def test_a_byte_that_images_begin_with_is_none_where_they_have_no_place():
    broken = b"\xe9\x01\x03\x20" + struct.pack("<III", 0x40100004, DRAM, 100) + bytes(200)
    layout = lay_out(dumps.flash(MB, {**dumps.stock_parts(), 0x90000: broken}))
    assert [image.at for image in layout.images] == [0, 0x1000]
    assert layout.region_at(0x90000).name == "unknown"


def test_what_lies_in_a_file_system_is_recognised_and_no_region_of_its_own():
    superblock = bytes(4) + bytes.fromhex("f00ffff7") + b"littlefs" + bytes.fromhex("2fe00010")
    superblock += struct.pack("<III", 0x20000, SECTOR, 32)
    parts = {0: dumps.sketch(), 0xDB000: superblock, 0xDE000: dumps.certificate()}
    layout = lay_out(dumps.flash(MB, parts))
    assert regions(layout)["littlefs file system"] == (0xDB000, 0xFB000)
    assert layout.record("certificate") is not None
    assert "certificate" not in regions(layout)


def test_an_update_that_lies_staged_does_not_run():
    layout = lay_out(dumps.flash(MB, {0: dumps.core27(), 0x80000: dumps.core27(b"tasmota_%06X\0")}))
    assert layout.region_at(0x80000).note.startswith("does not run;")
    assert layout.region_at(0x81000).name == "image at 0x81000"
    assert layout.runs == "sketch"


def test_a_staged_update_that_is_packed_is_told_as_such():
    layout = lay_out(dumps.flash(MB, {0: dumps.core27(), 0x80000: b"\x1f\x8b\x08" + dumps.random_bytes(9000)}))
    assert "gzip" in layout.region_at(0x80000).note


def test_the_words_of_arduino_core_2_7_are_checked():
    image = dumps.core27()
    stage = lay_out(image).images[0]
    assert (stage.maker, stage.end, stage.is_sound) == ("Arduino core 2.7", 0x1000, True)
    damaged = bytearray(image)
    damaged[0x1100] ^= 1
    assert not lay_out(bytes(damaged)).images[0].is_sound


def test_a_header_that_was_fitted_explains_the_crc_of_core_2_7():
    image = bytearray(dumps.core27())
    image[2:4] = b"\x00\x40"
    layout = lay_out(bytes(image))
    crc = layout.images[0].check("Arduino CRC")
    assert crc is not None
    assert crc.is_explained
    assert "03 20" in crc.note
    assert layout.notices == ()
    assert "or are explained" in layout.region_at(0).note


def test_an_image_of_arduino_core_3():
    layout = lay_out(dumps.flash(MB, {0: core3()}))
    assert "Arduino core 3" in layout.region_at(0x1000).note
    assert layout.region_at(0x1000).note.startswith("runs;")


def test_rboot_with_two_programs():
    parts = {0: by_hand((IRAM, CODE), size_freq=0x20), 0x1000: rboot_config(1), 0x2000: dumps.user(b"one\0")}
    parts |= {0x82000: dumps.user(b"two\0"), **dumps.system(MB)}
    layout = lay_out(dumps.flash(MB, parts))
    assert (layout.family, layout.runs) == (Family.RBOOT, "ROM 1")
    assert layout.region_at(0x1000).note == "ROM 1 of 2 counts: 0x2000, 0x82000"
    assert regions(layout)["ROM 1"] == (0x82000, 0x84000)
    assert layout.region_at(0x2000).note.startswith("does not run;")


def test_rboot_that_names_a_program_that_is_not_there():
    parts = {0: by_hand((IRAM, CODE)), 0x1000: rboot_config(1), 0x2000: dumps.user(b"one\0")}
    layout = lay_out(dumps.flash(MB, parts))
    assert layout.runs == ""
    assert "names ROM 1, at 0x82000, and no image was found there" in layout.runs_because


def test_rboot_without_a_configuration_is_known_by_its_words():
    boot = by_hand((IRAM, CODE), (DRAM, b"\r\nrBoot v1.4.2 - "), size_freq=0x20)
    layout = lay_out(dumps.flash(MB, {0: boot, 0x2000: dumps.user(b"one\0")}))
    assert (layout.family, layout.runs) == (Family.RBOOT, "")
    assert layout.runs_because.startswith("rBoot's configuration at 0x1000 is missing")


@pytest.mark.parametrize(("size_freq", "room", "name"), [(0x40, 0x81000, "512+512"), (0x60, 0x101000, "1024+1024")])
def test_where_user2_would_be_on_4_mb(size_freq, room, name):
    parts = {**dumps.stock_parts(4 * MB), 0: dumps.boot(size_freq=size_freq)}
    layout = lay_out(dumps.flash(4 * MB, parts))
    assert regions(layout)["room for user2 (blank)"] == (room, 2 * room - 0x1000)
    assert layout.map_name == name


def test_nodemcu_with_records_between_its_two_parts():
    layout = lay_out(dumps.flash(MB, {0: nodemcu(), 0xF000: dumps.phy()}))
    assert [(r.start, r.end) for r in layout.regions if r.name == "program"] == [(0, 0x7000), (0x10000, 0x13000)]
    assert layout.region_at(0xF000).name == "PHY init data"
    assert layout.runs == "program"


def test_micropython_is_one_program_across_its_gap():
    layout = lay_out(dumps.flash(MB, {0: micropython(), 0xFC000: dumps.phy()}))
    assert regions(layout)["program"] == (0, 0xA000)
    assert layout.region_at(0).note == "runs; ends at 0x9bc8; MicroPython; checksums hold"


@pytest.mark.parametrize("size", [0, 1, 7, 8, 4095, 4096, 4097, 5000, 20479, 20480, MB - 1, MB, MB + 1])
@pytest.mark.parametrize("byte", [0x00, 0xFF, 0xE9, 0xEA])
def test_one_byte_over_and_over(size, byte):
    data = bytes([byte]) * size
    layout = lay_out(data)
    assert is_tiled(layout) or size == 0
    identify_firmware(data, layout)


@given(st.binary(max_size=9000))
def test_any_bytes_have_a_layout(data):
    layout = lay_out(data)
    assert is_tiled(layout) or not data
    identify_firmware(data, layout)


@functools.cache
def practice() -> bytes:
    return factory_image(MODELS["basic"], bytes.fromhex("d02700aabbcc"))


MUTATIONS = st.tuples(
    st.one_of(st.integers(0, 0x40), st.integers(0x1000, 0x1020), st.integers(0, MB - 1)),
    st.binary(min_size=1, max_size=8),
)


@settings(max_examples=60, deadline=None)
@example([], MB - 4064)  # within the flag sector, behind its last word
@given(st.lists(MUTATIONS, max_size=4), st.integers(0, MB))
def test_a_practice_dump_changed_and_cut_anywhere_has_a_layout(changes, end):
    data = bytearray(practice())
    for at, new in changes:
        data[at : at + len(new)] = new
    cut = bytes(data[:end])
    layout = lay_out(cut)
    assert is_tiled(layout) or not cut
    identify_firmware(cut, layout)
    for record in layout.records:
        assert 0 <= record.at < record.end <= len(cut)


@pytest.mark.parametrize("at", [1, 2, 3, 0x1001, 0x1002, 0x1003])
@pytest.mark.parametrize("byte", [0x00, 0x01, 0x7F, 0x80, 0xFF])
def test_a_header_byte_at_its_extremes(at, byte):
    data = bytearray(dumps.stock())
    data[at] = byte
    layout = lay_out(bytes(data))
    assert is_tiled(layout)
    assert layout.region_at(0x78000).name == "settings A"
    assert layout.region_at(0xFD000).name == "system parameters A"


def test_region_at_tells_borders_and_what_lies_outside():
    layout = lay_out(dumps.stock())
    for region in layout.regions:
        assert layout.region_at(region.start) is region
        assert layout.region_at(region.end - 1) is region
    for outside in (-1, MB):
        with pytest.raises(IndexError, match="lies outside the 1048576 bytes"):
            layout.region_at(outside)


def images_everywhere(size: int) -> bytes:
    """Every sector but where images have their places begins one that claims all that follows, and does not hold."""
    out = bytearray()
    for at in range(0, size, SECTOR):
        rest = max(0, size - at - 200)
        out += (b"\xe9\x01\x03\x20" + struct.pack("<III", IRAM, DRAM, rest)).ljust(SECTOR, b"\x5a")
    for at in (0, 0x1000, 0x41000, 0x81000, 0x101000):
        out[at : at + SECTOR] = bytes(SECTOR)
    return bytes(out[:size])


def records_everywhere(size: int) -> bytes:
    return dumps.phy().ljust(SECTOR, b"\xff") * (size // SECTOR)


def sound_images_everywhere(size: int) -> bytes:
    return by_hand((IRAM, CODE[:200])).ljust(SECTOR, b"\xff") * (size // SECTOR)


@pytest.mark.parametrize("make", [images_everywhere, records_everywhere, sound_images_everywhere])
def test_hostile_files_take_work_in_proportion(make):
    """Eight times the bytes: quadratic would be 64 times the work."""
    works = []
    for size in (MB, 8 * MB):
        work, layout = counted(partial(lay_out, make(size)))
        works.append(work)
        assert is_tiled(layout)
    assert works[1] < 12 * works[0]
