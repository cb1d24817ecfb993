"""The practice bench as a widget: clicks in, what stands now out; nothing blocks, nothing leaks."""

from __future__ import annotations

import json
import threading

import pytest
from waiting import threads, wait_until

from sonoffkit.exercises import hunt_check
from sonoffkit.operations import identify
from sonoffkit.practice import HIDDEN_FAULTS, MODELS, STARTERS, PracticeDevice, known_devices, practice_device
from sonoffkit.practice.bench import RIGHT_WIRES
from sonoffkit.practice.chip import Running
from sonoffkit.progress import make_record, read_journal, stand
from sonoffkit.session import connect
from sonoffkit.widgets import PracticeBench
from sonoffkit.widgets.bench import bench as bench_module
from sonoffkit.widgets.bench import pulse
from sonoffkit.widgets.bench.scene import board_facts


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    """Benches look more often here, so that their threads end sooner."""
    monkeypatch.setattr(pulse, "TICK_SECONDS", 0.02)


@pytest.fixture
def table(home):
    shown = PracticeBench("basic")
    yield shown
    shown.close()


def click(table: PracticeBench, does: str, **more: str) -> dict[str, object]:
    """What the view would send, and the scene once it was done."""
    done = threading.Event()
    table._handle_custom_msg({"do": does, **more}, [])
    table._pulse.do(done.set)
    assert done.wait(60)
    return table.scene


def wire(table: PracticeBench) -> None:
    for adapter, board in RIGHT_WIRES.items():
        click(table, "join", one=f"adapter {adapter}", other=f"board {board}")


def test_it_starts_without_wires_and_says_what_the_device_does(table):
    assert table.scene["wires"] == []
    assert table.scene["text"] == "Off: the USB plug is out, so the computer sees no port."
    assert (table.port, repr(table)) == ("practice://basic", "<PracticeBench of basic>")


def test_clicks_wire_it_and_then_an_operation_works(table):
    wire(table)
    assert click(table, "hold")["held"]
    scene = click(table, "plug")
    assert (scene["doing"], scene["powered"], scene["said"]) == ("download", True, "Plugged USB in.")
    click(table, "release")
    with connect(table.port, 115200) as device:
        assert identify(device).identity.mac == table.device.mac.hex(":")


def test_each_click_says_what_was_done(table):
    said = [
        click(table, "join", one="board RX", other="adapter TX")["said"],
        click(table, "loosen", pin="board RX")["said"],
        click(table, "loosen", pin="board RX")["said"],
        click(table, "join", one="adapter RX", other="adapter TX")["said"],
        click(table, "loosen", pin="adapter RX")["said"],
        click(table, "clear")["said"],
        click(table, "cable", name="hub")["said"],
        click(table, "hold")["said"],
        click(table, "release")["said"],
        click(table, "power on")["said"],
    ]
    assert said == [
        "Wired adapter TX to board RX.",
        "Took the wire between adapter TX and board RX off.",
        "There is no wire on board RX.",
        "Looped: the adapter's TX on its own RX. What it sends comes back, if adapter and cable are good.",
        "Took the wire between the adapter's TX and its own RX off.",
        "Took all wires off.",
        "Another one from the drawer. A busy USB hub between adapter and computer: now and then a byte is lost.",
        "The button is held.",
        "The button is released.",
        "No power comes. Off: the USB plug is out, so the computer sees no port.",
    ]
    assert table.scene["number"] == len(said)


def test_power_can_be_switched_and_the_plug_pulled(table):
    wire(table)
    assert click(table, "plug")["lit"]
    assert click(table, "power off")["text"] == "Off: its 3.3 V are switched off."
    assert click(table, "power on")["said"] == "Switched the 3.3 V on."
    assert not click(table, "unplug")["plugged"]


@pytest.mark.parametrize(
    ("does", "more", "title"),
    [
        ("5 V", {}, "Stop: 5 V destroys the chip"),
        ("mains", {}, "Stop: mains and adapter never at the same time"),
        ("join", {"one": "adapter 3V3", "other": "board GND"}, "Stop: power the wrong way round"),
    ],
)
def test_what_would_burn_is_a_card_and_nothing_else(table, does, more, title):
    wire(table)
    click(table, "plug")
    state = table.device.state()
    card = click(table, does, **more)["card"]
    assert (card["title"], card["danger"]) == (title, True)
    assert len(card["would"]) > 50
    assert (table.device.state(), dict(table.bench.wires)) == (state, dict(RIGHT_WIRES))
    assert click(table, "close")["card"] is None


def test_on_a_board_with_live_ground_the_mains_card_says_so(home):
    table = PracticeBench("pow-r2")
    assert "GND and every other pin carry live mains" in table.board["warning"]
    assert "GND and every other pin carry live mains" in click(table, "mains")["card"]["would"]


def test_a_hidden_fault_is_hunted_and_nothing_that_is_shown_names_it(home):
    table = PracticeBench("basic", wired=True, hidden="acorn")
    assert table.scene["hides"]
    assert "loose" not in json.dumps(table.scene)
    assert "acorn" not in json.dumps(table.get_state(), default=str)
    assert click(table, "guess", name="noisy-line")["said"].startswith("Not that.")
    scene = click(table, "guess", name="loose-rx")
    assert scene["said"] == "Right, and it is repaired now."
    assert scene["more"].startswith("The adapter's RX wire is loose in its socket. What one meets: ")
    assert not table.scene["hides"]
    assert click(table, "hold")["more"] == ""


def test_what_was_answered_on_the_bench_counts_in_the_exercise_below_it_and_may_be_asked_again(home):
    table = PracticeBench(hidden="acorn")
    assert not hunt_check(None, table).right
    click(table, "guess", name="loose-rx")
    told = hunt_check(None, table)
    assert (told.right, told.text) == (True, "Answered on the bench: The adapter's RX wire is loose in its socket.")
    assert hunt_check("loose-rx", table).right
    assert hunt_check("loose-rx", table).right


def test_a_fault_that_was_named_is_written_into_the_progress_once(home):
    table = PracticeBench(hidden="acorn")
    table.found("loose-tx")
    assert stand("6-troubleshooting").hunted == 0
    table.found("loose-rx")
    table.found("loose-rx")
    (done,) = read_journal().done
    assert (done.what, done.times, done.facts) == ("hunt", 1, {"fault": HIDDEN_FAULTS["loose-rx"].title})
    (met,) = make_record().faults
    assert met.title == "Hidden on the bench, and named: The adapter's RX wire is loose in its socket"
    assert met.solved


def test_that_it_cannot_be_written_down_is_said_and_takes_nothing_from_the_answer(home, monkeypatch):
    def full(_change: object) -> None:
        raise OSError("No space left on device")

    table = PracticeBench(hidden="acorn")
    monkeypatch.setattr("sonoffkit.progress.noting.change_journal", full)
    answer = table.found("loose-rx")
    assert answer.right
    assert answer.text.endswith("Your progress could not be written down. (No space left on device)")


def test_each_code_word_has_a_sonoff_of_its_own_that_is_ready_and_does_not_work(home):
    loose, noisy = PracticeBench(hidden="button"), PracticeBench(hidden="apple")
    assert (loose.port, noisy.port) == ("practice://lesson-button", "practice://lesson-apple")
    assert (loose.device.state().powered, noisy.device.state().running) == (False, Running.ROM)
    assert noisy.device.faults.noise
    assert set(known_devices()) == set(STARTERS)  # nobody is offered them elsewhere
    assert PracticeBench(hidden="Tür 7").port.startswith("practice://lesson-")
    assert loose.found("loose-gnd").right
    loose.bench.make_ready()
    with connect(loose.port) as device:
        assert device.identity.flash_size


def test_code_can_hide_find_and_reveal_as_well(table):
    assert not table.found("loose-rx").right
    table.hide("acorn")
    assert table.scene["hides"]
    assert table.reveal().startswith("The adapter's RX wire is loose")
    verdict = table.found("loose-rx")
    assert (verdict.right, table.scene["hides"]) == (True, False)


def test_what_was_done_in_code_or_by_another_hand_is_seen_while_somebody_looks(table):
    table._handle_custom_msg({"do": "look"}, [])
    for adapter, board in RIGHT_WIRES.items():
        table.bench.connect(adapter, board)
    table.device.plug_in()
    wait_until(lambda: table.scene["lit"] and len(table.scene["wires"]) == 4)
    table.device.power_off()
    wait_until(lambda: not table.scene["lit"])


def test_its_thread_lives_while_somebody_looks_and_ends_with_the_view(table):
    assert threads() == []
    for _ in range(3):
        table._handle_custom_msg({"do": "look"}, [])
    assert threads() == ["sonoffkit-bench"]
    table._handle_custom_msg({"do": "gone"}, [])
    wait_until(lambda: threads() == [])
    click(table, "hold")
    wait_until(lambda: threads() == [])


def test_a_view_that_vanished_without_a_word_is_missed_after_a_while(table, monkeypatch):
    monkeypatch.setattr(pulse, "PATIENCE_SECONDS", 0.0)
    table._handle_custom_msg({"do": "look"}, [])
    wait_until(lambda: threads() == [])


def test_closing_the_widget_ends_its_thread(table):
    table._handle_custom_msg({"do": "look"}, [])
    table.close()
    wait_until(lambda: threads() == [])


def test_clicks_do_not_wait_and_keep_their_order(table):
    for number in range(20):
        table._handle_custom_msg({"do": "hold" if number % 2 == 0 else "release"}, [])
    click(table, "hold")
    assert (table.scene["number"], table.device.state().button_held) == (21, True)


def test_a_device_that_another_program_has_open_is_told_in_words(table):
    other = PracticeDevice(table.device.folder)  # as another process sees it
    other.attach()
    try:
        assert click(table, "hold")["said"] == bench_module.IN_USE
        assert not table.scene["held"]
        assert PracticeBench("basic").scene["said"] == bench_module.IN_USE
    finally:
        other.detach()
    assert click(table, "hold")["held"]


def test_while_an_operation_has_the_port_open_the_scene_says_so(table):
    wire(table)
    click(table, "hold")
    click(table, "plug")
    with connect(table.port, 115200):
        table._look()
        assert table.scene["busy"]
    table._look()
    assert not table.scene["busy"]


def test_a_device_whose_folder_is_gone_is_told_and_ends_nothing(table):
    (table.device.folder / "state.json").unlink()
    assert click(table, "look-away") is table.scene
    assert str(click(table, "hold")["said"]).startswith("The practice device cannot be read: ")


@pytest.mark.parametrize("message", [{}, {"do": "explode"}, {"do": 7}, {"do": "join"}, {"do": "cable", "name": "gold"}])
def test_a_message_that_means_nothing_changes_nothing(table, message):
    before = dict(table.scene)
    table._handle_custom_msg(message, [])
    now = click(table, "nothing")
    assert now | {"said": "", "number": 0} == before


def test_the_same_device_in_two_widgets_is_one_bench(table):
    again = PracticeBench(table.device, wired=True)
    assert again.bench is table.bench
    assert click(table, "loosen", pin="adapter GND")["wires"] == [["3V3", "3V3"], ["RX", "TX"], ["TX", "RX"]]
    again._look()
    assert again.scene["wires"] == table.scene["wires"]


def test_it_takes_a_port_a_name_or_a_device_and_gives_a_port_that_leads_there(home, tmp_path):
    assert PracticeBench("practice://mini").device is practice_device("mini")
    elsewhere = practice_device(folder=tmp_path / "on a shelf", model="s20")
    table = PracticeBench(elsewhere, wired=True)
    with connect(table.port, 115200) as device:
        assert device.identity.mac == elsewhere.mac.hex(":")


@pytest.mark.parametrize("name", MODELS)
def test_each_model_has_its_drawing(name):
    facts = board_facts(MODELS[name])
    roles = {pin["role"] for pin in facts["pins"]} - {""}
    assert roles == (set() if facts["usbOnly"] else {"3V3", "RX", "TX", "GND"})
    assert set(facts["looks"]) == {"3V3", "RX", "TX", "GND"}
    assert [fault["name"] for fault in facts["faults"]] == list(HIDDEN_FAULTS)
    assert facts["usbOnly"] == MODELS[name].auto_reset
    json.dumps(facts)


def test_where_gpio0_is_a_bridge_the_words_are_about_a_bridge(home):
    table = PracticeBench("dual")
    assert click(table, "hold")["said"] == "The bridge between GPIO0 and GND is on."
    assert click(table, "release")["said"] == "The bridge between GPIO0 and GND is off."


def test_the_script_asks_nobody_outside():
    script = PracticeBench._esm
    source = bench_module._script()
    assert source in str(script)
    assert "import " not in source
    assert source.count("http") == source.count("http://www.w3.org/2000/svg") == 1
    assert "</script" not in source
