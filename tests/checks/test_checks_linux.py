"""A simulated Linux: each thing that goes wrong with ports flips one line, and the command is the right one."""

from __future__ import annotations

import sys
from dataclasses import replace

import pytest
from machines import CH343, CP2102, DIALOUT, PUTTY, Linux, named, the_only_flip, wrong

from sonoffkit.checks import User, run_checks
from sonoffkit.errors import PortLost
from sonoffkit.ports import Kind as PortKind
from sonoffkit.ports import Port

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="names with a colon, and links")
ARCH = "ID=arch\n"
PORT = "/dev/ttyUSB0"


@pytest.fixture
def plugged(linux):
    linux.plug()
    return linux


def test_on_a_machine_in_order_nothing_is_to_do_and_each_thing_has_its_line(plugged):
    checks = plugged.checks()
    assert [(check.name, check.ok) for check in checks] == [
        ("Python", True),
        ("packages", True),
        ("notebooks", True),
        ("backup folder", True),
        ("practice Sonoff", True),
        (f"port {PORT}", True),
        ("driver", True),
        ("brltty", True),
        ("sandbox", True),
        ("ModemManager", True),
        (f"permission of {PORT}", True),
        (f"use of {PORT}", True),
    ]
    assert [check.do for check in checks if check.do] == []
    assert named(checks, f"port {PORT}").says == "/dev/ttyUSB0: USB adapter CH340"


# Permission


def test_a_user_who_is_not_in_the_ports_group_is_told_how_to_join_it(plugged):
    before = plugged.checks()
    plugged.user = User("anna", 1000, frozenset({1000}), frozenset({1000}))
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.says == "You (anna) may not use /dev/ttyUSB0: its group dialout may, and you are not in it."
    assert flipped.do == "sudo usermod -aG dialout anna; then log out and in again."


def test_the_group_is_the_one_that_owns_the_port_whatever_its_name(plugged):
    plugged.group = 986
    assert named(plugged.checks(), f"permission of {PORT}").do.startswith("sudo usermod -aG uucp anna")


def test_who_has_joined_and_not_logged_in_again_is_told_so(plugged):
    before = plugged.checks()
    plugged.user = User("anna", 1000, frozenset({1000}), frozenset({1000, DIALOUT}))
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.says.endswith("its group dialout may. You are in it, but this session began before.")
    assert flipped.do == "Log out and in again (or restart). For one terminal until then: newgrp dialout"


@pytest.mark.parametrize(("group", "mode"), [(0, 0o660), (1234, 0o660), (DIALOUT, 0o600), (986, 0o000)])
def test_where_no_group_helps_the_port_itself_is_given(plugged, group, mode):
    before = plugged.checks()
    plugged.group, plugged.mode = group, mode
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.says == "You (anna) may not use /dev/ttyUSB0, and no group gives you the right."
    assert flipped.do == ("sudo chown anna /dev/ttyUSB0 && sudo chmod u+rw /dev/ttyUSB0 (holds until it is unplugged)")


def test_root_may_use_any_port(plugged):
    plugged.user, plugged.mode = User("root", 0), 0o000
    assert wrong(plugged.checks()) == []


# Who has it


def test_a_held_port_flips_one_line_that_names_the_program(plugged):
    before = plugged.checks()
    plugged.start(PUTTY, "putty", "putty", "-serial", PORT, "--password=geheim", has_open=PORT)
    plugged.held = True
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.name == f"use of {PORT}"
    assert flipped.says == "/dev/ttyUSB0 is in use by putty (process 4711)."
    assert flipped.do == "Close that program. If it has no window: kill 4711"


def test_a_program_that_reads_without_a_lock_is_found_too(plugged):
    before = plugged.checks()
    plugged.start(PUTTY, "cat", "cat", PORT, has_open=PORT)
    assert the_only_flip(before, plugged.checks()).says == "/dev/ttyUSB0 is in use by cat (process 4711)."


@pytest.mark.parametrize(
    ("words", "title"),
    [
        (["python3", "-m", "esptool", "--port", PORT, "secret"], "python3 -m esptool"),
        (["python3", "-u", "/home/anna/watch.py", "secret"], "python3 watch.py"),
        (["python3", "-c", "print('secret')"], "python3"),
        (["python3"], "python3"),
    ],
)
def test_of_a_python_it_says_what_it_runs_and_no_further_word(plugged, words, title):
    plugged.start(PUTTY, "python3", *words, has_open=PORT)
    assert named(plugged.checks(), f"use of {PORT}").says == f"/dev/ttyUSB0 is in use by {title} (process 4711)."


def test_a_notebooks_kernel_is_told_as_one(plugged):
    plugged.start(PUTTY, "python3", "/usr/bin/python3", "-m", "ipykernel_launcher", "-f", "k.json", has_open=PORT)
    do = named(plugged.checks(), f"use of {PORT}").do
    assert "open 'Running Terminals and Kernels' and shut that notebook's kernel down" in do
    assert do.endswith("kill 4711")


def test_this_very_program_is_not_told_to_kill_itself(plugged):
    plugged.start(PUTTY, "python3", "python3", has_open=PORT)
    plugged.pid = PUTTY
    do = named(plugged.checks(), f"use of {PORT}").do
    assert do == "That is this very program: stop the operation that runs here, or restart this notebook's kernel."


def test_another_users_program_cannot_be_named_but_the_way_to_its_name_can(plugged):
    before = plugged.checks()
    plugged.held = True
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.says == "Another program has /dev/ttyUSB0 open."
    assert flipped.do.endswith("to see which it is: sudo fuser -v /dev/ttyUSB0")


def test_a_port_is_known_by_its_other_names_too(plugged):
    link = plugged.root / "dev/serial/by-id/usb-1a86"
    link.parent.mkdir(parents=True)
    link.symlink_to("../../ttyUSB0")
    plugged.start(PUTTY, "minicom", "minicom", has_open=PORT)
    name = "/dev/serial/by-id/usb-1a86"
    assert named(plugged.checks(name), f"use of {name}").says == f"{name} is in use by minicom (process 4711)."


def test_a_driver_that_hangs_is_a_line_and_not_the_end(plugged):
    def hangs(device):
        raise TimeoutError(f"opening {device} does not end")

    before = plugged.checks()
    plugged.try_port = hangs
    flipped = the_only_flip(before, plugged.checks())
    assert flipped.says == "Its driver hangs: opening /dev/ttyUSB0 does not end."


# Drivers, brltty, ModemManager


def test_an_absent_driver_flips_one_line_with_the_module_to_load(linux):
    before = linux.checks()
    linux.plug(tty=None)
    flipped = the_only_flip(before, linux.checks())
    assert flipped.name == "driver"
    assert flipped.says == "The USB adapter CH340 (1a86:7523) is plugged in, but no driver makes a port of it."
    assert flipped.do == "sudo modprobe ch341; then unplug the adapter and plug it in again."


def test_a_driver_that_is_loaded_is_not_to_be_loaded_again(linux):
    linux.write("/sys/module/ch341/refcnt", "0")
    linux.plug(tty=None)
    assert named(linux.checks(), "driver").do.startswith("Its driver ch341 is loaded: unplug the adapter")


def test_a_kernel_without_the_module_gets_it_from_the_right_package(linux):
    linux.plug(CP2102, tty=None)
    do = named(linux.checks(), "driver").do
    assert do.startswith("sudo apt install linux-modules-extra-6.8.0-45-generic && sudo modprobe cp210x;")


def test_after_an_update_of_the_kernel_a_restart_is_what_helps(linux):
    linux.write("/proc/sys/kernel/osrelease", "6.8.0-31-generic\n")
    linux.plug(tty=None)
    assert named(linux.checks(), "driver").do.endswith("restart the computer.")


def test_an_adapter_that_speaks_usbs_own_protocol_is_a_port_too(linux):
    linux.plug(CH343, "ttyACM0")
    assert wrong(linux.checks()) == []


@pytest.mark.parametrize(
    ("distribution", "command"),
    [
        (None, "sudo apt remove brltty"),
        (ARCH, "sudo systemctl mask --now brltty-udev.service brltty.service"),
    ],
)
@pytest.mark.parametrize("sign", ["process", "rule"])
def test_brltty_flips_one_line_and_the_driver_is_not_blamed(tmp_path, distribution, command, sign):
    linux = Linux(tmp_path / "one", distribution) if distribution else Linux(tmp_path / "one")
    if sign == "process":
        linux.start(611, "brltty", "/usr/bin/brltty")
    else:
        rule = 'ENV{PRODUCT}=="1a86/7523/*", ENV{BRLTTY_BRAILLE_DRIVER}="bm"\n'
        linux.write("/usr/lib/udev/rules.d/85-brltty.rules", rule)
    before = linux.checks()
    linux.plug(tty=None)
    flipped = the_only_flip(before, linux.checks())
    assert flipped.name == "brltty"
    assert flipped.says == (
        "brltty has taken the USB adapter CH340 (1a86:7523) for a Braille display, so there is no port."
    )
    assert flipped.do == (
        f"If nobody here reads Braille with this computer: {command}; then unplug the adapter and plug it in again."
    )


@pytest.mark.parametrize("masked", ["comment", "override"])
def test_a_rule_of_brltty_that_is_not_in_force_is_not_blamed(linux, masked):
    rule = 'ENV{PRODUCT}=="1a86/7523/*", ENV{BRLTTY_BRAILLE_DRIVER}="bm"\n'
    linux.write("/usr/lib/udev/rules.d/85-brltty.rules", ("# " if masked == "comment" else "") + rule)
    if masked == "override":
        linux.write("/etc/udev/rules.d/85-brltty.rules", "")
    linux.plug(tty=None)
    assert wrong(linux.checks()) == ["driver"]


def test_brltty_that_took_nothing_may_stay(plugged):
    plugged.start(611, "brltty", "/usr/bin/brltty")
    assert wrong(plugged.checks()) == []


@pytest.mark.parametrize(
    ("words", "version", "meddles"),
    [
        (["--filter-policy=strict"], None, False),
        (["--filter-policy=DEFAULT"], "ModemManager 1.22.0", True),
        ([], "ModemManager 1.20.4", False),
        ([], "ModemManager 1.10.0", True),
        ([], None, True),
    ],
)
def test_modem_manager_is_told_where_it_asks_every_port(plugged, words, version, meddles):
    before = plugged.checks()
    plugged.start(700, "ModemManager", "/usr/sbin/ModemManager", *words)
    if version:
        plugged.programs["ModemManager"] = version
    after = plugged.checks()
    if meddles:
        flipped = the_only_flip(before, after)
        assert flipped.name == "ModemManager"
        assert flipped.do.startswith("sudo systemctl stop ModemManager")
    else:
        assert wrong(after) == []


# Containers, and what is given


@pytest.mark.parametrize(
    ("file", "text", "do"),
    [
        ("/.dockerenv", "", "docker run --device=/dev/ttyUSB0 "),
        ("/run/.containerenv", "", "podman run --device=/dev/ttyUSB0 "),
        ("/.flatpak-info", "[Application]\nname=org.jupyter.Lab\n", "override --user --device=all org.jupyter.Lab;"),
        ("/nothing", "", "sudo udevadm trigger;"),
    ],
)
def test_a_port_that_is_kept_from_this_program_flips_one_line(linux, file, text, do):
    linux.write(file, text)
    before = linux.checks()
    linux.plug(in_dev=False)
    flipped = the_only_flip(before, linux.checks())
    assert flipped.name == "sandbox"
    assert flipped.says.startswith("The adapter's port /dev/ttyUSB0 is not here: ")
    assert do in flipped.do


def test_a_snap_is_told_by_its_name(linux):
    linux.environment = {"SNAP_NAME": "jupyterlab-desktop"}
    linux.plug(in_dev=False)
    assert named(linux.checks(), "sandbox").do.startswith("sudo snap connect jupyterlab-desktop:raw-usb")


def test_a_machine_made_of_a_containers_files_is_no_container(linux):
    linux.write("/.dockerenv", "")
    assert named(linux.checks(), "sandbox").ok is None
    linux.start(2, "kthreadd")
    assert named(linux.checks(), "sandbox").ok is True


def test_in_windows_own_linux_the_way_to_the_adapter_is_told(linux):
    linux.write("/proc/version", "Linux version 5.15.153.1-microsoft-standard-WSL2")
    told = named(linux.checks(), "adapters")
    assert (told.ok, "usbipd attach --wsl --busid BUSID" in told.do) == (None, True)


def test_without_an_adapter_nothing_is_wrong(linux):
    checks = linux.checks()
    assert wrong(checks) == []
    assert named(checks, "adapters").says == "No USB adapter is plugged in."


def test_a_given_port_that_is_not_there_flips_one_line(plugged):
    before = plugged.checks()
    flipped = the_only_flip(before, plugged.checks("/dev/ttyUSB9"))
    assert flipped.says == "There is no port /dev/ttyUSB9. Adapters that are there: /dev/ttyUSB0."


def test_a_port_that_is_no_adapter_is_looked_at_when_it_is_given(linux):
    linux.ports.append(Port("/dev/ttyS0", "serial port, not USB", PortKind.OTHER))
    linux.write("/dev/ttyS0", "")
    assert named(linux.checks(), "other ports").do.endswith("sonoffkit check /dev/ttyS0")
    names = [check.name for check in linux.checks("/dev/ttyS0")]
    assert "other ports" not in names
    assert names[-2:] == ["permission of /dev/ttyS0", "use of /dev/ttyS0"]


def test_a_look_that_fails_is_a_line_and_the_others_go_on(plugged):
    def fails(*words):
        raise RuntimeError("no idea")

    whole = [check.name for check in plugged.checks()]
    for question in ("try_port", "ask_practice_sonoff"):
        machine = Linux(plugged.root.parent / question)
        machine.plug()
        setattr(machine, question, fails)
        checks = machine.checks()
        assert [check.name for check in checks] == whole
        (told,) = [check for check in checks if check.ok is None]
        assert told.says == f"The {told.name} could not be looked at. (RuntimeError: no idea)"


def test_ports_that_cannot_be_listed_leave_the_rest(plugged):
    def fails():
        raise OSError("no udev")

    checks = list(run_checks((), replace(plugged.system(), find_ports=fails)))
    assert named(checks, "list of ports").says == "The list of ports could not be looked at. (OSError: no udev)"
    assert checks[-1].name == "ModemManager"


def test_a_port_that_vanishes_meanwhile_is_nobodys_use(plugged):
    def lost(device):
        raise PortLost("gone")

    plugged.try_port = lost
    assert wrong(plugged.checks()) == []
