"""The whole flash: what is read, what is not, and that every byte is right in the end."""

from __future__ import annotations

import hashlib
import itertools
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transfer_helpers import MB, SECTOR, dense, sparse

from sonoffkit.errors import Cancelled, GarbledAnswer, NoAnswer, PortLost, StubFailed, TransferFailed, VerifyFailed
from sonoffkit.practice import Faults
from sonoffkit.session import connect
from sonoffkit.session.loader import SYNC_FRAME
from sonoffkit.transfer import PIECE, fetch
from sonoffkit.vault import Vault

URL = "practice://basic?hurry=1"
HEALTHY = Faults()


class Earlier:
    """An earlier backup."""

    def __init__(self, data):
        self.data, self.md5 = data, hashlib.md5(data).hexdigest()

    def part(self, address, size):
        return self.data[address : address + size]


@pytest.fixture
def draft(device):
    with Vault().begin(device.identity) as draft:
        yield draft


def fetched(device, draft, *known, **options):
    """What it took, after checking that all is there."""
    result = fetch(device, draft, known, **options)
    assert result.md5 == draft.md5() == hashlib.md5(draft.data()).hexdigest() == device.md5(0, MB)
    assert result.read + result.blank + result.known + result.resumed == MB
    return result


# No more than needed


def test_a_dense_flash_costs_its_bytes_and_one_digest(device, wire, draft, holds, sonoff):
    holds(dense(MB))
    result = fetch(device, draft)
    assert draft.data() == sonoff.contents()
    assert (result.read, result.blank, result.repeats) == (MB, 0, 0)
    assert sum(size for _, size in wire.reads) == MB
    assert wire.questions == [(0, MB)]


def test_what_is_blank_is_not_transferred(device, wire, draft, holds, sonoff, packets):
    holds(sparse("#" * 101 + "." * 19 + "#.#.####" + "." * 120 + "#..####."))  # as a stock Sonoff Basic's
    result = fetched(device, draft)
    assert draft.data() == sonoff.contents()
    assert len(packets) * SECTOR == result.read  # and no packet came for nothing
    # 112 sectors hold something; the first of each run of blanks is read, and that is all.
    assert result.read <= (112 + 7) * SECTOR


def test_an_erased_flash_costs_one_sector(device, wire, draft, holds):
    holds(b"\xff" * MB)
    result = fetched(device, draft)
    assert (result.read, result.blank) == (SECTOR, MB - SECTOR)


def test_short_blanks_here_and_there_are_not_asked_for_again_and_again(device, wire, draft, holds, sonoff):
    holds(sparse("#." * 128))
    result = fetch(device, draft)
    assert draft.data() == sonoff.contents()
    assert result.read == MB
    assert len(wire.questions) < 12


layouts = st.lists(st.tuples(st.sampled_from("#."), st.integers(1, 60)), min_size=1, max_size=12).map(
    lambda runs: "".join(letter * count for letter, count in runs)[:256].ljust(256, ".")
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(layouts, st.integers(0, 9))
def test_whatever_the_layout_every_byte_is_right(device, sonoff, holds, layout, seed):
    holds(sparse(layout, seed))
    with Vault().begin(device.identity) as draft:
        draft.drop(draft.pieces)
        result = fetched(device, draft)
        assert draft.data() == sonoff.contents()
    runs = 1 + sum(one != two for one, two in itertools.pairwise(layout))
    assert result.read <= (layout.count("#") + 2 * runs) * SECTOR + 16 * SECTOR


def test_an_unchanged_flash_is_known_by_one_digest(device, wire, draft, sonoff):
    result = fetch(device, draft, [Earlier(dense(MB, 7)), Earlier(sonoff.contents())])
    assert (result.read, result.known) == (0, MB)
    assert wire.reads == []
    assert wire.questions == [(0, MB)]
    assert draft.data() == sonoff.contents()


def test_of_a_flash_that_changed_a_little_the_changed_sectors_are_read(device, wire, draft, sonoff, holds):
    before = Earlier(sonoff.contents())
    for at in (0x1000, 0x2000, 0x77000):
        holds(b"changed", at + 5)
    result = fetched(device, draft, before)
    assert draft.data() == sonoff.contents()
    assert wire.reads == [(0x1000, 0x2000), (0x77000, 0x1000)]
    assert result.read == 3 * SECTOR


def test_of_a_flash_that_is_another_the_sectors_are_not_compared_one_by_one(device, wire, draft, holds, sonoff):
    holds(dense(MB, 8))
    result = fetch(device, draft, [Earlier(dense(MB, 9))])
    assert draft.data() == sonoff.contents()
    assert result.read == MB
    assert len(wire.questions) == 1 + MB // 0x4000 + 1


def test_pieces_of_several_earlier_backups_come_together(device, wire, draft, holds, sonoff):
    one, two = dense(MB, 10), dense(MB, 11)
    holds(one[: MB // 2] + two[MB // 2 :])
    result = fetched(device, draft, Earlier(one), Earlier(two))
    assert draft.data() == sonoff.contents()
    assert (result.read, result.known) == (0, MB)


def test_an_earlier_backup_whose_file_was_damaged_since_does_no_harm(device, draft, sonoff):
    damaged = Earlier(sonoff.contents())
    damaged.data = damaged.data[:0x5000] + b"!" + damaged.data[0x5001:]
    result = fetched(device, draft, damaged)
    assert draft.data() == sonoff.contents()
    assert result.read == SECTOR


def test_an_earlier_backup_whose_file_is_gone_does_no_harm(device, draft, sonoff):
    gone = Earlier(sonoff.contents())
    gone.data = b""
    fetched(device, draft, gone)
    assert draft.data() == sonoff.contents()


# Lies and noise


def test_a_question_that_was_garbled_is_found_out_in_the_end(device, wire, draft, holds, sonoff, monkeypatch):
    holds(sparse("#" * 16 + "." * 16 + "#" * 224))
    ask = device.md5

    def lie(address, size):
        # One bit of the address or the size turned on the way: the digest of another, blank, region.
        return hashlib.md5(b"\xff" * size).hexdigest() if address == 0x20000 else ask(address, size)

    monkeypatch.setattr(device, "md5", lie)
    fetched(device, draft)
    assert draft.data() == sonoff.contents()
    assert wire.reads[-1][0] >= 0x20000  # it believed it first


def test_a_flipped_bit_costs_one_sector(device, wire, draft, holds, sonoff):
    holds(dense(MB))
    sonoff.faults.flip_after = 20_000
    result = fetched(device, draft)
    assert draft.data() == sonoff.contents()
    assert (result.repeats, result.read) == (1, MB)
    assert (0x4000, 0x1000) in wire.reads


def test_what_came_before_a_lost_byte_is_not_read_again(device, wire, draft, holds, sonoff):
    holds(dense(MB))
    first = []

    def lose_one(done, _total):
        if done >= 0x8000 and not first:
            first.append(done)
            sonoff.faults.drop_to_host = 3000
        elif first and sonoff.faults.drop_to_host and len(wire.reads) > 1:
            sonoff.faults.drop_to_host = None

    result = fetched(device, draft, progress=lose_one)
    assert draft.data() == sonoff.contents()
    assert result.read == MB
    assert wire.reads[1][0] >= 0x8000


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    "fault",
    ["drop_to_host", "flip_to_host", "duplicate_to_host", "drop_to_chip", "flip_to_chip", "duplicate_to_chip"],
)
def test_over_a_bad_line_every_byte_is_right(device, draft, sonoff, fault, seed):
    sonoff.faults = Faults(**{fault: 10_000 if fault.endswith("host") else 500, "seed": seed})
    result = fetch(device, draft)
    assert draft.data() == sonoff.contents()
    assert result.repeats > 0 or fault.endswith("chip")  # a broken acknowledgement may do no harm


def test_where_no_sector_gets_through_smaller_parts_do(device, wire, draft, holds, sonoff):
    holds(sparse("##" + "." * 254))
    sonoff.faults = Faults(flip_to_host=1500)
    fetch(device, draft)
    assert draft.data() == sonoff.contents()
    assert 0x100 in {size for _, size in wire.reads}


@pytest.mark.parametrize("one_in", [25, 60, 100])
def test_noise_that_never_stops_is_given_up(device, draft, sonoff, one_in):
    sonoff.faults = Faults(flip_to_host=one_in)
    with pytest.raises((TransferFailed, NoAnswer, GarbledAnswer, StubFailed)) as caught:
        fetch(device, draft)
    assert "this adapter" not in str(caught.value)
    assert "goes on" in caught.value.hint or "button" in caught.value.hint
    assert draft.pieces == []


def test_a_sector_that_never_gets_through_is_named(device, draft, sonoff, monkeypatch):
    def broken(*_args, **_options):
        raise TransferFailed("Bytes were lost or broken on the way. (Digest mismatch)")

    monkeypatch.setattr(device, "reading", broken)
    monkeypatch.setattr(device, "read", broken)
    with pytest.raises(TransferFailed) as caught:
        fetch(device, draft)
    assert str(caught.value) == (
        "The piece at 0x000000 broke on the way 8 times in a row. "
        "(Bytes were lost or broken on the way. (Digest mismatch))"
    )
    assert "goes on where it stopped" in caught.value.hint


def test_where_bytes_break_at_a_speed_it_goes_on_at_a_lower_one(sonoff, home):
    with connect(URL) as device, Vault().begin(device.identity) as draft:
        assert device.baud == 921600
        sonoff.faults = Faults(frail_above=500_000)
        fetch(device, draft)
        assert device.baud == 460800
        assert device.speed_story == "460800 baud, because at 921600 bytes broke"
        assert draft.data() == sonoff.contents()
    with connect(URL) as device:  # and it is not led there again
        assert device.baud == 460800
        assert device.speed_story == "460800 baud, because at 921600 bytes broke with this adapter before"


# Changes, ends, stops


def test_what_never_agrees_is_told(device, draft, holds):
    count = iter(range(10_000))

    def change(done, total):
        holds(bytes([next(count) % 251]), 0x5000)

    with pytest.raises(VerifyFailed) as caught:
        fetch(device, draft, progress=change)
    assert str(caught.value) == "After 3 rounds, what was read is still not what the device says it holds."


def test_a_pulled_cable_keeps_the_whole_pieces_that_came(device, draft, sonoff, wire, holds):
    holds(dense(MB))

    def pull(done, total):
        if done >= PIECE + 0x3000:
            sonoff.unplug()

    with pytest.raises(PortLost):
        fetch(device, draft, progress=pull)
    assert [piece.address for piece in draft.pieces] == [0]
    assert draft.data()[:PIECE] == sonoff.contents()[:PIECE]
    assert len(wire.reads) == 1


def test_progress_never_goes_back_and_ends_with_all(device, draft, sonoff):
    sonoff.faults = Faults(drop_to_host=20_000)
    seen = []
    fetch(device, draft, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1] == (MB, MB)


def test_stopping_asks_for_no_further_packet(device, draft, sonoff, wire, holds, packets):
    holds(dense(MB))
    cancel = threading.Event()

    def stop(done, total):
        if done == 0x3000:
            cancel.set()

    with pytest.raises(Cancelled) as caught:
        fetch(device, draft, progress=stop, cancel=cancel)
    assert str(caught.value) == "You stopped it."
    assert len(packets) <= 5  # three that came, one that was asked for already, and in a fast line its next
    assert wire.reads == [(0, wire.reads[0][1])]
    assert device.read(0x5000, 0x1000) == sonoff.contents()[0x5000:0x6000]


def test_stopped_before_it_began_reads_nothing(device, draft, wire):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        fetch(device, draft, cancel=cancel)
    assert wire.reads == []


def test_stopping_while_the_line_recovers_ends_the_repeats(device, draft, sonoff, wire, monkeypatch, holds):
    holds(dense(MB))
    sonoff.faults.flip_to_host = 500
    cancel, write = threading.Event(), sonoff.line.write

    def stop_at_recovery(data):
        if data == SYNC_FRAME:
            cancel.set()
        write(data)

    monkeypatch.setattr(sonoff.line, "write", stop_at_recovery)
    with pytest.raises(Cancelled):
        fetch(device, draft, cancel=cancel)
    assert len(wire.reads) == 1
