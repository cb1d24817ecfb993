"""Faults behind a code word: the same everywhere, found by what they do, cured as on a real bench."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sonoffkit.errors import FlashUnreadable, GarbledAnswer, NoAnswer, TransferFailed
from sonoffkit.firmware import Image
from sonoffkit.operations import flash
from sonoffkit.practice import HIDDEN_FAULTS, Bench, Faults, bench_of, code_words, hide, lesson_images, practice_device
from sonoffkit.practice.bench import RIGHT_WIRES
from sonoffkit.practice.faults import Wires
from sonoffkit.practice.hidden import WORDS, Cure, hidden_fault, hidden_named
from sonoffkit.session import connect

URL = "practice://basic?hurry=1"
RESEATED = [name for name, fault in HIDDEN_FAULTS.items() if fault.cure is Cure.RESEAT]
BY_CABLE = [name for name, fault in HIDDEN_FAULTS.items() if fault.cure is Cure.CABLE]
BY_NAME = [name for name, fault in HIDDEN_FAULTS.items() if fault.cure is Cure.NAME]


@pytest.fixture
def basic(home):
    return practice_device("basic")


@pytest.fixture
def table(basic):
    return Bench(basic, wired=True)


def set_up(table: Bench, name: str) -> None:
    table.hide(code_words(name, 1)[0])


def restart(table: Bench) -> None:
    table.hold()
    table.power_off()
    table.power_on()
    table.release()


def identify() -> None:
    with connect(URL, 115200) as device:
        assert device.identity.mac


def test_a_code_word_hides_the_same_fault_on_every_computer():
    # Words that teachers have written down: a change here breaks their lessons.
    assert {word: hidden_fault(word).name for word in ("tulip", "acorn", "tiger", "apple", "maple")} == {
        "tulip": "lossy-line",
        "acorn": "loose-rx",
        "tiger": "turned-labels",
        "apple": "noisy-line",
        "maple": "flash-contact",
    }


@given(st.text(min_size=1).filter(str.strip))
def test_any_word_hides_a_fault_whatever_its_case_and_spaces(word):
    assert hidden_fault(word).name in HIDDEN_FAULTS
    assert hidden_fault(f"  {word} ") is hidden_fault(word)


def test_a_word_in_capitals_is_the_same_word():
    assert hidden_fault("TuLip") is hidden_fault("tulip")


@pytest.mark.parametrize("word", ["", "   "])
def test_no_word_is_no_code_word(word, table):
    with pytest.raises(ValueError, match="at least one letter"):
        table.hide(word)
    assert not table.hides


@pytest.mark.parametrize("name", HIDDEN_FAULTS)
def test_a_teacher_finds_words_for_each_fault(name):
    words = code_words(name, 30)
    assert len(set(words)) == 30
    assert {hidden_fault(word).name for word in words} == {name}
    assert words[0] in WORDS


def test_the_words_are_told_apart_and_say_nothing_of_the_faults():
    assert len(set(WORDS)) == len(WORDS)
    assert not set(WORDS) & set("-".join(HIDDEN_FAULTS).split("-"))


def test_a_fault_that_there_is_not_has_no_words():
    with pytest.raises(ValueError, match="'gremlin' is none of the faults: loose-rx, loose-tx"):
        code_words("gremlin")


# What a person meets


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("loose-rx", NoAnswer),
        ("loose-tx", NoAnswer),
        ("loose-gnd", NoAnswer),
        ("turned-labels", NoAnswer),
        ("broken-cable", NoAnswer),
        ("flash-contact", FlashUnreadable),
    ],
)
def test_a_hidden_fault_fails_as_the_real_one_though_all_wires_look_right(table, name, error):
    set_up(table, name)
    restart(table)
    assert table.wires == RIGHT_WIRES
    with pytest.raises(error):
        identify()


def test_noise_is_garbage(table, monkeypatch):
    set_up(table, "noisy-line")
    with pytest.raises((GarbledAnswer, NoAnswer)):
        identify()


@pytest.mark.parametrize("name", ["lossy-line", "frail-wires", "fake-adapter", "weak-supply"])
def test_some_faults_leave_a_first_look_in_peace(table, name):
    set_up(table, name)
    identify()


def test_a_weak_supply_sags_again_and_again(table, basic):
    set_up(table, "weak-supply")
    basic.faults.sag_after = 100  # it counts down while it writes
    table.follow()
    assert basic.faults.sag_after == 100
    basic.faults.sag_after = None  # it has sagged
    table.follow()
    assert basic.faults.sag_after == 0x2000


def test_a_weak_supply_stops_a_flash_half_way_each_time_and_once_it_is_named_it_flashes(sonoff, proof):
    table = bench_of(sonoff)
    set_up(table, "weak-supply")
    data = lesson_images()["practice-hello.bin"]
    image = Image("practice-hello.bin", data, hashlib.sha256(data).hexdigest())
    for _ in range(2):
        restart(table)
        with connect(URL, 115200) as device, pytest.raises((NoAnswer, TransferFailed, GarbledAnswer)):
            flash(device, image, proof)
        table.follow()
    assert table.found("weak-supply").right
    restart(table)
    with connect(URL, 115200) as device:
        flash(device, image, proof)
    assert sonoff.contents()[0x1000:0x2000] == data[0x1000:0x2000]


# Cures


@pytest.mark.parametrize("name", RESEATED)
def test_a_loose_wire_is_cured_by_putting_it_on_again_and_by_no_other(table, basic, name):
    set_up(table, name)
    (loose,) = HIDDEN_FAULTS[name].loose
    for pin in RIGHT_WIRES:
        if pin != loose:
            table.disconnect(pin)
            table.connect(pin, RIGHT_WIRES[pin])
    table.quality = "short"
    restart(table)
    with pytest.raises(NoAnswer):
        identify()
    table.disconnect(loose)
    table.connect(loose, RIGHT_WIRES[loose])
    restart(table)
    identify()
    assert table.found(name).verdict == "Right, and you have cured it."


def test_a_loose_wire_waits_for_its_first_wire(basic):
    table = Bench(basic)
    set_up(table, "loose-rx")
    for adapter, board in RIGHT_WIRES.items():
        table.connect(adapter, board)
    assert basic.faults.wires is Wires.RX_OPEN


@pytest.mark.parametrize("name", BY_CABLE)
def test_a_bad_cable_is_cured_by_another_one_of_the_same_kind_and_not_by_its_wires(table, basic, name):
    set_up(table, name)
    ill = Faults()
    ill.take(basic.faults)
    assert ill != Faults()
    for adapter, board in RIGHT_WIRES.items():
        table.disconnect(adapter)
        table.connect(adapter, board)
    assert basic.faults == ill
    table.quality = "short"
    assert basic.faults == Faults()


@pytest.mark.parametrize(("name", "wires"), [("broken-cable", Wires.OPEN), ("turned-labels", Wires.LOOPED)])
def test_a_loop_back_tells_a_broken_cable_from_a_fault_of_the_board(table, basic, name, wires):
    set_up(table, name)
    table.loop()
    assert basic.faults.wires is wires


def test_turned_labels_are_met_by_turning_the_wires(table):
    set_up(table, "turned-labels")
    table.connect("TX", "TX")
    table.connect("RX", "RX")
    restart(table)
    identify()
    assert table.hides


@pytest.mark.parametrize("name", BY_NAME)
def test_what_the_bench_cannot_cure_is_repaired_by_naming_it(table, basic, name):
    set_up(table, name)
    table.take_all_off()
    for adapter, board in RIGHT_WIRES.items():
        table.connect(adapter, board)
    table.quality = "short"
    assert basic.faults != Faults()
    assert table.found(name).verdict == "Right, and it is repaired now."
    assert basic.faults == Faults()


# Guessing


def test_a_wrong_guess_tells_what_one_would_meet_and_repairs_nothing(table, basic):
    set_up(table, "loose-rx")
    answer = table.found("flash-contact")
    assert not answer.right
    assert answer.text == (
        "Not that. What one would meet then: The chip answers, and the flash's id reads as all ones."
    )
    assert (table.hides, basic.faults.wires) == (True, Wires.RX_OPEN)


@pytest.mark.parametrize("name", HIDDEN_FAULTS)
def test_the_right_guess_explains_the_fault_and_leaves_a_healthy_device(table, basic, name):
    set_up(table, name)
    answer = table.found(HIDDEN_FAULTS[name].title)
    assert answer.right
    assert answer.text.startswith(f"Right, and it is repaired now. {HIDDEN_FAULTS[name].title}. What one meets: ")
    assert (table.hides, basic.faults) == (False, Faults())


def test_with_nothing_hidden_there_is_nothing_to_find(table):
    assert not table.found("loose-rx").right
    assert table.reveal() == "Nothing is hidden here."


def test_what_was_right_stays_right_until_something_else_is_hidden(table):
    set_up(table, "loose-rx")
    assert table.named is None
    assert table.found("loose-rx").right
    assert table.named is HIDDEN_FAULTS["loose-rx"]
    assert table.found("loose-rx").verdict == "Right."
    other = table.found("loose-tx")
    assert (other.right, other.more) == (False, "It is found already: The adapter's RX wire is loose in its socket.")
    set_up(table, "loose-tx")
    assert table.named is None
    assert not table.found("loose-rx").right


def test_a_guess_that_is_no_fault_is_told_which_there_are(table):
    set_up(table, "loose-rx")
    with pytest.raises(ValueError, match="none of the faults"):
        table.found("aliens")
    assert table.hides


def test_revealing_tells_and_leaves_it(table):
    set_up(table, "weak-supply")
    assert table.reveal().startswith("The 3.3 V supply is too weak. ")
    assert table.hides


def test_hiding_works_on_a_device_without_a_bench_too(basic):
    hide(basic, "acorn")
    assert bench_of(basic).hides
    assert basic.faults.wires is Wires.RX_OPEN
    hide(bench_of(basic), "apple")
    assert bench_of(basic).found("noisy-line").right


def test_a_new_bench_hides_nothing(table, basic):
    set_up(table, "flash-contact")
    Bench(basic, wired=True)
    assert basic.faults == Faults()


def test_each_fault_has_all_its_words():
    for fault in HIDDEN_FAULTS.values():
        assert fault.meets.endswith(".")
        assert fault.real.endswith(".")
        assert not fault.title.endswith(".")
        assert hidden_named(fault.title.upper()) is fault
