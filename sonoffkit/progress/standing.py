"""Where a learner stands: what is done and when, what comes next, and what a notebook needs first."""

from __future__ import annotations

from dataclasses import dataclass

from ..paths import read_settings
from ..vault import Vault
from .entries import Known, moment
from .journal import Journal, read_journal
from .steps import NEEDS, STEPS, Step, step_named, steps_of

__all__ = ["Made", "Standing", "stand"]


@dataclass(frozen=True)
class Made:
    """A step, and when it was made: empty for not yet, "some time" where nobody wrote it down."""

    step: Step
    when: str

    @property
    def is_done(self) -> bool:
        return bool(self.when)


@dataclass(frozen=True)
class Standing:
    """What is told at a notebook's top.

    ``missing`` is what must be done before this notebook makes sense, ``next``
    the first step that was not made, None at the end. ``device`` is the one
    that all this is about: who answered last on the chosen port. ``hunted`` are
    the kinds of hidden faults that were named on the practice bench.
    """

    notebook: str
    made: tuple[Made, ...]
    missing: tuple[Step, ...]
    next: Step | None
    device: Known | None
    faults: int
    solved: int
    hunted: int


def stand(notebook: str, journal: Journal | None = None, vault: Vault | None = None) -> Standing:
    """Where the learner stands, seen from a notebook; raises ValueError for one that the course does not have."""
    steps_of(notebook)
    journal = read_journal() if journal is None else journal
    port = read_settings().get("port")
    port = port if isinstance(port, str) else ""
    device = journal.device_on(port) if port else None
    made = tuple(Made(step, _when(step, port, device, journal, vault or Vault())) for step in STEPS)
    undone = {one.step.name for one in made if not one.is_done}
    return Standing(
        notebook,
        made,
        tuple(step_named(name) for name in NEEDS[notebook] if name in undone),
        _next(notebook, undone),
        device,
        len(journal.faults),
        sum(bool(fault.solved) for fault in journal.faults),
        sum(done.what == "hunt" for done in journal.done),
    )


def _next(notebook: str, undone: set[str]) -> Step | None:
    """The first thing to do here or later; only then what was left out before."""
    order = list(NEEDS)
    here = order.index(notebook)
    later = [step for step in STEPS if step.name in undone and order.index(step.notebook) >= here]
    before = [step for step in STEPS if step.name in undone]
    return next(iter([*later, *before]), None)


def _when(step: Step, port: str, device: Known | None, journal: Journal, vault: Vault) -> str:
    """When a step was made, on this port and this device: another device must be backed up anew."""
    if step.name == "port":
        done = journal.last("port")
        return (done.last if done else "some time") if port else ""
    if step.name == "inspect":
        done = journal.last("inspect")
        return done.last if done else ""
    if device is None:
        return ""
    if step.name == "backup":  # what counts is what lies there now
        return _newest_backup(device.mac, vault)
    done = journal.last(*(("flash", "restore") if step.name == "flash" else (step.name,)), mac=device.mac)
    return done.last if done else ""


def _newest_backup(mac: str, vault: Vault) -> str:
    there = [b.manifest.created for b in vault.backups(mac) if b.manifest.verified and b.path.exists()]
    return max(there, key=moment, default="")
