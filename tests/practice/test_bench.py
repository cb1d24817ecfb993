"""The practice bench: each wiring behaves as real wires do, and what would burn is refused and explained."""

from __future__ import annotations

import itertools
import threading

import pytest

from sonoffkit.errors import GarbledAnswer, NoAnswer, PortLost, PortMissing, TransferFailed
from sonoffkit.ports import open_port
from sonoffkit.practice import Bench, DeviceInUse, Faults, PracticeDevice, Refused, bench_of, practice_device
from sonoffkit.practice.bench import PINS, RIGHT_WIRES
from sonoffkit.practice.cables import QUALITIES
from sonoffkit.practice.console import say_state
from sonoffkit.practice.faults import Noise, Wires
from sonoffkit.session import connect

URL = "practice://basic?hurry=1"  # silence costs no time


@pytest.fixture
def basic(home):
    """A Sonoff Basic as it comes: in download mode, its adapter plugged in."""
    return practice_device("basic")


@pytest.fixture
def table(basic):
    """An empty bench with it."""
    return Bench(basic)


def wire(table: Bench, *leave_out: str) -> None:
    for adapter, board in RIGHT_WIRES.items():
        if adapter not in leave_out:
            table.connect(adapter, board)


def start_in_download_mode(table: Bench) -> None:
    """As the card says: button, then plug, then let go."""
    table.hold()
    table.plug_in()
    table.release()


def identify() -> str:
    with connect(URL, 115200) as device:
        return device.identity.mac


# Good wires


def test_a_new_bench_has_no_wires_and_its_adapter_is_out(table, basic):
    assert (dict(table.wires), table.plugged_in, table.powered, table.held) == ({}, False, False, False)
    assert (table.jumper, table.quality, table.hides) == ("3.3 V", "short", False)
    assert table.does().text == "Off: the USB plug is out, so the computer sees no port."
    with pytest.raises(PortMissing):
        connect(URL)


def test_wired_as_the_card_says_it_answers(table, basic):
    wire(table)
    start_in_download_mode(table)
    assert table.does().word == "download"
    assert identify() == basic.mac.hex(":")


def test_a_bench_that_starts_wired_changes_nothing_on_the_device(basic):
    before = basic.state()
    table = Bench(basic, wired=True)
    assert table.wires == RIGHT_WIRES
    assert (basic.state(), basic.faults) == (before, Faults())
    assert identify() == basic.mac.hex(":")


@pytest.mark.parametrize("order", list(itertools.permutations(PINS)))
def test_in_whatever_order_they_are_put_on_the_same_wires_are_good_wires(basic, order):
    table = Bench(basic)
    for pin in order:
        table.connect(pin, RIGHT_WIRES[pin])
    table.plug_in()
    assert (basic.faults, table.powered) == (Faults(), True)


# Wrong wires: the errors are those of real ones


@pytest.mark.parametrize(
    ("wires", "fault"),
    [
        ({"TX": "TX", "RX": "RX"}, Wires.SWAPPED),
        ({"RX": "TX"}, Wires.TX_OPEN),
        ({"TX": "RX"}, Wires.RX_OPEN),
        ({}, Wires.OPEN),
        ({"TX": "TX"}, Wires.OPEN),
        ({"RX": "RX"}, Wires.OPEN),
        ({"TX": "RX", "RX": "TX"}, Wires.GOOD),
    ],
)
def test_each_way_to_put_the_data_wires_is_a_fault_of_the_line(table, basic, wires, fault):
    for adapter, board in wires.items():
        table.connect(adapter, board)
    assert basic.faults.wires is fault


@pytest.mark.parametrize("wires", [{"TX": "TX", "RX": "RX"}, {"RX": "TX"}, {"TX": "RX"}, {}])
def test_with_wrong_data_wires_nothing_answers_and_with_right_ones_it_goes_on(table, wires):
    wire(table, "TX", "RX")
    for adapter, board in wires.items():
        table.connect(adapter, board)
    start_in_download_mode(table)
    with pytest.raises(NoAnswer):
        identify()
    wire(table)
    assert identify()


@pytest.mark.parametrize("missing", ["3V3", "GND"])
def test_without_both_wires_of_the_power_it_stays_dark(table, missing):
    wire(table, missing)
    start_in_download_mode(table)
    assert (table.powered, table.does().text) == (False, f"Off: no power without {missing}.")
    with pytest.raises(NoAnswer):
        identify()
    table.hold()
    table.connect(missing, missing)
    assert table.does().word == "download"
    assert identify()


def test_power_that_comes_without_the_button_starts_the_firmware(table):
    wire(table)
    table.plug_in()
    assert (table.does().word, table.does().lit) == ("firmware", True)
    with pytest.raises((NoAnswer, GarbledAnswer)):
        identify()
    table.hold()
    table.power_off()
    table.power_on()
    assert identify()


def test_a_power_wire_that_is_taken_off_takes_the_power_and_what_ran(table):
    wire(table)
    start_in_download_mode(table)
    table.disconnect("GND")
    assert not table.powered
    table.connect("GND", "GND")
    assert table.does().word == "firmware"


def test_an_adapter_pulled_at_work_is_a_lost_port(table):
    wire(table)
    start_in_download_mode(table)
    with connect(URL, 115200) as device:
        table.unplug()
        with pytest.raises(PortLost):
            device.read(0, 0x1000)


def test_moving_data_wires_does_not_give_back_a_power_that_was_switched_off(table):
    wire(table)
    table.plug_in()
    table.power_off()
    table.disconnect("TX")
    table.connect("TX", "RX")
    assert table.does().text == "Off: its 3.3 V are switched off."
    table.power_on()
    assert table.powered


# Cables


def test_long_wires_carry_115200_baud_and_break_above(table):
    wire(table)
    start_in_download_mode(table)
    table.quality = "long"
    with connect(URL, 115200) as device:
        assert device.read(0, 0x10000) == table.device.contents()[:0x10000]
    with pytest.raises(TransferFailed), connect(URL, 460800) as device:
        device.read(0, 0x10000)
    with connect(URL) as device:
        assert device.speed_story == "115200 baud, because at 460800 bytes broke"


def test_a_hub_loses_bytes_of_a_long_read(table):
    wire(table)
    start_in_download_mode(table)
    table.quality = "hub"
    with connect(URL, 115200) as device, pytest.raises(TransferFailed):
        device.read(0, 0x80000)


def test_a_counterfeit_adapter_loses_the_device_when_the_speed_is_raised(table):
    wire(table)
    start_in_download_mode(table)
    table.quality = "fake"
    with pytest.raises(NoAnswer) as lost:
        connect(URL)
    assert "460800 baud" in str(lost.value)
    table.hold()
    table.power_off()
    table.power_on()
    with connect(URL) as device:
        assert device.baud == 115200


def test_another_cable_takes_the_faults_of_the_last_one_away(table, basic):
    wire(table)
    for name in QUALITIES:
        table.quality = name
    table.quality = "short"
    assert basic.faults == Faults(power_open=False)


def test_a_cable_that_is_not_in_the_drawer_is_refused(table):
    with pytest.raises(ValueError, match="there is no cable 'gold'; there are: short, long, hub, fake"):
        table.quality = "gold"


# What burns


@pytest.mark.parametrize(
    ("adapter", "board", "title"),
    [
        ("3V3", "GND", "Stop: power the wrong way round"),
        ("GND", "3V3", "Stop: power the wrong way round"),
        ("3V3", "RX", "Stop: 3.3 V on a data pin"),
        ("3V3", "TX", "Stop: 3.3 V on a data pin"),
        ("TX", "3V3", "Stop: a data pin on the power pin"),
        ("RX", "3V3", "Stop: a data pin on the power pin"),
        ("TX", "GND", "Stop: a data pin on ground"),
        ("RX", "GND", "Stop: a data pin on ground"),
        ("GND", "TX", "Stop: a data pin on ground"),
        ("GND", "RX", "Stop: a data pin on ground"),
    ],
)
def test_a_wire_that_would_burn_something_is_explained_and_not_put_on(table, adapter, board, title):
    wire(table)
    start_in_download_mode(table)
    before = (dict(table.wires), table.device.state(), table.device.faults)
    with pytest.raises(Refused) as refused:
        table.connect(adapter, board)
    assert (refused.value.title, refused.value.is_danger) == (title, True)
    assert "only the two data wires cross" in refused.value.instead
    assert "Nothing happened: this is practice, and it was put back." in str(refused.value)
    assert (dict(table.wires), table.device.state(), table.device.faults) == before


def test_every_pair_of_pins_is_either_a_wire_or_explained(table):
    allowed = set()
    for adapter, board in itertools.product(PINS, PINS):
        try:
            table.connect(adapter, board)
            allowed.add((adapter, board))
        except Refused:
            pass
    assert allowed == {*RIGHT_WIRES.items(), ("TX", "TX"), ("RX", "RX")}


def test_five_volts_are_refused_before_anything(table):
    with pytest.raises(Refused, match="Stop: 5 V destroys the chip"):
        table.jumper = "5 V"
    table.jumper = "3.3 V"
    assert table.jumper == "3.3 V"


def test_mains_is_refused_before_anything_with_what_is_worse_on_this_board(table):
    with pytest.raises(Refused, match="it can kill") as refused:
        table.plug_mains("GND is live.")
    assert refused.value.would.endswith("GND is live.")


# Joining by the pins' full names


def test_joining_the_same_two_pins_again_takes_their_wire_off_from_either_end(table):
    assert table.join("adapter TX", "board RX") == "Wired adapter TX to board RX."
    assert table.join("board RX", "adapter TX") == "Took the wire between adapter TX and board RX off."
    assert dict(table.wires) == {}


def test_a_pin_takes_one_wire_and_an_older_one_gives_way(table):
    table.connect("TX", "TX")
    table.connect("RX", "RX")
    table.connect("TX", "RX")
    assert dict(table.wires) == {"TX": "RX"}


def test_the_adapters_tx_on_its_own_rx_gives_back_what_is_sent_until_a_wire_takes_its_place(table, basic):
    table.plug_in()
    assert table.join("adapter RX", "adapter TX").startswith("Looped: ")
    assert (table.is_looped, repr(table)) == (True, "<Bench of basic: no wires, looped>")
    with open_port(URL, 115200) as port:
        port.timeout = 2
        port.write(b"hello")
        assert port.read(5) == b"hello"
    table.connect("TX", "RX")
    assert (table.is_looped, basic.faults.wires) == (False, Wires.RX_OPEN)
    table.join("adapter TX", "adapter RX")
    assert dict(table.wires) == {}
    assert table.join("adapter TX", "adapter RX").startswith("Took the wire")
    assert basic.faults.wires is Wires.OPEN


@pytest.mark.parametrize("pins", [("adapter TX", "adapter GND"), ("board RX", "board RX")])
def test_two_pins_of_one_side_are_no_wire(table, pins):
    with pytest.raises(Refused, match="from a pin of the adapter to a pin of the board") as refused:
        table.join(*pins)
    assert not refused.value.is_danger


@pytest.mark.parametrize("pins", [("adapter 5V", "board RX"), ("sofa TX", "board RX"), ("adapter TX", "board IO14")])
def test_a_pin_that_there_is_not_is_told(table, pins):
    with pytest.raises(ValueError, match="there is no pin"):
        table.join(*pins)


# Living together


def test_faults_that_are_not_the_benchs_stay(table, basic):
    basic.faults = Faults(noise=Noise.ONES, seed=4)
    wire(table)
    table.quality = "hub"
    assert (basic.faults.noise, basic.faults.seed) == (Noise.ONES, 4)


def test_another_hand_cannot_give_power_past_missing_wires(table, basic):
    basic.plug_in()
    basic.power_on()
    assert not table.powered
    basic.faults.heal()
    basic.power_on()
    assert table.powered
    table.follow()
    assert not table.powered


def test_what_lies_on_a_bench_does_not_tell_its_faults(table, basic):
    wire(table)
    basic.faults.noise = Noise.ZEROS
    start_in_download_mode(table)
    assert say_state(basic) == "power on, button released, in download mode"


def test_the_bench_made_last_is_the_devices_bench(table, basic):
    assert bench_of(basic) is table
    again = Bench(basic, wired=True)
    assert bench_of(basic) is again
    assert bench_of(practice_device("mini")).wires == RIGHT_WIRES


def test_a_device_that_another_program_has_open_is_left_alone(basic, tmp_path):
    other = PracticeDevice(basic.folder)  # as another process sees it
    other.attach()
    try:
        with pytest.raises(DeviceInUse):
            Bench(basic)
        table = Bench(basic, wired=True)
        with pytest.raises(DeviceInUse):
            table.hold()
        assert not table.held
    finally:
        other.detach()
    table.hold()
    assert table.held


def test_a_hand_may_work_while_an_operation_reads(table):
    wire(table)
    start_in_download_mode(table)
    stop = threading.Event()
    turns = threading.Thread(target=lambda: _turn(table, stop))
    with connect(URL, 115200) as device:
        turns.start()
        try:
            data = device.read(0, 0x40000)
        finally:
            stop.set()
            turns.join()
    assert data == table.device.contents()[:0x40000]


def _turn(table: Bench, stop: threading.Event) -> None:
    while not stop.is_set():
        table.hold()
        table.follow()
        table.release()


# What it does now


def test_a_blank_flash_is_no_firmware_and_no_light(table, basic):
    (basic.folder / "flash.bin").write_bytes(b"\xff" * basic.model.flash_size)
    wire(table)
    table.plug_in()
    assert (table.does().word, table.does().lit) == ("blank", False)


def test_a_development_board_has_a_cable_and_no_wires(home):
    table = Bench(practice_device("nodemcu"))
    assert not table.has_header
    with pytest.raises(Refused, match="nothing to wire"):
        table.connect("TX", "RX")
    table.plug_in()
    assert (table.powered, table.does().word) == (True, "firmware")
    with connect("practice://nodemcu?hurry=1", 115200) as device:
        assert device.identity.mac == table.device.mac.hex(":")


def test_its_text_names_its_wires(table):
    table.connect("TX", "RX")
    assert repr(table) == "<Bench of basic: TX to RX>"
    table.take_all_off()
    assert repr(table) == "<Bench of basic: no wires>"
