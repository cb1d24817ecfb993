"""Windows: adapters that Plug and Play has a problem with."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..ports import ADAPTERS
from .check import Check
from .system import System

__all__ = ["windows_driver"]

# pnputil's words come in the system's language; ids and numbers do not.
INSTANCE = re.compile(r"\b(?:USB|FTDIBUS)\\VID_([0-9A-F]{4})[&+]PID_([0-9A-F]{4})\S*", re.IGNORECASE)
CODE = re.compile(r"\b(\d+) \(0x[0-9A-F]+\)", re.IGNORECASE)
DISABLED, NO_DRIVER, GONE = 22, 28, (24, 45)  # CM_PROB_… of cfg.h
MANAGER = "Look in the Device Manager (devmgmt.msc) for a yellow sign at your adapter."
UPDATES = "Settings, Windows Update, Advanced options, Optional updates, Driver updates"


def windows_driver(system: System) -> Check:
    """One line: the first adapter that has a problem."""
    told = system.run(["pnputil", "/enum-devices", "/problem"])
    if told is None:
        return Check("driver", None, "Windows does not tell which devices have a problem.", MANAGER)
    for chip, instance, code in _problems(told):
        why = "has no driver" if code == NO_DRIVER else f"has a problem (code {code})"
        return Check("driver", False, f"The USB adapter {chip} is plugged in, but {why}.", _help(chip, instance, code))
    return Check("driver", True, "Each adapter on USB has its driver")


def _problems(told: str) -> Iterator[tuple[str, str, int]]:
    """Chip, instance and code of each adapter among the devices, which blank lines part."""
    for block in re.split(r"\r?\n\s*\r?\n", told):
        instance, code = INSTANCE.search(block), CODE.search(block)
        if instance and code and int(code[1]) not in GONE:
            chip = ADAPTERS.get((int(instance[1], 16), int(instance[2], 16)))
            if chip:
                yield chip, instance[0], int(code[1])


def _help(chip: str, instance: str, code: int) -> str:
    if code == DISABLED:
        return f'It is switched off. As administrator: pnputil /enable-device "{instance}"'
    if code == NO_DRIVER:
        return (
            f"Install it: {UPDATES}; or take the {chip} driver from the chip's maker. Then, as administrator: "
            "pnputil /scan-devices"
        )
    older = " A PL2303 with code 10 is an old or a copied chip: take another adapter." if chip == "PL2303" else ""
    return f'As administrator: pnputil /remove-device "{instance}"; unplug it, and plug it in again.{older}'
