"""The ``sonoffkit`` command: what it says of itself, and a practice Sonoff on a port."""

from __future__ import annotations

import io
import json
import re
import signal
import subprocess
import sys
import threading

import nbformat
import pytest
from click.testing import CliRunner
from waiting import wait_until

from sonoffkit import course
from sonoffkit.cli import main
from sonoffkit.errors import FlashUnreadable, NoAnswer
from sonoffkit.practice import MODELS, DeviceInUse, practice_device
from sonoffkit.practice.console import obey, say_state
from sonoffkit.practice.factory import factory_image, factory_network
from sonoffkit.practice.faults import FAULT_NAMES
from sonoffkit.redacting import redact_file
from sonoffkit.report import inspect_dump
from sonoffkit.session import connect

SERVES = (sys.executable, "-m", "sonoffkit", "practice")
posix = pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals and these signals are POSIX")


@pytest.fixture(autouse=True)
def _signals_as_before():
    """The command listens to signals: called in this process, it must not take them from pytest for good."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def run(*words: str):
    return CliRunner().invoke(main, words)


def helps(*words: str) -> str:
    """A command's help as one line, so that where it was wrapped does not matter."""
    told = run(*words, "--help")
    assert told.exit_code == 0
    return " ".join(told.output.split())


class Served:
    """``sonoffkit practice`` at work in a process of its own."""

    def __init__(self, *options: str):
        self.process = subprocess.Popen(
            [*SERVES, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
        )
        self.lines: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        wait_until(lambda: "  help, quit" in self.text or self.process.poll() is not None)

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def port(self) -> str:
        return self.lines[0]

    def say(self, words: str) -> str:
        """The line that comes back on a line."""
        before = len(self.lines)
        self.process.stdin.write(words + "\n")
        self.process.stdin.flush()
        wait_until(lambda: len(self.lines) > before)
        return self.lines[before]

    def end(self) -> int:
        """Its exit status, after it was told to stop."""
        if self.process.poll() is None:
            self.process.terminate()
        return self.ended()

    def ended(self) -> int:
        """Its exit status, when it ends by itself."""
        try:
            return self.process.wait(60)
        finally:
            self.process.kill()
            self._reader.join(60)
            self.process.stdin.close()
            self.process.stdout.close()

    def _read(self) -> None:
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))


@pytest.fixture
def serve():
    """Starts ``sonoffkit practice``, and ends it after the test."""
    begun = []

    def serve(*options: str) -> Served:
        begun.append(Served(*options))
        return begun[-1]

    yield serve
    for served in begun:
        served.end()


# What it says of itself


def test_the_help_names_each_command_with_what_it_does():
    told = helps()
    assert "Back up, understand and reflash Sonoff switches, with or without hardware." in told
    for name, does in {
        "lab": "Open the notebooks in JupyterLab.",
        "rehearse": "Run all notebooks on practice Sonoffs.",
        "practice": "Put a practice Sonoff on a port, for esptool in any terminal.",
    }.items():
        assert f"{name} {does}" in told


def test_each_command_has_help_for_itself_and_for_each_of_its_options():
    for name, command in main.commands.items():
        assert helps(name).startswith(f"Usage: main {name} ")
        assert command.help, name
        unexplained = [
            option.name for option in command.params if option.param_type_name == "option" and not option.help
        ]
        assert unexplained == [], name


def test_the_help_of_lab_says_that_nothing_is_overwritten():
    told = helps("lab")
    assert "They are copied into FOLDER (sonoffkit-workshop unless given)" in told
    assert "what you changed there is never overwritten. Nothing is asked of the network." in told
    assert "[-- JUPYTERLAB'S OPTIONS]" in told


def test_the_help_of_rehearse_says_what_it_needs_and_what_it_touches():
    told = helps("rehearse")
    assert "The devices are fresh, and what you did yourself stays untouched." in told
    assert "Needs no browser, no hardware and no network. The exit status is 0 when all passed." in told


def test_the_help_of_practice_says_where_the_port_is_named():
    told = helps("practice")
    assert "The first line of output is the port to use." in told
    assert "words on the standard input touch the device; 'help' lists them. It runs until stopped." in told
    assert f"[{'|'.join(MODELS)}]" in told


def test_it_is_a_module_too_and_tells_its_version():
    done = subprocess.run([sys.executable, "-m", "sonoffkit", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"sonoffkit, version \d+\.\d+\.\d+\S*", done.stdout.strip())


def test_short_help_is_help_too():
    assert run("-h").output == run("--help").output


def test_a_word_that_is_no_command_is_told():
    told = run("flahs")
    assert told.exit_code == 2
    assert "No such command 'flahs'." in told.output


# sonoffkit lab


def test_lab_copies_the_notebooks_and_then_it_is_jupyterlabs_turn(tmp_path):
    command = [sys.executable, "-m", "sonoffkit", "lab", str(tmp_path / "w"), "--no-browser"]
    done = subprocess.run([*command, "--", "--no-such-option=1"], capture_output=True, text=True, check=False)
    names = [path.name for path in course.course_notebooks()]
    assert done.stdout.splitlines() == [
        *(f"{name}: new" for name in names),
        f"Opening JupyterLab in {tmp_path / 'w'}. Stop it with Ctrl-C.",
    ]
    assert sorted(path.name for path in (tmp_path / "w").glob("*.ipynb")) == names
    assert "unrecognized arguments: --no-such-option=1" in done.stderr  # JupyterLab says so
    assert done.returncode == 2  # and this is its exit status


def test_lab_says_where_it_cannot_copy_to(tmp_path):
    (tmp_path / "file").write_text("no folder")
    told = run("lab", str(tmp_path / "file" / "w"))
    assert told.exit_code == 1
    assert f"Error: the notebooks cannot be copied to {tmp_path / 'file' / 'w'}: " in told.output
    assert "Traceback" not in told.output


def test_lab_without_notebooks_says_that_the_installation_is_incomplete(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "course_folder", lambda: tmp_path / "nothing")
    told = run("lab", str(tmp_path / "w"))
    assert told.exit_code == 1
    assert "Error: there are no notebooks: the installation is incomplete." in told.output


@pytest.mark.parametrize("port", ["0", "65536", "x"])
def test_lab_refuses_a_port_that_is_none(tmp_path, port):
    assert run("lab", str(tmp_path / "w"), "--port", port).exit_code == 2
    assert not (tmp_path / "w").exists()


# sonoffkit rehearse


def write_notebook(folder, name, *cells):
    folder.mkdir(exist_ok=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbformat.write(notebook, folder / name)


def test_rehearse_says_which_cell_failed_goes_on_and_its_status_is_one(tmp_path, monkeypatch):
    write_notebook(tmp_path / "course", "1-bad.ipynb", "one = 1", "one / 0", "never = 1")
    write_notebook(tmp_path / "course", "2-good.ipynb", "assert 'one' not in dir()")
    monkeypatch.setattr(course, "course_folder", lambda: tmp_path / "course")
    told = run("rehearse", "--out", str(tmp_path / "out"))
    assert told.exit_code == 1
    bad, good = told.output.splitlines()
    assert re.fullmatch(r"1-bad\.ipynb: FAILED in cell 2: ZeroDivisionError: division by zero \(\d+ s\)", bad)
    assert re.fullmatch(r"2-good\.ipynb: passed \(\d+ s\)", good)
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["1-bad.ipynb", "2-good.ipynb"]


def test_rehearse_without_notebooks_has_not_passed(tmp_path, monkeypatch):
    monkeypatch.setattr(course, "course_folder", lambda: tmp_path / "nothing")
    told = run("rehearse")
    assert told.exit_code == 1
    assert told.output == "Error: there are no notebooks: the installation is incomplete.\n"


# sonoffkit practice


def test_the_first_line_is_the_port_and_then_it_says_what_it_is(serve, tmp_path):
    served = serve("--model", "pow-r2", "--home", str(tmp_path / "pow"))
    assert served.port.startswith("rfc2217://127.0.0.1:" if sys.platform == "win32" else "/dev/")
    assert served.lines[1] == (
        f"Sonoff POW R2 in {tmp_path / 'pow'}: power on, button released, in download mode. Stop with Ctrl-C."
    )
    assert "words that touch the device:" in served.lines
    assert any(line.split() == ["hold,", "release", "the", "button", "(GPIO0)"] for line in served.lines)


def test_without_a_home_it_is_the_notebooks_own_device(serve, home):
    served = serve("--model", "nodemcu")
    assert f"in {(home / 'practice' / 'nodemcu').resolve()}: " in served.lines[1]
    assert (home / "practice" / "nodemcu" / "flash.bin").stat().st_size == MODELS["nodemcu"].flash_size


def test_words_on_the_standard_input_touch_the_device(serve, home):
    served = serve()
    sonoff = practice_device("basic")  # as the notebooks see it: it is what lies in the folder
    assert served.say("state") == "power on, button released, in download mode"
    assert served.say("hold") == "power on, button held, in download mode"
    assert sonoff.state().button_held
    assert served.say("release") == "power on, button released, in download mode"
    assert served.say("cycle") == "power on, button released, runs its firmware"
    assert served.say("off") == "power off, button released, does nothing"
    assert not sonoff.state().powered
    assert served.say("  hold  ") == "power off, button held, does nothing"
    assert served.say("on") == "power on, button held, in download mode"
    assert served.say("unplug") == "adapter unplugged, power off, button held"
    assert not sonoff.state().plugged_in
    assert served.say("plug") == "power on, button held, in download mode"
    assert sonoff.state().plugged_in


def test_a_word_that_is_not_understood_is_answered_by_the_list(serve):
    served = serve("--serve", "0")

    def answer(words: str) -> list[str]:
        before = len(served.lines)
        served.say(words)
        wait_until(lambda: len(served.lines) > before + 5 and served.lines[-1].endswith("this, or stop"))
        return served.lines[before:]

    for nonsense in ("jump", "hold it", "state now"):
        told, title, *_ = answer(nonsense)
        assert (told, title) == (f"'{nonsense}' is not understood", "words that touch the device:")
    assert answer("help")[0] == "words that touch the device:"


def test_the_faults_that_there_are_are_told_with_what_they_mean(serve):
    served = serve("--serve", "0")
    served.say("fault")
    wait_until(lambda: served.lines[-1].startswith("  chip-magic "))
    assert [line.split()[0] for line in served.lines[-len(FAULT_NAMES) :]] == list(FAULT_NAMES)


def test_the_state_tells_which_faults_are_in_force(serve):
    served = serve("--serve", "0")
    assert served.say("fault wires swapped").endswith("; faults: wires swapped")
    assert served.say("fault stuck-busy yes").endswith("; faults: wires swapped, stuck-busy yes")
    assert served.say("fault none").endswith("in download mode")
    assert (
        served.say("fault wires loose")
        == "wires is good, swapped, tx-open, rx-open, open, looped, or 'none'; not 'loose'"
    )


def test_an_empty_line_says_nothing_and_does_nothing(serve):
    served = serve("--serve", "0")
    before = len(served.lines)
    served.process.stdin.write("\n  \n")
    assert served.say("state").startswith("power on")
    assert len(served.lines) == before + 1


@posix
def test_faults_are_set_and_healed_by_words(serve):
    served = serve()
    served.say("fault flash-id 0xffffff")
    with pytest.raises(FlashUnreadable, match="its id reads ffffff"):
        connect(served.port)
    served.say("fault flash-id none")
    with connect(served.port) as device:
        assert device.identity.flash_id == MODELS["basic"].flash_id


def test_a_fault_that_there_is_not_is_told(serve):
    told = serve("--serve", "0").say("fault frobnicate 1")
    assert told == f"a fault is one of {', '.join(FAULT_NAMES)}, and a value or 'none'"
    assert "drop-to-host, drop-to-chip, flip-to-host," in told


def test_faults_can_be_there_from_the_start(serve):
    with pytest.raises(FlashUnreadable, match="its id reads ffffff"):
        connect(serve("--fault", "flash-id=0xffffff", "--fault", "seed=3").port)


@pytest.mark.parametrize("fault", ["frobnicate=1", "wires=loose", "drop-to-host=0", "drop-to-host", "wires=good=bad"])
def test_a_fault_that_there_is_not_is_refused_before_anything_is_served(fault):
    result = run("practice", "--serve", "0", "--fault", fault)
    assert result.exit_code == 1
    assert result.output.startswith("Error: ")
    assert practice_device("basic").state().plugged_in  # and its port is free


@pytest.mark.parametrize(
    ("button", "does"), [("held", "button held, in download mode"), ("released", "button released, runs its firmware")]
)
def test_it_is_powered_up_with_the_button_as_asked(serve, button, does):
    assert f": power on, {does}. " in serve("--button", button, "--serve", "0").lines[1]


def test_quit_ends_it(serve):
    served = serve()
    served.process.stdin.write("quit\n")
    served.process.stdin.flush()
    assert served.ended() == 0


def test_it_goes_on_when_the_standard_input_ends(serve, home):
    served = serve("--serve", "0")
    served.process.stdin.close()
    with pytest.raises(subprocess.TimeoutExpired):
        served.process.wait(0.3)
    with pytest.raises(DeviceInUse):
        practice_device("basic").attach()


@posix
@pytest.mark.parametrize("number", ["SIGTERM", "SIGINT"])
def test_a_signal_ends_it_cleanly_and_takes_the_link_away(serve, home, number):
    served = serve()
    link = home / "practice" / "basic" / "port"
    assert str(link.readlink()) == served.port
    served.process.send_signal(getattr(signal, number))
    assert served.ended() == 0
    assert not link.is_symlink()
    assert "Traceback" not in served.text
    practice_device("basic").attach()  # it let the device go


@posix
def test_what_was_done_over_the_port_outlives_the_server(serve, home):
    served = serve("--button", "held")
    with connect(served.port) as device:
        device.erase_chip()
    served.end()
    again = serve()
    assert ": power on, button held, in download mode (stub). " in again.lines[1]
    assert practice_device("basic").contents() == b"\xff" * 0x100000


def test_a_second_server_of_a_device_says_who_may_have_it(serve, tmp_path):
    serve("--home", str(tmp_path / "one"))
    second = serve("--home", str(tmp_path / "one"))
    assert second.ended() == 1
    assert second.lines == [
        "Error: this practice Sonoff's port is open in another program (a notebook, or another 'sonoffkit practice'). "
        "Its flash is as it was. Close that, and try again."
    ]


def test_a_device_that_a_notebook_has_open_is_not_powered_up_anew(home):
    before = practice_device("basic").state()
    practice_device("basic").attach()
    done = subprocess.run([*SERVES, "--button", "released"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: this practice Sonoff's port is open in another program")
    assert practice_device("basic").state() == before


def test_a_home_of_another_model_is_refused(tmp_path):
    practice_device("any", tmp_path / "pow", "pow-r2")
    told = run("practice", "--model", "basic", "--home", str(tmp_path / "pow"))
    assert told.exit_code == 1
    assert told.output == f"Error: the practice device in {tmp_path / 'pow'} is a pow-r2, not a basic\n"


def test_without_a_model_a_home_keeps_its_own(serve, tmp_path):
    practice_device("any", tmp_path / "pow", "pow-r2")
    assert serve("--home", str(tmp_path / "pow"), "--serve", "0").lines[1].startswith("Sonoff POW R2 in ")


def test_a_new_home_without_a_model_is_a_basic(serve, tmp_path):
    assert serve("--home", str(tmp_path / "new"), "--serve", "0").lines[1].startswith("Sonoff Basic R1 in ")


def test_a_home_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("no folder")
    told = run("practice", "--home", str(tmp_path / "file" / "home"))
    assert told.exit_code == 1
    assert told.output.startswith("Error: ")


@pytest.mark.parametrize("options", [["--model", "sonoff-9"], ["--button", "pressed"], ["--serve", "-1"], ["--pty=1"]])
def test_options_that_make_no_sense_are_refused(options, home):
    assert run("practice", *options).exit_code == 2
    assert not home.exists()


def test_two_doors_at_once_are_refused(home):
    told = run("practice", "--pty", "--serve", "0")
    assert told.exit_code == 2
    assert "--pty and --serve are two doors: choose one." in told.output
    practice_device("basic").attach()  # it is not left locked


def test_a_tcp_port_in_use_is_told(serve, tmp_path):
    number = serve("--home", str(tmp_path / "one"), "--serve", "0").port.rpartition(":")[2]
    done = subprocess.run(
        [*SERVES, "--home", str(tmp_path / "two"), "--serve", number], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "in use" in done.stderr


@posix
def test_a_device_that_runs_its_firmware_does_not_answer_over_the_port(serve):
    served = serve("--button", "released")
    with pytest.raises(NoAnswer):
        connect(served.port)
    served.say("hold")
    served.say("cycle")
    connect(served.port).close()


@pytest.mark.filterwarnings("ignore:set(Daemon|Name):DeprecationWarning")  # pyserial 3.5's own client
def test_a_device_that_was_left_unplugged_is_plugged_in_by_who_serves_it(serve):
    practice_device("basic").unplug()
    connect(serve("--serve", "0", "--button", "held").port).close()


def test_while_another_program_has_it_words_do_nothing_and_say_so():
    device = practice_device("basic")
    told = []

    def in_use() -> None:
        raise DeviceInUse("basic")

    device.power_off = in_use
    obey(device, ["off", "state"], threading.Event(), told.append)
    assert told == ["the device is in use by another program; nothing was done", say_state(device)]


def test_words_that_are_no_text_are_passed_over():
    told = []
    lines = io.TextIOWrapper(io.BytesIO(b"\xff\xfe\nstate\n"), encoding="utf-8", errors="replace")
    obey(practice_device("basic"), lines, threading.Event(), told.append)
    assert told[-1] == say_state(practice_device("basic"))


def test_the_same_is_said_of_a_device_that_is_served_already_whichever_door_is_asked_for(serve):
    serve("--serve", "0")
    for door in ("--pty", "--serve=0") if sys.platform != "win32" else ("--serve=0",):
        result = run("practice", door)
        assert result.exit_code == 1
        assert "port is open in another program" in result.output


# Looking at a dump


MAC = bytes.fromhex("5ccf7f010203")


@pytest.fixture
def dump(tmp_path):
    path = tmp_path / "mine.bin"
    path.write_bytes(factory_image(MODELS["basic"], MAC))
    return path


def test_inspect_says_what_a_dump_is_and_masks_what_it_must(dump):
    told = run("inspect", str(dump))
    assert told.exit_code == 0
    assert "a whole flash" in told.output
    assert "0x001000  0x065000  user1" in told.output
    assert factory_network(MAC).ssid in told.output
    assert factory_network(MAC).password not in told.output


def test_inspect_reveals_only_when_it_is_told_to(dump):
    assert factory_network(MAC).password in run("inspect", str(dump), "--reveal").output


def test_inspect_as_json_is_json_alone_and_without_identities(dump):
    told = run("inspect", str(dump), "--json")
    report = json.loads(told.stdout)
    assert report["size"] == 0x100000
    assert factory_network(MAC).ssid not in told.stdout
    assert factory_network(MAC).password not in told.stdout


def test_inspect_writes_a_page_and_a_picture(dump, tmp_path):
    told = run("inspect", str(dump), "--html", str(tmp_path / "a.html"), "--png", str(tmp_path / "a.png"))
    assert told.exit_code == 0, told.output
    assert "<!doctype html>" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")
    assert told.stderr.count("Wrote ") == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("inspect", "none.bin"), "none.bin cannot be read. (No such file or directory)\nCheck the file's name"),
        (("inspect", "."), "cannot"),
        (("redact", "none.bin", "out.bin"), "none.bin cannot be read."),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_in_words(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = run(*words)
    assert told.exit_code != 0
    assert says in told.output or "is a directory" in told.output
    assert "Traceback" not in told.output


def test_a_picture_of_another_kind_is_refused_in_words(dump, tmp_path):
    told = run("inspect", str(dump), "--png", str(tmp_path / "a.gif"))
    assert told.exit_code == 1
    assert "A picture is saved as .png or .svg" in told.output


def test_redact_writes_a_copy_without_the_network_and_leaves_the_dump(dump, tmp_path):
    before, out = dump.read_bytes(), tmp_path / "share.bin"
    told = run("redact", str(dump), str(out))
    assert told.exit_code == 0, told.output
    assert dump.read_bytes() == before
    assert len(out.read_bytes()) == len(before)
    network = factory_network(MAC)
    for secret in (network.ssid.encode(), network.password.encode(), network.pmk, MAC):
        assert secret not in out.read_bytes()
        assert secret.decode("ascii", "replace") not in told.output


def test_redact_overwrites_nothing_but_takes_its_own_copy_for_done(dump, tmp_path):
    out = tmp_path / "share.bin"
    assert run("redact", str(dump), str(out)).exit_code == 0
    assert run("redact", str(dump), str(out)).exit_code == 0  # the same bytes again
    out.write_bytes(b"something of mine")
    told = run("redact", str(dump), str(out))
    assert told.exit_code == 1
    assert "There is another file" in told.output
    assert out.read_bytes() == b"something of mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine.bin", "share.bin"]


def test_redact_into_a_folder_gives_the_copy_a_name_that_tells_nothing(dump, tmp_path):
    (tmp_path / "shared").mkdir()
    copy = redact_file(dump, tmp_path / "shared")
    assert re.fullmatch(r"share-safe-[0-9a-f]{8}\.bin", copy.path.name)


def test_a_notebook_shows_a_copy_as_a_card_its_file_first_and_no_secret_in_it(dump, tmp_path):
    card = redact_file(dump, tmp_path)._repr_mimebundle_()["text/html"]
    name, mind, replaced, kept = (
        card.index(words)
        for words in ("Share-safe copy: ", "Never write it to a device.", "<summary", "relay&#x27;s last state is kept")
    )
    assert name < mind < replaced < kept
    assert "Replaced (15)" in card
    assert "Kept (6)" in card
    secrets = [secret.value.decode("utf-8", "ignore") for secret in inspect_dump(dump).secrets]
    assert [text for text in secrets if len(text) >= 8 and text in card] == []


def test_redact_refuses_what_nobody_knows(tmp_path):
    path = tmp_path / "unknown.bin"
    path.write_bytes(bytes(range(256)) * 4096)
    told = run("redact", str(path), str(tmp_path / "out.bin"))
    assert told.exit_code == 1
    assert "Traceback" not in told.output
    assert not (tmp_path / "out.bin").exists()
