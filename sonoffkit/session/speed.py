"""Finding the highest speed at which bytes get through, and a lower one where they break."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from ..errors import DeviceRefused, GarbledAnswer, NoAnswer, TransferFailed
from ..paths import read_settings, remember
from ..ports import adapter_at
from .basics import SAFE_BAUD
from .device import Device
from .esptool_log import say

__all__ = ["LADDER", "choose_speed", "climb", "step_down"]

LADDER = (SAFE_BAUD, 460_800, 921_600, 2_000_000)  # baud; a divider of the ESP8266 comes within 1 % of each
PROOF = 0x2000  # bytes of flash that must come through unbroken before a speed is trusted
FORGET_SECONDS = 24 * 3600  # a bad cable is not for ever: a speed that broke bytes is tried again some other day
BROKEN = (TransferFailed, DeviceRefused)


def choose_speed(device: Device, baud: int) -> None:
    """Go to the speed that a person chose."""
    _try(device, baud)
    device.speed_story = f"{baud} baud, as chosen"


def climb(device: Device) -> None:
    """Go up as far as adapter and wires allow: each speed has to carry real bytes of the flash first.

    What worked with this adapter before comes at once. Raises NoAnswer where
    the adapter lost the device on the way; it is not led there again.
    """
    adapter = adapter_at(device.port)
    known = _recall(adapter.key)
    limit = min(adapter.top_speed, known["bad"] - 1)
    steps = [baud for baud in LADDER if max(known["good"], device.baud + 1) <= baud <= limit]
    why = f"because at {known['bad']} bytes broke with this adapter before" if known["bad"] <= adapter.top_speed else ""
    for baud in steps:
        before = device.baud
        try:
            _try(device, baud)
            device.read(0, PROOF)
        except BROKEN:
            _back(device, before)
            _note(device, bad=baud)
            why = f"because at {baud} bytes broke"
            break
    device.speed_story = f"{device.baud} baud, {why or 'proven with bytes of this very flash'}"
    say(f"Speed: {device.speed_story}.")
    _note(device, good=device.baud)


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
    _note(device, good=device.baud, bad=broke)
    return True


def _try(device: Device, baud: int) -> None:
    try:
        device.set_baud(baud)
    except (NoAnswer, GarbledAnswer):
        _note(device, bad=baud)
        raise


def _back(device: Device, baud: int) -> None:
    """To a lower speed, over a line that breaks bytes."""
    for _ in range(3):
        with contextlib.suppress(*BROKEN):
            device.set_baud(baud)
            return


def _recall(key: str) -> dict[str, int]:
    """The highest speed that worked with an adapter, and the lowest that did not."""
    all_known = read_settings().get("speeds")
    saved = all_known.get(key) if isinstance(all_known, dict) else None
    known = {"good": SAFE_BAUD, "bad": 2 * LADDER[-1]}
    if isinstance(saved, dict):
        fresh = isinstance(saved.get("at"), (int, float)) and abs(time.time() - saved["at"]) < FORGET_SECONDS
        if fresh and saved.get("bad") in LADDER:
            known["bad"] = saved["bad"]
        if saved.get("good") in LADDER and saved["good"] < known["bad"]:
            known["good"] = saved["good"]
    return known


def _note(device: Device, **what: int) -> None:
    key = adapter_at(device.port).key
    saved = read_settings().get("speeds")
    speeds: dict[str, Any] = dict(saved) if isinstance(saved, dict) else {}
    before = speeds.get(key)
    entry: dict[str, Any] = dict(before) if isinstance(before, dict) else {}
    if "bad" in what:
        entry["at"] = time.time()
    entry |= what
    with contextlib.suppress(OSError):  # a convenience: no reason to stop
        remember(speeds=speeds | {key: entry})
