"""A simulated Mac and a simulated Windows: the same lines, by what those systems tell."""

from __future__ import annotations

import sys

import pytest
from machines import CH340, CP2102, Mac, Windows, named, the_only_flip, wrong

PL2303 = (0x067B, 0x2303)
CU = "/dev/cu.usbserial-110"


@pytest.fixture
def plugged_mac(mac):
    mac.plug()
    return mac


@pytest.fixture
def plugged_windows(windows):
    windows.plug()
    return windows


def test_on_a_mac_in_order_nothing_is_to_do(plugged_mac):
    checks = plugged_mac.checks()
    assert wrong(checks) == []
    assert named(checks, "driver").ok is True
    assert [check.name for check in checks if check.ok is None] == ["brltty", "sandbox", "ModemManager"]


def test_an_absent_driver_on_a_mac_flips_one_line(mac):
    mac.plug(CP2102, "cu.SLAB_USBtoUART")
    before = mac.checks()
    mac.plug(CH340, name=None)
    flipped = the_only_flip(before, mac.checks())
    assert flipped.says == "The USB adapter CH340 is plugged in, but no driver makes a port of it."
    assert "install the CH340 driver for macOS from the chip's maker" in flipped.do


def test_of_two_adapters_of_a_kind_the_one_without_a_port_is_seen(plugged_mac):
    plugged_mac.plug(CH340, name=None)
    assert wrong(plugged_mac.checks()) == ["driver"]


def test_a_mac_that_tells_nothing_of_usb_is_not_called_wrong(plugged_mac):
    del plugged_mac.programs["ioreg"]
    assert named(plugged_mac.checks(), "driver").ok is None
    plugged_mac.programs["ioreg"] = "no plist"
    assert named(plugged_mac.checks(), "driver").says.startswith("The driver could not be looked at. (")


@pytest.mark.skipif(sys.platform == "win32", reason="a port's path")
def test_a_held_port_on_a_mac_is_told_by_lsof(plugged_mac):
    before = plugged_mac.checks()
    plugged_mac.programs["lsof"] = "p501\ncscreen\nf5\n"
    flipped = the_only_flip(before, plugged_mac.checks())
    assert flipped.says == f"{CU} is in use by screen (process 501)."
    assert flipped.do == "Close that program. If it has no window: kill 501"


def test_a_held_port_on_a_mac_without_lsof_flips_one_line_too(plugged_mac):
    before = plugged_mac.checks()
    plugged_mac.held = True
    assert the_only_flip(before, plugged_mac.checks()).do.endswith(f"To see which it is: sudo lsof {CU}")


@pytest.mark.skipif(sys.platform == "win32", reason="a port's path")
def test_a_missing_right_on_a_mac_flips_one_line(plugged_mac):
    before = plugged_mac.checks()
    plugged_mac.mode = 0o600
    assert the_only_flip(before, plugged_mac.checks()).do.startswith(f"sudo chown anna {CU} && ")


@pytest.mark.skipif(sys.platform == "win32", reason="a port's path")
def test_a_group_on_a_mac_is_joined_by_the_macs_own_command(plugged_mac):
    plugged_mac.group, plugged_mac.mode = 986, 0o660
    do = named(plugged_mac.checks(), f"permission of {CU}").do
    assert do == "sudo dseditgroup -o edit -a anna -t user uucp; then log out and in again."


# Windows


def test_on_a_windows_in_order_nothing_is_to_do(plugged_windows):
    checks = plugged_windows.checks()
    assert wrong(checks) == []
    names = ["brltty", "sandbox", "ModemManager", "permission of COM5"]
    assert [check.name for check in checks if check.ok is None] == names
    assert named(checks, "permission of COM5").says == "Windows lets everybody use COM5."


def test_an_absent_driver_on_windows_flips_one_line_in_any_language(windows):
    before = windows.checks()
    windows.has_problem(r"USB\VID_046D&PID_C52B\5&1", 28)  # a mouse
    assert wrong(windows.checks()) == []
    windows.has_problem(r"USB\VID_1A86&PID_7523\5&2E0F6A5&0&2", 28)
    flipped = the_only_flip(before, windows.checks())
    assert flipped.says == "The USB adapter CH340 is plugged in, but has no driver."
    assert "Optional updates, Driver updates; or take the CH340 driver from the chip's maker." in flipped.do
    assert flipped.do.endswith("as administrator: pnputil /scan-devices")


@pytest.mark.parametrize("code", [24, 45])
def test_an_adapter_that_is_not_plugged_in_any_more_is_no_problem(windows, code):
    windows.has_problem(r"USB\VID_1A86&PID_7523\5&2E0F6A5&0&2", code)
    assert wrong(windows.checks()) == []


def test_an_adapter_that_is_switched_off_is_switched_on_by_its_name(windows):
    instance = r"FTDIBUS\VID_0403+PID_6001+A50285BIA\0000"
    windows.has_problem(instance, 22)
    assert named(windows.checks(), "driver").do.endswith(f'pnputil /enable-device "{instance}"')


def test_a_driver_that_does_not_start_is_told_with_its_code(windows):
    windows.has_problem("USB\\VID_{:04X}&PID_{:04X}\\1".format(*PL2303), 10)
    told = named(windows.checks(), "driver")
    assert told.says == "The USB adapter PL2303 is plugged in, but has a problem (code 10)."
    assert told.do.endswith("A PL2303 with code 10 is an old or a copied chip: take another adapter.")


def test_a_windows_that_tells_nothing_is_not_called_wrong(plugged_windows):
    del plugged_windows.programs["pnputil"]
    told = named(plugged_windows.checks(), "driver")
    assert (told.ok, "devmgmt.msc" in told.do) == (None, True)


def test_a_held_port_on_windows_flips_one_line_with_the_name_to_search_for(plugged_windows):
    before = plugged_windows.checks()
    plugged_windows.held = True
    flipped = the_only_flip(before, plugged_windows.checks())
    assert flipped.says == "Another program has COM5 open."
    assert flipped.do.endswith("Process Explorer does: Find, Find Handle or DLL, \\Device\\VCP0")


def test_a_port_that_windows_does_not_list_is_not_there(plugged_windows):
    before = plugged_windows.checks()
    flipped = the_only_flip(before, plugged_windows.checks("COM9"))
    assert flipped.says == "There is no port COM9. Adapters that are there: COM5."


@pytest.mark.parametrize("machine", [Mac, Windows])
def test_what_is_linuxs_alone_is_said_to_be_so(tmp_path, machine):
    checks = machine(tmp_path / "one").checks()
    assert named(checks, "brltty").says == "brltty takes adapters on Linux only."
    assert named(checks, "sandbox").says == "Only Linux keeps ports from a program."
