"""The hand that touches a served device: words on the standard input."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from .device import PracticeDevice

__all__ = ["HELP", "obey", "say_state"]

HELP = """words that touch the device:
  hold, release     the button (GPIO0)
  off, on, cycle    the power; with the button held it starts in download mode
  unplug, plug      the USB adapter
  fault NAME VALUE  unplug-after, flash-id, chip-magic, flip-every; 'none' heals
  state             what it does now
  quit              stop"""


def obey(device: PracticeDevice, lines: Iterable[str], stop: threading.Event, say: Callable[[str], None]) -> None:
    """Do what the lines say until they end or one says ``quit``."""
    for line in lines:
        words = line.split()
        if words == ["quit"]:
            stop.set()
            return
        if words:
            try:
                _do(device, words)
                say(say_state(device))
            except ValueError as error:
                say(f"{error}\n{HELP}")


def say_state(device: PracticeDevice) -> str:
    """What the device does now, in one line."""
    state = device.state()
    button = "held" if state.button_held else "released"
    power = "on" if state.powered else "off"
    runs = {"rom": "in download mode", "stub": "in download mode (stub)", "firmware": "runs its firmware"}
    if not state.plugged_in:
        return f"adapter unplugged, power off, button {button}"
    return f"power {power}, button {button}, {runs.get(state.running, 'does nothing')}"


def _do(device: PracticeDevice, words: list[str]) -> None:
    actions: dict[str, Callable[[], None]] = {
        "hold": device.hold_button,
        "release": device.release_button,
        "off": device.power_off,
        "on": device.power_on,
        "cycle": device.power_cycle,
        "unplug": device.unplug,
        "plug": device.plug_in,
        "state": lambda: None,
    }
    if words[0] == "fault":
        device.faults.parse(words[1:])
    elif len(words) == 1 and words[0] in actions:
        actions[words[0]]()
    else:
        raise ValueError(f"{' '.join(words)!r} is not understood")
