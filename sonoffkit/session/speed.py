"""Finding the highest speed at which bytes get through, and a lower one where they break."""

from __future__ import annotations

import contextlib

from ..errors import DeviceRefused, GarbledAnswer, NoAnswer, TransferFailed
from .basics import SAFE_BAUD
from .device import Device
from .esptool_log import say
from .memory import note_bad, note_good, speeds_of

__all__ = ["LADDER", "choose_speed", "climb", "step_down"]

LADDER = (SAFE_BAUD, 460_800, 921_600, 2_000_000)  # baud; a divider of the ESP8266 comes within 1 % of each
PROOF = 0x2000  # bytes of flash that must come through unbroken before a speed is trusted
BROKEN = (TransferFailed, DeviceRefused)


def choose_speed(device: Device, baud: int) -> None:
    """Go to the speed that a person chose."""
    device.set_baud(baud)
    device.speed_story = f"{baud} baud, as chosen"


def climb(device: Device) -> None:
    """Go up as far as adapter and wires allow: each speed has to carry real bytes of the flash first.

    What worked with this adapter before comes at once. Raises NoAnswer where
    the adapter lost the device on the way; it is not led there again.
    """
    top, known, why = device.adapter.top_speed, speeds_of(device.adapter), ""
    if known.bad and known.bad <= top:
        top, why = known.bad - 1, f"because at {known.bad} bytes broke with this adapter before"
        if device.baud > top:  # where it was found: a ROM takes any speed for the host's
            _back(device, max(baud for baud in LADDER if baud <= max(top, SAFE_BAUD)))
    for baud in _steps(device.baud, known.good or 0, top):
        before = device.baud
        try:
            _try(device, baud)
            device.read(0, PROOF)
        except BROKEN:
            _back(device, max(rung for rung in LADDER if rung < baud) if before == baud else before)
            note_bad(device.adapter, baud)
            why = f"because at {baud} bytes broke"
            break
    device.speed_story = f"{device.baud} baud, {why or 'tested on bytes of this device'}"
    say(f"Speed: {device.speed_story}.")
    note_good(device.adapter, device.baud)


def _steps(now: int, good: int, top: int) -> list[int]:
    """The speeds to try: from the one that worked before, or where the device was found, to the top."""
    start = max([baud for baud in LADDER if baud <= min(good, top)], default=SAFE_BAUD)
    return [baud for baud in LADDER if max(start, now, SAFE_BAUD + 1) <= baud <= top]


def step_down(device: Device) -> bool:
    """Go to the next lower speed; False if there is none. Raises NoAnswer where the device is lost by that."""
    lower = [baud for baud in LADDER if baud < device.baud]
    if not lower:
        return False
    broke = device.baud
    _back(device, lower[-1])
    if device.baud == broke:
        return False
    device.speed_story = f"{device.baud} baud, because at {broke} bytes broke"
    say(f"Speed: {device.speed_story}.")
    note_bad(device.adapter, broke)
    note_good(device.adapter, device.baud)
    return True


def _try(device: Device, baud: int) -> None:
    try:
        device.set_baud(baud)
    except (NoAnswer, GarbledAnswer):
        note_bad(device.adapter, baud, lost=True)
        raise


def _back(device: Device, baud: int) -> None:
    """To a lower speed, over a line that breaks bytes."""
    for _ in range(3):
        with contextlib.suppress(*BROKEN):
            device.set_baud(baud)
            return
