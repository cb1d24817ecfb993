"""Linux: brltty, which takes adapters for Braille displays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .check import Check
from .processes import processes
from .system import Kind, System
from .usb import UsbAdapter, without_port

__all__ = ["brltty", "takes"]

# In this order: a file in an earlier folder stands for one of the same name in a later (man udev).
RULES = ("/etc/udev/rules.d", "/run/udev/rules.d", "/usr/lib/udev/rules.d", "/lib/udev/rules.d")
NOT_READ = "If nobody here reads Braille with this computer"


def brltty(system: System) -> Iterator[Check]:
    """One line: whether it has taken an adapter (Ubuntu 22.04 and others: the port comes and vanishes at once)."""
    if system.kind is not Kind.LINUX:
        yield Check("brltty", None, "brltty takes adapters on Linux only.")
        return
    taken = takes(system)
    if not taken:
        yield Check("brltty", True, "No adapter is taken by brltty")
        return
    removing = "sudo systemctl mask --now brltty-udev.service brltty.service"
    if system.is_debian:
        removing = "sudo apt remove brltty"
    yield Check(
        "brltty",
        False,
        f"brltty has taken the {taken[0]} for a Braille display, so there is no port.",
        f"{NOT_READ}: {removing}; then unplug the adapter and plug it in again.",
    )


def takes(system: System) -> list[UsbAdapter]:
    """The adapters without a port, where brltty runs or is started for them."""
    bare = without_port(system) if system.kind is Kind.LINUX else []
    if bare and any(process.name == "brltty" for process in processes(system)):
        return bare
    return [adapter for adapter in bare if _is_in_rules(system, adapter)]


def _is_in_rules(system: System, adapter: UsbAdapter) -> bool:
    product = f"{adapter.vid:x}/{adapter.pid:x}/"  # as the kernel writes it in $PRODUCT
    return any(product in row.lower() for file in _rules(system) for row in _rows(file))


def _rules(system: System) -> Iterator[Path]:
    seen = set()
    for folder in RULES:
        for file in sorted(system.at(folder).glob("*brltty*.rules")):
            if file.name not in seen:
                seen.add(file.name)
                yield file


def _rows(file: Path) -> list[str]:
    """A file's rules; most distributions have long put a # before those of adapters."""
    try:
        rows = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [row for row in rows if not row.lstrip().startswith("#")]
