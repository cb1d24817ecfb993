"""What was heard → what it means, and the one thing to do next."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .boots import Boot, BootLog, ResetCause
from .decode import decode, readable_lines
from .heard import Heard, is_text, stuck_at
from .loops import Loop, loop_in

__all__ = ["Finding", "Verdict", "judge"]

MOST_EVIDENCE = 12  # lines
STRAY = 6  # so few unreadable bytes are what a plug or a wire makes, not a device

BUTTON = "Take its power away, hold its button, give it power, and let the button go after two seconds."
CYCLE = "Take its power away and give it again while this listens: a device speaks when it starts."
WIRES = (
    "If nothing comes then, look in this order: is there 3.3 V, is GND connected, does the device's TX go to the "
    "adapter's RX?"
)
WRITE_AGAIN = f"{BUTTON} Then restore your backup, or flash a firmware, with flash mode dout."


class Verdict(StrEnum):
    """What kind of thing was heard."""

    SILENCE = "silence"
    FIRMWARE = "firmware"  # it started what is in flash: the button was not held
    DOWNLOAD = "download"  # it waits for esptool
    LOOP = "loop"  # it starts again and again
    BAD_IMAGE = "bad image"  # it found nothing in flash that it can start
    GARBAGE = "garbage"
    OTHER = "other"  # readable, and no start of the device


@dataclass(frozen=True)
class Finding:
    """A verdict in words: ``says`` what it is, ``next`` the one thing to do, ``evidence`` the lines that told it.

    ``kind`` is what restarts a device in a LOOP, one of ``Loop``; empty for all else.
    """

    verdict: Verdict
    says: str
    next: str
    evidence: tuple[str, ...] = ()
    kind: str = ""


def judge(heard: Heard) -> Finding:
    """What was heard, in words for somebody who sees a boot log for the first time."""
    log = decode(heard.data)
    return _of_boots(log, heard.seconds) if log.boots else _without_a_boot(heard)


def _of_boots(log: BootLog, seconds: float) -> Finding:
    boot = log.boots[-1]
    loop = None if boot.is_download else loop_in(log.boots, seconds)
    if loop:
        return _looping(loop, log)
    evidence = boot.lines[:MOST_EVIDENCE]
    if boot.is_download:
        return Finding(
            Verdict.DOWNLOAD,
            "The device is in download mode: it waits for esptool.",
            "Leave its power on, and run the step again that did not connect.",
            evidence,
        )
    if boot.mode is not None and not boot.is_from_flash:
        return _wrong_pins(boot, evidence)
    trouble = next((says for words, says in BAD_IMAGES.items() if boot.has(words)), None)
    if trouble:
        return Finding(Verdict.BAD_IMAGE, trouble, WRITE_AGAIN, evidence)
    if boot.is_from_flash:
        return _started(boot, evidence)
    return _cut_off(boot, evidence)


# In this order: what was first is the reason, and what follows its consequence.
BAD_IMAGES = {
    "csum err": "What is in its flash is damaged: the checksum of the first image does not hold.",
    "flash read err": "It cannot read its flash where the first image should be: a damaged or foreign image.",
    "backup boot failed": "Its boot loader found no program that it can start.",
    "first boot failed": "Its boot loader found no program where the first should be.",
    "error magic!": "Its boot loader found no program where one should be.",
    "ets_main.c": "There is no firmware at the beginning of its flash: it was erased, or holds something else.",
    "user code done": "What it started from flash ended at once: it is no whole firmware.",
}


def _started(boot: Boot, evidence: tuple[str, ...]) -> Finding:
    if boot.has("rf_cal"):
        return Finding(
            Verdict.FIRMWARE,
            "The device started its own firmware, which misses the radio's calibration at the end of the flash.",
            f"{BUTTON} Then restore your whole backup: the calibration is in its last sectors.",
            evidence,
        )
    if boot.cause is ResetCause.WATCHDOG:
        says = "The device started its own firmware again, after its watchdog had reset it."
    else:
        says = "The device started its own firmware: its button was not held when the power came."
    return Finding(Verdict.FIRMWARE, says, BUTTON, evidence)


def _wrong_pins(boot: Boot, evidence: tuple[str, ...]) -> Finding:
    """A mode that no Sonoff has by itself: a wire, or solder, holds a pin."""
    assert boot.mode is not None
    wrong = "GPIO15 is not low" if boot.mode & 4 else "GPIO2 is held low"
    return Finding(
        Verdict.OTHER,
        f"The device starts in a mode that a Sonoff never has (boot mode {boot.mode}): {wrong}.",
        f"Take away whatever else is connected to the board, look for solder between pins, and start it again "
        f"({boot.pins}).",
        evidence,
    )


def _cut_off(boot: Boot, evidence: tuple[str, ...]) -> Finding:
    if boot.has("Fatal exception", "Exception", "User exception", "Soft WDT reset"):
        return Finding(Verdict.OTHER, "The device's firmware crashed.", CYCLE, evidence)
    return Finding(
        Verdict.OTHER, "Only a piece of a boot log was heard: not in which mode it started.", CYCLE, evidence
    )


LOOPS = {
    Loop.CHECKSUM: ("what is in its flash is damaged (csum err)", WRITE_AGAIN),
    Loop.FLASH_READ: ("it cannot read its flash where its firmware should be (flash read err)", WRITE_AGAIN),
    Loop.CALIBRATION: (
        "its firmware misses the radio's calibration at the end of the flash",
        f"{BUTTON} Then restore your whole backup: the calibration is in its last sectors.",
    ),
    Loop.EXCEPTION: (
        "its firmware crashes (an exception)",
        f"{BUTTON} Then erase the flash and write a firmware that fits this device, or restore your backup.",
    ),
    Loop.SOFTWARE_WATCHDOG: (
        "its firmware hangs, and the software watchdog resets it",
        f"{BUTTON} Then erase the flash and write a firmware that fits this device, or restore your backup.",
    ),
    Loop.WATCHDOG: ("its firmware hangs, and the hardware watchdog resets it: often a wrong flash mode", WRITE_AGAIN),
    Loop.RESTART: (
        "its firmware restarts itself",
        f"{BUTTON} Then erase the flash and write the firmware again, or restore your backup.",
    ),
    Loop.RESET_PIN: (
        "something resets it: its reset pin, or its own firmware",
        "Take away whatever is connected to its RST or EN pin, and DTR and RTS of the adapter, and start it again.",
    ),
    Loop.POWER: (
        "its power fails each time (brown-out), or a contact is loose",
        "Give it 3.3 V from a supply that can give 300 mA and more, with a common GND and short wires; many adapters' "
        "3.3 V pin is too weak.",
    ),
}


def _looping(loop: Loop, log: BootLog) -> Finding:
    why, todo = LOOPS[loop]
    lines = [line for boot in log.boots[-2:] for line in boot.lines[: MOST_EVIDENCE // 2]]
    says = f"The device starts again and again ({len(log.boots)} times while this listened): {why}."
    return Finding(Verdict.LOOP, says, todo, tuple(lines), loop.value)


def _without_a_boot(heard: Heard) -> Finding:
    data = heard.data
    if not data:
        return Finding(Verdict.SILENCE, "Nothing was heard.", f"{CYCLE} {WIRES}")
    if is_text(data):
        return _text(heard)
    level = stuck_at(data)
    if level is not None and len(data) > STRAY:
        return _stuck(level, heard)
    if len(data) <= STRAY:
        says = f"Only stray bytes came ({len(data)}): a plug or a wire makes such, not a device that starts."
        return Finding(Verdict.SILENCE, says, f"{CYCLE} {WIRES}", (_sample(data),))
    return _garbage(heard)


def _text(heard: Heard) -> Finding:
    lines = readable_lines(heard.data.decode("latin-1"))
    return Finding(
        Verdict.OTHER,
        f"The device talks at {heard.baud} baud, and these are not the words of its start: a firmware is running.",
        CYCLE,
        lines[:MOST_EVIDENCE],
    )


def _stuck(level: int, heard: Heard) -> Finding:
    if level == 0x00:
        says = "The adapter's RX is held low all the time: the device has no power, or RX is on GND."
        todo = "Look whether the device has its 3.3 V, and whether the adapter's RX really goes to the device's TX."
    else:
        says = "The line only flickers (bytes FF): the adapter's RX is loose, or GND is not connected."
        todo = "Connect GND of the adapter with GND of the device, then push the wire on the adapter's RX on again."
    return Finding(Verdict.GARBAGE, says, todo, (_sample(heard.data),))


def _garbage(heard: Heard) -> Finding:
    evidence = (_sample(heard.data), *([heard.note] if heard.note else []))
    if heard.fits:
        says = f"The device talks at {heard.fits} baud, not at {heard.baud}: a firmware is running."
        return Finding(Verdict.GARBAGE, says, BUTTON, evidence)
    if heard.note and not heard.is_at_the_roms_speed:
        says = "Something speaks, but this adapter cannot listen at the ROM's speed, so its words cannot be read."
        todo = f"{BUTTON} That it speaks tells that RX and GND are connected; for its words take another adapter."
        return Finding(Verdict.GARBAGE, says, todo, evidence)
    says = (
        f"Something comes that cannot be read at {heard.baud} baud: another speed, which a firmware has, or bad wires."
    )
    return Finding(Verdict.GARBAGE, says, f"{CYCLE} If it stays like this, use shorter wires and check GND.", evidence)


def _sample(data: bytes) -> str:
    """The first bytes as a person may copy them into a question."""
    return data[:16].hex(" ") + (" …" if len(data) > 16 else "")
