"""Whether a port is free, and if not, who has it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..errors import PortBusy, PortError
from ..ports import Port
from .adapters import is_node
from .check import Check
from .processes import Process, who_has
from .system import Kind, System

__all__ = ["holder"]

NOTEBOOK = "in JupyterLab, open 'Running Terminals and Kernels' and shut that notebook's kernel down"
USUAL = "Close what may have it: a serial monitor, a terminal with esptool or 'sonoffkit practice', another notebook."


def holder(system: System, port: Port) -> Iterator[Check]:
    """One line: who can be seen to have it, else whether it can be opened."""
    name = f"use of {port.device}"
    if is_node(system, port) and not system.at(port.device).exists():
        yield Check(name, None, f"{port.device} is not there, so nobody has it.")
        return
    seen = _seen(system, port)
    if seen:
        titles = ", ".join(f"{one.title} (process {one.pid})" for one in seen)
        yield Check(name, False, f"{port.device} is in use by {titles}.", _closing(system, seen))
    else:
        yield _by_opening(name, system, port.device)


def _by_opening(name: str, system: System, device: str) -> Check:
    try:
        system.try_port(device)
    except PortBusy:
        return Check(name, False, f"Another program has {device} open.", f"{USUAL} {_finding_out(system, device)}")
    except PortError:  # denied, gone: that is another line's, and no program's doing
        return Check(name, True, f"No program is seen to have {device} open")
    except TimeoutError as exc:
        return Check(
            name, False, f"Its driver hangs: {exc}.", "Pull the adapter, plug it in again, and run this again."
        )
    return Check(name, True, f"{device} can be opened, so no other program has it")


def _seen(system: System, port: Port) -> list[Process]:
    if not is_node(system, port):
        return []
    if system.kind is Kind.LINUX:
        return who_has(system, port.device)
    return _told_by_lsof(system, port.device)


def _told_by_lsof(system: System, device: str) -> list[Process]:
    """macOS has two files for each port: cu and tty."""
    twins = [device, re.sub(r"^/dev/cu\.", "/dev/tty.", device)]
    told = system.run(["lsof", "-F", "pc", *dict.fromkeys(twins)]) or ""
    return [Process(int(pid), name, ()) for pid, name in re.findall(r"^p(\d+)\nc(.*)$", told, re.MULTILINE)]


def _closing(system: System, seen: list[Process]) -> str:
    if any(one.pid == system.pid for one in seen):
        return "That is this very program: stop the operation that runs here, or restart this notebook's kernel."
    ending = "kill " + " ".join(str(one.pid) for one in seen)
    if any("ipykernel" in word for one in seen for word in one.words):
        return f"It is a notebook: {NOTEBOOK}. If that does not help: {ending}"
    return f"Close that program. If it has no window: {ending}"


def _finding_out(system: System, device: str) -> str:
    if "://" in device:
        return "If it is none of these, restart the computer that it is on."
    if system.kind is Kind.WINDOWS:
        return (
            "Windows does not tell which it is; Microsoft's Process Explorer does: Find, Find Handle or DLL, "
            f"{_windows_name(system, device)}"
        )
    if system.kind is Kind.MACOS:
        return f"To see which it is: sudo lsof {device}"
    return f"It is another user's; to see which it is: sudo fuser -v {device}"


def _windows_name(system: System, device: str) -> str:
    r"""The name by which programs hold a port: \Device\VCP0 and the like, which the registry knows."""
    told = system.run(["reg", "query", r"HKLM\HARDWARE\DEVICEMAP\SERIALCOMM"]) or ""
    found = re.search(rf"^\s*(\S+)\s+REG_SZ\s+{re.escape(device)}\s*$", told, re.MULTILINE | re.IGNORECASE)
    return found[1] if found else r"\Device\Serial"
