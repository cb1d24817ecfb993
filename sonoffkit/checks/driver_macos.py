"""macOS: adapters on USB that are no port."""

from __future__ import annotations

import plistlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from ..ports import ADAPTERS
from ..ports import Kind as PortKind
from .check import Check
from .system import System

__all__ = ["macos_driver"]


def macos_driver(system: System) -> Check:
    """One line: the adapters on USB against the ports that there are."""
    told = system.run(["ioreg", "-a", "-l", "-p", "IOUSB"])
    if told is None:
        return Check("driver", None, "macOS does not tell what is on USB.", "Look in System Information, USB.")
    chips = Counter(_chips(plistlib.loads(told.encode())))
    names = [port.what for port in system.find_ports() if port.kind is PortKind.ADAPTER]
    missing = [chip for chip, count in chips.items() if count > sum(name.split()[-1] == chip for name in names)]
    if not missing:
        return Check("driver", True, "Each adapter on USB has its driver")
    chip = missing[0]
    return Check(
        "driver",
        False,
        f"The USB adapter {chip} is plugged in, but no driver makes a port of it.",
        f"Unplug it and plug it in again. If that does not help: install the {chip} driver for macOS from the chip's "
        "maker, then allow it: open 'x-apple.systempreferences:com.apple.preference.security'",
    )


def _chips(entry: Any) -> Iterator[str]:
    """The adapters' chips in a tree of USB devices."""
    if isinstance(entry, list):
        for one in entry:
            yield from _chips(one)
    elif isinstance(entry, dict):
        chip = ADAPTERS.get((entry.get("idVendor", 0), entry.get("idProduct", 0)))
        if chip:
            yield chip
        yield from _chips(entry.get("IORegistryEntryChildren", []))
