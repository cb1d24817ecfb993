"""Setting faults by words, as a command line does."""

from __future__ import annotations

import dataclasses

import pytest

from sonoffkit.practice import Faults
from sonoffkit.practice.faults import FAULT_NAMES, Noise, Restarts, Wires


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["unplug-after", "100"], Faults(unplug_after=100)),
        (["unplug-after", "0"], Faults(unplug_after=0)),
        (["unplug-at", "1.5"], Faults(unplug_at=1.5)),
        (["flash-id", "0xffffff"], Faults(flash_id=0xFFFFFF)),
        (["flash-id", "0"], Faults(flash_id=0)),
        (["chip-magic", "0x00F01D83"], Faults(chip_magic=0x00F01D83)),
        (["flip-after", "0"], Faults(flip_after=0)),
        (["drop-to-host", "2000"], Faults(drop_to_host=2000)),
        (["drop-to-chip", "1"], Faults(drop_to_chip=1)),
        (["flip-to-host", "50"], Faults(flip_to_host=50)),
        (["flip-to-chip", "50"], Faults(flip_to_chip=50)),
        (["duplicate-to-host", "50"], Faults(duplicate_to_host=50)),
        (["duplicate-to-chip", "50"], Faults(duplicate_to_chip=50)),
        (["delay-to-host", "50"], Faults(delay_to_host=50)),
        (["delay-to-chip", "50"], Faults(delay_to_chip=50)),
        (["seed", "7"], Faults(seed=7)),
        (["wires", "swapped"], Faults(wires=Wires.SWAPPED)),
        (["wires", "tx-open"], Faults(wires=Wires.TX_OPEN)),
        (["wires", "rx-open"], Faults(wires=Wires.RX_OPEN)),
        (["wires", "open"], Faults(wires=Wires.OPEN)),
        (["wires", "looped"], Faults(wires=Wires.LOOPED)),
        (["power-open", "yes"], Faults(power_open=True)),
        (["noise", "00"], Faults(noise=Noise.ZEROS)),
        (["noise", "ff"], Faults(noise=Noise.ONES)),
        (["top-speed", "115200"], Faults(top_speed=115200)),
        (["sag-after", "0x1000"], Faults(sag_after=0x1000)),
        (["frail-above", "460800"], Faults(frail_above=460800)),
        (["stuck-busy", "yes"], Faults(stuck_busy=True)),
        (["restarts", "watchdog"], Faults(restarts=Restarts.WATCHDOG)),
        (["bad-sector", "0"], Faults(bad_sector=0)),
    ],
)
def test_a_fault_is_set_and_taken_back_by_words(words, fault):
    faults = Faults()
    faults.parse(words)
    assert faults == fault != Faults()
    faults.parse([words[0], "none"])
    assert faults == Faults()


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["wires", "good"], Faults(stuck_busy=True, seed=3)),
        (["stuck-busy", "no"], Faults(wires=Wires.SWAPPED, seed=3)),
        (["seed", "0"], Faults(wires=Wires.SWAPPED, stuck_busy=True)),
    ],
)
def test_a_word_for_what_is_healthy_heals_that_and_no_more(words, left):
    faults = Faults(wires=Wires.SWAPPED, stuck_busy=True, seed=3)
    faults.parse(words)
    assert faults == left


def test_none_heals_all_and_a_later_fault_leaves_the_earlier_ones():
    faults = Faults()
    for words in (["noise", "ff"], ["sag-after", "10"], ["seed", "4"]):
        faults.parse(words)
    assert faults == Faults(noise=Noise.ONES, sag_after=10, seed=4)
    faults.parse(["none"])
    assert faults == Faults()


@pytest.mark.parametrize("words", [["nonsense", "1"], ["flip-every", "10"], ["heal", "none"], []])
def test_words_that_are_no_fault_are_told_which_faults_there_are(words):
    faults = Faults()
    with pytest.raises(ValueError, match="is one of") as told:
        faults.parse(words)
    assert str(told.value) == f"a fault is one of {', '.join(FAULT_NAMES)}, and a value or 'none'"
    assert faults == Faults()


@pytest.mark.parametrize("words", [["noise"], ["noise", "00", "ff"]])
def test_a_fault_without_its_value_is_told_what_it_wants(words):
    faults = Faults()
    with pytest.raises(ValueError, match="wants one value") as told:
        faults.parse(words)
    assert str(told.value) == "noise wants one value (00 or ff: that, and nothing else, for ever), or 'none'"


def test_each_fault_has_a_name_for_the_command_line():
    assert list(FAULT_NAMES) == [field.name.replace("_", "-") for field in dataclasses.fields(Faults)]
    assert not any("_" in name for name in FAULT_NAMES)


NUMBER, FROM_ONE = "a whole number from 0 on", "a whole number from 1 on"
SECONDS, YES = "a number of seconds from 0 on", "yes or no"


@pytest.mark.parametrize(
    ("words", "is_"),
    [
        (["flash-id", "many"], NUMBER),
        (["flash-id", "-1"], NUMBER),
        (["flip-to-host", "0"], FROM_ONE),  # one in none
        (["top-speed", "0"], FROM_ONE),
        (["drop-to-chip", "1.5"], FROM_ONE),
        (["unplug-at", "soon"], SECONDS),
        (["unplug-at", "-1"], SECONDS),
        (["stuck-busy", "1"], YES),
        (["wires", "crossed"], "good, swapped, tx-open, rx-open, open, looped"),
        (["wires", "tx_open"], "good, swapped, tx-open, rx-open, open, looped"),
        (["noise", "0"], "00, ff"),
        (["restarts", "yes"], "power, watchdog, exception"),
    ],
)
def test_a_value_that_a_fault_cannot_have_is_refused_and_changes_nothing(words, is_):
    faults = Faults(seed=5)
    with pytest.raises(ValueError, match="or 'none'; not") as told:
        faults.parse(words)
    assert str(told.value) == f"{words[0]} is {is_}, or 'none'; not {words[1]!r}"
    assert faults == Faults(seed=5)
