"""Writing: what differs and nothing else, all of it verified, and gone on with where it was cut off."""

from __future__ import annotations

import hashlib
import threading

import pytest
from transfer_helpers import MB, SECTOR, dense, sparse

from sonoffkit.errors import Cancelled, GarbledAnswer, NoAnswer, PortLost, TransferFailed, VerifyFailed
from sonoffkit.practice import Faults
from sonoffkit.session import connect
from sonoffkit.transfer import PIECE, Region, write_changes
from sonoffkit.transfer.pieces import cut

URL = "practice://basic?hurry=1"


def sectors(regions):
    return {at // SECTOR for at, _ in cut([Region(*region) for region in regions], SECTOR)}


def test_what_the_device_holds_already_is_not_sent(device, wire, sonoff):
    written = write_changes(device, 0, sonoff.contents())
    assert (written.sent, written.kept, written.repeats) == (0, MB, 0)
    assert wire.writes == []


def test_only_the_sectors_that_differ_are_sent(device, wire, sonoff, holds):
    wanted = sonoff.contents()
    changed = {3, 4, 100, 255}
    for n in changed:
        holds(b"changed", n * SECTOR + 9)
    written = write_changes(device, 0, wanted)
    assert sonoff.contents() == wanted
    assert sectors(wire.writes) == changed
    assert (written.sent, written.kept) == (4 * SECTOR, MB - 4 * SECTOR)


def test_of_another_image_only_what_both_have_blank_is_kept(device, wire, sonoff, holds):
    holds(sparse("#" * 128 + "." * 128, 1))
    wanted = sparse("#" * 128 + "." * 128, 2)
    written = write_changes(device, 0, wanted)
    assert sonoff.contents() == wanted
    assert (written.sent, written.kept) == (MB // 2, MB // 2)


def test_what_must_be_blank_becomes_blank(device, sonoff, holds):
    holds(dense(MB))
    wanted = sparse("#" * 8 + "." * 248)
    write_changes(device, 0, wanted)
    assert sonoff.contents() == wanted


def test_an_end_within_a_sector_leaves_the_rest_of_that_sector_blank(device, sonoff):
    before = sonoff.contents()
    data = dense(SECTOR + 100)
    write_changes(device, 0x4000, data)
    blank = b"\xff" * (SECTOR - 100)
    assert sonoff.contents() == before[:0x4000] + data + blank + before[0x4000 + 2 * SECTOR :]


def test_progress_ends_with_all_and_counts_what_was_there(device, sonoff, holds):
    wanted = sonoff.contents()
    holds(b"changed", 0x80000)
    seen = []
    write_changes(device, 0, wanted, lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[0][0] >= MB - PIECE
    assert seen[-1] == (MB, MB)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    "fault",
    ["drop_to_host", "flip_to_host", "duplicate_to_host", "drop_to_chip", "flip_to_chip", "duplicate_to_chip"],
)
def test_over_a_bad_line_every_byte_is_right(device, sonoff, fault, seed):
    wanted = dense(0x20000, seed)
    sonoff.faults = Faults(**{fault: 300 if fault.endswith("host") else 20_000, "seed": seed})
    written = write_changes(device, 0x10000, wanted)
    assert sonoff.contents()[0x10000:0x30000] == wanted
    assert written.repeats > 0 or fault.endswith("host")  # few bytes come back: some seeds hit none


def test_noise_that_never_stops_is_given_up(device, sonoff):
    sonoff.faults = Faults(flip_to_chip=200)
    with pytest.raises((TransferFailed, NoAnswer, GarbledAnswer)) as caught:
        write_changes(device, 0, dense(0x20000))
    assert caught.value.hint


def test_where_bytes_break_at_a_speed_it_goes_on_at_a_lower_one(sonoff):
    wanted = dense(0x20000)
    with connect(URL) as device:
        sonoff.faults = Faults(frail_above=500_000)
        write_changes(device, 0, wanted)
        assert device.baud == 460800
    assert sonoff.contents()[:0x20000] == wanted


def test_cells_that_do_not_take_the_bytes_are_told(device, sonoff):
    sonoff.faults.bad_sector = 0x3000
    with pytest.raises(VerifyFailed) as caught:
        write_changes(device, 0, dense(0x10000))
    assert str(caught.value) == "What was written reads back differently."


def test_after_a_pulled_cable_it_goes_on_with_what_is_missing(device, sonoff):
    wanted = dense(MB, 3)

    def pull(done, total):
        if done > 5 * PIECE:
            sonoff.unplug()

    with pytest.raises(PortLost):
        write_changes(device, 0, wanted, pull)
    device.close()
    sonoff.hold_button()
    sonoff.plug_in()
    with connect(URL) as again:
        written = write_changes(again, 0, wanted)
    assert sonoff.contents() == wanted
    assert written.kept >= 5 * PIECE


def test_after_a_sagging_supply_it_goes_on_with_what_is_missing(device, sonoff):
    wanted = dense(MB, 4)
    sonoff.faults.sag_after = 300_000
    with pytest.raises((NoAnswer, TransferFailed)):
        write_changes(device, 0, wanted)
    device.close()
    sonoff.faults = Faults()
    sonoff.hold_button()
    sonoff.power_cycle()
    with connect(URL) as again:
        written = write_changes(again, 0, wanted)
    assert sonoff.contents() == wanted
    assert written.kept >= 3 * PIECE


def test_stopped_in_the_middle_it_can_be_gone_on_with(device, sonoff):
    wanted, cancel = dense(MB, 5), threading.Event()

    def stop(done, total):
        if done > 3 * PIECE:
            cancel.set()

    with pytest.raises(Cancelled):
        write_changes(device, 0, wanted, stop, cancel)
    assert hashlib.md5(sonoff.contents()).digest() != hashlib.md5(wanted).digest()
    written = write_changes(device, 0, wanted)
    assert sonoff.contents() == wanted
    assert written.kept >= 3 * PIECE


def test_a_stretch_is_never_less_than_a_sector(device, sonoff, wire):
    # Half a sector would be erased with the whole one: the second half would take the first away.
    sonoff.faults = Faults(flip_to_chip=7_000, seed=2)
    wanted = dense(0x20000, 7)
    write_changes(device, 0, wanted)
    assert sonoff.contents()[:0x20000] == wanted
    assert min(size for _, size in wire.writes) >= SECTOR


def test_an_error_before_the_first_byte_does_not_speak_of_half_a_firmware(device, sonoff):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled) as caught:
        write_changes(device, 0, dense(MB), cancel=cancel)
    assert "only a part" not in caught.value.hint
