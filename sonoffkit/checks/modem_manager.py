"""Linux: ModemManager, which in its older manner asks every new port whether it is a modem."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ports import Kind as PortKind
from ..ports import Port
from .check import Check
from .processes import Process, processes
from .system import Kind, System

__all__ = ["modem_manager"]

CAREFUL = ("STRICT", "PARANOID", "WHITELIST-ONLY", "ALLOWLIST-ONLY")
CAREFUL_SINCE = (1, 20)  # from then on STRICT unless it is told otherwise (its manual)


def modem_manager(system: System, found: list[Port]) -> Iterator[Check]:
    """One line: whether it runs, and meddles with adapters."""
    name = "ModemManager"
    if system.kind is not Kind.LINUX:
        yield Check(name, None, "ModemManager is a thing of Linux.")
        return
    running = next((one for one in processes(system) if one.name == name), None)
    if running is None:
        yield Check(name, True, "ModemManager does not run")
    elif _is_careful(system, running) or not any(port.kind is PortKind.ADAPTER for port in found):
        yield Check(name, True, "ModemManager runs, and leaves adapters alone")
    else:
        stopping = "systemctl stop ModemManager" if system.has_systemd else "service modemmanager stop"
        says = "ModemManager runs, and asks each new port whether it is a modem: for half a minute the port is in use."
        yield Check(name, False, says, f"sudo {stopping} (until the next start; nobody needs it without a modem)")


def _is_careful(system: System, running: Process) -> bool:
    policy = re.search(r"--filter-policy[= ](\S+)", " ".join(running.words))
    if policy:
        return policy[1].upper() in CAREFUL
    version = re.search(r"(\d+)\.(\d+)", system.run(["ModemManager", "--version"]) or "")
    return version is not None and (int(version[1]), int(version[2])) >= CAREFUL_SINCE
