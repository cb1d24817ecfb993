"""Whether each adapter on USB has its driver, so that it is a port."""

from __future__ import annotations

from collections.abc import Iterator

from .brltty import takes
from .check import Check
from .driver_macos import macos_driver
from .driver_windows import windows_driver
from .system import Kind, System
from .usb import UsbAdapter, has_usb, without_port

__all__ = ["driver"]

# The kernel's modules (drivers/usb/serial, and drivers/usb/class/cdc-acm.c for those that speak USB's own protocol).
MODULES = {
    "FT232": "ftdi_sio", "FT231X": "ftdi_sio", "FT2232": "ftdi_sio", "FT232H": "ftdi_sio",
    "CP2102": "cp210x", "CP2105": "cp210x", "CH340": "ch341", "CH341": "ch341",
    "CH9102": "cdc_acm", "CH343": "cdc_acm", "PL2303": "pl2303", "PL2303GS": "pl2303",
}  # fmt: skip
AGAIN = "then unplug the adapter and plug it in again."


def driver(system: System) -> Iterator[Check]:
    """One line for all adapters."""
    looks = {Kind.LINUX: _linux_driver, Kind.MACOS: macos_driver, Kind.WINDOWS: windows_driver}
    yield looks[system.kind](system)


def _linux_driver(system: System) -> Check:
    if not has_usb(system):
        return Check("driver", None, "This machine has no USB, so it needs no driver for an adapter.")
    missing = [] if takes(system) else without_port(system)  # what brltty took is that line's
    if not missing:
        return Check("driver", True, "Each adapter on USB has its driver")
    adapter = missing[0]
    return Check(
        "driver", False, f"The {adapter} is plugged in, but no driver makes a port of it.", _help(system, adapter)
    )


def _help(system: System, adapter: UsbAdapter) -> str:
    module = MODULES[adapter.chip]
    release = system.text("/proc/sys/kernel/osrelease").strip()
    folder = f"/lib/modules/{release}"
    if system.at(f"/sys/module/{module}").exists():
        return f"Its driver {module} is loaded: unplug the adapter and plug it in again, in another USB socket."
    if release and system.at("/lib/modules").is_dir() and not system.at(folder).is_dir():
        return "The kernel was updated since the last start: restart the computer."
    listed = system.text(f"{folder}/modules.dep") + system.text(f"{folder}/modules.builtin")
    if listed and f"/{module}.ko" not in listed.replace("cdc-acm", "cdc_acm"):
        if system.is_debian:
            return f"sudo apt install linux-modules-extra-{release} && sudo modprobe {module}; {AGAIN}"
        return f"This kernel comes without the module {module}: install the rest of its modules; {AGAIN}"
    return f"sudo modprobe {module}; {AGAIN}"
