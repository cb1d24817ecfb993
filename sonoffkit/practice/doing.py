"""What a powered practice device does now, in words and by its LED."""

from __future__ import annotations

from dataclasses import dataclass

from .chip import ChipState, Running
from .device import PracticeDevice

__all__ = ["Doing", "running"]


@dataclass(frozen=True)
class Doing:
    """What the device does now: a word for programs, a sentence for people, and whether its LED is lit."""

    word: str  # off, download, firmware, blank, program or nothing
    text: str
    lit: bool = False


def running(device: PracticeDevice, state: ChipState) -> Doing:
    """What it runs, while it has power."""
    if state.running in (Running.ROM, Running.STUB):
        return Doing("download", "In download mode: it waits for esptool, and its LED stays dark.")
    if state.running is Running.PROGRAM:
        return Doing("program", "It runs a program from its memory, and says nothing.")
    if state.running is Running.NOTHING:
        return Doing("nothing", "It is held in reset.")
    if _is_blank(device):
        return Doing("blank", "It finds no firmware in its flash, and starts again and again.")
    return Doing("firmware", "It runs its firmware: it does not listen to esptool.", lit=True)


def _is_blank(device: PracticeDevice) -> bool:
    with (device.folder / "flash.bin").open("rb") as file:
        return file.read(1) != b"\xe9"  # what each image begins with
