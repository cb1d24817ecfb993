"""The boot monitor without a browser: what it shows, how a cell waits for it, and how it ends."""

from __future__ import annotations

import asyncio
import html
import re
import threading

import pytest
import traitlets
from waiting import threads, wait_until

from sonoffkit.bootlog import Verdict
from sonoffkit.errors import DumpUnreadable, NoPortChosen, NotFinished, PortBusy, PortLost, PortMissing
from sonoffkit.ports import open_port, save_choice
from sonoffkit.practice import Faults, lesson_images
from sonoffkit.widgets import BootMonitor
from sonoffkit.widgets.listening import SHOWN, let_go

URL = "practice://basic"
LONG = 60.0  # seconds; each test ends by what is heard, long before


def parts(widget) -> list:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def part(widget, style: str):
    """The part of a widget that has this style, as the browser tests find it."""
    (found,) = [one for one in parts(widget) if style in one._dom_classes]
    return found


def words(monitor, style: str) -> str:
    """What a part says, without its tags."""
    return html.unescape(re.sub(r"<[^>]+>", " ", part(monitor, style).value)).strip()


def listens(device) -> None:
    """Wait until a monitor has the device's port open, at the speed of the ROM."""
    wait_until(lambda: device.line is not None and device.line.baud == 74880)


@pytest.fixture
def monitor():
    """Makes monitors, and ends them."""
    made = []

    def make(port: str | None = URL, **options) -> BootMonitor:
        made.append(BootMonitor(port, **{"seconds": LONG, **options}))
        return made[-1]

    yield make
    for one in made:
        one.stop()
    let_go(URL)


# What it tells


def test_a_start_in_download_mode_is_told_at_once(sonoff, monitor):
    one = monitor().start()
    listens(sonoff)
    sonoff.hold_button()
    sonoff.power_cycle()
    assert one.wait().finding.verdict is Verdict.DOWNLOAD
    assert one.state == "heard"
    assert "ets Jan  8 2013,rst cause:1, boot mode:(1,7)" in words(one, "sk-heard")
    assert words(one, "sk-finding").startswith("The device is in download mode: it waits for esptool.")
    assert "Next: Leave its power on" in words(one, "sk-finding")
    assert "sk-good" in part(one, "sk-finding").value


def test_a_start_of_the_firmware_is_told_and_compared_with_its_dump(sonoff, monitor):
    one = monitor(dump=sonoff.contents()).start()
    listens(sonoff)
    sonoff.power_cycle()
    assert one.wait().finding.verdict is Verdict.FIRMWARE
    assert one.comparison.same is True
    assert "Compared with the dump" in words(one, "sk-finding")
    assert "The device loaded what this dump begins with." in words(one, "sk-finding")


def test_another_dump_is_told_to_differ_and_where(sonoff, monitor, tmp_path):
    file = tmp_path / "hello.bin"
    file.write_bytes(lesson_images()["practice-hello.bin"])
    one = monitor(dump=file).start()
    listens(sonoff)
    sonoff.power_cycle()
    assert one.wait().comparison.same is False
    assert "it loaded 3 segments" in words(one, "sk-finding")


def test_silence_is_a_finding_too(sonoff, monitor):
    one = monitor(seconds=0.1).wait()
    assert (one.finding.verdict, one.state) == (Verdict.SILENCE, "heard")
    assert one.comparison is None


def test_noise_for_ever_ends_with_the_time_and_shows_a_screen_of_it(sonoff, monitor):
    sonoff.faults = Faults(noise="00")
    one = monitor(seconds=0.5).wait()
    assert one.finding.verdict is Verdict.GARBAGE
    assert "sk-care" in part(one, "sk-finding").value
    assert len(words(one, "sk-heard")) <= SHOWN


def test_what_a_device_says_is_text_and_no_page(sonoff, monitor):
    one = monitor(seconds=0.1)
    one._listening._on_data(b"<script>alert(1)</script>\r\npassword: hunter22\r\n\xff\x00")
    one._show()
    assert "<script>" not in part(one, "sk-heard").value
    assert "hunter22" not in part(one, "sk-heard").value
    assert words(one, "sk-heard").endswith("··")


def test_nothing_is_sent_and_the_device_stays_as_it_is(sonoff, monitor):
    before = sonoff.state()
    monitor(seconds=0.1).wait()
    assert sonoff.state() == before


# What it asks for


def test_it_says_what_to_do_and_offers_the_hand_on_a_practice_port(sonoff, monitor):
    one = monitor()
    assert words(one, "sk-status") == "Ready. While it listens, no other program can have the port."
    one.start()
    wait_until(lambda: "Waiting for the device to start" in words(one, "sk-status"))
    assert "click 'Power off' and 'Power on' above" in words(one, "sk-status")
    assert part(one, "sk-hand").layout.display is None


def test_by_its_buttons_alone_a_start_can_be_made_and_heard(sonoff, monitor):
    one = monitor()
    part(one, "sk-start").click()
    listens(sonoff)
    for button in ("sk-hold", "sk-power", "sk-power"):
        part(one, button).click()
    assert one.wait().finding.verdict is Verdict.DOWNLOAD


def test_on_a_real_port_the_hand_is_hidden_and_the_wire_is_named(monitor):
    one = monitor("/dev/ttyNOWHERE")
    assert part(one, "sk-hand").layout.display == "none"
    one._listening._change(state=one._listening.moment().state.LISTENING)
    one._show()
    assert "pull the wire with the 3.3 V, not the USB plug" in words(one, "sk-status")


def test_every_control_has_a_label(monitor):
    buttons = [one for one in parts(monitor()) if hasattr(one, "click")]
    assert len(buttons) == 4
    assert all(button.description for button in buttons)


def test_what_is_to_be_done_once_it_listens_is_done_once_and_heard(sonoff, monitor):
    done = []

    def start_it() -> None:
        done.append(sonoff.line.baud)
        sonoff.hold_button()
        sonoff.power_cycle()

    one = monitor(when_listening=start_it).wait()
    assert one.finding.verdict is Verdict.DOWNLOAD
    part(one, "sk-start").click()
    listens(sonoff)
    sonoff.power_cycle()
    assert one.wait().finding.verdict is Verdict.DOWNLOAD
    assert done == [74880]


def test_its_hand_shows_what_another_hand_does_and_is_told_once(sonoff, monitor):
    one = monitor()
    sonoff.hold_button()
    assert part(one, "sk-hold").description == "Release button"
    assert "button held" in words(one, "sk-device")
    sonoff.power_off()
    assert part(one, "sk-power").description == "Power on"
    part(one, "sk-hand").serve(URL)
    part(one, "sk-hand").serve("")
    sonoff.power_on()
    assert len(sonoff._watchers) == 1


# Start and stop


def test_stop_ends_it_with_what_was_heard_so_far(sonoff, monitor):
    one = monitor().start()
    listens(sonoff)
    part(one, "sk-stop").click()
    assert one.wait().finding.verdict is Verdict.SILENCE
    wait_until(lambda: not part(one, "sk-start").disabled)
    assert (part(one, "sk-start").description, part(one, "sk-stop").disabled) == ("Listen again", True)


def test_it_listens_again_when_it_is_told_to(sonoff, monitor):
    one = monitor(seconds=0.1).wait()
    first = one._listening
    part(one, "sk-start").click()
    assert one._listening is not first
    assert one.wait().finding.verdict is Verdict.SILENCE


def test_waiting_again_does_not_listen_again(sonoff, monitor):
    one = monitor(seconds=0.1).wait()
    assert one.wait().finding is one.finding


def test_a_cell_that_is_run_again_takes_the_port_from_its_own_old_monitor(sonoff, monitor):
    old = monitor().start()
    listens(sonoff)
    new = monitor(seconds=0.1).wait()
    assert new.finding.verdict is Verdict.SILENCE
    assert old.finding.verdict is Verdict.SILENCE


def test_an_operation_can_have_the_port_at_once(sonoff, monitor):
    monitor().start()
    listens(sonoff)
    let_go(URL)
    open_port(URL).close()
    let_go(URL)  # nobody listens: nothing to do


def test_no_thread_is_left_after_it_is_over(sonoff, monitor):
    monitor(seconds=0.1).wait()
    wait_until(lambda: threads() == [])


# In a cell


def test_a_cell_that_awaits_it_shows_it_and_goes_on_when_a_start_was_heard(sonoff, monitor, capsys):
    one = monitor()
    hand = threading.Thread(target=lambda: (listens(sonoff), sonoff.hold_button(), sonoff.power_cycle()))
    hand.start()

    async def cell():
        return await one

    assert asyncio.run(cell()) is None
    hand.join(LONG)
    assert one.finding.verdict is Verdict.DOWNLOAD
    assert "BootMonitor" in capsys.readouterr().out


def test_the_kernels_stop_ends_it(sonoff, monitor):
    one = monitor()

    async def cell():
        task = asyncio.ensure_future(one._shown_until_over())
        while not one._listening.is_live:
            await asyncio.sleep(0)
        task.cancel()
        await task

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(cell())
    assert one.wait().finding.verdict is Verdict.SILENCE


# What goes wrong


def test_a_busy_port_is_told_on_the_card_and_raised_by_the_finding_only(sonoff, monitor):
    held = open_port(URL)
    one = monitor().wait()
    held.close()
    assert one.state == "failed"
    assert words(one, "sk-finding").startswith("PortBusy: Another program has the port practice://basic open.")
    assert words(one, "sk-status") == "It could not listen to the end."
    assert "Close whatever else uses it" in words(one, "sk-finding")
    with pytest.raises(PortBusy):
        _ = one.finding
    with pytest.raises(PortBusy):
        _ = one.comparison


def test_a_port_that_there_is_not_is_told(monitor):
    one = monitor("/dev/ttyNOWHERE").wait()
    with pytest.raises(PortMissing):
        _ = one.finding


def test_a_pulled_adapter_is_waited_for(sonoff, monitor):
    one = monitor().start()
    listens(sonoff)
    sonoff.unplug()
    wait_until(lambda: one.state == "unplugged")
    assert words(one, "sk-status").startswith("The adapter is unplugged. Plug it in again")
    sonoff.plug_in()
    wait_until(lambda: one.state == "listening")
    listens(sonoff)
    sonoff.hold_button()
    sonoff.power_cycle()
    assert one.wait().finding.verdict is Verdict.DOWNLOAD


def test_an_adapter_that_stays_away_ends_it_as_a_lost_port(sonoff, monitor):
    one = monitor().start()
    listens(sonoff)
    sonoff.unplug()
    wait_until(lambda: one.state == "unplugged")
    one.stop()
    one.wait()
    with pytest.raises(PortLost):
        _ = one.finding


def test_before_it_is_over_there_is_no_finding(sonoff, monitor):
    one = monitor()
    with pytest.raises(NotFinished):
        _ = one.finding
    one.start().wait(timeout=0.01)
    with pytest.raises(NotFinished):
        _ = one.finding


def test_it_listens_on_the_chosen_port_and_says_where_to_choose_one(sonoff, monitor):
    with pytest.raises(NoPortChosen):
        monitor(None)
    save_choice(URL)
    assert monitor(None).port == URL


def test_a_dump_that_cannot_be_read_is_refused_before_it_listens(monitor, tmp_path):
    with pytest.raises(DumpUnreadable):
        monitor(dump=tmp_path / "none.bin")


def test_the_state_is_for_reading(monitor):
    with pytest.raises(traitlets.TraitError):
        monitor().state = "heard"


def test_a_ports_name_is_text_in_the_title(monitor):
    title = monitor("<b>x</b>").children[1].value
    assert "&lt;b&gt;x&lt;/b&gt;" in title
    assert "<b>" not in title
