"""One operation of the soak: its set-up from a seed, the tries with faults, and the clean one that must succeed."""

from __future__ import annotations

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from soak_actions import Action, draw_action, look
from soak_checks import Leaks, wrong_backups
from soak_faults import Fault, draw_fault
from soak_try import Outcome, attempt, has_struck
from soak_world import SAFE_BAUD, Worlds

from sonoffkit.practice import PracticeDevice
from sonoffkit.practice.chip import Running

__all__ = ["Operation", "Report"]

_MODELS = {"basic": 40, "mini": 22, "s20": 22, "pow-r2": 12, "nodemcu": 4}


@dataclass
class Report:
    """What came of one operation, for the sums."""

    number: int
    about: str = ""
    tries: list[tuple[str, bool, str]] = field(default_factory=list)  # fault, whether it struck, how it ended
    errors: Counter[str] = field(default_factory=Counter)
    resumed: Counter[str] = field(default_factory=Counter)  # by operation
    hands: Counter[str] = field(default_factory=Counter)  # why somebody had to power it anew
    wrong: list[tuple[str, str]] = field(default_factory=list)  # check (a to d), and what
    seconds: float = 0.0


class Operation:
    """One operation from its set-up to the try that must succeed."""

    def __init__(self, seed: int, number: int, worlds: Worlds, told: Callable[[str], None] = lambda text: None) -> None:
        self._rng = random.Random(f"{seed} {number}")
        self._told = told
        self.report = Report(number)
        self._world = worlds[self._rng.choices(list(_MODELS), list(_MODELS.values()))[0]]
        self._world.set_up(self._rng)
        self._action = draw_action(self._rng, self._world)
        self._faults = [draw_fault(self._rng, self._action, none=True)]
        if self._faults[0].kind == "none":
            self._faults.clear()
        elif self._rng.random() < 0.2:
            self._faults.append(draw_fault(self._rng, self._action, none=False))
        device, action = self._world.device, self._action
        runs = device.state().running
        self.report.about = f"{device.model.name}, {runs}: {action.name} {action.says} at {action.baud}"
        self._told(self.report.about)

    def run(self) -> Report:
        began = time.monotonic()
        done = False
        for fault in self._faults:
            done = self._try(fault).ended == "done"
            if self._rng.random() < 0.2:
                self._world.edit(self._rng)
                done = False
        self._try_clean(done)
        self.report.seconds = time.monotonic() - began
        return self.report

    def _try(self, fault: Fault) -> Outcome:
        world, report = self._world, self.report
        self._told(f"{fault}")
        world.fresh_watch()
        before = world.device.contents()
        tampered = fault.kind in ("drop_to_chip", "flip_to_chip", "duplicate_to_chip", "frail_above")
        world.may_write_anywhere |= tampered or fault.kind in ("top_speed", "wires")
        leaks = Leaks(world.device)
        outcome = attempt(world, self._action, fault)
        struck = has_struck(world, fault, outcome)
        report.tries.append((fault.kind, struck, outcome.ended))
        report.errors[outcome.error] += outcome.ended == "error"
        self._told(f"{'struck' if struck else 'did not strike'}; {outcome.ended}\n{outcome.told}")
        if outcome.ended == "wrong":
            self._wrong("b", outcome.told)
        if outcome.ended == "error" and not struck:
            self._wrong("c", f"{fault.kind} did not strike, and yet: {outcome.told}")
        self._check(outcome, leaks)
        if self._action.name == "back_up" and not tampered and world.device.contents() != before:
            self._wrong("a", f"a backup changed the flash, and {fault.kind} cannot have")
        self._tidy_up(fault)
        return outcome

    def _try_clean(self, done: bool) -> None:
        """The next try, with all in order: the whole operation again, or where it was done already, a look."""
        world, report = self._world, self.report
        action = look(world) if done else self._action
        first = not self._faults
        world.fresh_watch()
        leaks = Leaks(world.device)
        outcome = attempt(world, action, Fault("none"))
        if first:
            report.tries.append(("none", False, outcome.ended))
        self._told(f"without a fault: {outcome.ended} {outcome.result}\n{outcome.told}")
        if outcome.ended != "done":
            self._wrong("c", outcome.told or outcome.ended)
        self._check(outcome, leaks, action)
        report.resumed[action.name] += not first and _went_on(action, outcome.result)

    def _check(self, outcome: Outcome, leaks: Leaks, action: Action | None = None) -> None:
        """What must hold after each try."""
        world = self._world
        for text in leaks.found():
            self._wrong("d", text)
        for text in wrong_backups(world):
            self._wrong("a", text)
        if outcome.ended == "done":
            text = (action or self._action).wrong(outcome.result)
            if text:
                self._wrong("c", text)

    def _tidy_up(self, fault: Fault) -> None:
        """What a person does who reads the hint: the plug back in, the loader started where it is gone."""
        world, device = self._world, self._world.device
        bauds = world.watch.bauds | {SAFE_BAUD}
        device.faults.heal()
        why = ""
        if not device.state().plugged_in:
            why = "unplugged"
            device.hold_button()
            device.plug_in()
        elif device.state().running not in (Running.ROM, Running.STUB):
            why = f"runs {device.state().running}"
        elif device.state().baud not in (*bauds, None):
            why = "at a speed that nobody chose"
        elif _is_deaf(device):
            why = "busy for ever"
        elif fault.disk and fault.disk.struck and device.state().baud != SAFE_BAUD:
            why = "at a speed that could not be written down"
        if why:
            self._told(f"a hand: {why}")
            self.report.hands[why] += 1
            device.hold_button()
            device.power_cycle()
        device.release_button()

    def _wrong(self, check: str, text: str) -> None:
        self._told(f"WRONG ({check}): {text}")
        self.report.wrong.append((check, text))


def _went_on(action: Action, result: Any) -> bool:
    """Whether it used what an earlier try had done: read, or written to the device."""
    written = getattr(result, "written", None)
    fetched = getattr(result, "fetched", None)
    return bool(fetched and fetched.resumed) or bool(written and written.kept > action.kept)


def _is_deaf(device: PracticeDevice) -> bool:
    """Whether the chip waits for something that never comes: nothing but its power helps."""
    chip = device._asleep.chip if device._asleep else None
    return chip is not None and chip._busy_until == math.inf
