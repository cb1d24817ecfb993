"""All checks, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from ..ports import Port
from .adapters import adapters, looked_at
from .brltty import brltty
from .check import Check, guarded
from .driver import driver
from .folder import backup_folder
from .holder import holder
from .modem_manager import modem_manager
from .permission import permission
from .practice import practice
from .sandbox import sandbox
from .software import notebooks, packages, python
from .system import System, this_system

__all__ = ["run_checks"]


def run_checks(ports: Iterable[str] = (), system: System | None = None) -> Iterator[Check]:
    """A line for each thing, as soon as it was looked at: the adapters that there are, and ``ports``.

    Nothing is changed, and no byte is sent to a real port; each is opened once, to see whether it can be.
    """
    system = system or this_system()
    yield from _computer(system)
    found: list[Port] = []
    yield from guarded("list of ports", partial(_find, system, found))
    chosen = looked_at(found, ports)
    yield from guarded("adapters", partial(adapters, system, found, chosen))
    for name, look in {"driver": driver, "brltty": brltty, "sandbox": sandbox}.items():
        yield from guarded(name, partial(look, system))
    yield from guarded("ModemManager", partial(modem_manager, system, found))
    for port in chosen:
        yield from guarded(f"permission of {port.device}", partial(permission, system, port))
        yield from guarded(f"use of {port.device}", partial(holder, system, port))


def _computer(system: System) -> Iterator[Check]:
    looks = {
        "Python": python, "packages": packages, "notebooks": notebooks,
        "backup folder": backup_folder, "practice Sonoff": practice,
    }  # fmt: skip
    for name, look in looks.items():
        yield from guarded(name, partial(look, system))


def _find(system: System, found: list[Port]) -> tuple[Check, ...]:
    found += system.find_ports()
    return ()
