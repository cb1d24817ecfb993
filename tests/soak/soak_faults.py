"""What can go wrong in a try of the soak: the kinds of faults, and how one is drawn that can strike."""

from __future__ import annotations

import contextlib
import errno
import math
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from soak_actions import Action
from soak_world import MB, SAFE_BAUD

from sonoffkit.practice.faults import Wires

try:
    import resource
except ImportError:  # Windows: the disk is full in the other ways only
    resource = None

__all__ = ["FAULTS", "KINDS", "Fault", "FullDisk", "draw_fault"]

# A fault's share of the tries. The slow ones (noise, which never gives silence, and late bytes) are rarer.
KINDS = {
    "none": 13, "drop_to_host": 6, "drop_to_chip": 6, "flip_to_host": 6, "flip_to_chip": 6, "duplicate_to_host": 6,
    "duplicate_to_chip": 6, "delay_to_host": 2, "delay_to_chip": 2, "flip_after": 7, "unplug_after": 7, "unplug_at": 6,
    "sag_after": 5, "power_cut": 7, "wires": 6, "noise_00": 1, "noise_ff": 1, "cancel": 7, "killed": 8,
    "disk_full": 7, "top_speed": 3, "frail_above": 4,
}  # fmt: skip
FAULTS = [kind for kind in KINDS if kind != "none"]


@dataclass
class Fault:
    """One thing that goes wrong in a try.

    ``settings`` are those of the practice device, from before the connecting
    on if ``early``; ``at`` is the share of the operation's bytes after which
    ``stroke`` happens, and ``lasts`` how many writes of the host it lasts.
    """

    kind: str
    settings: dict[str, Any] = field(default_factory=dict)
    early: bool = False
    at: float = 0.0
    stroke: str = ""
    lasts: float = math.inf
    disk: FullDisk | None = None
    struck: bool = False


class FullDisk:
    """From one write to another the disk takes nothing: creating and syncing fail, or files may not grow beyond a size.

    The device's own folder is on another disk.
    """

    def __init__(self, first: int, last: float, limit: int | None) -> None:
        self._first, self._last, self.limit = first, last, limit
        self._calls = 0
        self.struck = False

    @contextlib.contextmanager
    def inserted(self) -> Iterator[None]:
        sync, create = os.fsync, os.open

        def full_open(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
            if flags & os.O_CREAT and Path(os.fspath(path)).name != "lock":
                self._spend()
            return create(path, flags, *args, **kwargs)

        def full_sync(number: int) -> None:
            self._spend()
            sync(number)

        if self.limit is not None and resource is not None:
            with _file_limit(self.limit):
                yield
        else:
            with mock.patch("os.fsync", full_sync), mock.patch("os.open", full_open):
                yield

    def _spend(self) -> None:
        self._calls += 1
        if self._first <= self._calls < self._last:
            self.struck = True
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def draw_fault(rng: random.Random, action: Action, *, none: bool) -> Fault:
    """A fault that can strike in this operation."""
    kinds = {kind: share for kind, share in KINDS.items() if _can_strike(kind, action) and (none or kind != "none")}
    fault = Fault(rng.choices(list(kinds), list(kinds.values()))[0], early=rng.random() < 0.25, at=rng.random())
    _drawn(fault.kind)(fault, rng, action)
    return fault


@contextlib.contextmanager
def _file_limit(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def _can_strike(kind: str, action: Action) -> bool:
    if kind == "disk_full":
        return action.name == "back_up"
    if kind == "sag_after":
        return action.name in ("restore", "flash")
    if kind in ("top_speed", "frail_above"):
        return action.baud != SAFE_BAUD
    strokes = ("power_cut", "wires", "noise_00", "noise_ff", "cancel", "killed")
    return action.name != "erase" or kind not in strokes  # an erase has no middle


def _drawn(kind: str) -> Callable[[Fault, random.Random, Action], None]:
    if kind.endswith(("to_host", "to_chip")):
        return _draw_rate
    return {
        "none": lambda fault, rng, action: None,
        "flip_after": _draw_count, "unplug_after": _draw_count, "sag_after": _draw_sag, "unplug_at": _draw_moment,
        "power_cut": _draw_power_cut, "wires": _draw_wires, "noise_00": _draw_noise, "noise_ff": _draw_noise,
        "cancel": _draw_stroke, "killed": _draw_stroke, "disk_full": _draw_disk, "top_speed": _draw_speed,
        "frail_above": _draw_speed,
    }[kind]  # fmt: skip


def _draw_rate(fault: Fault, rng: random.Random, action: Action) -> None:
    """One byte in so many: from hopeless to about one in the whole operation. Late ones are few, as each takes time."""
    size = action.to_host if fault.kind.endswith("to_host") else action.to_chip
    one_in = math.exp(rng.uniform(math.log(300), math.log(min(200_000, max(1000, size)))))
    if fault.kind.startswith("delay"):
        one_in = max(300, size / rng.uniform(1, 6))
    fault.settings = {fault.kind: int(one_in), "seed": rng.randrange(1 << 30)}


def _draw_count(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {fault.kind: rng.randrange(action.to_host)}


def _draw_sag(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {"sag_after": rng.randrange(max(1, action.size))}


def _draw_moment(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.settings = {"unplug_at": rng.uniform(0, 0.2 if fault.early else 0.08)}


def _draw_speed(fault: Fault, rng: random.Random, action: Action) -> None:
    slower = [speed for speed in (120_000, 230_400, 300_000) if speed < (action.baud or 460_800)]
    fault.early, fault.settings = True, {fault.kind: rng.choice(slower)}


def _draw_stroke(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = fault.kind


def _draw_power_cut(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = rng.choice(["off", "off and on", "off and on with the button held"])


def _draw_wires(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = str(rng.choice([Wires.SWAPPED, Wires.TX_OPEN, Wires.RX_OPEN]))
    fault.lasts = rng.choice([1, 2, rng.randrange(3, 60), math.inf])


def _draw_noise(fault: Fault, rng: random.Random, action: Action) -> None:
    fault.stroke = fault.kind.removeprefix("noise_")
    fault.lasts = rng.choice([1, 2, rng.randrange(3, 9), math.inf])


def _draw_disk(fault: Fault, rng: random.Random, action: Action) -> None:
    first = rng.randrange(1, 40)
    lasts = rng.choice([1, 2, math.inf])
    fault.disk = FullDisk(first, first + lasts, rng.choice([None, None, rng.randrange(0x8000, MB)]))
