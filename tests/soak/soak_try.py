"""One try of an action: with its fault put on, until it is done, fails or is killed, and whether the fault struck."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

from soak_actions import Action
from soak_faults import Fault
from soak_world import World

from sonoffkit.errors import SonoffkitError
from sonoffkit.practice import Faults
from sonoffkit.practice.port import PracticeSerial
from sonoffkit.session import connect

__all__ = ["Hung", "Killed", "Outcome", "attempt", "has_struck"]

_HUNG_SECONDS = 180
_NAP_SECONDS = 0.001


class Killed(BaseException):
    """The program dies here: nobody tidies up."""


class Hung(BaseException):
    """A try did not end."""


@dataclass
class Outcome:
    """How a try ended: done, an error of ours, killed, or wrong (an error of another's, or none in time)."""

    ended: str
    result: Any = None
    error: str = ""
    told: str = ""
    in_reach: bool = True


def attempt(world: World, action: Action, fault: Fault) -> Outcome:
    """Do it once, with this going wrong."""
    try:
        disk = fault.disk.inserted() if fault.disk else contextlib.nullcontext()
        with _time_limit(), _naps_only(fault), disk:
            return Outcome("done", _work(world, action, fault))
    except Killed:
        return Outcome("killed")
    except SonoffkitError as error:
        if fault.kind == "killed" and fault.struck:
            return Outcome("killed")
        ended = "error" if str(error).strip() and error.hint.strip() else "wrong"
        return Outcome(ended, error=type(error).__name__, told=traceback.format_exc())
    except (Exception, Hung) as error:
        return Outcome("wrong", error=type(error).__name__, told=traceback.format_exc())


def has_struck(world: World, fault: Fault, outcome: Outcome) -> bool:
    """Whether it really happened, in this try."""
    faults, settings = world.device.faults, fault.settings
    if fault.disk:
        by_size = fault.disk.limit is not None and outcome.error == "VaultNotWritable"
        return fault.disk.struck or by_size
    if fault.kind == "top_speed":
        return world.watch.too_fast
    if fault.kind in ("flip_after", "sag_after", "unplug_after", "unplug_at"):  # each takes itself back
        return bool(settings) and _was_put_on(world, fault) and getattr(faults, fault.kind) is None
    if settings:
        return world.watch.hits > 0
    return fault.struck


class _Trigger:
    """The progress callback: lets the fault's stroke happen at its point."""

    def __init__(self, world: World, fault: Fault, cancel: threading.Event, ports: list[PracticeSerial]) -> None:
        self._world, self._fault, self._cancel, self._ports = world, fault, cancel, ports

    def __call__(self, done: int, total: int) -> None:
        fault = self._fault
        if fault.stroke and not fault.struck and done >= fault.at * total:
            fault.struck = True
            self._strike(fault.kind, fault.stroke)

    def _strike(self, kind: str, stroke: str) -> None:
        device = self._world.device
        if kind == "cancel":
            self._cancel.set()
        elif kind == "killed":
            for port in self._ports:  # as the system does; whatever the kit tries now reaches nobody
                port.close()
            raise Killed
        elif kind == "power_cut":
            device.power_off()
            if "held" in stroke:
                device.hold_button()
            if "on" in stroke.split():
                device.power_on()
                device.release_button()
        else:
            self._world.watch.ends_in = self._fault.lasts
            device.set_fault(["wires" if kind == "wires" else "noise", stroke])


def _work(world: World, action: Action, fault: Fault) -> Any:
    cancel = threading.Event()
    if fault.early:
        _put_on(world, fault)
    with _ports_in_sight() as ports:
        device = connect(world.url) if action.baud is None else connect(world.url, action.baud)
        try:
            if not fault.early:
                _put_on(world, fault)
            return action.run(device, _Trigger(world, fault, cancel, ports), cancel)
        finally:
            if not (fault.kind == "killed" and fault.struck):
                device.close()


def _put_on(world: World, fault: Fault) -> None:
    if fault.settings:
        world.device.faults = Faults(**fault.settings)


def _was_put_on(world: World, fault: Fault) -> bool:
    """An adapter that could not be connected to had its fault put on only if it was there early."""
    return fault.early or bool(world.watch.bauds)


@contextlib.contextmanager
def _ports_in_sight() -> Iterator[list[PracticeSerial]]:
    """The practice ports that are opened meanwhile: a program's death closes them, whoever holds them."""
    seen: list[PracticeSerial] = []
    plain = PracticeSerial.open

    def open_(port: PracticeSerial) -> None:
        plain(port)
        seen.append(port)

    with mock.patch.object(PracticeSerial, "open", open_):
        yield seen


@contextlib.contextmanager
def _naps_only(fault: Fault) -> Iterator[None]:
    """Who sleeps gives the device time; this one needs none, but where the fault goes by the clock."""
    sleep = time.sleep
    if fault.kind in ("delay_to_host", "delay_to_chip", "unplug_at"):
        yield
        return
    with mock.patch("time.sleep", lambda seconds: sleep(min(seconds, _NAP_SECONDS))):
        yield


@contextlib.contextmanager
def _time_limit() -> Iterator[None]:
    """Hung where it takes too long, on systems that can interrupt."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def ring(*_: Any) -> None:
        raise Hung

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(_HUNG_SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
