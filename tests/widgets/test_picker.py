"""The port picker without a browser: what is chosen, what is remembered, which one is mine, and the practice hand."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys

import ipywidgets
import pytest
from serial.tools import list_ports
from serial.tools.list_ports_common import ListPortInfo

from sonoffkit.errors import NoPortChosen
from sonoffkit.ports import Kind, Port, chosen_port, save_choice
from sonoffkit.practice import practice_device
from sonoffkit.widgets import PortPicker

PRACTICE = "practice://basic"
ADAPTER = Port("/dev/ttyUSB0", "USB adapter FT232", Kind.ADAPTER)
OTHER = Port("/dev/ttyUSB1", "USB adapter CP2102", Kind.ADAPTER)
BLUETOOTH = Port("COM3", "Bluetooth, not an adapter", Kind.OTHER)


class Desk:
    """What is plugged in: change the list to plug and unplug."""

    def __init__(self, *ports):
        self.ports = list(ports)

    def __call__(self):
        return list(self.ports)


@pytest.fixture
def plugged(monkeypatch):
    """What the system says is plugged in, for the real search for ports."""
    entries = []
    monkeypatch.setattr(list_ports, "comports", lambda: list(entries))
    return entries


def ft232(device):
    entry = ListPortInfo(device)
    entry.vid, entry.pid, entry.description = 0x0403, 0x6001, "FT232R USB UART"
    return entry


def parts(widget) -> list:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def part(widget, style: str):
    """The part of a widget that has this style, as the browser tests find it."""
    (found,) = [one for one in parts(widget) if style in one._dom_classes]
    return found


def says(picker) -> str:
    return part(picker, "sk-says").value


def listed(picker) -> list[str]:
    return [label for label, _ in part(picker, "sk-ports").options]


def click(picker, port: str) -> None:
    part(picker, "sk-ports").value = port


# Choosing


def test_without_a_default_nothing_is_chosen(plugged):
    picker = PortPicker()
    assert picker.port == ""
    with pytest.raises(NoPortChosen) as caught:
        picker.picked()
    assert str(caught.value) == "No port is chosen."
    assert caught.value.hint == "Click a port in the list above, then run this cell again."
    assert "No adapter is plugged in." in says(picker)
    assert "choose the practice Sonoff: it needs none" in says(picker)


def test_of_adapters_that_are_there_none_is_chosen_silently():
    picker = PortPicker(find=Desk(ADAPTER))
    assert picker.port == ""
    assert "Choose your adapter in the list." in says(picker)


def test_saving_nothing_remembers_nothing():
    with pytest.raises(NoPortChosen):
        PortPicker(find=Desk()).save()
    with pytest.raises(NoPortChosen):
        chosen_port()


def test_the_default_is_chosen_where_nothing_was(plugged):
    picker = PortPicker(default=PRACTICE)
    assert (picker.port, picker.picked()) == (PRACTICE, PRACTICE)
    assert "Chosen: practice://basic: practice Sonoff Basic R1, 1 MB" in says(picker)


def test_the_default_is_not_remembered_before_it_was_saved(plugged):
    PortPicker(default=PRACTICE)
    with pytest.raises(NoPortChosen):
        chosen_port()


def test_what_was_chosen_before_counts_more_than_the_default(plugged):
    save_choice("practice://pow-r2")
    assert PortPicker(default=PRACTICE).port == "practice://pow-r2"


def test_a_click_chooses_and_saving_remembers_for_the_next_picker(plugged):
    plugged.append(ft232("/dev/ttyUSB0"))
    first = PortPicker(default=PRACTICE)
    click(first, "/dev/ttyUSB0")
    assert first.port == "/dev/ttyUSB0"
    assert "Chosen: /dev/ttyUSB0: USB adapter FT232" in says(first)
    assert first.save() == "/dev/ttyUSB0"
    assert chosen_port() == "/dev/ttyUSB0"
    second = PortPicker(default=PRACTICE)
    assert (second.port, part(second, "sk-ports").value) == ("/dev/ttyUSB0", "/dev/ttyUSB0")


def test_adapters_are_listed_first_and_in_words(plugged):
    plugged.append(ft232("/dev/ttyUSB0"))
    assert listed(PortPicker())[:2] == [
        "/dev/ttyUSB0: USB adapter FT232",
        "practice://basic: practice Sonoff Basic R1, 1 MB (no hardware needed)",
    ]


def test_a_port_that_is_hardly_a_sonoffs_is_chosen_with_a_warning():
    picker = PortPicker(find=Desk(BLUETOOTH))
    click(picker, "COM3")
    assert picker.picked() == "COM3"
    assert "COM3 is hardly a Sonoff&#x27;s port." in says(picker)
    assert "It is Bluetooth, not an adapter." in says(picker)


def test_what_an_adapter_calls_itself_is_no_html():
    picker = PortPicker(find=Desk(Port("COM7", "<script>alert(1)</script>", Kind.ADAPTER)))
    click(picker, "COM7")
    assert "&lt;script&gt;" in says(picker)
    assert "<script>" not in says(picker)


@pytest.mark.parametrize("saved", [5, [], {"a": 1}, None, "practice://", "practice://gone", "practice://no name"])
def test_a_saved_choice_that_makes_no_sense_does_not_lock_a_person_out(plugged, home, saved):
    home.mkdir()
    (home / "settings.json").write_text(json.dumps({"port": saved}))
    picker = PortPicker(default=PRACTICE)
    click(picker, PRACTICE)
    assert picker.save() == PRACTICE


# Refreshing


def test_a_refresh_keeps_the_choice_and_shows_what_came():
    desk = Desk(ADAPTER)
    picker = PortPicker(find=desk)
    click(picker, ADAPTER.device)
    desk.ports.insert(0, OTHER)
    picker.refresh()
    assert listed(picker) == [str(OTHER), str(ADAPTER)]
    assert (picker.port, part(picker, "sk-ports").value) == (ADAPTER.device, ADAPTER.device)


@pytest.mark.parametrize("before", [[], [ADAPTER]])
@pytest.mark.parametrize("after", [[ADAPTER], [OTHER, ADAPTER], [ADAPTER, OTHER], []])
def test_a_refresh_chooses_nothing_by_itself(before, after):
    desk = Desk(*before)
    picker = PortPicker(find=desk)
    desk.ports = after
    picker.refresh()
    assert (picker.port, part(picker, "sk-ports").value) == ("", None)
    with pytest.raises(NoPortChosen):
        picker.save()


def test_a_port_that_vanishes_stays_chosen_and_is_labelled():
    desk = Desk(ADAPTER, OTHER)
    picker = PortPicker(find=desk)
    click(picker, ADAPTER.device)
    desk.ports.remove(ADAPTER)
    picker.refresh()
    assert listed(picker) == [str(OTHER), "/dev/ttyUSB0: not there now"]
    assert (picker.port, part(picker, "sk-ports").value) == (ADAPTER.device, ADAPTER.device)
    desk.ports.insert(0, ADAPTER)
    picker.refresh()
    assert listed(picker) == [str(ADAPTER), str(OTHER)]
    assert part(picker, "sk-ports").value == ADAPTER.device


def test_a_vanished_port_is_not_called_well_chosen():
    desk = Desk(ADAPTER)
    picker = PortPicker(find=desk)
    click(picker, ADAPTER.device)
    desk.ports.clear()
    picker.refresh()
    assert "/dev/ttyUSB0 is not there now." in says(picker)
    desk.ports.append(ADAPTER)
    picker.refresh()
    assert "Chosen: /dev/ttyUSB0" in says(picker)


def test_a_remembered_port_that_is_not_there_is_shown_as_such():
    save_choice("/dev/ttyUSB9")
    picker = PortPicker(default=PRACTICE, find=Desk(ADAPTER))
    assert picker.port == "/dev/ttyUSB9"
    assert "/dev/ttyUSB9: not there now" in listed(picker)
    assert "/dev/ttyUSB9 is not there now." in says(picker)
    assert "Plug it in, or choose another port." in says(picker)


def test_in_a_notebook_it_refreshes_by_itself_until_it_is_closed():
    desk = Desk(Port(PRACTICE, "practice Sonoff", Kind.PRACTICE))

    async def notebook():
        picker = PortPicker(default=PRACTICE, find=desk)
        desk.ports.append(ADAPTER)
        practice_device("basic").power_off()  # not by this picker's buttons
        async with asyncio.timeout(60):
            while str(ADAPTER) not in listed(picker) or hand(picker) != "power off, button released, does nothing":
                await asyncio.sleep(0.01)
            picker.close()
            await asyncio.gather(*(asyncio.all_tasks() - {asyncio.current_task()}))

    asyncio.run(notebook())


# Find mine


def test_mine_is_found_by_unplugging_and_plugging_in():
    desk = Desk(ADAPTER, OTHER)
    picker = PortPicker(find=desk)
    part(picker, "sk-mine").click()
    assert "Unplug the adapter, or plug it in if it is out." in says(picker)
    picker.refresh()
    assert picker.port == ""
    desk.ports.remove(OTHER)
    picker.refresh()
    assert "Now plug it in again." in says(picker)
    desk.ports.append(OTHER)
    picker.refresh()
    assert picker.picked() == OTHER.device
    assert part(picker, "sk-ports").value == OTHER.device
    assert "Found: /dev/ttyUSB1: USB adapter CP2102" in says(picker)
    assert "It is chosen now." in says(picker)


def test_after_mine_was_found_others_may_come_and_go():
    desk = Desk()
    picker = PortPicker(find=desk)
    picker.find_mine()
    desk.ports.append(ADAPTER)
    picker.refresh()
    desk.ports.append(OTHER)
    picker.refresh()
    assert picker.port == ADAPTER.device
    click(picker, OTHER.device)  # a person knows better
    picker.refresh()
    assert picker.port == OTHER.device


def test_the_search_begins_from_what_is_plugged_in_now():
    desk = Desk()
    picker = PortPicker(find=desk)
    desk.ports.append(ADAPTER)  # plugged in before anybody asked
    picker.find_mine()
    picker.refresh()
    assert picker.port == ""


# The practice Sonoff's button and power


def hand(picker) -> str:
    return re_tags(part(picker, "sk-device").value)


def re_tags(text: str) -> str:
    return text.split(">", 1)[1].rsplit("<", 1)[0] if text.startswith("<") else text


def is_hidden(widget) -> bool:
    return widget.layout.display == "none"


def test_the_hand_is_shown_for_practice_ports_only(plugged):
    plugged.append(ft232("/dev/ttyUSB0"))
    picker = PortPicker()
    row = part(picker, "sk-hand")
    assert is_hidden(row)
    click(picker, PRACTICE)
    assert not is_hidden(row)
    click(picker, "/dev/ttyUSB0")
    assert is_hidden(row)
    part(picker, "sk-hold").click()  # nobody's button
    assert not practice_device("basic").state().button_held


def test_the_hand_holds_the_button_and_switches_the_power(plugged):
    sonoff = practice_device("basic")
    picker = PortPicker(default=PRACTICE)
    hold, power = part(picker, "sk-hold"), part(picker, "sk-power")
    assert (hold.description, power.description) == ("Hold button", "Power off")
    assert hand(picker) == "power on, button released, in download mode"

    power.click()
    assert not sonoff.state().powered
    assert (power.description, hand(picker)) == ("Power on", "power off, button released, does nothing")
    power.click()
    assert hand(picker) == "power on, button released, runs its firmware"

    hold.click()
    assert sonoff.state().button_held
    assert (hold.description, hand(picker)) == ("Release button", "power on, button held, runs its firmware")
    power.click()
    power.click()
    assert hand(picker) == "power on, button held, in download mode"
    hold.click()
    assert not sonoff.state().button_held


def test_the_hand_touches_the_device_that_is_chosen(plugged):
    picker = PortPicker(default=PRACTICE)
    click(picker, "practice://pow-r2")
    part(picker, "sk-power").click()
    assert practice_device("basic").state().powered
    assert not practice_device("pow-r2").state().powered


def test_a_device_that_another_program_holds_is_not_touched_and_that_is_told(plugged):
    sonoff = practice_device("basic")
    picker = PortPicker(default=PRACTICE)
    holds = "import sonoffkit.practice as p; p.practice_device('basic').attach(); print('open', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", holds], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout.readline() == "open\n"
        part(picker, "sk-power").click()
        assert hand(picker) == "Another notebook or program has it open just now."
        assert sonoff.state().powered
        other.communicate("\n", timeout=60)
    part(picker, "sk-power").click()
    assert not sonoff.state().powered


def test_all_that_is_shown_lies_in_one_box():
    picker = PortPicker(find=Desk())
    assert isinstance(picker, ipywidgets.VBox)
    assert {"sk-box", "sk-picker"} <= set(picker._dom_classes)


def test_a_picker_that_is_made_again_keeps_what_a_person_chose_and_has_not_saved(plugged):
    plugged.append(ft232("/dev/ttyUSB0"))
    save_choice(PRACTICE)
    click(PortPicker(), "/dev/ttyUSB0")
    assert PortPicker(default=PRACTICE).port == "/dev/ttyUSB0"


def test_once_it_was_saved_the_choice_is_everybodys(plugged):
    plugged.append(ft232("/dev/ttyUSB0"))
    picker = PortPicker()
    click(picker, "/dev/ttyUSB0")
    picker.save()
    save_choice(PRACTICE)  # in another notebook
    assert PortPicker().port == PRACTICE
