"""Jobs: an operation in its thread, from its start to a final state that always arrives."""

from __future__ import annotations

import json
import subprocess
import sys
import threading

import pytest
from esptool.logger import log as esptool_log
from waiting import threads, wait_until

from sonoffkit.bootlog import Verdict
from sonoffkit.errors import (
    BackupNeeded,
    Cancelled,
    DeviceChanged,
    DeviceLost,
    NoAnswer,
    NotFinished,
    OperationRunning,
    PortBusy,
    PortMissing,
)
from sonoffkit.operations import Waiver, back_up, erase, flash, identify, restore, verify
from sonoffkit.practice import lesson_images
from sonoffkit.session import connect
from sonoffkit.vault import Vault
from sonoffkit.widgets import BootMonitor
from sonoffkit.widgets.job import LONGEST_LOG, Job, JobState, Snapshot, job_for
from sonoffkit.widgets.plans import Plan, plan_for

URL = "practice://basic"
SLOW = "practice://basic?realtime=1&latency=0"  # as slow as a cable: there is time to cancel
MB = 0x100000


def job(operation, port=URL, *, baud=115200, patience=60.0, **options) -> Job:
    return Job(plan_for(operation, options), port, baud, patience)


def over(job: Job) -> Job:
    """The job, started if need be, when it is over."""
    job.start()
    assert job.wait(60), job.snapshot()
    return job


def state(job: Job) -> JobState:
    return job.snapshot().state


def reaches(job: Job, wanted: JobState) -> None:
    wait_until(lambda: state(job) is wanted or job.is_over)
    assert state(job) is wanted, job.snapshot()


class Gate:
    """An operation that waits until it is let through, or is cancelled; for what must be seen while it runs."""

    def __init__(self, title="Wait at the gate"):
        self.opened = threading.Event()
        self.plan = Plan("gate", title, lambda identity: {}, self.run, lambda port: [], lambda result: [])

    def run(self, device, progress, cancel):
        while not self.opened.wait(0.005):
            if cancel.is_set():
                raise Cancelled("You stopped it.")
        return "through"


def plan_that(run, **changes) -> Plan:
    """A plan around any function of a device."""
    return Plan("own", "Own plan", lambda identity: {}, run, lambda port: [], lambda result: [], **changes)


# Each operation on a practice port, unattended


def test_each_operation_runs_unattended_on_a_practice_sonoff(sonoff, tmp_path):
    original = sonoff.contents()
    image = lesson_images()["practice-hello.bin"]
    (tmp_path / "hello.bin").write_bytes(image)
    done = {}
    for operation, options in (
        (identify, {}),
        (back_up, {"sticker": "17"}),
        (verify, {}),
        (erase, {}),
        (flash, {"image": tmp_path / "hello.bin"}),
    ):
        done[operation] = over(job(operation, **options))
        assert state(done[operation]) is JobState.DONE, done[operation].snapshot()
        if operation is erase:
            assert sonoff.contents() == b"\xff" * MB
    backup = done[back_up].result.backup
    assert done[identify].result.identity.mac == sonoff.mac.hex(":")
    assert (backup.read(), backup.manifest.sticker) == (original, "17")
    assert done[verify].result.matches
    assert sonoff.contents()[4 : len(image)] == image[4:]
    assert sonoff.contents()[:4] == b"\xe9" + image[1:2] + b"\x03\x20"  # DOUT, 1 MB
    restored = over(job(restore))
    assert restored.result.backup == backup
    assert sonoff.contents() == original


def test_verify_says_so_when_the_device_holds_something_else(saved):
    assert over(job(verify)).result.matches is True
    over(job(erase))
    assert over(job(verify)).result.matches is False


def test_the_plans_are_for_the_operations_and_nothing_else():
    for thing in (print, None, "erase", []):
        with pytest.raises(TypeError) as caught:
            plan_for(thing, {})
        assert str(caught.value) == "an OperationRunner runs one of identify, back_up, erase, flash, restore, verify"


def test_only_what_destroys_says_what_will_be_lost():
    assert all(plan_for(operation, {}).loses == "" for operation in (identify, back_up, verify))
    assert all(plan_for(operation, {}).loses for operation in (erase, restore))
    assert plan_for(flash, {"image": "any.bin"}).loses == "The firmware on the device will be overwritten."


# States and numbers


def test_a_job_goes_from_ready_over_connecting_and_running_to_done(sonoff):
    gate, seen = Gate(), []

    def prepare(identity):
        seen.append(state(waiting))
        return {}

    waiting = Job(Plan("gate", "Gate", prepare, gate.run, lambda port: [], lambda result: []), URL)
    seen.append(state(waiting))
    waiting.start()
    reaches(waiting, JobState.RUNNING)
    assert (waiting.is_live, waiting.is_over) == (True, False)
    gate.opened.set()
    seen.append(state(over(waiting)))
    assert seen == [JobState.READY, JobState.CONNECTING, JobState.DONE]
    assert (waiting.is_live, waiting.is_over, waiting.result) == (False, True, "through")


def test_a_running_backup_tells_bytes_and_speed_and_the_time_left(sonoff):
    slow = job(back_up, SLOW, baud=115200)
    slow.start()
    told = wait_until(lambda: (now := slow.snapshot()).seconds_left is not None and now)
    assert told.state is JobState.RUNNING
    assert told.total == MB
    assert 0 < told.done < MB
    assert 0 < told.speed <= 11520 + 4096  # what a cable at 115200 baud carries, and a packet that had begun before
    assert told.seconds_left == (MB - told.done) / told.speed
    assert told.identity.mac == sonoff.mac.hex(":")


@pytest.mark.parametrize(
    ("done", "total", "moved", "moving", "speed", "left"),
    [
        (0, 0, 0, 0.0, 0.0, None),
        (4096, MB, 4096, 0.5, 0.0, None),  # too early to tell
        (4096, MB, 4096, 1.0, 4096.0, 255.0),
        (MB // 2, MB, 4096, 1.0, 4096.0, 128.0),  # half of it was there before
        (0, MB, 0, 9.0, 0.0, None),
        (4096, 0, 4096, 1.0, 4096.0, None),
        (MB, MB, MB, 2.0, MB / 2, 0.0),
    ],
)
def test_speed_and_time_left_are_told_only_where_they_are_known(done, total, moved, moving, speed, left):
    now = Snapshot(done=done, total=total, moved=moved, moving=moving)
    assert (now.speed, now.seconds_left) == (speed, left)


def test_what_esptool_says_is_in_the_log(sonoff):
    assert "Stub flasher is already running. No upload is necessary." in over(job(identify)).log()


def test_the_log_of_a_job_holds_its_own_words_only(sonoff):
    one = over(job(identify))
    esptool_log.print("said by nobody's job")
    other = over(job(identify))
    assert one.log() == other.log()
    assert "said by nobody's job" not in " ".join(one.log())


def test_a_long_log_keeps_its_last_lines(sonoff):
    def talk(device, progress, cancel):
        for n in range(LONGEST_LOG + 50):
            esptool_log.print(f"line {n}")

    assert over(Job(plan_that(talk), URL)).log() == [f"line {n}" for n in range(50, LONGEST_LOG + 50)]


# Results


def test_there_is_no_result_before_the_end(sonoff):
    gate = Gate()
    waiting = Job(gate.plan, URL)
    for _ in range(2):
        with pytest.raises(NotFinished) as caught:
            _ = waiting.result
        assert str(caught.value) == "'Wait at the gate' has not finished."
        assert "run this one again" in caught.value.hint
        waiting.start()
        reaches(waiting, JobState.RUNNING)
    gate.opened.set()
    assert over(waiting).result == "through"


def test_the_result_raises_what_the_operation_raised_again_and_again(sonoff):
    failed = over(job(erase))
    assert state(failed) is JobState.FAILED
    for _ in range(2):
        with pytest.raises(BackupNeeded, match="There is no verified backup of the device") as caught:
            _ = failed.result
        assert caught.value is failed.error
    assert (failed.snapshot().message, failed.snapshot().hint) == (str(failed.error), failed.error.hint)
    assert failed.outcome is None


@pytest.mark.parametrize(("operation", "options"), [(erase, {}), (flash, {"image": "hello.bin"}), (restore, {})])
def test_without_a_backup_nothing_is_destroyed(sonoff, tmp_path, monkeypatch, operation, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hello.bin").write_bytes(lesson_images()["practice-hello.bin"])
    before = sonoff.contents()
    failed = over(job(operation, **options))
    assert (state(failed), type(failed.error)) == (JobState.FAILED, BackupNeeded)
    assert sonoff.contents() == before


def test_a_waiver_stands_in_for_the_backup(sonoff):
    assert state(over(job(erase, waiver=Waiver.ORIGINAL_IS_LOST))) is JobState.DONE
    assert sonoff.contents() == b"\xff" * MB


def test_nobody_answers_and_there_is_no_patience(sonoff):
    sonoff.power_cycle()
    failed = over(job(identify, patience=0))
    assert state(failed) is JobState.FAILED
    with pytest.raises(NoAnswer) as caught:
        _ = failed.result
    assert str(caught.value) == "The device does not answer. (No serial data received.)"
    assert failed.snapshot().hint.startswith("Put it into download mode")
    assert failed.log() == [f"NoAnswer: {caught.value}"]


@pytest.mark.parametrize("error", [ZeroDivisionError, SystemExit])
def test_whatever_an_operation_raises_ends_it(sonoff, error):
    def fails(device, progress, cancel):
        raise error("out of the blue")

    failed = Job(plan_that(fails), URL)
    failed.start()
    assert failed.wait(10), "it hangs"
    assert state(failed) is JobState.FAILED
    assert failed.snapshot().message == "out of the blue"
    with pytest.raises(error, match="out of the blue"):
        _ = failed.result
    connect(URL).close()  # the port was let go


def test_what_fails_before_the_operation_ends_it_too(sonoff):
    def fails(identity):
        raise ZeroDivisionError("in prepare")

    plan = Plan("own", "Own", fails, lambda device: None, lambda port: [], lambda result: [])
    failed = over(Job(plan, URL))
    assert (state(failed), failed.snapshot().message) == (JobState.FAILED, "in prepare")


def test_no_thread_is_left_when_it_is_over(sonoff):
    for operation, end in ((identify, JobState.DONE), (erase, JobState.FAILED)):  # there is no backup
        assert state(over(job(operation))) is end
        wait_until(lambda: threads() == [])


# Cancel


def test_a_cancelled_backup_leaves_its_part_and_the_next_run_goes_on(sonoff):
    slow = job(back_up, SLOW, baud=921600)
    slow.start()
    wait_until(lambda: slow.snapshot().done > 0x10000)  # one piece is on disk
    slow.cancel()
    assert slow.wait(60)
    assert state(slow) is JobState.CANCELLED
    with pytest.raises(Cancelled, match="You stopped it"):
        _ = slow.result
    assert slow.snapshot().hint == "What was saved so far is safe. Run it again when you like."
    files = {path.suffix for path in Vault().folder.iterdir()}
    assert files == {".part", ".checkpoint"}

    slow = job(back_up, SLOW, baud=115200)
    slow.start()
    told = wait_until(lambda: (now := slow.snapshot()).speed and now)
    assert told.done > 0x10000  # it went on, and what was there before is not taken for speed
    assert told.speed < 2 * 11520  # a busy machine reads in gulps
    slow.cancel()
    assert slow.wait(60)

    again = over(job(back_up))
    fetched = again.result.fetched
    assert fetched.resumed >= 0x10000
    assert fetched.read + fetched.blank + fetched.resumed == MB
    assert again.result.backup.read() == sonoff.contents()
    assert {path.suffix for path in Vault().folder.iterdir()} == {".bin", ".json"}


def test_a_job_cancelled_while_it_waits_ends(sonoff):
    sonoff.power_cycle()
    waiting = job(identify)
    waiting.start()
    reaches(waiting, JobState.WAITING)
    waiting.cancel()
    assert waiting.wait(60)
    assert state(waiting) is JobState.CANCELLED


def test_a_job_cancelled_before_it_began_never_begins(sonoff):
    never = job(identify)
    never.cancel()
    assert (state(never), never.is_over) == (JobState.CANCELLED, True)
    never.start()
    wait_until(lambda: not threads())
    assert state(never) is JobState.CANCELLED
    with pytest.raises(Cancelled):
        _ = never.result
    assert never.log() == []


def test_cancelling_what_is_over_changes_nothing(sonoff):
    done = over(job(identify))
    done.cancel()
    assert state(done) is JobState.DONE
    assert done.result.identity


def test_what_can_be_stopped_says_nothing_of_the_kind():
    assert [plan_for(operation, {}).no_cancel for operation in (identify, back_up, restore, verify)] == [""] * 4


# Waiting for a hand


def test_a_job_waits_for_download_mode_and_goes_on_by_itself(sonoff):
    sonoff.power_cycle()  # its firmware runs
    waiting = job(identify)
    waiting.start()
    reaches(waiting, JobState.WAITING)
    now = waiting.snapshot()
    assert now.message == "The device does not answer. (No serial data received.)"
    assert now.hint.startswith("Put it into download mode: take the power away, hold its button")
    assert now.can_cancel
    sonoff.hold_button()
    sonoff.power_cycle()
    assert waiting.wait(60)
    assert state(waiting) is JobState.DONE
    assert (waiting.snapshot().message, waiting.snapshot().hint) == ("", "")


def test_a_job_waits_for_the_adapter_to_be_plugged_in(sonoff):
    sonoff.unplug()
    waiting = job(identify)
    waiting.start()
    reaches(waiting, JobState.WAITING)
    assert waiting.snapshot().message == "There is no port practice://basic."
    sonoff.hold_button()
    sonoff.plug_in()
    assert waiting.wait(60)
    assert state(waiting) is JobState.DONE


def test_a_boot_monitor_of_the_same_notebook_makes_way(sonoff):
    monitor = BootMonitor(URL).start()
    wait_until(lambda: sonoff.line is not None)
    assert state(over(job(identify, patience=0))) is JobState.DONE
    assert monitor.finding.verdict is Verdict.SILENCE


# A device that goes away in the middle, and comes back


def goes_away_at(sonoff, done, pull):
    """Back up, with the cable or the power pulled at that many bytes; the job, which waits now."""
    sonoff.faults.unplug_after = None
    pulled = []

    class Pulling(Job):
        def _progress(self, now, total):
            super()._progress(now, total)
            if now >= done and not pulled:
                pulled.append(now)
                pull()

    going = Pulling(plan_for(back_up, {}), URL + "?hurry=1", 115200, 60.0)
    going.start()
    reaches(going, JobState.WAITING)
    return going


def test_a_backup_whose_cable_was_pulled_goes_on_by_itself_when_it_is_back(sonoff):
    going = goes_away_at(sonoff, 0x48000, sonoff.unplug)
    wait_until(lambda: going.snapshot().message == f"There is no port {going.port}.")
    hint = "Its USB plug is out: plug it in. What was done so far is kept, and it goes on from there."
    assert going.snapshot().hint == hint
    assert any("Waiting for the device, to go on where it stopped." in line for line in going.log())
    sonoff.hold_button()
    sonoff.plug_in()
    assert going.wait(60)
    assert state(going) is JobState.DONE, going.snapshot()
    assert going.result.fetched.resumed >= 0x40000
    assert going.result.backup.read() == sonoff.contents()
    assert {path.suffix for path in Vault().folder.iterdir()} == {".bin", ".json"}


def test_a_backup_whose_power_was_cut_goes_on_by_itself_after_a_power_up(sonoff):
    going = goes_away_at(sonoff, 0x48000, sonoff.power_off)
    sonoff.hold_button()
    sonoff.power_on()
    assert going.wait(60)
    assert state(going) is JobState.DONE, going.snapshot()
    assert going.result.fetched.resumed >= 0x40000
    assert going.result.backup.read() == sonoff.contents()


def test_a_half_written_device_is_never_called_unchanged(sonoff, proof):
    erased = job(erase, URL + "?hurry=1")
    over(erased)

    class Pulling(Job):
        def _progress(self, now, total):
            super()._progress(now, total)
            if now > 0x40000:
                sonoff.power_off()

    going = Pulling(plan_for(restore, {"backup": proof}), URL + "?hurry=1", 115200, 0.0)
    going.start()
    assert going.wait(60)
    now = going.snapshot()
    assert now.state is JobState.FAILED
    assert now.hint.count("may now hold only a part of it") == 1
    assert "Nothing" not in now.hint


def test_a_device_that_does_not_come_back_ends_with_how_it_was_lost(sonoff):
    class Pulling(Job):
        def _progress(self, now, total):
            super()._progress(now, total)
            sonoff.power_off()

    going = over(Pulling(plan_for(back_up, {}), URL + "?hurry=1", 115200, 0.0))
    assert type(going.error) is DeviceLost
    now = going.snapshot()
    assert now.message == "The device stopped answering in the middle."
    assert now.hint.startswith("It has probably lost its power")
    assert now.hint.count("What was done so far is kept") == 1


def test_another_device_that_comes_back_is_not_gone_on_with(sonoff):
    going = goes_away_at(sonoff, 0x48000, sonoff.unplug)
    sonoff.faults.flash_id = 0x1440C8  # as large, of another maker
    sonoff.hold_button()
    sonoff.plug_in()
    assert going.wait(60)
    assert type(going.error) is DeviceChanged
    assert Vault().backups() == []


def test_a_wait_for_a_device_that_never_comes_back_can_be_stopped(sonoff):
    going = goes_away_at(sonoff, 0x48000, sonoff.unplug)
    going.cancel()
    assert going.wait(60)
    assert state(going) is JobState.CANCELLED


# One job on one port


def test_the_same_operation_on_a_busy_port_is_the_same_job(sonoff):
    slow = job_for(plan_for(back_up, {}), SLOW)
    slow.start()
    assert job_for(plan_for(back_up, {}), SLOW) is slow
    slow.start()  # begun already: nothing happens
    assert threads() == ["sonoffkit back_up"]
    assert job_for(plan_for(back_up, {}), URL) is not slow
    assert job_for(plan_for(identify, {}), SLOW) is not slow


def test_another_operation_on_a_busy_port_does_not_start(sonoff):
    slow = job(back_up, SLOW)
    slow.start()
    other = job(identify, SLOW)
    with pytest.raises(OperationRunning) as caught:
        other.start()
    assert str(caught.value) == f"This notebook is busy on {SLOW}: back up the whole flash."
    assert caught.value.hint
    assert (state(other), other.is_live) == (JobState.READY, False)
    slow.cancel()
    assert slow.wait(60)
    assert state(over(other)) is JobState.DONE


def test_after_a_job_is_over_there_is_a_new_one(sonoff):
    first = job_for(plan_for(identify, {}), URL)
    over(first)
    second = job_for(plan_for(identify, {}), URL)
    assert second is not first
    assert state(over(second)) is JobState.DONE


def test_a_port_that_another_program_has_open_is_told_at_once(sonoff):
    with connect(URL):
        busy = over(job(identify))
    assert (state(busy), type(busy.error)) == (JobState.FAILED, PortBusy)


# On what counts as a real port: a person confirms what will be lost


class Cable:
    """Practice Sonoffs behind a path that nothing takes for a practice port; one at a time, as with a real cable."""

    def __init__(self, folder):
        self.port = folder / "cable"
        self._folder, self._server = folder, None

    def plug(self, name):
        """Put the device of that name on the cable; its folder."""
        self.pull()
        home = self._folder / name
        command = [sys.executable, "-m", "sonoffkit", "practice", "--model", "basic", "--home", str(home)]
        self._server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port.symlink_to(self._server.stdout.readline().strip())
        return home

    def pull(self):
        if self._server:
            self.port.unlink()
            server, self._server = self._server, None
            server.terminate()
            try:
                server.communicate(timeout=60)
            finally:
                server.kill()


@pytest.fixture
def cable(tmp_path):
    if sys.platform == "win32":
        pytest.skip("there is no pseudo-terminal on Windows")
    cable = Cable(tmp_path)
    yield cable
    cable.pull()


@pytest.fixture
def real(cable):
    """The folder of a device on the cable, of which there is a verified backup."""
    home = cable.plug("real")
    with connect(str(cable.port)) as device:
        Vault().adopt(home / "flash.bin", device)
    return home


def mac_of(home) -> str:
    return json.loads((home / "device.json").read_text(encoding="utf-8"))["mac"]


def asks(job: Job) -> Job:
    """The job, when it asks the person."""
    job.start()
    reaches(job, JobState.CONFIRM)
    return job


@pytest.mark.parametrize("operation", [erase, flash, restore])
def test_on_a_real_port_nothing_is_destroyed_before_a_person_confirmed(cable, real, tmp_path, operation):
    (tmp_path / "hello.bin").write_bytes(lesson_images()["practice-hello.bin"])
    options = {"image": tmp_path / "hello.bin"} if operation is flash else {}
    before = (real / "flash.bin").read_bytes()
    waiting = asks(job(operation, str(cable.port), **options))
    now = waiting.snapshot()
    (backup,) = Vault().backups()
    assert now.message == waiting.plan.loses
    assert backup.path.name in dict(now.about).values()  # what makes it safe, or is written
    assert (("Written", "hello.bin") in now.about) is (operation is flash)
    assert (now.identity.mac, now.can_cancel) == (mac_of(real), True)
    waiting.cancel()
    assert waiting.wait(60)
    assert state(waiting) is JobState.CANCELLED
    assert str(waiting.error) == "You did not confirm it, and nothing was done."
    assert (real / "flash.bin").read_bytes() == before


def test_what_destroys_nothing_asks_nobody(cable, real):
    for operation in (identify, verify):
        assert state(over(job(operation, str(cable.port)))) is JobState.DONE


def test_while_a_person_thinks_the_port_is_free(cable, real):
    waiting = asks(job(erase, str(cable.port)))
    with connect(str(cable.port)) as device:
        assert device.identity == waiting.snapshot().identity


def test_wrong_letters_do_not_confirm(cable, real):
    waiting = asks(job(erase, str(cable.port)))
    mac = mac_of(real)
    end = mac.replace(":", "")[-4:]
    wrong = ["", " ", ":", "yes", "0000" if end != "0000" else "1111", end[:3], end[1:], end[::-1] + "x", mac[:5]]
    assert [waiting.confirm(text) for text in wrong] == [False] * len(wrong)
    assert (state(waiting), set((real / "flash.bin").read_bytes()) == {0xFF}) == (JobState.CONFIRM, False)


def test_the_end_of_the_mac_confirms_however_it_is_written(cable, real):
    one, other = mac_of(real).split(":")[-2:]
    for text in (f"{one}{other}", f"{one}:{other}", f"{one}-{other}".upper(), f" {one}{other.upper()} "):
        waiting = asks(job(erase, str(cable.port)))
        assert waiting.confirm(text)
        assert waiting.wait(60)
        assert state(waiting) is JobState.DONE, text


def test_a_confirmed_erase_erases(cable, real):
    waiting = asks(job(erase, str(cable.port)))
    assert waiting.confirm(mac_of(real)[-5:])
    assert waiting.wait(60)
    assert waiting.result.identity.mac == mac_of(real)
    assert set((real / "flash.bin").read_bytes()) == {0xFF}


def test_another_device_put_in_place_meanwhile_is_not_touched(cable, real):
    waiting = asks(job(erase, str(cable.port)))
    other = cable.plug("other")
    before = (other / "flash.bin").read_bytes()
    assert waiting.confirm(mac_of(real)[-5:])
    assert waiting.wait(60)
    with pytest.raises(DeviceChanged) as caught:
        _ = waiting.result
    assert str(caught.value) == (f"This is not the device {mac_of(real)} that it began with, but {mac_of(other)}.")
    assert state(waiting) is JobState.FAILED
    assert (other / "flash.bin").read_bytes() == before


def test_a_confirmed_device_that_was_pulled_is_waited_for(cable, real):
    waiting = asks(job(erase, str(cable.port)))
    cable.pull()
    assert waiting.confirm(mac_of(real)[-5:])
    reaches(waiting, JobState.WAITING)
    assert waiting.snapshot().message == f"There is no port {cable.port}."
    cable.plug("real")
    assert waiting.wait(60)
    assert state(waiting) is JobState.DONE
    assert set((real / "flash.bin").read_bytes()) == {0xFF}


def test_without_a_backup_nobody_is_even_asked(cable):
    home = cable.plug("unsaved")
    before = (home / "flash.bin").read_bytes()
    failed = over(job(erase, str(cable.port)))
    assert type(failed.error) is BackupNeeded
    assert (home / "flash.bin").read_bytes() == before


def test_there_is_nothing_to_confirm_before_the_device_was_met(tmp_path):
    missing = job(erase, str(tmp_path / "nothing"), patience=0)
    assert not missing.confirm("")
    assert not missing.confirm("0000")
    assert type(over(missing).error) is PortMissing
