"""Setting faults by words, as a command line does."""

from __future__ import annotations

import pytest

from sonoffkit.practice import Faults


@pytest.mark.parametrize(
    ("words", "fault"),
    [
        (["unplug-after", "100"], Faults(unplug_after=100)),
        (["flash-id", "0xffffff"], Faults(flash_id=0xFFFFFF)),
        (["chip-magic", "0x00F01D83"], Faults(chip_magic=0x00F01D83)),
        (["flip_every", "50"], Faults(flip_every=50)),
    ],
)
def test_a_fault_is_set_and_taken_back_by_words(words, fault):
    faults = Faults()
    faults.parse(words)
    assert faults == fault
    faults.parse([words[0], "none"])
    assert faults == Faults()


@pytest.mark.parametrize("words", [["flash-id"], ["flash-id", "many"], ["nonsense", "1"], ["flash-id", "1", "2"], []])
def test_words_that_are_no_fault_are_told_which_faults_there_are(words):
    faults = Faults()
    with pytest.raises(ValueError, match="is one of") as told:
        faults.parse(words)
    expected = "a fault is one of unplug-after, flash-id, chip-magic, flip-every, and a number or 'none'"
    assert (str(told.value), faults) == (expected, Faults())
