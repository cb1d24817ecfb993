"""One read under way: acknowledged early, left at any packet, never trusted without its digest."""

from __future__ import annotations

import hashlib
import threading
import time
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_recovery import LEGACY, leave_stub
from transfer_helpers import SECTOR, dense, sparse

from sonoffkit.errors import Cancelled, DeviceRefused, TransferFailed
from sonoffkit.practice import Faults
from sonoffkit.practice.slip import slip_encode
from sonoffkit.session import connect, questions
from sonoffkit.session.stream import _unescape
from sonoffkit.transfer.costs import Costs

URL = "practice://basic?hurry=1"


@given(st.binary())
def test_escapes_are_undone(data):
    assert _unescape(slip_encode(data)[1:-1]) == data


def test_a_read_gives_its_packets_and_ends_in_step(device, sonoff, holds):
    holds(dense(0x4800))
    with device.reading(0, 0x4800) as stream:
        found = list(stream)
    assert [len(packet) for packet in found] == [SECTOR] * 4 + [0x800]
    assert b"".join(found) == sonoff.contents()[:0x4800]
    assert device.md5(0, 16) == hashlib.md5(sonoff.contents()[:16]).hexdigest()


@pytest.mark.parametrize("stop", range(1, 5))
def test_a_read_can_be_left_at_any_packet(device, sonoff, holds, stop):
    holds(dense(0x4000))
    with device.reading(0, 0x4000) as stream:
        for number, _ in enumerate(stream, 1):
            if number == stop:
                break
    assert device.read(0x8000, 0x1000) == sonoff.contents()[0x8000:0x9000]


def test_after_a_blank_packet_none_is_on_its_way(device, holds, packets):
    holds(sparse("##.#####"))
    with device.reading(0, 8 * SECTOR) as stream:
        for packet in stream:
            if not packet.strip(b"\xff"):
                break
    assert packets == [0, 0x1000, 0x2000]


def test_a_packet_that_only_begins_blank_is_no_obstacle(device, sonoff, holds):
    holds(b"\xff" * 100 + dense(0x1000 - 100) + b"\xff" * 0x800 + dense(0x3800))
    assert device.read(0, 0x5000) == sonoff.contents()[:0x5000]


def test_a_flipped_bit_is_found_when_a_read_is_left(device, sonoff, holds):
    holds(dense(0x4000))
    sonoff.faults.flip_after = 2000
    with pytest.raises(TransferFailed, match="Digest mismatch"), device.reading(0, 0x4000) as stream:
        next(stream)
    assert device.read(0, 0x1000) == sonoff.contents()[:0x1000]


def test_an_error_in_the_middle_of_a_read_leaves_a_device_that_works(device, sonoff):
    def stop():
        with device.reading(0, 0x4000) as stream:
            next(stream)
            raise Cancelled("You stopped it.")

    with pytest.raises(Cancelled):
        stop()
    assert device.read(0, 0x1000) == sonoff.contents()[:0x1000]


def test_the_older_stub_is_read_and_left_as_well(sonoff, holds):
    holds(dense(0x8000))
    leave_stub(sonoff, LEGACY)
    with connect(URL, 115200) as device:
        with device.reading(0, 0x8000) as stream:
            for _ in stream:
                break
        assert device.read(0, 0x8000) == sonoff.contents()[:0x8000]
        regions = [(at, 0x1000) for at in range(0, 0x8000, 0x1000)]
        assert device.md5s(regions) == [hashlib.md5(sonoff.contents()[a : a + n]).hexdigest() for a, n in regions]


# Digests, several at a time


def test_digests_come_in_the_order_of_the_questions(device, sonoff):
    regions = [(0x1000, 16), (0, 0x100000), (5, 1), (0x3000, 0x1234)]
    assert device.md5s(regions) == [hashlib.md5(sonoff.contents()[a : a + n]).hexdigest() for a, n in regions]
    assert device.md5s([]) == []


def test_never_more_than_one_question_waits_behind_another(device, sonoff, monkeypatch):
    # A stub keeps one frame that comes in while it works, and no second.
    line, asked, answered, most = sonoff.line, [], [], []
    write, take = line.write, line.take

    def hear(data):
        asked.append(data)
        most.append(len(asked) - len(answered))
        write(data)

    def give(size):
        data = take(size)
        answered.extend(data.split(b"\xc0\xc0") if data else [])
        return data

    monkeypatch.setattr(line, "write", hear)
    monkeypatch.setattr(line, "take", give)
    device.md5s([(at, 0x1000) for at in range(0, 0x20000, 0x1000)])
    assert max(most) <= 2


def test_a_lost_question_spoils_its_whole_batch_and_no_more(device, sonoff):
    sonoff.faults = Faults(drop_to_chip=400)
    with pytest.raises((TransferFailed, DeviceRefused)):
        device.md5s([(at, 0x1000) for at in range(0, 0x20000, 0x1000)])
    sonoff.faults = Faults()
    assert device.md5(0, 16) == hashlib.md5(sonoff.contents()[:16]).hexdigest()


def test_stopping_between_digests_leaves_a_device_that_works(device, sonoff):
    cancel = threading.Event()
    cancel.set()
    with pytest.raises(Cancelled):
        device.md5s([(at, 0x1000) for at in range(0, 0x8000, 0x1000)], cancel)
    assert device.md5(0, 16) == hashlib.md5(sonoff.contents()[:16]).hexdigest()


# Costs


@pytest.mark.parametrize(
    ("baud", "round_trip", "probe", "grid", "read"),
    [
        (115200, 0.017, 0x1000, 0x4000, 0x10000),
        (460800, 0.017, 0x1000, 0x4000, 0x20000),
        (460800, 0.002, 0x1000, 0x4000, 0x20000),
        (460800, 0.040, 0x1000, 0x8000, 0x20000),
        (921600, 0.017, 0x1000, 0x4000, 0x40000),
        (2000000, 0.017, 0x4000, 0x4000, 0x90000),
        (460800, 10.0, 0x10000, 0x10000, 0x20000),
    ],
)
def test_the_sizes_of_questions_and_reads_follow_speed_and_latency(baud, round_trip, probe, grid, read):
    costs = Costs(10 / baud, round_trip)
    assert (costs.smallest_probe, costs.grid, costs.longest_read) == (probe, grid, read)


def test_the_first_two_questions_do_not_follow_without_a_pause(device, sonoff, monkeypatch):
    # A stub hears nothing between the end of a frame and its taking up; later questions go out on an answer.
    events, write, sleep = [], sonoff.line.write, time.sleep
    monkeypatch.setattr(sonoff.line, "write", lambda data: (events.append("question"), write(data))[1])
    monkeypatch.setattr(questions, "time", SimpleNamespace(sleep=lambda s: (events.append("pause"), sleep(s))[1]))
    device.md5s([(at, 0x1000) for at in range(0, 0x4000, 0x1000)])
    assert events == ["question", "pause", "question", "question", "question"]
