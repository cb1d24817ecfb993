"""Linux: whether something stands between this program and the ports: a container, a snap, a Flatpak."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .check import Check
from .system import Kind, System
from .usb import usb_adapters

__all__ = ["sandbox"]

BOXES = {
    "/.flatpak-info": "a Flatpak",
    "/.dockerenv": "a container (Docker)",
    "/run/.containerenv": "a container (Podman)",
}


def sandbox(system: System) -> Iterator[Check]:
    """One line: an adapter that the kernel has made a port of, and that is not in /dev here."""
    if system.kind is not Kind.LINUX:
        yield Check("sandbox", None, "Only Linux keeps ports from a program.")
        return
    ttys = [tty for adapter in usb_adapters(system) for tty in adapter.ttys]
    hidden = [f"/dev/{tty}" for tty in ttys if not system.at(f"/dev/{tty}").exists()]
    box = _box(system)
    if hidden:
        where = f"this runs in {box}" if box else "the system has not made it"
        yield Check(
            "sandbox", False, f"The adapter's port {hidden[0]} is not here: {where}.", _opening(system, box, hidden[0])
        )
    elif box and not ttys:
        says = f"This runs in {box}, which sees an adapter only if it was handed in."
        yield Check("sandbox", None, says, f"With an adapter: {_opening(system, box, '/dev/ttyUSB0')}")
    else:
        yield Check("sandbox", True, "Nothing keeps ports from this program")


def _box(system: System) -> str:
    """In what this runs; nothing where it runs free."""
    if "SNAP_NAME" in system.environment:
        return f"the snap {system.environment['SNAP_NAME']}"
    if system.text("/proc/2/comm").strip() == "kthreadd":  # a machine that was made of a container's files
        return ""
    return next((name for file, name in BOXES.items() if system.at(file).exists()), "")


def _opening(system: System, box: str, device: str) -> str:
    if "snap" in box:
        return f"sudo snap connect {system.environment['SNAP_NAME']}:raw-usb, or install that program not as a snap."
    if "Flatpak" in box:
        name = re.search(r"^name=(\S+)", system.text("/.flatpak-info"), re.MULTILINE)
        return f"flatpak override --user --device=all {name[1] if name else 'NAME'}; then start it again."
    if box:
        program = "podman" if "Podman" in box else "docker"
        return f"Start it anew with the port: {program} run --device={device} … (plug the adapter in before)."
    return "sudo udevadm trigger; if that does not help, unplug the adapter and plug it in again."
