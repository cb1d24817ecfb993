"""The operation runner without a browser: what it shows, what its buttons do, and how a cell waits for it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from dataclasses import replace

import ipywidgets
import pytest
import traitlets
from waiting import threads, wait_until

from sonoffkit.errors import BackupNeeded, Cancelled, NoPortChosen, NotFinished, OperationRunning, SonoffkitError
from sonoffkit.operations import Waiver, back_up, erase, flash, identify, restore, verify
from sonoffkit.ports import save_choice
from sonoffkit.practice import lesson_images
from sonoffkit.practice.faults import Wires
from sonoffkit.session import connect
from sonoffkit.vault import Vault
from sonoffkit.widgets import ImagePicker, OperationRunner
from sonoffkit.widgets.job import JobState

URL = "practice://basic"
SLOW = "practice://basic?realtime=1&latency=0"  # as slow as a cable: there is time to look and to click
LOST = Waiver.ORIGINAL_IS_LOST
SCRIPT = "<script>alert(1)</script>"


def parts(widget) -> list:
    return [widget, *(part for child in getattr(widget, "children", ()) for part in parts(child))]


def part(widget, style: str):
    """The part of a widget that has this style, as the browser tests find it."""
    (found,) = [one for one in parts(widget) if style in one._dom_classes]
    return found


def shown(runner, style: str) -> str:
    return part(runner, style).value


def words(runner, style: str) -> str:
    """What a part says, without its tags."""
    return re.sub(r"<[^>]+>", " ", shown(runner, style)).strip()


def is_hidden(widget) -> bool:
    return widget.layout.display == "none"


def reaches(runner, wanted: JobState) -> None:
    """The view, not just the job, comes to that state."""
    wait_until(lambda: runner.state == wanted.value or JobState(runner.state).is_over)
    assert runner.state == wanted.value, runner.job.snapshot()


# In a script


def test_a_script_waits_and_has_the_result(sonoff):
    runner = OperationRunner(identify, URL)
    assert (runner.state, runner.wait() is runner) == ("ready", True)
    assert runner.state == "done"
    assert runner.result.identity.mac == sonoff.mac.hex(":")


def test_a_wait_with_a_limit_comes_back_before_the_end(sonoff):
    runner = OperationRunner(back_up, SLOW)
    runner.wait(timeout=0.01)
    assert not runner.job.is_over
    with pytest.raises(NotFinished):
        _ = runner.result


def test_without_a_port_it_takes_the_chosen_one(sonoff):
    save_choice(URL)
    assert OperationRunner(identify).job.port == URL


def test_without_any_port_it_says_where_to_choose_one():
    with pytest.raises(NoPortChosen) as caught:
        OperationRunner(identify)
    assert "1-setup" in caught.value.hint


def test_it_runs_operations_and_nothing_else():
    with pytest.raises(TypeError, match="an OperationRunner runs one of identify, back_up, "):
        OperationRunner(print, URL)


def test_the_state_is_for_reading():
    with pytest.raises(traitlets.TraitError):
        OperationRunner(identify, URL).state = "done"


def test_no_thread_is_left_after_it_is_over(sonoff):
    OperationRunner(identify, URL).wait()
    wait_until(lambda: threads() == [])


def test_a_runner_cancelled_before_it_began_stays_cancelled(sonoff):
    runner = OperationRunner(identify, URL)
    runner.cancel()
    runner.wait()
    wait_until(lambda: threads() == [])
    assert runner.state == "cancelled"
    with pytest.raises(Cancelled):
        _ = runner.result


# In a cell


def test_a_cell_that_awaits_it_shows_it_once_and_gives_nothing_back(sonoff, capsys):
    runner = OperationRunner(identify, URL)

    async def cell():
        return [await runner, await runner]

    assert asyncio.run(cell()) == [None, None]
    assert runner.state == "done"
    assert capsys.readouterr().out.count("OperationRunner(") == 1


def test_the_loop_is_free_while_a_cell_awaits(sonoff):
    runner = OperationRunner(back_up, SLOW)

    async def cells():
        waiting = asyncio.ensure_future(_awaited(runner))
        while runner.state != "running":  # seen from the loop itself
            await asyncio.sleep(0.01)
        part(runner, "sk-cancel").click()
        await waiting

    asyncio.run(cells())
    assert runner.state == "cancelled"


async def _awaited(runner):
    await runner


def test_cancelling_the_cell_cancels_the_job(sonoff):
    runner = OperationRunner(back_up, SLOW)

    async def stop():
        cell = asyncio.ensure_future(_awaited(runner))
        while runner.state != "running":
            await asyncio.sleep(0.01)
        cell.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cell

    asyncio.run(stop())
    reaches(runner, JobState.CANCELLED)
    with pytest.raises(Cancelled):
        _ = runner.result


def test_a_failure_does_not_raise_in_the_cell_but_in_the_checkpoint(sonoff):
    runner = OperationRunner(erase, URL)
    asyncio.run(_awaited(runner))
    assert runner.state == "failed"
    with pytest.raises(BackupNeeded):
        _ = runner.result


# What it shows


def test_before_it_begins_there_is_a_start_and_nothing_to_cancel(sonoff):
    runner = OperationRunner(back_up, URL)
    start, cancel = part(runner, "sk-start"), part(runner, "sk-cancel")
    assert (start.description, start.disabled, cancel.disabled) == ("Start", False, True)
    assert words(runner, "sk-status") == "Ready."
    assert shown(runner, "sk-result") == ""
    assert shown(runner, "sk-bar") == 0.0
    assert is_hidden(part(runner, "sk-confirm"))


def test_while_it_runs_bytes_speed_and_the_time_left_are_shown(sonoff):
    runner = OperationRunner(back_up, SLOW).start()
    told = wait_until(
        lambda: re.fullmatch(r"\d+ of 1024 KB, \d+ KB/s, (\d+ min )?\d+ s left", words(runner, "sk-status"))
    )
    assert told
    assert 0 < shown(runner, "sk-bar") < 1
    assert (part(runner, "sk-start").disabled, part(runner, "sk-cancel").disabled) == (True, False)
    assert part(runner, "sk-cancel").tooltip == ""


def test_a_finished_backup_is_told_in_full_and_can_be_copied_right_there(sonoff, tmp_path):
    runner = OperationRunner(back_up, URL, vault=Vault(tmp_path / "elsewhere"), sticker=SCRIPT)
    copy = part(runner, "sk-copy")
    row = next(one for one in parts(runner) if copy in parts(one) and type(one).__name__ == "CopyRow")
    assert is_hidden(row)
    runner.wait()
    manifest = runner.result.backup.manifest
    card = words(runner, "sk-result")
    assert card.startswith("Back up the whole flash: done")
    for text in (
        runner.result.backup.path.name,
        f"ESP8266EX, MAC {manifest.mac}, sticker &lt;script&gt;alert(1)&lt;/script&gt;",  # a person's words are no HTML
        "1 MB, the whole flash",
        f"MD5 {manifest.md5}, by the device itself",
        str(tmp_path / "elsewhere"),
    ):
        assert text in card
    assert "Resumed" not in card
    assert "Noise" not in card
    assert re.fullmatch(r"Done in \d+ s\.", words(runner, "sk-status"))
    assert (shown(runner, "sk-bar"), part(runner, "sk-bar").bar_style) == (1.0, "success")
    assert part(runner, "sk-start").description == "Run again"
    assert part(runner, "sk-cancel").disabled

    assert not is_hidden(row)
    next(one for one in parts(row) if isinstance(one, ipywidgets.Text)).value = str(tmp_path / "stick")
    copy.click()
    assert (tmp_path / "stick" / runner.result.backup.path.name).read_bytes() == sonoff.contents()


def test_what_was_read_twice_or_resumed_is_told(sonoff):
    slow = OperationRunner(back_up, SLOW, baud=921600).start()
    wait_until(lambda: slow.job.snapshot().done > 0x10000)
    slow.cancel()
    slow.wait()
    sonoff.faults.flip_after = 250_000
    runner = OperationRunner(back_up, URL).wait()
    fetched = runner.result.fetched
    assert fetched.resumed >= 0x10000
    sources = f"{fetched.read // 1024} KB over the wire, {fetched.blank // 1024} KB blank, "
    told = words(runner, "sk-result")
    assert f"{sources}{fetched.resumed // 1024} KB from the try before" in told
    assert "once something broke on the way and was repeated" in told
    assert "921600 baud, tested on bytes of this device" in told


def test_the_cards_of_the_other_operations_say_what_was_done(saved, tmp_path):
    (tmp_path / "hello.bin").write_bytes(lesson_images()["practice-hello.bin"])
    who = f"Chip  ESP8266EX   MAC  {saved.manifest.mac}   Flash  1 MB, id 1440ef"
    cards = {
        operation: re.sub(r" {3,}", "   ", words(OperationRunner(operation, URL, **options).wait(), "sk-result"))
        for operation, options in (
            (identify, {}),
            (verify, {}),
            (erase, {}),
            (flash, {"image": tmp_path / "hello.bin"}),
            (restore, {}),
        )
    }
    assert who in cards[identify]
    assert "the same, byte for byte" in cards[verify]
    assert who in cards[erase]
    assert "every byte is FF: the flash is blank, and checked" in cards[erase]
    size = (tmp_path / "hello.bin").stat().st_size
    assert f"hello.bin: {size} bytes at 0x0" in cards[flash]
    assert "byte 2: 02 → 03 (flash mode DIO → DOUT)" in cards[flash]
    assert "byte 3: 40 → 20 (flash size 4 MB → 1 MB)" in cards[flash]
    assert "the fitted bytes are not those in the file: a published checksum fits the file only" in cards[flash]
    assert f"{saved.path.name}, every byte as it was" in cards[restore]
    after = OperationRunner(erase, URL).wait()
    assert after.state == "done"
    assert "different: the device holds something else now" in words(OperationRunner(verify, URL).wait(), "sk-result")


def test_a_failure_is_shown_with_its_name_its_words_and_what_to_do(sonoff):
    runner = OperationRunner(erase, URL).wait()
    card = words(runner, "sk-result")
    assert card.startswith(f"BackupNeeded: There is no verified backup of the device {sonoff.mac.hex(':')}")
    assert "Make a backup first: notebook 2-backup. Nothing has been changed on the device." in card
    assert "sk-bad" in shown(runner, "sk-result")
    assert words(runner, "sk-status") == "Stopped by an error."
    assert part(runner, "sk-bar").bar_style == "danger"
    assert part(runner, "sk-start").description == "Run again"


def test_what_esptool_says_is_shown(sonoff):
    runner = OperationRunner(identify, URL).wait()
    assert "Stub flasher is already running. No upload is necessary." in words(runner, "sk-log")


def test_a_device_that_must_be_touched_is_asked_for_and_then_forgotten(sonoff):
    sonoff.power_cycle()
    runner = OperationRunner(identify, URL).start()
    reaches(runner, JobState.WAITING)
    card = words(runner, "sk-result")
    assert card.startswith("The device does not answer. (No serial data received.)")
    assert "Press the button and keep it pressed" in card
    assert not is_hidden(part(runner, "sk-guidance"))
    assert words(runner, "sk-status").startswith("Waiting for the device. It goes on by itself")
    assert not part(runner, "sk-cancel").disabled
    sonoff.hold_button()
    sonoff.power_cycle()
    reaches(runner, JobState.DONE)
    assert "button" not in words(runner, "sk-result")
    assert is_hidden(part(runner, "sk-guidance"))


def test_who_did_what_it_says_is_led_to_the_next_thing_and_back(sonoff):
    sonoff.faults.wires = Wires.SWAPPED
    runner = OperationRunner(identify, URL).start()
    reaches(runner, JobState.WAITING)
    tried, back = part(runner, "sk-tried"), part(runner, "sk-back")
    assert (tried.disabled, back.disabled) == (False, True)
    assert "Try this now (1 of 5)" in words(runner, "sk-result")
    tried.click()
    assert "Try this now (2 of 5)" in words(runner, "sk-result")
    assert not back.disabled
    back.click()
    assert "Try this now (1 of 5)" in words(runner, "sk-result")
    for _ in range(4):
        tried.click()
    assert tried.disabled
    assert "That was the last of the usual causes" in words(runner, "sk-result")
    sonoff.faults.wires = Wires.GOOD
    reaches(runner, JobState.DONE)


def test_what_the_device_says_when_it_is_started_stands_on_the_card(sonoff):
    sonoff.power_cycle()
    runner = OperationRunner(identify, URL).start()
    reaches(runner, JobState.WAITING)
    wait_until(lambda: sonoff.line and sonoff.line.baud == 74880)
    sonoff.power_cycle()  # the button is not held
    wait_until(lambda: "The device started its own firmware" in words(runner, "sk-result"))
    wait_until(lambda: sonoff.line and sonoff.line.baud == 74880)
    sonoff.hold_button()
    sonoff.power_cycle()
    reaches(runner, JobState.DONE)


def test_an_error_card_says_why_and_what_to_try_in_which_order(sonoff):
    sonoff.faults.flash_id = 0xFFFFFF
    runner = OperationRunner(identify, URL).wait()
    card = shown(runner, "sk-result")
    assert "FlashUnreadable" in card
    assert "<details><summary>What it means, and what to try in which order (" in card
    assert card.count("What to do:") >= 2
    assert "Safe meanwhile:" in card


def test_an_error_that_nobody_knows_leads_to_help(sonoff):
    def fails(device, progress, cancel):
        raise ZeroDivisionError("out of the blue")

    runner = OperationRunner(identify, URL)
    runner.job.plan = replace(runner.job.plan, run=fails)
    runner.wait()
    assert "How to ask for help" in shown(runner, "sk-result")


def test_while_a_flash_erases_itself_cancel_is_off_and_says_why(sonoff):
    runner = OperationRunner(erase, SLOW, waiver=LOST)
    assert runner.job.snapshot().can_cancel
    runner.start()
    reaches(runner, JobState.RUNNING)
    why = "A whole-chip erase is one command inside the flash chip: once begun, it cannot be stopped."
    assert runner.job.snapshot().can_cancel is False
    assert (part(runner, "sk-cancel").disabled, part(runner, "sk-cancel").tooltip) == (True, why)
    assert words(runner, "sk-status") == f"Running… {why}"
    wait_until(lambda: set(sonoff.contents()) == {0xFF})  # the chip has begun
    runner.cancel()
    runner.wait()
    assert runner.state == "done"
    assert part(runner, "sk-cancel").tooltip == ""


def test_what_a_port_is_called_is_no_html(tmp_path):
    runner = OperationRunner(identify, f"/dev/{SCRIPT}", patience=0).wait()
    assert "There is no port /dev/&lt;script&gt;" in shown(runner, "sk-result")
    values = [str(each.value) for each in parts(runner) if isinstance(each, ipywidgets.HTML)]
    assert sum("&lt;script&gt;" in value for value in values) == 4  # title, card, command and log
    assert [value for value in values if "<script>" in value] == []


# The command that does the same


@pytest.mark.skipif(sys.platform == "win32", reason="a path on a pseudo-terminal is POSIX")
def test_the_command_for_a_practice_sonoff_names_its_door_and_its_link(sonoff):
    shown_lines = {
        operation: re.search(r"<pre[^>]*>(.*)</pre>", shown(OperationRunner(operation, URL), "sk-command"), re.S)
        for operation in (identify, back_up, erase, verify, restore)
    }
    link = sonoff.folder / "port"
    assert {operation: found[1].splitlines() for operation, found in shown_lines.items()} == {
        identify: ["sonoffkit practice --model basic", f"esptool --port {link} flash-id"],
        back_up: ["sonoffkit practice --model basic", f"esptool --port {link} read-flash 0 ALL backup.bin"],
        erase: ["sonoffkit practice --model basic", f"esptool --port {link} erase-flash"],
        verify: ["sonoffkit practice --model basic", f"esptool --port {link} verify-flash 0x0 backup.bin"],
        restore: [
            "sonoffkit practice --model basic",
            f"esptool --port {link} write-flash -fm keep -fs keep 0x0 backup.bin",
        ],
    }


def test_the_command_for_a_real_port_is_that_ports(tmp_path):
    port = str(tmp_path / "ttyUSB0")
    runner = OperationRunner(flash, port, image="tasmota.bin")
    assert "practice" not in words(runner, "sk-command").replace(str(tmp_path), "")
    assert words(runner, "sk-command").endswith("write-flash -fm dout -fs detect 0x0 tasmota.bin")
    keeps = OperationRunner(flash, port, image="tasmota.bin", mode=None)
    assert "write-flash -fm keep -fs detect" in words(keeps, "sk-command")


def test_the_command_names_the_file_that_the_picker_has_chosen(sonoff, tmp_path):
    picker = ImagePicker(tmp_path / "images")
    assert words(OperationRunner(flash, URL, image=picker), "sk-command").endswith("0x0 practice-blink.bin")


# Buttons, and runners that are made again


def test_the_start_button_starts_and_the_cancel_button_cancels(sonoff):
    runner = OperationRunner(back_up, SLOW)
    part(runner, "sk-start").click()
    reaches(runner, JobState.RUNNING)
    part(runner, "sk-cancel").click()
    reaches(runner, JobState.CANCELLED)
    assert words(runner, "sk-result").startswith("Cancelled")
    assert "What was saved so far is safe." in words(runner, "sk-result")


def test_run_again_makes_a_new_job_and_shows_it(sonoff):
    runner = OperationRunner(erase, URL).wait()
    wait_until(lambda: not threads())
    first = runner.job
    with connect(URL) as device:
        Vault().adopt(sonoff.folder / "flash.bin", device)
    part(runner, "sk-start").click()
    wait_until(lambda: runner.state == "done")
    assert runner.job is not first
    assert runner.result.identity.mac == sonoff.mac.hex(":")


def test_run_again_in_the_moment_in_which_a_run_ends_is_shown_too(sonoff):
    runner = OperationRunner(identify, URL)
    for _ in range(20):  # the view of the run before is just ending
        runner.wait()
        part(runner, "sk-start").click()
        assert runner.job.wait(60)
        wait_until(lambda: runner.state == "done" and words(runner, "sk-status").startswith("Done"), seconds=10)


def test_a_second_runner_of_a_running_operation_shows_that_one(sonoff):
    first = OperationRunner(back_up, SLOW).start()
    reaches(first, JobState.RUNNING)
    second = OperationRunner(back_up, SLOW)
    assert second.job is first.job
    assert second.state == "running"
    second.start()
    first.cancel()
    reaches(second, JobState.CANCELLED)  # without having been started or awaited itself


def test_another_operation_on_a_busy_port_is_refused(sonoff):
    first = OperationRunner(back_up, SLOW).start()
    other = OperationRunner(identify, SLOW)
    with pytest.raises(OperationRunning):
        other.start()
    assert (other.state, first.job.is_live) == ("ready", True)


def test_a_click_that_is_refused_says_why_in_the_card(sonoff):
    OperationRunner(back_up, SLOW).start()
    other = OperationRunner(identify, SLOW)
    part(other, "sk-start").click()
    assert words(other, "sk-result").startswith(f"This notebook is busy on {SLOW.replace('&', '&amp;')}: ")
    assert "Wait until it has finished, or cancel it." in words(other, "sk-result")


def test_a_click_that_chooses_nothing_says_why_in_the_card(sonoff, home):
    save_choice(URL)
    runner = OperationRunner(identify).wait()
    (home / "settings.json").unlink()  # the choice is gone
    part(runner, "sk-start").click()
    assert words(runner, "sk-result").startswith("No port has been chosen yet.")


def test_after_the_end_a_new_runner_has_a_new_job(sonoff):
    first = OperationRunner(identify, URL).wait()
    assert OperationRunner(identify, URL).job is not first.job


# The person's word, in the view


@pytest.fixture
def real(tmp_path):
    """A practice Sonoff on a path that nothing takes for a practice port, saved in the vault: (port, folder)."""
    if sys.platform == "win32":
        pytest.skip("there is no pseudo-terminal on Windows")
    home = tmp_path / "real"
    command = [sys.executable, "-m", "sonoffkit", "practice", "--model", "basic", "--home", str(home)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        port = server.stdout.readline().strip()
        with connect(port) as device:
            Vault().adopt(home / "flash.bin", device)
        yield port, home
        server.terminate()
        try:
            server.wait(60)
        finally:
            server.kill()


def types(runner, text: str) -> None:
    """As the field in the browser does: a message with what was typed."""
    field = part(runner, "sk-confirm")
    field._handle_custom_msg({"typed": text}, [])


def test_a_real_device_is_erased_after_its_mac_was_typed_and_not_before(real):
    port, home = real
    mac = json.loads((home / "device.json").read_text())["mac"]
    runner = OperationRunner(erase, port).start()
    reaches(runner, JobState.CONFIRM)
    assert not is_hidden(part(runner, "sk-confirm"))
    card = words(runner, "sk-result")
    assert card.startswith("This is a real device. Everything on the device will be erased.  Verified backup:  ")
    assert f"type the last four letters and digits of its MAC into the field below: {mac[:-5]} {mac[-5:]}" in card
    assert not part(runner, "sk-cancel").disabled
    types(runner, "")
    types(runner, "nope")
    assert runner.job.snapshot().state is JobState.CONFIRM
    types(runner, mac[-5:].upper())
    reaches(runner, JobState.DONE)
    assert set((home / "flash.bin").read_bytes()) == {0xFF}
    assert is_hidden(part(runner, "sk-confirm"))


def test_cancel_there_leaves_the_flash_untouched(real):
    port, home = real
    before = (home / "flash.bin").read_bytes()
    runner = OperationRunner(erase, port).start()
    reaches(runner, JobState.CONFIRM)
    part(runner, "sk-cancel").click()
    reaches(runner, JobState.CANCELLED)
    with pytest.raises(SonoffkitError, match="You did not confirm it"):
        _ = runner.result
    assert (home / "flash.bin").read_bytes() == before


def test_a_comparison_that_fails_is_not_shown_as_a_good_one(sonoff):
    saved = OperationRunner(back_up, URL).wait().result.backup
    OperationRunner(erase, URL).wait()
    compared = OperationRunner(verify, URL, backup=saved).wait()
    assert compared.result.matches is False
    assert words(compared, "sk-result").startswith("They differ")
