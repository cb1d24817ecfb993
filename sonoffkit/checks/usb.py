"""Linux: the adapters on USB as the kernel knows them, with a port or without one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..ports import ADAPTERS
from .system import System

__all__ = ["UsbAdapter", "has_usb", "usb_adapters", "without_port"]

DEVICES = "/sys/bus/usb/devices"


@dataclass(frozen=True)
class UsbAdapter:
    """An adapter's chip, its USB ids, and the ports that the kernel made of it."""

    chip: str
    vid: int
    pid: int
    ttys: tuple[str, ...]

    def __str__(self) -> str:
        return f"USB adapter {self.chip} ({self.vid:04x}:{self.pid:04x})"


def has_usb(system: System) -> bool:
    """Whether there is such a thing as USB; many virtual machines have none."""
    return system.at(DEVICES).is_dir()


def usb_adapters(system: System) -> Iterator[UsbAdapter]:
    """Those that the kit knows."""
    for folder in sorted(system.at(DEVICES).glob("*")):
        ids = _ids(folder)
        if ids in ADAPTERS:
            yield UsbAdapter(ADAPTERS[ids], *ids, tuple(_ttys(folder)))


def without_port(system: System) -> list[UsbAdapter]:
    """Those of which no driver made a port."""
    return [adapter for adapter in usb_adapters(system) if not adapter.ttys]


def _ids(folder: Path) -> tuple[int, int]:
    with contextlib.suppress(OSError, ValueError):  # an interface has none
        vid, pid = ((folder / name).read_text(encoding="ascii") for name in ("idVendor", "idProduct"))
        return int(vid, 16), int(pid, 16)
    return 0, 0


def _ttys(folder: Path) -> Iterator[str]:
    """Ports of a device's interfaces: 1-2:1.0/ttyUSB0 (usb-serial), or 1-2:1.0/tty/ttyACM0 (cdc_acm)."""
    for found in sorted(folder.glob("*:*/tty*")):
        yield from sorted(one.name for one in found.iterdir()) if found.name == "tty" else [found.name]
