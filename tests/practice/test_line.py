"""When each byte arrives, and what is left of it, by a clock that only the test moves."""

from __future__ import annotations

import contextlib
import struct

import pytest

from sonoffkit.practice.chip import Running
from sonoffkit.practice.faults import Noise, Wires
from sonoffkit.practice.line import SYSTEM_BUFFER, Line, Unplugged
from sonoffkit.practice.loader import Op
from sonoffkit.practice.slip import slip_encode
from sonoffkit.practice.uart import heard

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


HOLD_IN_RESET, LET_GO = (False, True), (False, False)  # DTR and RTS


def command(op: int, *words: int) -> bytes:
    data = struct.pack(f"<{len(words)}I", *words)
    return slip_encode(struct.pack("<BBHI", 0, op, len(data), 0) + data)


SYNC = command(Op.SYNC, 0x20120707, *[0x55555555] * 8)


def said_by(chip, raw: bytes) -> bytes:
    """What a chip sends on raw bytes, before the wire has it."""
    chip.hear(raw, chip.state.baud or 115200, 0.0)
    return b"".join(sent.data for sent in chip.said())


def test_in_real_time_both_ways_take_ten_bits_a_byte_and_the_adapter_its_latency(chip, clock):
    line = Line(chip, realtime=True, latency=0.25, clock=clock)
    line.baud = 1000  # 100 bytes a second, for round numbers
    chip.state.baud = 1000
    ask = SYNC
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
        line.write(command(Op.READ_REG, 0x40001000) + SYNC)
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
    line.write(command(Op.WRITE_REG, 0, 0, 0, 2_000_000) + SYNC)
    assert line.waiting() == 9 * SYNC_REPLY
    assert len(line.take(1000)) == 9 * SYNC_REPLY


def test_after_a_change_of_speed_each_side_has_the_new_one(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.CHANGE_BAUDRATE, 921600, 115200))
    clock.now = 1.0
    assert len(line.take(100)) == SYNC_REPLY  # heard at the old speed
    line.baud = 921600
    ask = SYNC
    line.write(ask)
    assert line.next_arrival() == pytest.approx(1.0 + (len(ask) + 1) * 10 / 921600)
    clock.now = 1.0 + (len(ask) + 8 * SYNC_REPLY) * 10 / 921600 + 1e-6
    assert line.waiting() == 8 * SYNC_REPLY


def test_a_host_that_does_not_follow_a_change_of_speed_hears_garbage_and_is_not_heard(chip, clock):
    line = Line(chip, clock=clock)
    line.write(command(Op.CHANGE_BAUDRATE, 921600, 115200) + SYNC)
    answer, garbage = line.take(SYNC_REPLY), line.take(1000)
    assert answer[:3] == bytes([0xC0, 0x01, Op.CHANGE_BAUDRATE])
    assert b"\xc0\x01" not in garbage
    line.write(SYNC)
    assert line.waiting() == 0


def test_a_byte_takes_as_long_as_its_sender_needs_for_it(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    ask = command(Op.CHANGE_BAUDRATE, 921600, 115200) + SYNC
    line.write(ask)
    clock.now = (len(ask) + SYNC_REPLY) * 10 / 115200 + 8 * SYNC_REPLY * 10 / 921600 + 1e-6
    arrived = line.waiting()
    clock.now = 10.0
    assert line.waiting() == arrived > SYNC_REPLY


def test_dropping_what_arrived_keeps_what_is_still_on_the_wire(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(SYNC)
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
    line.write(SYNC)
    healthy = said_by(chip, SYNC)
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
@pytest.mark.parametrize("after", [0, 1, 40, 95])
def test_one_bit_is_flipped_once_however_it_is_read(chip, piece, after):
    line = Line(chip)
    healthy = said_by(chip, SYNC)
    chip.faults.flip_after = after
    line.write(SYNC)
    got = b""
    while line.waiting():
        got += line.take(piece)
    assert got == healthy[:after] + bytes([healthy[after] ^ 0x10]) + healthy[after + 1 :]
    assert chip.faults.flip_after is None
    line.write(SYNC)
    assert line.take(1000) == healthy


def test_the_flip_waits_for_its_byte_through_several_answers(chip):
    line = Line(chip)
    chip.faults.flip_after = 8 * SYNC_REPLY + 3
    healthy = said_by(chip, SYNC)
    for broken in (False, True, False):
        line.write(SYNC)
        assert (line.take(1000) != healthy) == broken


def test_the_adapter_is_pulled_so_many_seconds_after_the_next_byte_of_the_host(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.unplug_at = 2.0
    clock.now = 100.0
    assert line.take(1) == b""  # nothing was sent yet: nothing happens
    line.write(b"\0")
    assert (line.next_arrival(), chip.faults.unplug_at) == (102.0, 2.0)
    clock.now = 101.0
    line.write(SYNC)  # later bytes do not put it off
    clock.now = 101.99
    assert len(line.take(10)) == 10
    clock.now = 102.0
    with pytest.raises(Unplugged):
        line.take(10)
    assert (chip.state.plugged_in, chip.state.powered, chip.state.running) == (False, False, Running.NOTHING)
    assert chip.faults.unplug_at is None


def test_an_adapter_that_is_back_is_not_pulled_again(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.unplug_at = 2.0
    line.write(SYNC)
    clock.now = 2.0
    with pytest.raises(Unplugged):
        line.waiting()
    chip.state.plugged_in = True
    chip.press_button(True)
    chip.power(True, clock.now)
    clock.now = 5.0
    line.plugged_in_again()
    line.write(SYNC)
    assert line.waiting() == 8 * SYNC_REPLY


# One byte in so many: which ones, test_tampering.py tells.


def test_what_is_lost_on_the_way_to_the_host_never_comes(chip):
    line = Line(chip)
    chip.faults.drop_to_host = 1
    line.write(SYNC)
    assert line.take(1000) == b""
    chip.faults.heal()
    line.write(SYNC)
    assert len(line.take(1000)) == 8 * SYNC_REPLY


def test_what_is_doubled_on_the_way_to_the_host_comes_twice(chip):
    line = Line(chip)
    healthy = said_by(chip, SYNC)
    chip.faults.duplicate_to_host = 1
    line.write(SYNC)
    assert line.take(1000) == bytes(byte for byte in healthy for _ in range(2))


def test_what_is_turned_on_the_way_to_the_host_differs_in_a_bit_of_each_byte(chip):
    line = Line(chip)
    healthy = said_by(chip, SYNC)
    chip.faults.flip_to_host = 1
    line.write(SYNC)
    assert {(a ^ b).bit_count() for a, b in zip(line.take(1000), healthy, strict=True)} == {1}


@pytest.mark.parametrize("kind", ["drop", "flip", "duplicate"])
def test_what_is_spoilt_on_the_way_to_the_chip_is_not_understood(chip, kind):
    line = Line(chip)
    setattr(chip.faults, f"{kind}_to_chip", 1)
    line.write(SYNC)
    got = line.take(1000)
    assert got.count(b"\xc0\x01\x08\x02\x00\x00\x00\x00\x00\x00\x00\xc0") == 0
    chip.faults.heal()
    line.write(b"\xc0" + SYNC)
    assert line.take(1000).endswith(said_by(chip, SYNC))


@pytest.mark.parametrize("realtime", [True, False])
def test_a_late_byte_to_the_host_comes_a_fifth_of_a_second_later_and_all_others_behind_it(chip, clock, realtime):
    line = Line(chip, realtime=realtime, latency=0, clock=clock)
    line.write(SYNC)
    healthy = line.next_arrival()
    clock.now = 10.0
    line.drop_arrived()
    chip.faults.delay_to_host = 1
    line.write(SYNC)
    for n in range(1, 8 * SYNC_REPLY + 1):
        wire = (n - 1) * 10 / 115200 if realtime else 0.0
        clock.now = 10 + healthy + n * 0.2 + wire - 1e-6
        assert line.waiting() == n - 1
        clock.now += 2e-6
        assert line.waiting() == n


def test_a_late_byte_to_the_chip_is_heard_a_fifth_of_a_second_later(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.write(SYNC)
    healthy = line.next_arrival()
    clock.now = 10.0
    line.drop_arrived()
    chip.faults.delay_to_chip = 1
    line.write(SYNC)
    assert line.next_arrival() == pytest.approx(10 + healthy + len(SYNC) * 0.2)


# Wires and adapters


@pytest.mark.parametrize(
    ("wires", "chip_hears", "host_hears"),
    [
        (Wires.GOOD, True, True),
        (Wires.SWAPPED, False, False),
        (Wires.TX_OPEN, False, True),
        (Wires.RX_OPEN, True, False),
        (Wires.OPEN, False, False),
        (Wires.LOOPED, False, False),
    ],
)
def test_a_wire_that_is_not_connected_carries_nothing(bench, clock, wires, chip_hears, host_hears):
    rom = bench().chip
    line = Line(rom, clock=clock)
    rom.faults.wires = wires
    line.write(SYNC)
    assert rom.state.baud == (115200 if chip_hears else None)  # by the first words it hears the ROM finds its speed
    clock.now += 10  # a loop takes its time
    back = len(SYNC) if wires is Wires.LOOPED else 0
    assert line.waiting() == (8 * SYNC_REPLY if chip_hears and host_hears else back)
    line.drop_arrived()
    rom.press_button(True)
    rom.power(False, clock.now)
    rom.power(True, clock.now)
    line.baud = 74880
    assert (b"boot mode:(1,7)" in line.take(1000)) == host_hears
    rom.faults.heal()
    line.write(SYNC)
    assert line.take(1000).startswith(b"\xc0\x01\x08")


@pytest.mark.parametrize("realtime", [False, True])
@pytest.mark.parametrize("top_speed", [None, 100])
def test_a_loop_gives_back_what_was_sent_as_fast_as_the_adapter_really_is(chip, clock, realtime, top_speed):
    line = Line(chip, realtime=realtime, latency=0.25, clock=clock)
    chip.faults.wires, chip.faults.top_speed = Wires.LOOPED, top_speed
    line.baud = 1000
    byte_seconds = 10 / (top_speed or 1000)
    line.write(b"hello")
    line.write(b", you")
    assert line.waiting() == 0
    clock.now += (0.25 if realtime else 0) + 3.5 * byte_seconds
    assert line.take(100) == b"hel"
    clock.now += 7 * byte_seconds
    assert line.take(100) == b"lo, you"


def test_a_loop_by_poor_wires_spoils_what_goes_fast(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.wires, chip.faults.frail_above = Wires.LOOPED, 115200
    came = {}
    for line.baud in (115200, 460800):
        line.write(bytes(5000))
        clock.now += 10
        came[line.baud] = line.take(5000)
    assert came[115200] == bytes(5000)
    assert came[460800] != bytes(5000)
    assert len(came[460800]) == 5000


@pytest.mark.parametrize("baud", [9600, 115200, 921600])
@pytest.mark.parametrize(("noise", "byte"), [(Noise.ZEROS, b"\x00"), (Noise.ONES, b"\xff")])
def test_noise_comes_at_the_speed_of_the_line_and_nothing_else_is_heard(chip, clock, noise, byte, baud):
    line = Line(chip, clock=clock)
    line.baud = baud
    chip.faults.noise = noise
    assert line.take(100) == b""
    chip.state.baud = baud
    line.write(SYNC)
    for n in (1, 7, 100):
        clock.now += (n + 0.5) * 10 / baud
        assert line.waiting() == n
        assert line.take(1000) == byte * n
        clock.now -= 0.5 * 10 / baud
    assert line.take(1) == b""
    assert line.next_arrival() == pytest.approx(clock.now + 10 / baud)


def test_noise_is_read_in_pieces_too(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.noise = Noise.ONES
    assert line.waiting() == 0
    clock.now = 50.5 * 10 / 115200
    assert [len(line.take(20)) for _ in range(4)] == [20, 20, 10, 0]


def test_noise_that_nobody_reads_fills_a_buffer_and_no_more(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.noise = Noise.ZEROS
    assert line.waiting() == 0
    clock.now = 3600.0
    assert line.waiting() == SYSTEM_BUFFER
    assert line.take(10_000) == b"\0" * SYSTEM_BUFFER
    assert line.waiting() == 0


def test_after_noise_the_line_is_as_it_was(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.noise = Noise.ZEROS
    line.write(SYNC)
    clock.now = 1.0
    line.drop_arrived()
    chip.faults.heal()
    assert (line.waiting(), line.next_arrival()) == (0, None)
    line.write(SYNC)
    assert line.take(1000) == said_by(chip, SYNC)


@pytest.mark.parametrize("baud", [74880, 230400, 460800])
def test_an_adapter_up_to_its_top_speed_is_as_good_as_any(chip, baud):
    line = Line(chip)
    chip.faults.top_speed = 460800
    line.baud = chip.state.baud = baud
    line.write(SYNC)
    assert line.take(1000) == said_by(chip, SYNC)


def test_beyond_its_top_speed_an_adapter_gives_the_chip_garbage(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.top_speed = 460800
    line.baud = chip.state.baud = 921600
    line.write(SYNC)
    assert line.waiting() == 0


def test_beyond_its_top_speed_an_adapter_gives_the_host_garbage(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.top_speed = 460800
    line.baud = chip.state.baud = 921600
    healthy = said_by(chip, SYNC)
    chip.hear(SYNC, 921600, 0.0)
    garbage = line.take(1000)
    assert garbage == heard(healthy, 921600, 460800) != b""
    assert b"\xc0\x01" not in garbage


def test_whatever_the_host_believes_a_slow_adapter_goes_on_at_its_top_speed(chip, clock):
    line = Line(chip, clock=clock)
    chip.faults.top_speed = 460800
    line.baud, chip.state.baud = 921600, 460800
    line.write(SYNC)
    assert line.take(1000) == said_by(chip, SYNC)


def test_in_real_time_a_slow_adapter_carries_no_more_than_it_can(chip, clock):
    line = Line(chip, realtime=True, latency=0, clock=clock)
    chip.faults.top_speed = 1000
    line.baud, chip.state.baud = 115200, 1000
    line.write(SYNC)
    assert line.next_arrival() == pytest.approx((len(SYNC) + 1) / 100)


# A chip that starts


def start_of(chip) -> bytes:
    """What a chip says at a start by its button, held."""
    chip.press_button(True)
    chip.power(False, 0.0)
    chip.power(True, 0.0)
    return b"".join(sent.data for sent in chip.said())


@pytest.mark.parametrize("baud", [74880, 115200, 9600])
def test_what_a_chip_says_at_its_start_is_readable_at_74880_and_else_the_right_garbage(chip, clock, baud):
    words = start_of(chip)
    line = Line(chip, clock=clock)
    line.baud = baud
    chip.power(False, clock.now)
    chip.power(True, clock.now)
    got = line.take(1000)
    assert got == heard(words, 74880, baud)
    assert (got == words) == (baud == 74880)


def test_in_real_time_the_boot_log_comes_at_its_own_speed(chip, clock):
    words = start_of(chip)
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.baud = 74880
    clock.now = 5.0
    chip.power(False, clock.now)
    chip.power(True, clock.now)
    for n in (1, 10, len(words)):
        clock.now = 5 + n * 10 / 74880 + 1e-6
        assert line.waiting() == n


def test_a_reset_by_its_wire_is_due_and_heard_when_en_has_risen(bench, clock):
    line = Line(bench(model="nodemcu").chip, clock=clock)
    line.baud = 74880
    line.set_modem_lines(*HOLD_IN_RESET)
    clock.now = 1.0
    assert (line.next_arrival(), line.waiting()) == (None, 0)
    line.set_modem_lines(*LET_GO)
    assert line.next_arrival() == pytest.approx(1.0 + line.chip.en_rise)
    assert line.waiting() == 0
    clock.now = line.next_arrival()
    assert b"rst cause:2, boot mode:(3,7)" in line.take(1000)
    assert line.next_arrival() is None


def test_a_power_cut_in_the_middle_of_the_boot_log_ends_it(chip, clock):
    words = start_of(chip)
    line = Line(chip, realtime=True, latency=0, clock=clock)
    line.baud = 74880
    chip.power(False, 0.0)
    chip.power(True, 0.0)
    clock.now = 10.5 * 10 / 74880
    assert line.take(1000) == words[:10]
    chip.power(False, clock.now)
    line.drop_all()
    clock.now = 10.0
    assert (line.waiting(), line.next_arrival()) == (0, None)


# Else, in real time, the ROM that comes up is mute until the lost work would have been done.
def test_work_that_a_power_cut_ended_does_not_keep_the_chip_busy(bench, clock):
    stub = bench(Running.STUB, size=0x100000)
    line = Line(stub.chip, realtime=True, latency=0, clock=clock)
    line.write(command(Op.ERASE_FLASH))  # 3.7 seconds
    clock.now = 1.0
    stub.chip.press_button(True)
    stub.chip.power(False, clock.now)
    line.drop_all()
    stub.chip.power(True, clock.now)
    line.collect()
    line.drop_all()  # what it says when it starts
    line.write(SYNC)
    assert line.next_arrival() < 1.1
