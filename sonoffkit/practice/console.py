"""The hand that touches a served device: words on the standard input."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

from .bench import lies_on
from .chip import Running
from .device import DeviceInUse, PracticeDevice
from .faults import describe_faults

__all__ = ["HELP", "obey", "say_state"]

HELP = """words that touch the device:
  hold, release     the button (GPIO0)
  off, on, cycle    the power; with the button held it starts in download mode
  unplug, plug      the USB adapter
  fault NAME VALUE  something goes wrong; 'fault' alone lists what can, 'fault none' takes all back
  state             what it does now
  help, quit        this, or stop"""


def obey(device: PracticeDevice, lines: Iterable[str], stop: threading.Event, say: Callable[[str], None]) -> None:
    """Do what the lines say until they end or one says ``quit``."""
    for line in _readable(lines):
        words = line.split()
        if words == ["quit"]:
            stop.set()
            return
        if words:
            say(_answer(device, words))


def _readable(lines: Iterable[str]) -> Iterator[str]:
    """The lines, without those that are no text."""
    lines = iter(lines)
    while True:
        try:
            yield next(lines)
        except StopIteration:
            return
        except UnicodeDecodeError:
            continue


def _answer(device: PracticeDevice, words: list[str]) -> str:
    if words == ["help"]:
        return HELP
    if words == ["fault"]:
        return f"what can go wrong ('fault NAME VALUE'; a value of 'none' takes it back):\n{describe_faults()}"
    try:
        _do(device, words)
        return say_state(device)
    except ValueError as error:
        return str(error) if words[0] == "fault" else f"{error}\n{HELP}"
    except DeviceInUse:
        return "the device is in use by another program; nothing was done"
    except OSError as error:
        return f"its folder cannot be used: {error}"


def say_state(device: PracticeDevice) -> str:
    """What the device does now, in one line."""
    state = device.state()
    button = "held" if state.button_held else "released"
    power = "on" if state.powered else "off"
    runs = {
        Running.ROM: "in download mode",
        Running.STUB: "in download mode (stub)",
        Running.FIRMWARE: "runs its firmware",
        Running.PROGRAM: "runs a program from RAM",
    }
    if not state.plugged_in:
        return f"adapter unplugged, power off, button {button}"
    in_force = {} if lies_on(device) else device.faults.in_force()
    faults = ", ".join(f"{name} {value}" for name, value in in_force.items())
    does = runs.get(state.running, "does nothing")
    return f"power {power}, button {button}, {does}" + (f"; faults: {faults}" if faults else "")


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
        device.set_fault(words[1:])
    elif len(words) == 1 and words[0] in actions:
        actions[words[0]]()
    else:
        raise ValueError(f"{' '.join(words)!r} is not understood")
