"""What counts as a step of the course, in which notebook it is made, and what a notebook needs first."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["NEEDS", "STEPS", "Step", "step_named", "steps_of"]


@dataclass(frozen=True)
class Step:
    """One step: its name on disk, its short title, what to do to make it, and the notebook where that is done."""

    name: str
    title: str
    do: str
    notebook: str


STEPS = (
    Step("port", "Port chosen", "choose a port", "1-setup"),
    Step("hello", "Device said hello", "say hello to the device", "1-setup"),
    Step("backup", "Backup verified", "back up the whole flash", "2-backup"),
    Step("inspect", "Dump inspected", "look into a dump", "3-inspect"),
    Step("erase", "Flash erased", "erase the flash", "4-erase"),
    Step("flash", "Firmware written", "write a firmware, or the backup back", "5-flash"),
)
# What must be done before a notebook makes sense. In 3-inspect there are samples to look at.
NEEDS = {
    "1-setup": (),
    "2-backup": ("port",),
    "3-inspect": (),
    "4-erase": ("port", "hello", "backup"),
    "5-flash": ("port", "hello", "backup"),
    "6-troubleshooting": (),
}


def step_named(name: str) -> Step:
    """The step of that name; raises ValueError for none."""
    for step in STEPS:
        if step.name == name:
            return step
    raise ValueError(f"there is no step {name!r}; there are: {', '.join(step.name for step in STEPS)}")


def steps_of(notebook: str) -> tuple[Step, ...]:
    """The steps that are made in a notebook; raises ValueError for a notebook that the course does not have."""
    if notebook not in NEEDS:
        raise ValueError(f"there is no notebook {notebook!r}; there are: {', '.join(NEEDS)}")
    return tuple(step for step in STEPS if step.notebook == notebook)
