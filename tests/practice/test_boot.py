"""What a chip says when it starts, held against the disassembled ROM's formats and against public logs."""

from __future__ import annotations

import functools
import operator
import random
import re
import struct
from pathlib import Path

import pytest
import serial
from hypothesis import example, given
from hypothesis import strategies as st

from sonoffkit.practice import MODELS, lesson_images, practice_device, register
from sonoffkit.practice.boot import banner, boot_from_flash
from sonoffkit.practice.factory import factory_image
from sonoffkit.practice.flash import NorFlash
from sonoffkit.practice.uart import heard

# Real images, beside the checkout where there are any (see firmware/MANIFEST.md there).
REAL = Path(__file__).parents[3] / "shared" / "firmware"
needs_real = pytest.mark.skipif(not REAL.is_dir(), reason="the real images are not here")
MB = 0x100000
MAC = bytes.fromhex("5ccf7f010203")
GIVEN_UP = "ets_main.c "
POWER_ON = "\r\n ets Jan  8 2013,rst cause:1, boot mode:(3,7)\r\n\r\n"
POWER_ON_HELD = "\r\n ets Jan  8 2013,rst cause:1, boot mode:(1,7)\r\n\r\n"
IRAM, DRAM, EBOOT = 0x40100000, 0x3FFE8000, 0x4010F000


def xor(data: bytes) -> int:
    return functools.reduce(operator.xor, data, 0xEF)


def image(*segments: tuple[int, bytes], check: int | None = None) -> bytes:
    """An image of version 1, by the format's rules and without the code under test."""
    out = struct.pack("<BBBBI", 0xE9, len(segments), 3, 0x20, IRAM + 4)
    for address, data in segments:
        out += struct.pack("<II", address, len(data)) + data
    out += bytes(15 - len(out) % 16)
    return out + bytes([xor(b"".join(data for _, data in segments)) if check is None else check])


def pieces(contents: bytes) -> list[tuple[bytes, int | None]]:
    """What is said after the banner, with the speeds."""
    return list(boot_from_flash(NorFlash(bytearray(contents))))


def said(contents: bytes) -> str:
    return b"".join(words for words, _ in pieces(contents)).decode("ascii")


def on_flash(data: bytes, size: int = MB) -> bytes:
    return data.ljust(size, b"\xff")


def changed(contents: bytes, at: int, data: bytes) -> bytes:
    return contents[:at] + data + contents[at + len(data) :]


@functools.cache
def factory(model: str = "basic") -> bytes:
    return factory_image(MODELS[model], MAC)


# The ROM


@pytest.mark.parametrize(
    ("cause", "download", "words"),
    [(1, False, "rst cause:1, boot mode:(3,7)"), (2, True, "rst cause:2, boot mode:(1,7)")],
)
def test_the_banner_tells_the_cause_and_the_pins(cause, download, words):
    assert banner(cause, download=download).decode() == f"\r\n ets Jan  8 2013,{words}\r\n\r\n"


def test_each_segment_has_three_lines_and_the_checksum_runs_on():
    contents = image((IRAM, b"\x10\x00\x00\x00"), (DRAM, b"\x0f\x00\x00\x00"))
    assert said(contents) == (
        "load 0x40100000, len 4, room 16 \r\ntail 4\r\nchksum 0xff\r\n"
        "load 0x3ffe8000, len 4, room 4 \r\ntail 0\r\nchksum 0xf0\r\n"
        "csum 0xf0\r\n"
    )


# Public logs of images that are not at hand: segments as (address, length), and all lines but the checksums.
PUBLIC_LOGS = {
    "boot 1.6": (
        [(0x40100000, 2408), (0x3FFE8000, 776), (0x3FFE8310, 632)],
        "load 0x40100000, len 2408, room 16 \ntail 8\n"
        "load 0x3ffe8000, len 776, room 0 \ntail 8\n"
        "load 0x3ffe8310, len 632, room 0 \ntail 8\n",
    ),
    "boot 1.7": (
        [(0x40100000, 2592), (0x3FFE8000, 764), (0x3FFE82FC, 676)],
        "load 0x40100000, len 2592, room 16 \ntail 0\n"
        "load 0x3ffe8000, len 764, room 8 \ntail 4\n"
        "load 0x3ffe82fc, len 676, room 4 \ntail 0\n",
    ),
    "a header that runs over": (
        [(0x40100000, 25700), (0x3FFE8000, 848), (0x3FFE8350, 184)],
        "load 0x40100000, len 25700, room 16 \ntail 4\n"
        "load 0x3ffe8000, len 848, room 4 \ntail 12\nho 0 tail 12 room 4\n"
        "load 0x3ffe8350, len 184, room 12 \ntail 12\n",
    ),
    "a header that runs over at once": (
        [(0x40100000, 28780), (0x3FFE8000, 1580), (0x3FFE8630, 36588)],
        "load 0x40100000, len 28780, room 16 \ntail 12\nho 0 tail 12 room 4\n"
        "load 0x3ffe8000, len 1580, room 12 \ntail 0\n"
        "load 0x3ffe8630, len 36588, room 8 \ntail 4\n",
    ),
    "eboot of core 3": (
        [(0x4010F000, 3424), (0x3FFF20B8, 40)],
        "load 0x4010f000, len 3424, room 16 \ntail 0\nload 0x3fff20b8, len 40, room 8 \ntail 0\n",
    ),
    "eboot of core 2.4": ([(0x4010F000, 1384)], "load 0x4010f000, len 1384, room 16 \ntail 8\n"),
    "an empty segment": (  # the room of 4 stays, and so does the place in the block
        [(0x40100000, 4), (0x3FFE8000, 0), (0x3FFE8000, 16)],
        "load 0x40100000, len 4, room 16 \ntail 4\n"
        "load 0x3ffe8000, len 0, room 4 \ntail 0\nho 12 tail 0 room 4\n"
        "load 0x3ffe8000, len 16, room 12 \ntail 4\n",
    ),
}


@pytest.mark.parametrize("log", PUBLIC_LOGS)
def test_the_lines_are_those_of_public_logs(log):
    rng = random.Random(log)
    segments, expected = PUBLIC_LOGS[log]
    loaded = [(address, rng.randbytes(size)) for address, size in segments]
    lines = said(on_flash(image(*loaded))).split("\r\n")
    assert [line for line in lines if line.startswith(("load", "tail", "ho"))] == expected.split("\n")[:-1]
    running = [xor(b"".join(data for _, data in loaded[: n + 1])) for n in range(len(loaded))]
    assert [line for line in lines if line.startswith("chksum")] == [f"chksum 0x{check:02x}" for check in running]
    assert f"csum 0x{running[-1]:02x}" in lines


def test_erased_flash_is_no_image():
    assert said(b"\xff" * 0x1000) == GIVEN_UP


@pytest.mark.parametrize("first", [0x00, 0xEA])
def test_what_begins_as_no_image_is_not_loaded(first):
    assert said(changed(on_flash(image((IRAM, bytes(16)))), 0, bytes([first]))) == GIVEN_UP


def test_one_turned_bit_in_a_segment_shows_in_the_sum():
    sound = on_flash(image((IRAM, bytes(100)), (DRAM, bytes(60))))
    assert said(sound).endswith("csum 0xef\r\n")
    assert said(changed(sound, 16 + 50, b"\x04")) == (
        "load 0x40100000, len 100, room 16 \r\ntail 4\r\nchksum 0xeb\r\n"
        "load 0x3ffe8000, len 60, room 4 \r\ntail 8\r\nchksum 0xeb\r\n"
        "csum 0xeb\r\ncsum err\r\nets_main.c "
    )


def test_one_turned_bit_in_the_stored_sum_shows_too():
    assert said(on_flash(image((IRAM, bytes(16)), check=0xEE))).endswith("csum 0xef\r\ncsum err\r\nets_main.c ")


@pytest.mark.parametrize(
    ("size", "told"), [(0x400000 - 16 + 1, "4194289"), (0x7FFFFFFF, "2147483647"), (0xFFFFFFFF, "-1")]
)
def test_a_segment_that_reaches_beyond_4_mib_cannot_be_read(size, told):
    contents = on_flash(struct.pack("<BBBBIII", 0xE9, 1, 3, 0x20, 0, IRAM, size), 0x10000)
    assert said(contents) == (
        f"load 0x40100000, len {told}, room 16 \r\nflash read err, ets_unpack_flash_code\r\nets_main.c "
    )


def test_a_segment_up_to_the_end_of_4_mib_is_read():
    contents = on_flash(struct.pack("<BBBBIII", 0xE9, 1, 3, 0x20, 0, IRAM, 0x400000 - 16), 0x10000)
    assert said(contents).startswith("load 0x40100000, len 4194288, room 16 \r\ntail 0\r\nchksum 0x")


def test_the_second_segment_may_be_what_cannot_be_read():
    contents = bytearray(on_flash(image((IRAM, bytes(16)), (DRAM, bytes(16)))))
    struct.pack_into("<I", contents, 16 + 16 + 4, MB * 4)
    assert said(contents) == (
        "load 0x40100000, len 16, room 16 \r\ntail 0\r\nchksum 0xef\r\n"
        "load 0x3ffe8000, len 4194304, room 8 \r\nflash read err, ets_unpack_flash_code\r\nets_main.c "
    )


@pytest.mark.parametrize("address", [0x00000000, 0x3FE00000, 0x40000000, 0x40201010, 0xFFFFFFFF])
def test_data_for_where_no_ram_is_stops_it_after_that_line(address):
    contents = on_flash(image((IRAM, bytes(16)), (address, bytes(32))))
    assert said(contents) == (
        f"load 0x40100000, len 16, room 16 \r\ntail 0\r\nchksum 0xef\r\nload 0x{address:08x}, len 32, room 8 \r\n"
    )


def test_no_data_may_be_for_anywhere():
    assert said(on_flash(image((0, b""), (IRAM, bytes(16))))).endswith("chksum 0xef\r\ncsum 0xef\r\n")


# What the ROM starts


def test_an_image_that_is_none_of_ours_is_loaded_and_says_nothing_known():
    contents = on_flash(image((IRAM, b"anybody's program")))
    assert said(contents).splitlines()[-1].startswith("csum 0x")


@pytest.mark.parametrize(
    ("name", "words"),
    [("practice-hello.bin", "Hello from your own firmware!"), ("practice-blink.bin", "blink: the LED goes on and off")],
)
def test_a_lesson_image_says_its_words_at_its_own_speed(name, words):
    lesson = lesson_images()[name]
    (version,) = struct.unpack_from("<I", lesson, 0x1010)
    *loader, sketch = pieces(on_flash(lesson))
    assert sketch == (f"{words}\r\n".encode(), 115200)
    assert loader[-1] == (f"v{version:08x}\r\n~ld\r\n".encode(), None)
    assert {baud for _, baud in loader} == {None}


def test_eboot_without_a_sketch_says_nothing():
    contents = on_flash(lesson_images()["practice-hello.bin"][:0x1000])
    assert said(contents).splitlines()[-1].startswith("csum 0x")


@pytest.mark.parametrize(
    ("model", "size", "sector"),
    [("basic", "8Mbit(512KB+512KB)", 251), ("pow-r2", "32Mbit(512KB+512KB)", 1019)],
)
def test_a_factory_image_starts_as_stock_firmware_does(model, size, sector):
    words = said(factory(model))
    assert words[words.index("csum") :].partition("\r\n")[2] == (
        "\r\n2nd boot version : 1.6\r\n"
        "  SPI Speed      : 40MHz\r\n"
        "  SPI Mode       : DOUT\r\n"
        f"  SPI Flash Size & Map: {size}\r\n"
        "jump to run user1 @ 1000\r\n\r\n"
        f"rf cal sector: {sector}\r\n"
        "practice-maker firmware 1.6.0, the relay is off\r\n"
    )
    assert {baud for _, baud in pieces(factory(model))} == {None}


@pytest.mark.parametrize("first", [0xFF, 0x00])
def test_without_the_radios_first_settings_stock_firmware_goes_no_further(first):
    words = said(changed(factory(), 0xFC000, bytes([first])))
    assert words.endswith(f"rf cal sector: 251\r\nrf_cal[0] !=0x05,is 0x{first:02X}\r\n")


@pytest.mark.parametrize(
    ("mode", "size_and_speed", "lines"),
    [
        (0x00, 0x2F, ["80MHz", "QIO", "8Mbit(512KB+512KB)"]),
        (0x02, 0x41, ["26.7MHz", "DIO", "32Mbit(512KB+512KB)"]),
        (0x01, 0x32, ["20MHz", "QOUT", "16Mbit(512KB+512KB)"]),
    ],
)
def test_the_boot_loader_tells_what_the_header_says(mode, size_and_speed, lines):
    words = said(changed(factory(), 2, bytes([mode, size_and_speed])))
    assert re.findall(r"^  SPI [\w &]+: (.*)\r$", words, re.MULTILINE) == lines


def test_boot_loader_1_7_sets_its_lines_otherwise_and_tells_its_build():
    contents = on_flash(image((IRAM, bytes(16)), (DRAM, b"2nd boot version : 1.7(5d6f877)\n\0SPI Speed : \0")))
    assert said(changed(contents, 0x1000, b"\xea")).partition("csum")[2].partition("\r\n")[2] == (
        "\r\n2nd boot version : 1.7(5d6f877)\r\n"
        "SPI Speed : 40MHz\r\n"
        "SPI Mode : DOUT\r\n"
        "SPI Flash Size & Map: 8Mbit(512KB+512KB)\r\n"
        "jump to run user1 @ 1000\r\n\r\n"
    )


@pytest.mark.parametrize("first", [b"\xff", b"\x00"])
def test_a_destroyed_user1_makes_it_try_user2_and_give_up(first):
    start = said(factory()).partition("jump to run")[0]  # all that ROM and boot loader say before
    assert said(changed(factory(), 0x1000, first)) == (
        f"{start}jump to run user1 @ 1000\r\n\r\n"
        "error magic!\r\nfirst boot failed, reboot to try backup bin\r\n\r\n"
        "\r\n ets Jan  8 2013,rst cause:4, boot mode:(3,7)\r\n\r\nwdt reset\r\n"
        f"{start}jump to run user2 @ 81000\r\n\r\n"
        "error magic!\r\nbackup boot failed.\r\n\r\nuser code done\r\n"
    )


def test_a_watchdogs_reset_is_told_at_the_roms_speed_whatever_was_in_force():
    told = [(words, baud) for words, baud in pieces(changed(factory(), 0x1000, b"\xff")) if b"rst cause" in words]
    assert told == [(b"\r\n ets Jan  8 2013,rst cause:4, boot mode:(3,7)\r\n\r\nwdt reset\r\n", 74880)]


def test_a_sound_user2_is_started_in_place_of_a_destroyed_user1():
    user1 = factory()[0x1000:0x65000]
    contents = changed(changed(factory(), 0x81000, user1), 0x1000, b"\xff")
    assert said(contents).endswith(
        "jump to run user2 @ 81000\r\n\r\nrf cal sector: 251\r\npractice-maker firmware 1.6.0, the relay is off\r\n"
    )


@pytest.mark.parametrize(
    ("flag", "copy_a", "copy_b", "user"),
    [
        (0, 0xFD, 0xFC, 2),
        (0, 0xFC, 0xFD, 1),
        (1, 0xFC, 0xFD, 2),
        (1, 0xFD, 0xFC, 1),
        (0, 0xFF, 0xFD, 1),  # never written
    ],
)
def test_the_system_parameters_choose_the_user_image(flag, copy_a, copy_b, user):
    contents = changed(factory(), 0x81000, factory()[0x1000:0x65000])
    for at, byte in ((MB - 0x3000, copy_a), (MB - 0x2000, copy_b), (MB - 0x1000, flag)):
        contents = changed(contents, at, bytes([byte]))
    place = {1: "1000", 2: "81000"}[user]
    assert f"jump to run user{user} @ {place}\r\n\r\nrf cal sector: 251\r\n" in said(contents)


def test_a_chosen_user2_that_is_none_is_the_end():
    words = said(changed(factory(), MB - 0x3000, b"\xfd"))
    assert words.endswith(
        "jump to run user2 @ 81000\r\n\r\nerror magic!\r\nbackup boot failed.\r\n\r\nuser code done\r\n"
    )


# Real images


@needs_real
def test_the_stock_basic_starts_as_its_public_log_says():
    words = said((REAL / "stock_basic_fw1.6.0_redacted.bin").read_bytes())
    assert words.startswith(
        "load 0x40100000, len 2408, room 16 \r\ntail 8\r\nchksum 0xe5\r\n"
        "load 0x3ffe8000, len 776, room 0 \r\ntail 8\r\nchksum 0x84\r\n"
        "load 0x3ffe8310, len 632, room 0 \r\ntail 8\r\nchksum 0xd8\r\n"
        "csum 0xd8\r\n"
        "\r\n2nd boot version : 1.6\r\n"
        "  SPI Speed      : 40MHz\r\n"
        "  SPI Mode       : DOUT\r\n"
        "  SPI Flash Size & Map: 8Mbit(512KB+512KB)\r\n"
        "jump to run user1 @ 1000\r\n\r\n"
    )


@needs_real
def test_the_stock_mini_starts_as_its_public_log_says():
    words = said((REAL / "stock_mini_fw3.0.0_redacted.bin").read_bytes())
    assert words.startswith(
        "load 0x40100000, len 2592, room 16 \r\ntail 0\r\nchksum 0xf3\r\n"
        "load 0x3ffe8000, len 764, room 8 \r\ntail 4\r\nchksum 0x92\r\n"
        "load 0x3ffe82fc, len 676, room 4 \r\ntail 0\r\nchksum 0x22\r\n"
        "csum 0x22\r\n"
        "\r\n2nd boot version : 1.7(5d6f877)\r\n"
        "SPI Speed : 40MHz\r\n"
        "SPI Mode : DOUT\r\n"
        "SPI Flash Size & Map: 8Mbit(512KB+512KB)\r\n"
        "jump to run user1 @ 1000\r\n\r\n"
    )


@needs_real
def test_a_real_sketch_is_started_by_eboot_and_says_nothing_that_is_known():
    words = said(on_flash((REAL / "arduino_2.4_deepsleep_4M.bin").read_bytes(), 4 * MB))
    assert words == (
        "load 0x4010f000, len 1384, room 16 \r\ntail 8\r\nchksum 0x2d\r\ncsum 0x2d\r\nv4c04c63c\r\n~ld\r\n"
    )


@needs_real
def test_an_image_for_an_esp32_comes_to_nothing():
    words = said(on_flash((REAL / "esp32_bootloader_NEGATIVE.bin").read_bytes()))
    assert words.startswith("load 0x")
    assert words.endswith("csum err\r\nets_main.c ")


# Anything


BOOT_LOADERS = [b"2nd boot version : 1.6\n\0  SPI Speed      : \0", b"2nd boot version : 1.7(5d6f877)\n\0", b""]
segments_of_all_kinds = st.lists(
    st.tuples(
        st.sampled_from([IRAM, DRAM, EBOOT, IRAM, DRAM, 0x40201010]) | st.integers(0, 0xFFFFFFFF),
        st.builds(bytes.__add__, st.sampled_from(BOOT_LOADERS), st.binary(max_size=40)),
    ),
    max_size=5,
)


@st.composite
def nearly_images(draw) -> bytes:
    """Flash with something like an image at its start, and perhaps others behind it, each perhaps broken."""
    first, second = (image(*draw(segments_of_all_kinds)) for _ in range(2))
    flash = bytearray(on_flash(on_flash(first, 0x1000) + second, 0x8000))
    flash[2:4] = draw(st.binary(min_size=2, max_size=2))
    for at in (0x5000, 0x6000, 0x7000):
        flash[at] = draw(st.integers(0, 255))
    for at, byte in draw(st.lists(st.tuples(st.integers(2, 200), st.integers(0, 255)), max_size=2)):
        flash[at] = byte
    return bytes(flash)


@given(nearly_images() | st.binary(min_size=1, max_size=64).map(lambda data: on_flash(data, 0x8000)))
@example(b"\xe9" * 0x8000)
@example(bytes(0x8000))
def test_whatever_lies_in_flash_it_comes_to_an_end(contents):
    words = said(contents)
    # 255 segments with at most four lines each, twice.
    assert words.count("\r\n") < 2 * (255 * 4 + 20)
    assert words.endswith(("\r\n", GIVEN_UP))


# Over the wire


@pytest.fixture
def sonoff():
    return practice_device("basic")


@pytest.fixture
def opened():
    """Opens ``practice://`` ports, and closes them after the test."""
    register()
    ports = []

    def opened(baud: int, url: str = "practice://basic") -> serial.SerialBase:
        ports.append(serial.serial_for_url(url, baudrate=baud, timeout=0))
        return ports[-1]

    yield opened
    for port in ports:
        port.close()


def all_of(port) -> bytes:
    return port.read(port.in_waiting)


def test_at_the_roms_speed_the_whole_log_is_read(opened, sonoff):
    port = opened(74880)
    sonoff.power_cycle()
    log = all_of(port).decode("ascii")
    assert log == POWER_ON + said(sonoff.contents())
    assert log.endswith("the relay is off\r\n")
    assert all_of(port) == b""


def test_at_115200_it_is_the_garbage_that_a_uart_makes_of_it(opened, sonoff):
    port = opened(115200)
    sonoff.power_cycle()
    words = [POWER_ON.encode(), *(words for words, _ in pieces(sonoff.contents()))]
    garbage = all_of(port)
    assert garbage == b"".join(heard(part, 74880, 115200) for part in words)
    assert b"ets" not in garbage
    assert len(garbage) > 100


def test_only_a_sketchs_own_words_are_read_at_its_speed(opened, sonoff):
    contents = on_flash(lesson_images()["practice-hello.bin"])
    (sonoff.folder / "flash.bin").write_bytes(contents)
    port = opened(115200)
    sonoff.power_cycle()
    log = all_of(port)
    assert log.endswith(b"Hello from your own firmware!\r\n")
    assert b"load" not in log
    port.baudrate = 74880
    sonoff.power_cycle()
    log = all_of(port)
    assert log.startswith(POWER_ON.encode() + b"load 0x4010f000")
    assert b"Hello" not in log


def test_with_the_button_held_there_is_only_the_banner(opened, sonoff):
    port = opened(74880)
    sonoff.hold_button()
    sonoff.power_cycle()
    assert all_of(port).decode("ascii") == POWER_ON_HELD


def test_what_was_written_says_its_words_at_the_next_start(opened, sonoff):
    port = opened(74880)
    sonoff.power_cycle()
    before = all_of(port)
    (sonoff.folder / "flash.bin").write_bytes(b"\xff" * MB)
    sonoff.power_cycle()
    assert all_of(port).decode("ascii") == POWER_ON + GIVEN_UP
    assert before.decode("ascii") != POWER_ON + GIVEN_UP


def test_an_image_without_a_segment_is_sound_and_says_nothing_more():
    assert said(on_flash(image(), 0x8000)) == "csum 0xef\r\n"


def test_after_the_watchdog_all_is_said_at_the_roms_own_speed_again():
    said_at = [baud for _, baud in pieces(changed(factory(), 0x1000, b"\xff"))]
    banner_at = said_at.index(74880)
    assert set(said_at[:banner_at]) == {None}
    assert set(said_at[banner_at:]) == {74880}
