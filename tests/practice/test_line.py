"""When each byte arrives, by a clock that only the test moves."""

from __future__ import annotations

import contextlib
import struct

import pytest

from sonoffkit.practice.chip import Running
from sonoffkit.practice.line import Line, Unplugged
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import slip_encode

SYNC_REPLY = 12  # bytes: two end marks, a header of 8, two of status


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def chip(bench):
    return bench(Running.STUB).chip


def command(op: int, *words: int) -> bytes:
    data = struct.pack(f"<{len(words)}I", *words)
    return slip_encode(struct.pack("<BBHI", 0, op, len(data), 0) + data)


def test_in_real_time_both_ways_take_ten_bits_a_byte_and_the_adapter_its_latency(chip, clock):
    line = Line(chip, realtime=True, latency=0.25, clock=clock)
    line.baud = 1000  # 100 bytes a second, for round numbers
    chip.state.baud = 1000
    ask = command(Op.SYNC)
    line.write(ask)
    there = len(ask) / 100
    assert line.next_arrival() == pytest.approx(there + 1 / 100 + 0.25)
    clock.now = there + 0.25 + 0.0099
    assert (line.waiting(), line.take(1000)) == (0, b"")
    for n in (1, 5, 30):
        clock.now = there + 0.25 + n / 100 + 1e-6
        assert line.waiting() == n
    assert len(line.take(7)) == 7
    assert line.waiting() == 23
    clock.now = there + 0.25 + 8 * SYNC_REPLY / 100 - 0.0001
    assert line.waiting() == 8 * SYNC_REPLY - 8
    clock.now += 0.001
    assert len(line.take(1000)) == 8 * SYNC_REPLY - 7


def test_what_comes_in_pieces_is_what_was_sent(bench, clock):
    whole, piecewise = (Line(bench(Running.STUB).chip, realtime=True, latency=0, clock=clock) for _ in range(2))
    for line in (whole, piecewise):
        line.write(command(Op.READ_REG, 0x40001000) + command(Op.SYNC))
    pieces = b""
    for _ in range(200):
        clock.now += 0.0001
        pieces += piecewise.take(1)
    assert len(pieces) == 9 * SYNC_REPLY
    assert pieces == whole.take(1000)


def test_two_writes_share_the_wire_one_after_the_other(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    ask = command(Op.READ_REG, 0)
    line.write(ask)
    first = line.next_arrival()
    line.drop_all()
    line.write(ask)
    assert line.next_arrival() == pytest.approx(first + len(ask) * 10 / 115200)


def test_the_chips_work_takes_its_time_between_question_and_answer(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.READ_REG, 0))
    without = line.next_arrival()
    clock.now = 100.0
    line.drop_all()
    line.write(command(Op.WRITE_REG, 0, 0, 0, 2_000_000))  # waits two million microseconds
    longer = len(command(Op.WRITE_REG, 0, 0, 0, 0)) - len(command(Op.READ_REG, 0))
    assert line.next_arrival() - 100 == pytest.approx(without + 2.0 + longer * 10 / 115200)


def test_work_asked_for_while_the_chip_works_is_begun_after_that_work(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.WRITE_REG, 0, 0, 0, 2_000_000))
    clock.now = 0.5
    line.write(command(Op.WRITE_REG, 0, 0, 0, 1_000_000))
    for now, answers in ((1.9, 0), (2.1, 1), (2.9, 1), (3.1, 2)):
        clock.now = now
        assert line.waiting() == answers * SYNC_REPLY


def test_erasing_a_1_mb_chip_takes_about_as_long_as_its_data_sheet_says(bench, clock):
    stub = bench(Running.STUB, size=0x100000)
    line = Line(stub.chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.ERASE_FLASH))
    assert 3 < line.next_arrival() < 5


def test_at_full_speed_all_is_there_at_once(chip, clock):
    line = Line(chip, realtime=False, latency=0.25, clock=clock)
    line.write(command(Op.WRITE_REG, 0, 0, 0, 2_000_000) + command(Op.SYNC))
    assert line.waiting() == 9 * SYNC_REPLY
    assert len(line.take(1000)) == 9 * SYNC_REPLY


def test_after_a_change_of_speed_each_side_has_the_new_one(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.CHANGE_BAUDRATE, 921600, 115200))
    clock.now = 1.0
    assert len(line.take(100)) == SYNC_REPLY  # heard at the old speed
    line.baud = 921600
    ask = command(Op.SYNC)
    line.write(ask)
    assert line.next_arrival() == pytest.approx(1.0 + (len(ask) + 1) * 10 / 921600)
    clock.now = 1.0 + (len(ask) + 8 * SYNC_REPLY) * 10 / 921600 + 1e-6
    assert line.waiting() == 8 * SYNC_REPLY


def test_a_host_that_does_not_follow_a_change_of_speed_hears_garbage_and_is_not_heard(chip, clock):
    line = Line(chip, clock=clock)
    line.write(command(Op.CHANGE_BAUDRATE, 921600, 115200) + command(Op.SYNC))
    answer, garbage = line.take(SYNC_REPLY), line.take(1000)
    assert answer[:3] == bytes([0xC0, 0x01, Op.CHANGE_BAUDRATE])
    assert b"\xc0\x01" not in garbage
    line.write(command(Op.SYNC))
    assert line.waiting() == 0


def test_a_byte_takes_as_long_as_its_sender_needs_for_it(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    ask = command(Op.CHANGE_BAUDRATE, 921600, 115200) + command(Op.SYNC)
    line.write(ask)
    clock.now = (len(ask) + SYNC_REPLY) * 10 / 115200 + 8 * SYNC_REPLY * 10 / 921600 + 1e-6
    arrived = line.waiting()
    clock.now = 10.0
    assert line.waiting() == arrived > SYNC_REPLY


def test_dropping_what_arrived_keeps_what_is_still_on_the_wire(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.SYNC))
    clock.now = line.next_arrival() + 9.5 * 10 / 115200  # ten bytes
    line.drop_arrived()
    assert line.waiting() == 0
    clock.now = 1.0
    assert line.waiting() == 8 * SYNC_REPLY - 10


# Faults on the line


def take_until_unplugged(line: Line, piece: int) -> bytes:
    out = b""
    with contextlib.suppress(Unplugged):
        for _ in range(1000):
            out += line.take(piece)
        pytest.fail("it was never unplugged")
    return out


@pytest.mark.parametrize("piece", [1, 5, 1000])
def test_the_adapter_is_pulled_after_exactly_so_many_bytes(chip, piece):
    line = Line(chip)
    line.write(command(Op.SYNC))
    healthy = b"".join(sent.data for sent in chip.hear(command(Op.SYNC), 115200, 0.0))
    chip.faults.unplug_after = 17
    assert take_until_unplugged(line, piece) == healthy[:17]
    assert chip.faults.unplug_after is None
    assert (chip.state.plugged_in, chip.state.powered, chip.state.running) == (False, False, Running.NOTHING)


@pytest.mark.parametrize("use", [lambda line: line.write(b"x"), lambda line: line.take(1), lambda line: line.waiting()])
def test_a_pulled_adapter_can_do_nothing(chip, use):
    line = Line(chip)
    chip.state.plugged_in = False
    with pytest.raises(Unplugged):
        use(line)


@pytest.mark.parametrize("piece", [1, 7, 1000])
def test_one_bit_of_every_tenth_byte_is_flipped_however_it_is_read(chip, piece):
    line = Line(chip)
    line.write(command(Op.SYNC))
    healthy = b"".join(sent.data for sent in chip.hear(command(Op.SYNC), 115200, 0.0))
    chip.faults.flip_every = 10
    got = b""
    while line.waiting():
        got += line.take(piece)
    assert [n for n, (a, b) in enumerate(zip(got, healthy, strict=True)) if a != b] == list(range(9, 96, 10))
    assert {a ^ b for a, b in zip(got, healthy, strict=True)} == {0, 0x10}


# Else, in real time, the ROM that comes up is mute until the lost work would have been done.
def test_work_that_a_power_cut_ended_does_not_keep_the_chip_busy(bench, clock):
    stub = bench(Running.STUB, size=0x100000)
    line = Line(stub.chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.ERASE_FLASH))  # 3.7 seconds
    clock.now = 1.0
    stub.chip.press_button(True)
    stub.chip.power(False)
    line.drop_all()
    stub.chip.power(True)
    line.write(command(Op.SYNC))
    assert line.next_arrival() < 1.1
