"""Power, the button, the reset wires, and which speed the chip listens at."""

from __future__ import annotations

import pytest

from sonoffkit.practice.chip import ChipState, Running
from sonoffkit.practice.loader import Op
from sonoffkit.practice.machine import efuse_words
from sonoffkit.practice.slip import slip_encode

SYNC = b"\x07\x07\x12\x20" + 32 * b"\x55"


def answers(chip_bench, baud=115200, at=0.0) -> bool:
    return bool(chip_bench.sends(slip_encode(chip_bench.request(Op.SYNC, SYNC)), baud, at))


@pytest.mark.parametrize(("held", "running"), [(True, Running.ROM), (False, Running.FIRMWARE)])
def test_it_listens_only_if_the_button_was_held_when_the_power_came(bench, held, running):
    basic = bench(Running.NOTHING)
    basic.chip.state.powered = False
    basic.chip.press_button(held)
    assert not answers(basic)
    basic.chip.power(True)
    assert basic.chip.state.running is running
    assert answers(basic) == held


@pytest.mark.parametrize("running", [Running.ROM, Running.STUB, Running.FIRMWARE])
def test_the_button_alone_changes_nothing_while_the_power_is_on(bench, running):
    basic = bench(running)
    for held in (True, False):
        basic.chip.press_button(held)
        basic.chip.power(True)
        assert basic.chip.state.running is running


def test_without_power_nothing_answers(bench):
    basic = bench(Running.STUB)
    basic.chip.power(False)
    assert not answers(basic)
    assert basic.chip.state.running is Running.NOTHING


def test_what_was_in_ram_is_lost_with_the_power(bench):
    basic = bench()
    basic.ask_words(Op.WRITE_REG, 0x3FFE8000, 0x12345678, 0xFFFFFFFF, 0)
    assert basic.ask_words(Op.READ_REG, 0x3FFE8000)[0].value == 0x12345678
    basic.chip.press_button(True)
    basic.chip.power(False)
    basic.chip.power(True)
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
    basic.chip.power(False)
    basic.chip.power(True)
    assert answers(basic, 115200)


def test_the_firmware_talks_at_the_speed_of_the_boot_log(bench):
    basic = bench()
    basic.chip.power(False)
    basic.chip.power(True)
    assert basic.chip.state.baud == 74880


def test_a_half_sent_command_is_forgotten_at_a_reset(bench):
    basic = bench()
    half, rest = slip_encode(basic.request(Op.SYNC, SYNC))[:20], slip_encode(basic.request(Op.SYNC, SYNC))[20:]
    basic.sends(half)
    basic.chip.press_button(True)
    basic.chip.power(False)
    basic.chip.power(True)
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
    board.chip.let_go()
    assert board.chip.state.running is Running.FIRMWARE


def test_a_sonoffs_header_has_no_reset_wires(bench):
    basic = bench(Running.STUB, model="basic")
    lines(basic, *INTO_LOADER, *OUT_OF_IT)
    basic.chip.let_go()
    assert basic.chip.state.running is Running.STUB
    assert answers(basic)


def test_the_wires_do_nothing_without_power(bench):
    board = bench(model="nodemcu")
    board.chip.power(False)
    lines(board, *INTO_LOADER)
    assert not answers(board, at=3.0)
    assert board.chip.state.running is Running.NOTHING


# Identity


def read_id(chip_bench) -> int:
    """The flash id, asked for as esptool does: READ ID through the SPI controller."""
    chip_bench.ask_words(Op.WRITE_REG, 0x60000224, 7 << 28 | 0x9F, 0xFFFFFFFF, 0)
    chip_bench.ask_words(Op.WRITE_REG, 0x60000200, 1 << 18, 0xFFFFFFFF, 0)
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


def test_the_efuses_hold_the_mac_as_the_rules_of_esptool_read_it():
    r0, r1, _, r3 = efuse_words(bytes.fromhex("5ccf7f0a0b0c"))
    oui, tail = r3 & 0xFFFFFF, [r1 >> 8 & 0xFF, r1 & 0xFF, r0 >> 24]
    assert oui.to_bytes(3, "big") + bytes(tail) == bytes.fromhex("5ccf7f0a0b0c")


def test_the_state_comes_back_from_what_was_written_down():
    state = ChipState(Running.STUB, 460800, 1, button_held=True, powered=True, plugged_in=False)
    assert ChipState.from_dict(state.to_dict()) == state
    assert ChipState.from_dict(state.to_dict() | {"from_a_later_version": 1}) == state
