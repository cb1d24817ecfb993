"""Boot logs taken apart: real ones whole, and whatever is left of them on a bad line."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from logs import (
    AS_DOCUMENTED,
    DOWNLOAD,
    EBOOT,
    EXCEPTION,
    NO_CALIBRATION,
    NO_PROGRAM,
    RUNS_OVER,
    SHORT_WORDING,
    STOCK,
    WATCHDOG,
    starts,
)

from sonoffkit.bootlog import Boot, Load, ResetCause, decode

STOCK_LOADS = (
    Load(0x40100000, 2408, 16, 8, 0xE5),
    Load(0x3FFE8000, 776, 0, 8, 0x84),
    Load(0x3FFE8310, 632, 0, 8, 0xD8),
)


def only(data: bytes) -> Boot:
    (boot,) = decode(data).boots
    return boot


def test_a_stock_log_is_read_whole():
    boot = only(STOCK)
    assert (boot.cause, boot.mode, boot.loads, boot.csum) == (ResetCause.POWER, 3, STOCK_LOADS, 0xD8)
    assert (boot.boot_version, boot.runs, boot.errors) == ("1.6", "user1 @ 1000", ())
    assert boot.is_from_flash
    assert not boot.is_download
    assert boot.lines[:3] == (
        "ets Jan  8 2013,rst cause:1, boot mode:(3,6)",
        "load 0x40100000, len 2408, room 16",
        "tail 8",
    )


def test_a_header_that_runs_over_gives_no_segment_a_tail():
    assert [load.tail for load in only(RUNS_OVER).loads] == [4, 12, 12]


def test_arduinos_boot_loader_is_told_by_its_words():
    boot = only(EBOOT)
    assert (boot.boot_version, boot.stamp, boot.runs) == ("eboot", 0x4CEABEA9, "sketch @ 1000")


@pytest.mark.parametrize(
    ("data", "cause", "mode"),
    [(DOWNLOAD, 1, 1), (AS_DOCUMENTED, 1, 1), (SHORT_WORDING, 2, 3), (starts(0, 7), 0, 7), (starts(6), 6, 3)],
)
def test_both_wordings_tell_cause_and_mode(data, cause, mode):
    boot = only(data)
    assert (boot.cause, boot.mode) == (cause, mode)


def test_a_cause_that_there_is_not_is_none():
    assert only(starts(9)).cause is None


@pytest.mark.parametrize("cause", ResetCause)
def test_every_cause_has_words(cause):
    assert cause.says


def test_the_mode_is_told_as_pins():
    assert only(DOWNLOAD).pins == "GPIO15 low, GPIO0 low, GPIO2 high"
    assert only(starts(1, 7)).pins == "GPIO15 high, GPIO0 high, GPIO2 high"
    assert only(b"csum err").pins == ""


def test_the_words_of_trouble_are_kept_in_their_order():
    boot = only(STOCK + NO_CALIBRATION + EXCEPTION)
    assert boot.errors == ("rf_cal[0] !=0x05,is 0xFF", "Fatal exception (28)")


def test_a_boot_loader_that_finds_nothing_is_followed_by_another_boot():
    first, second = decode(starts(1) + NO_PROGRAM + WATCHDOG).boots
    assert (first.boot_version, first.errors) == ("1.7(5d6f877)", ("error magic!", "first boot failed"))
    assert (second.cause, second.errors) == (ResetCause.WATCHDOG, ("wdt reset",))


def test_what_was_said_before_the_first_boot_is_kept_apart():
    log = decode(b"the relay is off\r\n" + STOCK)
    assert log.before == ("the relay is off",)
    assert len(log.boots) == 1


def test_a_log_that_begins_in_the_middle_has_what_is_left_of_it():
    boot = only(STOCK[STOCK.index(b"load 0x3ffe8000") :])
    assert (boot.cause, boot.mode, boot.loads, boot.csum) == (None, None, STOCK_LOADS[1:], 0xD8)
    assert boot.is_from_flash


def test_a_log_that_ends_anywhere_never_says_more_than_the_whole():
    whole = only(STOCK)
    for end in range(len(STOCK)):
        for boot in decode(STOCK[:end]).boots:
            assert boot.cause in (None, whole.cause)
            assert boot.mode in (None, whole.mode)
            assert [load.address for load in boot.loads] == [load.address for load in whole.loads[: len(boot.loads)]]
            assert boot.csum in (None, whole.csum)


def test_a_boot_that_is_cut_off_by_the_next_is_one_of_its_own():
    log = decode(STOCK[:25] + STOCK)
    assert [boot.cause for boot in log.boots] == [None, ResetCause.POWER]
    assert log.boots[1].loads == STOCK_LOADS


@pytest.mark.parametrize("end", [b"\n", b"\r", b"", b"\r\r\n", b"\n\r", b" \x00\n"])
def test_line_ends_do_not_matter(end):
    boot = only(STOCK.replace(b"\r\n", end))
    assert (boot.mode, boot.loads, boot.csum, boot.runs) == (3, STOCK_LOADS, 0xD8, "user1 @ 1000")


def test_garbage_between_lines_changes_nothing():
    boot = only(STOCK.replace(b"\r\n", b"\r\n\xfe\x00\x81\xff\x8c"))
    assert (boot.cause, boot.mode, boot.loads, boot.csum) == (ResetCause.POWER, 3, STOCK_LOADS, 0xD8)


def test_each_of_many_starts_is_a_boot():
    assert [boot.cause for boot in decode(STOCK + WATCHDOG * 3).boots] == [1, 4, 4, 4]


def test_a_banner_whose_first_words_were_lost_begins_a_boot_all_the_same():
    assert [boot.mode for boot in decode(STOCK + STOCK[STOCK.index(b"rst cause") :]).boots] == [3, 3]
    assert [boot.mode for boot in decode(STOCK + STOCK[STOCK.index(b"boot mode") :]).boots] == [3, 3]


@given(st.binary(max_size=400))
@example(b"load 0x40100000, len 99999999999, room 16")
@example(b"boot mode:(333,6)")
def test_any_bytes_are_decoded_without_an_error(data):
    decode(data)


@given(st.integers(0, len(STOCK)), st.integers(0, len(STOCK)), st.binary(max_size=40))
def test_a_log_with_a_hole_or_a_piece_too_much_is_decoded(start, end, between):
    log = decode(STOCK[:start] + between + STOCK[end:])
    assert all(load in STOCK_LOADS or load.address for boot in log.boots for load in boot.loads)


@pytest.mark.parametrize(
    "data",
    [b"load 0x" * 200_000, b"x" * 2_000_000, b"Fatal exception (" * 90_000, b"boot mode:" * 150_000, bytes(10**6)],
)
def test_megabytes_without_a_boot_come_to_an_end(data):
    assert decode(data).last is None


def test_megabytes_of_boots_are_all_there():
    assert len(decode(STOCK * 2500).boots) == 2500
