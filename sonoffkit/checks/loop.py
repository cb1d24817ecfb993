"""The test of an adapter alone: its TX on its own RX, no device."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ..errors import SonoffkitError
from .check import Check
from .echo import SPEEDS, Came, Echo, echoes

__all__ = ["HOW_TO_WIRE", "SPEEDS", "Came", "Echo", "echoes", "judge_loop", "loop_back"]

HOW_TO_WIRE = (
    "Unplug the adapter from USB, and take the wires to the device off it: this tests the adapter alone.",
    "Connect its pin TX (TXD) to its own pin RX (RXD) with one wire, and nothing else.",
    "Plug it into USB. Whether it is set to 3.3 V or 5 V does not matter now. Set it to 3.3 V before a device comes.",
)
BRIDGE = (
    "Look whether the wire is on TX and RX, and whether this is the right port ('find mine' in notebook 1-setup). "
    "If both are right, the adapter is dead or a fake: take another."
)
DEVICE_SIDE = (
    "If a device does not answer, look at its side: the button held at power-up, RX and TX crossed, 3.3 V, ground."
)


def loop_back(
    device: str, *, speeds: tuple[int, ...] = SPEEDS, tell: Callable[[Echo], None] = lambda echo: None
) -> Check:
    """Whether an adapter's bytes come back to it; ``tell`` hears of each speed as soon as it was tried.

    The adapter must be wired as ``HOW_TO_WIRE`` says. Never raises for a port that fails: that is a finding.
    """
    heard = []
    try:
        for echo in echoes(device, speeds):
            heard.append(echo)
            tell(echo)
    except SonoffkitError as error:
        return Check(_name(device), False, str(error), error.hint)
    return judge_loop(device, heard)


def judge_loop(device: str, heard: Iterable[Echo]) -> Check:
    """What the echoes of all speeds say about the adapter."""
    tried = [echo for echo in heard if echo.came is not Came.REFUSED]
    whole = [echo.baud for echo in tried if echo.came is Came.WHOLE]
    failed = [echo for echo in tried if echo.came is not Came.WHOLE]
    if not whole:
        return _nothing_whole(device, {echo.came for echo in failed})
    if failed:
        return _whole_at_some(device, whole, failed)
    return Check(
        _name(device), True, f"The adapter on {device} is good: all comes back, up to {whole[-1]} baud", DEVICE_SIDE
    )


def _nothing_whole(device: str, came: set[Came]) -> Check:
    if Came.BROKEN in came or Came.SLOW in came:
        says = f"On {device} only part of what was sent comes back, at every speed."
        return Check(_name(device), False, says, "Press the wire on firmly and try again; else take another adapter.")
    if Came.OTHER in came:
        says = f"On {device} something else comes back than was sent: a device talks there, or the wire is loose."
        return Check(
            _name(device), False, says, "Take all wires to the device off, and connect TX to RX of the adapter."
        )
    return Check(_name(device), False, f"On {device} nothing comes back.", BRIDGE)


def _whole_at_some(device: str, whole: list[int], failed: list[Echo]) -> Check:
    first = failed[0]
    if first.baud < whole[-1]:
        says = f"On {device} it comes and goes ({first.baud} baud: {first.came}; {whole[-1]} baud: {Came.WHOLE})."
        return Check(_name(device), False, says, "Press the wire on firmly, use a shorter one, and try again.")
    return Check(
        _name(device),
        False,
        f"On {device} all comes back up to {whole[-1]} baud, but not above ({first.baud} baud: {first.came}): "
        "a weak or a counterfeit adapter.",
        f"Use at most {whole[-1]} baud (the kit finds that by itself; for esptool: --baud {whole[-1]}), "
        "or take another adapter.",
    )


def _name(device: str) -> str:
    return f"loop on {device}"
