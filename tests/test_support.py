"""The text to ask for help with: all that somebody needs to know, and nothing that is nobody's business."""

from __future__ import annotations

import getpass
import platform

import pytest
from failure_masks import NAMES, SECRETS

from sonoffkit import support
from sonoffkit.bootlog import Heard
from sonoffkit.errors import NoAnswer
from sonoffkit.ports import Kind, Port
from sonoffkit.support import save_support, support_text

PORTS = [
    Port("COM7", "USB adapter CH340", Kind.ADAPTER),
    Port("/dev/cu.JanesPhone", "Bluetooth, not an adapter", Kind.OTHER),
    Port("practice://basic", "practice Sonoff Basic R1, 1 MB", Kind.PRACTICE),
]
SILENCE = "A fatal error occurred: Failed to connect to ESP8266: No serial data received."


def test_it_says_all_that_somebody_who_helps_needs():
    text = support_text(
        SILENCE, ["connecting", "no answer"], ports=PORTS, heard=Heard(b"abc\xff", 74880, 3.0, "as asked")
    )
    titles = [line.strip("= ") for line in text.splitlines() if line.startswith("== ")]
    assert titles == [
        "Before sending", "Versions", "Ports now", "Diagnosis", "The error", "The log", "Heard at power-up",
    ]  # fmt: skip
    names = ("Python", "System", "sonoffkit", "esptool", "pyserial", "jupyterlab", "ipywidgets", "ipykernel")
    assert [name for name in names if not any(line.startswith(name) for line in text.splitlines())] == []
    assert "COM7: USB adapter CH340" in text
    assert "[no-answer]" in text
    assert "connecting\nno answer\n" in text
    assert "4 bytes in 3.0 s at 74880 baud as asked\nabc" in text
    assert max(map(len, text.splitlines())) <= 100


def test_an_error_of_the_kit_will_do_and_so_will_nothing():
    assert "NoAnswer: The device does not answer." in support_text(NoAnswer("The device does not answer."), ports=())
    text = support_text(ports=())
    assert "Nothing in it is known to sonoffkit." in text
    assert "== Ports now ==\nnone\n" in text
    assert "== The error ==" not in text


def test_what_a_log_alone_says_is_diagnosed():
    assert "[no-answer]" in support_text(log=[SILENCE], ports=())


@pytest.mark.parametrize(("text", "secrets"), [*SECRETS, *NAMES], ids=lambda value: str(value)[:50])
def test_no_secret_and_no_name_is_in_it_wherever_it_stood(text, secrets):
    told = f"{text}\n{SILENCE} {text}"
    for written in (
        support_text(told, [text], ports=PORTS),
        support_text(NoAnswer(told), text.splitlines(), ports=PORTS),
        support_text(told.replace("\n", "\r\n"), ports=PORTS),
        support_text(f"\x1b[31m{told}\x1b[0m", ports=PORTS, heard=Heard(text.encode(), 74880, 1.0)),
    ):
        assert [secret for secret in secrets if secret in written] == []


def test_a_secret_that_a_terminal_broke_in_two_is_not_in_it():
    line = "x" * 62 + " password=hunter2hunter2"
    broken = f"{line[:80]}\n{line[80:]}"
    assert broken.count("hunter2hunter2") == 0
    assert "hunter" not in support_text(broken, ports=())


def test_a_secret_at_which_a_long_text_is_cut_is_not_in_it(monkeypatch):
    monkeypatch.setattr(support, "MOST_AT_START", 50)
    monkeypatch.setattr(support, "MOST_AT_END", 50)
    text = "\n".join(f"password=hunter2hunter2{n}" for n in range(100))
    for shift in range(30):
        assert "hunter" not in support_text("y" * shift + "\n" + text, ports=())


def test_a_long_log_keeps_its_start_and_its_end():
    text = support_text("\n".join(f"line {n}" for n in range(50_000)), ports=())
    assert "\nline 1\n" in text
    assert "\nline 49999\n" in text
    assert "characters left out …]" in text
    assert len(text) < 65_536


def test_a_telephones_port_is_counted_and_not_named():
    text = support_text("could not open port 'COM5': WindowsError(2, 'x')", ports=PORTS)
    assert "JanesPhone" not in text
    assert "and 1 that is no adapter" in text


def test_neither_the_user_nor_the_computer_is_named(monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "jane")
    monkeypatch.setattr(platform, "node", lambda: "janes-laptop.example")
    text = support_text("jane was here, on janes-laptop; JANE too, and janet stays", ports=())
    assert text.endswith("•••• was here, on ••••; •••• too, and janet stays\n")


def test_a_user_without_a_name_is_no_error(monkeypatch):
    def nobody():
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    assert "== Versions ==" in support_text(ports=())


def test_it_is_saved_as_text_and_never_over_another_file(tmp_path):
    path = save_support(tmp_path / "report.txt", SILENCE, ports=PORTS)
    assert path.read_text(encoding="utf-8") == support_text(SILENCE, ports=PORTS)
    with pytest.raises(FileExistsError):
        save_support(path, "x", ports=PORTS)
    assert "[no-answer]" in path.read_text(encoding="utf-8")
