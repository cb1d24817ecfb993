"""Power, the button, the reset wires, what the chip says when it starts, and which speed it listens at."""

from __future__ import annotations

import json
import random
import struct

import pytest

from sonoffkit.practice.boot import ResetCause
from sonoffkit.practice.chip import ChipState, Running, Sent
from sonoffkit.practice.faults import Restarts
from sonoffkit.practice.loader import Op
from sonoffkit.practice.machine import efuse_words
from sonoffkit.practice.models import ESP8266EX, ESP8285
from sonoffkit.practice.slip import checksum, slip_encode

SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"
IN_LOADER, FROM_FLASH = "(1,7)", "(3,7)"
SECTOR = 0x1000


def answers(chip_bench, baud=115200, at=0.0) -> bool:
    sent = chip_bench.sends(slip_encode(chip_bench.request(Op.SYNC, SYNC)), baud, at)
    return any(part.data.startswith(b"\xc0\x01\x08") for part in sent)


def cycle_power(chip_bench, at=0.0) -> None:
    chip_bench.chip.power(False, at)
    chip_bench.chip.power(True, at)


def banner(cause: int, mode: str) -> bytes:
    """The line that real logs begin with."""
    return f"\r\n ets Jan  8 2013,rst cause:{cause}, boot mode:{mode}\r\n\r\n".encode()


@pytest.mark.parametrize(("held", "running"), [(True, Running.ROM), (False, Running.FIRMWARE)])
def test_it_listens_only_if_the_button_was_held_when_the_power_came(bench, held, running):
    basic = bench(Running.NOTHING)
    basic.chip.state.powered = False
    basic.chip.press_button(held)
    assert not answers(basic)
    basic.chip.power(True, 0.0)
    assert basic.chip.state.running is running
    assert answers(basic) == held


@pytest.mark.parametrize("running", [Running.ROM, Running.STUB, Running.FIRMWARE])
def test_the_button_alone_changes_nothing_while_the_power_is_on(bench, running):
    basic = bench(running)
    for held in (True, False):
        basic.chip.press_button(held)
        basic.chip.power(True, 0.0)
        assert basic.chip.state.running is running


def test_without_power_nothing_answers(bench):
    basic = bench(Running.STUB)
    basic.chip.power(False, 0.0)
    assert not answers(basic)
    assert basic.chip.state.running is Running.NOTHING


def test_a_loose_power_wire_lets_no_power_come_and_takes_none_away(bench):
    basic = bench(Running.STUB)
    basic.faults.power_open = True
    basic.chip.power(True, 0.0)
    assert answers(basic)
    cycle_power(basic)
    assert (basic.chip.state.powered, answers(basic)) == (False, False)
    basic.faults.power_open = False
    basic.chip.press_button(True)
    basic.chip.power(True, 0.0)
    assert answers(basic)


def test_what_was_in_ram_is_lost_with_the_power(bench):
    basic = bench()
    basic.ask_words(Op.WRITE_REG, 0x3FFE8000, 0x12345678, 0xFFFFFFFF, 0)
    assert basic.ask_words(Op.READ_REG, 0x3FFE8000)[0].value == 0x12345678
    basic.chip.press_button(True)
    cycle_power(basic)
    basic.chip.said()
    assert basic.ask_words(Op.READ_REG, 0x3FFE8000)[0].value == 0


def test_the_rom_takes_the_speed_of_the_first_sync_and_keeps_it(bench):
    basic = bench()
    assert answers(basic, 74880)
    assert basic.chip.state.baud == 74880
    assert not answers(basic, 115200)
    assert answers(basic, 74880)


def test_a_power_up_makes_the_rom_find_out_the_speed_again(bench):
    basic = bench()
    answers(basic, 74880)
    basic.chip.press_button(True)
    cycle_power(basic)
    assert answers(basic, 115200)


def test_the_firmware_talks_at_the_speed_of_the_boot_log(bench):
    basic = bench()
    cycle_power(basic)
    assert basic.chip.state.baud == 74880


def test_a_half_sent_command_is_forgotten_at_a_reset(bench):
    basic = bench()
    half, rest = slip_encode(basic.request(Op.SYNC, SYNC))[:20], slip_encode(basic.request(Op.SYNC, SYNC))[20:]
    basic.sends(half)
    basic.chip.press_button(True)
    cycle_power(basic)
    basic.chip.said()
    assert basic.sends(rest) == []


# DTR and RTS. EN is low while RTS is set and DTR is not, GPIO0 the other way round.


def lines(chip_bench, *steps: tuple[float, bool, bool]) -> None:
    for at, dtr, rts in steps:
        chip_bench.chip.set_modem_lines(dtr, rts, at)


INTO_LOADER = [(1.0, False, True), (1.1, True, True), (1.1, True, False), (1.15, False, False)]
OUT_OF_IT = [(2.0, False, True), (2.1, False, False)]


def test_dtr_and_rts_reset_a_development_board_into_the_loader_and_out_of_it(bench):
    board = bench(Running.FIRMWARE, model="nodemcu")
    lines(board, *INTO_LOADER)
    assert answers(board, at=1.2)
    lines(board, *OUT_OF_IT)
    assert not answers(board, at=2.2)
    assert board.chip.state.running is Running.FIRMWARE


def test_both_lines_at_once_do_nothing(bench):
    board = bench(Running.STUB, model="nodemcu")
    lines(board, (1.0, True, True), (2.0, False, False))
    assert answers(board, at=3.0)
    assert board.chip.state.running is Running.STUB


def test_a_board_held_in_reset_is_silent(bench):
    board = bench(model="nodemcu")
    lines(board, (1.0, False, True))
    assert not answers(board, at=1.5)


def test_gpio0_counts_when_en_has_risen_and_not_before(bench):
    late = bench(Running.FIRMWARE, model="nodemcu")
    lines(late, (1.0, False, True), (1.1, False, False), (1.1 + 2 * late.chip.en_rise, True, False))
    assert not answers(late, at=2.0)
    assert late.chip.state.running is Running.FIRMWARE


def test_a_second_reset_before_en_has_risen_counts_instead_of_the_first(bench):
    board = bench(Running.FIRMWARE, model="nodemcu")
    lines(board, (1.0, False, True), (1.1, False, False), (1.101, False, True))
    assert not answers(board, at=1.9)
    assert board.chip.state.running is Running.NOTHING


def test_a_port_that_closes_lets_en_rise(bench):
    board = bench(Running.ROM, model="nodemcu")
    lines(board, (1.0, False, True))
    board.chip.let_go(1.5)
    assert board.chip.state.running is Running.FIRMWARE


def test_a_sonoffs_header_has_no_reset_wires(bench):
    basic = bench(Running.STUB, model="basic")
    lines(basic, *INTO_LOADER, *OUT_OF_IT)
    basic.chip.let_go(3.0)
    assert basic.chip.state.running is Running.STUB
    assert answers(basic)


def test_the_wires_do_nothing_without_power(bench):
    board = bench(model="nodemcu")
    board.chip.power(False, 0.0)
    lines(board, *INTO_LOADER)
    assert not answers(board, at=3.0)
    assert board.chip.state.running is Running.NOTHING


# Identity


def read_id(chip_bench) -> int:
    """The flash id, asked for as esptool does: READ ID through the SPI controller."""
    command_and_answer, bits = 1 << 31 | 1 << 28, 24
    for address, value in (
        (0x21C, command_and_answer),
        (0x220, bits - 1 << 8),
        (0x224, 7 << 28 | 0x9F),
        (0x200, 1 << 18),
    ):
        chip_bench.ask_words(Op.WRITE_REG, 0x60000000 + address, value, 0xFFFFFFFF, 0)
    assert chip_bench.ask_words(Op.READ_REG, 0x60000200)[0].value == 0  # done
    return chip_bench.ask_words(Op.READ_REG, 0x60000240)[0].value


def test_the_flash_answers_its_id_once_it_is_attached(bench):
    basic = bench()
    assert read_id(basic) == 0
    basic.ask_words(Op.FLASH_BEGIN, 0, 0, 0x400, 0)
    assert read_id(basic) == 0x1440EF


def test_a_wrong_flash_id_is_answered_while_the_fault_lasts(bench):
    stub = bench(Running.STUB)
    stub.faults.flash_id = 0xFFFFFF
    assert read_id(stub) == 0xFFFFFF
    stub.faults.flash_id = None
    assert read_id(stub) == 0x1440EF


@pytest.mark.parametrize(("chip", "bit"), [(ESP8266EX, 0), (ESP8285, 1)])
def test_the_efuses_hold_the_mac_and_the_kind_as_the_rules_of_esptool_read_them(chip, bit):
    r0, r1, r2, r3 = efuse_words(bytes.fromhex("5ccf7f0a0b0c"), chip)
    oui, tail = r3 & 0xFFFFFF, [r1 >> 8 & 0xFF, r1 & 0xFF, r0 >> 24]
    assert oui.to_bytes(3, "big") + bytes(tail) == bytes.fromhex("5ccf7f0a0b0c")
    assert (r0 >> 4 & 1, r2, r3 >> 24) == (bit, 0, 0)  # no size bit: 1 MB inside


@pytest.mark.parametrize(("model", "bit"), [("basic", 0), ("mini", 1)])
def test_the_kind_of_chip_is_that_of_the_model(bench, model, bit):
    (reply,) = bench(model=model).ask_words(Op.READ_REG, 0x3FF00050)
    assert reply.value >> 4 & 1 == bit


def test_the_state_comes_back_from_what_was_written_down():
    state = ChipState(
        Running.PROGRAM, 460800, 1, button_held=True, powered=True, plugged_in=False,
        reset_cause=ResetCause.EXTERNAL, flash_status=0x0204,
    )  # fmt: skip
    saved = json.loads(json.dumps(state.to_dict()))
    assert ChipState.from_dict(saved) == state
    assert ChipState.from_dict(saved | {"from_a_later_version": 1}) == state


def test_a_state_of_an_earlier_version_has_a_new_chips_rest():
    saved = ChipState(Running.STUB).to_dict()
    del saved["reset_cause"], saved["flash_status"]
    assert ChipState.from_dict(saved) == ChipState(Running.STUB, reset_cause=ResetCause.POWER, flash_status=0)


# What it says when it starts


def test_with_the_button_held_it_says_why_it_starts_and_no_more(bench):
    basic = bench()
    basic.chip.press_button(True)
    cycle_power(basic, at=5.0)
    assert basic.chip.said() == [Sent(banner(1, IN_LOADER), 5.0, 74880)]


def test_what_was_said_is_said_once(bench):
    basic = bench()
    cycle_power(basic)
    assert basic.chip.said()
    assert basic.chip.said() == []


def test_with_the_button_released_the_rom_goes_on_to_what_is_in_flash(bench):
    basic = bench()  # its flash is blank
    cycle_power(basic, at=5.0)
    first, *rest = basic.chip.said()
    assert first == Sent(banner(1, FROM_FLASH), 5.0, 74880)
    assert [(sent.data, sent.baud) for sent in rest] == [(b"ets_main.c ", 74880)]


@pytest.mark.parametrize(
    ("steps", "released", "mode"), [(OUT_OF_IT, 2.1, FROM_FLASH), (INTO_LOADER, 1.1, IN_LOADER)], ids=["out", "in"]
)
def test_a_start_by_the_reset_wire_has_another_cause_and_comes_when_en_has_risen(bench, steps, released, mode):
    board = bench(Running.STUB, model="nodemcu")
    lines(board, *steps)
    board.chip.settle(3.0)
    first = board.chip.said()[0]
    assert (first.data, first.baud) == (banner(2, mode), 74880)
    assert first.at == pytest.approx(released + board.chip.en_rise)
    assert board.chip.state.reset_cause == 2


# A firmware that never comes far


FAILS = [(Restarts.POWER, 1, b""), (Restarts.WATCHDOG, 4, b""), (Restarts.EXCEPTION, 1, b"Fatal exception (28):")]


def settled_until(chip_bench, end: float) -> bytes:
    """What it says while somebody looks each time that something is due."""
    said = b""
    while (due := chip_bench.chip.due()) is not None and due < end:
        said += b"".join(sent.data for sent in chip_bench.chip.said())
        chip_bench.chip.settle(due)
    return said


@pytest.mark.parametrize(("why", "cause", "last_words"), FAILS)
def test_what_fails_starts_again_and_again_by_itself(bench, why, cause, last_words):
    basic = bench()
    basic.faults.restarts = why
    cycle_power(basic)
    said = settled_until(basic, 20.0)
    assert said.startswith(banner(1, FROM_FLASH))
    assert said.count(banner(cause, FROM_FLASH)) > 10
    assert (said.count(last_words) > 10) or not last_words


@pytest.mark.parametrize(("why", "cause", "_"), FAILS)
def test_with_the_button_held_its_next_start_is_in_the_loader_and_it_stays_there(bench, why, cause, _):
    basic = bench()
    basic.faults.restarts = why
    cycle_power(basic)
    basic.chip.press_button(True)
    settled_until(basic, 20.0)
    assert [sent.data for sent in basic.chip.said()] == [banner(cause, IN_LOADER)]
    assert (basic.chip.state.running, basic.chip.due()) == (Running.ROM, None)


def test_a_healed_firmware_starts_once_more_and_stays(bench):
    basic = bench()
    basic.faults.restarts = Restarts.WATCHDOG
    cycle_power(basic)
    basic.faults.restarts = None
    basic.chip.said()
    settled_until(basic, 20.0)
    assert basic.chip.said()[0].data == banner(4, FROM_FLASH)
    assert basic.chip.due() is None


def test_without_power_nothing_starts_again(bench):
    basic = bench()
    basic.faults.restarts = Restarts.POWER
    cycle_power(basic)
    basic.chip.power(False, 0.1)
    assert basic.chip.due() is None


def test_a_port_that_closes_does_not_hurry_it_and_what_nobody_heard_is_not_made_up_for(bench):
    basic = bench()
    basic.faults.restarts = Restarts.WATCHDOG
    cycle_power(basic)
    basic.chip.let_go(0.1)
    assert basic.chip.due() is not None
    basic.chip.settle(3600.0)
    assert basic.chip.said()[0].at == 3600.0
    assert basic.chip.due() > 3600.0


def test_a_start_by_the_reset_wire_is_due_when_en_has_risen(bench):
    board = bench(model="nodemcu")
    assert board.chip.due() is None
    lines(board, *OUT_OF_IT)
    assert board.chip.due() == pytest.approx(2.1 + board.chip.en_rise)
    board.chip.settle(2.1)
    assert (board.chip.said(), board.chip.state.running) == ([], Running.NOTHING)
    board.chip.settle(board.chip.due())
    assert (board.chip.state.running, board.chip.due()) == (Running.FIRMWARE, None)


def test_power_that_comes_while_en_is_low_starts_nothing_until_en_rises(bench):
    board = bench(model="nodemcu")
    lines(board, (1.0, False, True))
    cycle_power(board, at=1.1)
    board.chip.settle(1.5)
    assert (board.chip.said(), board.chip.state.running) == ([], Running.NOTHING)
    lines(board, (2.0, False, False))
    board.chip.settle(3.0)
    assert board.chip.state.running is Running.FIRMWARE


def test_a_power_cut_ends_a_start_that_was_due(bench):
    board = bench(model="nodemcu")
    lines(board, *OUT_OF_IT)
    board.chip.power(False, 2.1)
    board.chip.settle(3.0)
    assert (board.chip.said(), board.chip.state.running) == ([], Running.NOTHING)


def test_what_a_chip_says_when_its_port_closes_is_lost(bench):
    board = bench(model="nodemcu")
    lines(board, (1.0, False, True))
    board.chip.let_go(2.0)
    assert (board.chip.said(), board.chip.state.running) == ([], Running.FIRMWARE)


def end_of_write(rom_bench, run: int, baud: int) -> list[Sent]:
    """What the ROM sends on FLASH_END."""
    assert answers(rom_bench, baud)
    begin = slip_encode(rom_bench.request(Op.FLASH_BEGIN, struct.pack("<4I", 0, 0, 0x400, 0)))
    assert len(rom_bench.sends(begin, baud)) == 1
    return rom_bench.sends(slip_encode(rom_bench.request(Op.FLASH_END, struct.pack("<I", run))), baud)


@pytest.mark.parametrize("baud", [115200, 230400])
def test_the_rom_goes_on_to_the_firmware_without_a_banner_and_at_the_speed_in_force(bench, baud):
    rom = bench()
    _reply, *words = end_of_write(rom, 1, baud)
    assert [(sent.data, sent.baud) for sent in words] == [(b"ets_main.c ", baud)]
    assert rom.chip.state.running is Running.FIRMWARE


def test_a_restart_out_of_the_rom_leads_back_into_it_with_the_last_cause(bench):
    rom = bench(model="nodemcu")
    lines(rom, *INTO_LOADER)
    rom.chip.settle(2.0)
    rom.chip.said()
    reply, *words = end_of_write(rom, 0, 230400)
    assert reply.baud == 230400
    assert [(sent.data, sent.baud) for sent in words] == [(banner(2, IN_LOADER), 74880)]
    assert (rom.chip.state.running, rom.chip.state.baud) == (Running.ROM, None)


# The speed in a register


@pytest.mark.parametrize(("baud", "divider"), [(115200, 452), (74880, 695), (230400, 226)])
def test_the_uart_divider_is_what_the_rom_measured(bench, baud, divider):
    """452 is in a real trace; 52 MHz divided by the speed, rounded up."""
    rom = bench()
    answers(rom, baud)
    sent = rom.sends(slip_encode(rom.request(Op.READ_REG, struct.pack("<I", 0x60000014))), baud)
    assert struct.unpack_from("<I", sent[0].data, 5)[0] == divider


@pytest.mark.parametrize(("baud", "divider"), [(115200, 451), (460800, 113), (921600, 56)])
def test_a_stub_sets_the_uart_divider_rounded(bench, baud, divider):
    stub = bench(Running.STUB)
    stub.ask_words(Op.CHANGE_BAUDRATE, baud, 115200)
    sent = stub.sends(slip_encode(stub.request(Op.READ_REG, struct.pack("<I", 0x60000014))), baud)
    assert struct.unpack_from("<I", sent[0].data, 5)[0] == divider


# Power that sags, flash that breaks


DATA = bytes(random.Random(2).choices(range(1, 255), k=2 * SECTOR))


def write_blocks(rom_bench, size: int = len(DATA)) -> list[list[bytes]]:
    """Write through the ROM, block after block: what it sends on each."""
    sent = [rom_bench.sends(slip_encode(rom_bench.request(Op.FLASH_BEGIN, struct.pack("<4I", size, 0, 0x400, 0))))]
    for start in range(0, size, 0x400):
        block = DATA[start : start + 0x400]
        data = struct.pack("<4I", len(block), 0, 0, 0) + block
        sent.append(rom_bench.sends(slip_encode(rom_bench.request(Op.FLASH_DATA, data, checksum(block)))))
    return [[part.data for part in parts] for parts in sent]


@pytest.mark.parametrize("after", [0, 1, 1000, 0x400, 0x800, 2500])
@pytest.mark.parametrize("held", [True, False])
def test_power_that_sags_leaves_exactly_so_many_bytes_and_a_chip_that_starts_anew(bench, after, held):
    rom = bench(fill=b"\0")
    answers(rom)
    rom.chip.press_button(held)
    rom.faults.sag_after = after
    sent = write_blocks(rom, 0xC00)
    assert bytes(rom.cells[:after]) == DATA[:after]
    assert set(rom.cells[after:0x2000]) == {0xFF}
    broken = max(0, after - 1) // 0x400 + 1  # which block; the answer to FLASH_BEGIN comes before
    assert [len(parts) for parts in sent[:broken]] == [1] * broken
    assert sent[broken][0] == banner(1, IN_LOADER if held else FROM_FLASH)
    assert rom.chip.state.running is (Running.ROM if held else Running.FIRMWARE)
    assert rom.faults.sag_after is None
    assert answers(rom) == held


def test_after_a_sag_the_next_write_is_whole(bench):
    rom = bench(fill=b"\0")
    rom.chip.press_button(True)
    rom.faults.sag_after = 100
    write_blocks(rom)
    assert answers(rom)
    write_blocks(rom)
    assert bytes(rom.cells[: len(DATA)]) == DATA


def test_a_flash_that_stays_busy_silences_the_rom_at_its_next_write(bench):
    rom = bench(fill=b"\0")
    rom.faults.stuck_busy = True
    assert answers(rom)
    assert write_blocks(rom) == [[]] * 9
    assert not answers(rom, at=1e9)
    assert set(rom.cells) == {0}


@pytest.mark.parametrize("healed", [True, False])
def test_a_busy_flash_is_ready_after_a_power_cycle_until_the_next_write(bench, healed):
    rom = bench(fill=b"\0")
    rom.faults.stuck_busy = True
    write_blocks(rom)
    rom.faults.stuck_busy = not healed
    assert not answers(rom)  # healing alone does not help
    rom.chip.press_button(True)
    cycle_power(rom)
    assert answers(rom)
    write_blocks(rom)
    assert (bytes(rom.cells[: len(DATA)]) == DATA) == healed


def test_a_bad_sector_neither_erases_nor_programs_and_its_neighbours_do(bench):
    rom = bench(fill=b"\xf0")
    rom.faults.bad_sector = SECTOR + 0x123
    sent = write_blocks(rom)
    assert [len(parts) for parts in sent] == [1] * 9  # nobody notices
    assert bytes(rom.cells[:SECTOR]) == DATA[:SECTOR]
    assert set(rom.cells[SECTOR : 2 * SECTOR]) == {0xF0}
    rom.faults.bad_sector = None
    write_blocks(rom)
    assert bytes(rom.cells[: len(DATA)]) == DATA


def test_of_frames_that_come_together_none_is_heard_after_the_one_that_never_ends(bench):
    stub = bench(Running.STUB, generation=1, fill=b"\xff")
    deaf = stub.request(Op.READ_FLASH, struct.pack("<IIII", 0, 0x2000, 0x1001, 64))  # packets that are too large for it
    sync = stub.request(Op.SYNC, SYNC)
    sent = stub.sends(slip_encode(deaf) + slip_encode(sync))
    assert [one.data[:3] for one in sent] == [b"\xc0\x01\xd2"]
