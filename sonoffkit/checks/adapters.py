"""Which ports there are, and which of them are looked at."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..errors import PortError, PortMissing
from ..ports import Kind as PortKind
from ..ports import Port, is_practice
from .check import Check
from .system import Kind, System
from .usb import has_usb

__all__ = ["adapters", "is_node", "looked_at"]

NONE_THERE = (
    "Plug it in when you come to a real device. If it does not show then: try another cable (many only charge) and "
    "another USB socket. Nothing to do for the practice Sonoff."
)
WSL = (
    "Windows keeps USB for itself until it is told to give it to Linux. In a PowerShell of an administrator, after "
    "installing usbipd-win: usbipd list; usbipd bind --busid BUSID; usbipd attach --wsl --busid BUSID"
)


def looked_at(found: Iterable[Port], given: Iterable[str]) -> list[Port]:
    """The adapters, and the ports that a person named."""
    found = list(found)
    known = {port.device: port for port in found}
    named = [known.get(name) or Port(name, _guess(name), PortKind.OTHER) for name in dict.fromkeys(given)]
    return [*(port for port in found if port.kind is PortKind.ADAPTER and port not in named), *named]


def adapters(system: System, found: list[Port], ports: list[Port]) -> Iterator[Check]:
    """A line for each port that is looked at, and one for those that are not."""
    if not any(port.kind is PortKind.ADAPTER for port in found):
        yield _none(system)
    for port in ports:
        yield _one(system, found, port)
    others = [port.device for port in found if port.kind is PortKind.OTHER and port not in ports]
    if others:
        listed = ", ".join(others[:3]) + (" …" if others[3:] else "")
        says = f"Other ports, not looked at because none is a USB adapter: {listed}."
        yield Check("other ports", None, says, f"To look at one all the same: sonoffkit check {others[0]}")


def _none(system: System) -> Check:
    if "microsoft" in system.text("/proc/version").lower():
        return Check("adapters", None, "No USB adapter is here: this is Linux in Windows (WSL).", WSL)
    if system.kind is Kind.LINUX and not has_usb(system):
        says = "No USB adapter is here, and none can be: this machine has no USB (it may be a virtual one)."
        return Check(
            "adapters", None, says, "For a real device, take a computer with USB. The practice Sonoff works here."
        )
    return Check("adapters", None, "No USB adapter is plugged in.", NONE_THERE)


def is_node(system: System, port: Port) -> bool:
    """Whether a port is a file of the system, as on Linux and macOS."""
    return system.kind is not Kind.WINDOWS and port.device.startswith("/")


def _one(system: System, found: list[Port], port: Port) -> Check:
    name = f"port {port.device}"
    if port in found or _is_there(system, port):
        return Check(name, True, str(port))
    there = ", ".join(one.device for one in found if one.kind is PortKind.ADAPTER) or "none"
    says = f"There is no port {port.device}. Adapters that are there: {there}."
    return Check(
        name, False, says, "Check the name, or plug the adapter in: it can get another name in another socket."
    )


def _is_there(system: System, port: Port) -> bool:
    if "://" not in port.device:
        return is_node(system, port) and system.at(port.device).exists()
    try:
        system.try_port(port.device)
    except (PortMissing, TimeoutError):
        return False
    except PortError:  # in use, for one: then it is there
        return True
    return True


def _guess(name: str) -> str:
    if is_practice(name):
        return "a practice Sonoff"
    return "an address for pyserial" if "://" in name else "not one that the system lists"
