"""The command that does the same in a terminal: with this port, quoted for this system's shell."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from sonoffkit.commands import esptool_command, served_port, terminal_steps
from sonoffkit.errors import PortMissing
from sonoffkit.practice import practice_device

posix = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell's quoting")


@pytest.fixture
def windows(monkeypatch):
    """As if on Windows, where there are no pseudo-terminals."""
    practice_device("basic")  # made before: its files are this system's own
    monkeypatch.setattr(sys, "platform", "win32")


# A real port


@posix
@pytest.mark.parametrize("port", ["/dev/ttyUSB0", "/dev/cu.usbserial-A50285BI"])
def test_a_real_port_is_one_command(port):
    assert terminal_steps(port, "flash-id") == [f"esptool --port {port} flash-id"]


def test_on_windows_too(windows):
    assert terminal_steps("COM5", "erase-flash") == ["esptool --port COM5 erase-flash"]


@posix
def test_words_are_quoted_where_a_shell_needs_it():
    command = esptool_command("/dev/ttyUSB0", "write-flash", "0x0", "my firmware's.bin")
    assert shlex.split(command) == ["esptool", "--port", "/dev/ttyUSB0", "write-flash", "0x0", "my firmware's.bin"]


def test_words_are_quoted_for_windows_there(windows):
    assert esptool_command("COM5", "write-flash", "0x0", "my firmware.bin") == (
        'esptool --port COM5 write-flash 0x0 "my firmware.bin"'
    )


# A practice port


@posix
def test_a_practice_sonoff_is_first_put_on_a_port(home):
    assert terminal_steps("practice://basic", "flash-id") == [
        "sonoffkit practice --model basic",
        f"esptool --port {home.resolve() / 'practice' / 'basic' / 'port'} flash-id",
    ]


@posix
def test_options_of_the_practice_port_change_nothing_of_that():
    plain = terminal_steps("practice://basic", "flash-id")
    assert terminal_steps("practice://basic?realtime=1&latency=0.001", "flash-id") == plain


@posix
def test_each_model_names_itself():
    assert terminal_steps("practice://pow-r2", "flash-id")[0] == "sonoffkit practice --model pow-r2"


@posix
def test_a_device_with_a_name_of_its_own_is_named_by_its_folder(home):
    practice_device("kitchen", model="pow-r2")
    folder = home.resolve() / "practice" / "kitchen"
    assert terminal_steps("practice://kitchen", "flash-id") == [
        f"sonoffkit practice --model pow-r2 --home {folder}",
        f"esptool --port {folder / 'port'} flash-id",
    ]


@posix
def test_a_device_in_a_folder_of_its_own_is_named_by_it(tmp_path):
    practice_device("any", tmp_path / "there", "basic")
    start, step = terminal_steps(f"practice://any?home={tmp_path / 'there'}", "flash-id")
    assert shlex.split(start) == ["sonoffkit", "practice", "--model", "basic", "--home", str(tmp_path / "there")]
    assert shlex.split(step)[2] == str(tmp_path / "there" / "port")


@posix
def test_a_symbolic_link_to_the_home_makes_no_difference(tmp_path, monkeypatch):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    monkeypatch.setenv("SONOFFKIT_HOME", str(tmp_path / "link"))
    assert terminal_steps("practice://basic", "flash-id")[0] == "sonoffkit practice --model basic"


def test_on_windows_it_is_served_over_tcp(windows):
    assert terminal_steps("practice://basic", "flash-id") == [
        "sonoffkit practice --model basic --serve 2217",
        "esptool --port rfc2217://127.0.0.1:2217 flash-id",
    ]


def test_a_practice_device_that_cannot_be_has_no_command():
    with pytest.raises(PortMissing):
        terminal_steps("practice://no name", "flash-id")


# The home folder, short


@pytest.fixture
def user(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Path.home() == tmp_path
    return tmp_path


@posix
def test_the_home_folder_is_a_tilde(user):
    assert esptool_command(str(user / "port"), "flash-id") == "esptool --port ~/port flash-id"


@posix
@pytest.mark.parametrize("name", ["Library/Application Support/port", "it's", "a;b", "$x"])
def test_a_tilde_is_never_inside_quotes_where_a_shell_would_not_read_it(user, name):
    word = esptool_command(str(user / name), "flash-id").removeprefix("esptool --port ").removesuffix(" flash-id")
    (read,) = shlex.split(word)
    if word.startswith("~/"):
        read = str(user) + read.removeprefix("~")
    assert read == str(user / name), word


@posix
def test_what_only_looks_like_the_home_folder_stays_whole(user):
    for path in (f"/mnt{user}/port", f"{user}-other/port"):
        assert esptool_command(path, "flash-id") == f"esptool --port {path} flash-id"


@posix
def test_the_served_port_is_the_link_in_the_devices_folder():
    assert served_port("/dev/ttyUSB0") == "/dev/ttyUSB0"
    assert served_port("practice://basic") == str(practice_device("basic").folder / "port")
