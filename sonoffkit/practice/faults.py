"""What can be wrong with a practice device: set these, and it fails as a real one does."""

from __future__ import annotations

import math
from dataclasses import Field, dataclass, field, fields
from enum import StrEnum
from typing import Any

__all__ = ["FAULT_NAMES", "Faults", "Noise", "Restarts", "Wires", "describe_faults"]


class Wires(StrEnum):
    """How the two data wires are connected, seen from the adapter."""

    GOOD = "good"
    SWAPPED = "swapped"  # TX on TX, RX on RX: nothing passes
    TX_OPEN = "tx-open"  # the adapter's TX is loose: the chip hears nothing
    RX_OPEN = "rx-open"  # the adapter's RX is loose: the host hears nothing
    OPEN = "open"  # both are loose
    LOOPED = "looped"  # no device: the adapter's TX on its own RX


class Noise(StrEnum):
    """What a line gives for ever when nobody drives it as it should be."""

    ZEROS = "00"  # held low: a break without end
    ONES = "ff"  # short spikes: each is taken for a start bit


class Restarts(StrEnum):
    """Why what runs from flash never comes far."""

    POWER = "power"  # the supply is too weak: it sags as soon as the firmware works
    WATCHDOG = "watchdog"  # the firmware hangs
    EXCEPTION = "exception"  # the firmware crashes


def _fault(means: str, default: Any = None) -> Any:
    return field(default=default, metadata={"means": means})


@dataclass
class Faults:
    """Faults in force; the defaults are a healthy device. Each can be set at any time, and is one entry below.

    Those of the line hit one byte in N, by chance: ``seed`` makes the chance
    repeatable, and each of them counts for itself.
    """

    drop_to_host: int | None = _fault("one byte in N is lost on its way to the host")
    drop_to_chip: int | None = _fault("one byte in N is lost on its way to the chip")
    flip_to_host: int | None = _fault("one bit of one byte in N is turned on its way to the host")
    flip_to_chip: int | None = _fault("one bit of one byte in N is turned on its way to the chip")
    duplicate_to_host: int | None = _fault("one byte in N comes twice to the host")
    duplicate_to_chip: int | None = _fault("one byte in N comes twice to the chip")
    delay_to_host: int | None = _fault("one byte in N, and all after it, comes to the host 0.2 s late")
    delay_to_chip: int | None = _fault("one byte in N, and all after it, comes to the chip 0.2 s late")
    seed: int = _fault("another number is other chances", 0)
    flip_after: int | None = _fault("one bit is turned, once, in the byte after N further ones to the host")
    unplug_after: int | None = _fault("the adapter is pulled once N further bytes were handed to the host")
    unplug_at: float | None = _fault("the adapter is pulled so many seconds after the next byte that the host sends")
    wires: Wires = _fault(
        "swapped (TX on TX); loose at the adapter: tx-open, rx-open, open; looped (its TX on its RX); or good",
        Wires.GOOD,
    )
    power_open: bool = _fault("yes: 3V3 or GND is loose: once the power is off, none comes", False)
    noise: Noise | None = _fault("00 or ff: that, and nothing else, for ever")
    top_speed: int | None = _fault("baud; a counterfeit adapter that runs no faster, whatever it is told")
    frail_above: int | None = _fault("baud; above it one bit of one byte in 500 is turned (long wires, a poor adapter)")
    sag_after: int | None = _fault("the 3.3 V sag, and the chip resets, once N further bytes were programmed")
    restarts: Restarts | None = _fault("power, watchdog or exception: what is in flash starts again and again by it")
    stuck_busy: bool = _fault("yes: after the next erase or program the flash is never ready, until a cycle", False)
    bad_sector: int | None = _fault("an address: the sector around it neither erases nor programs")
    flash_id: int | None = _fault("what the flash answers instead of its own id (0, 0xffffff: no contact)")
    chip_magic: int | None = _fault("the word by which esptool tells chips apart (0x00F01D83 is an ESP32)")

    def parse(self, words: list[str]) -> None:
        """Set one fault from words, as ``["flash-id", "0xffffff"]``; ValueError if it is none.

        ``none`` heals it; a healthy device again is ``["none"]``.
        """
        if words == ["none"]:
            self.heal()
            return
        if not words or words[0] not in FAULT_NAMES:
            raise ValueError(f"a fault is one of {', '.join(FAULT_NAMES)}, and a value or 'none'")
        fault = FAULT_NAMES[words[0]]
        if len(words) != 2:
            raise ValueError(f"{words[0]} wants one value ({fault.metadata['means']}), or 'none'")
        setattr(self, fault.name, fault.default if words[1] == "none" else _value(fault.name, words[1]))

    def heal(self) -> None:
        """Take all faults back."""
        self.take(Faults())

    def take(self, others: Faults) -> None:
        """Have the same faults as others, all of them."""
        for fault in fields(self):
            setattr(self, fault.name, getattr(others, fault.name))

    def in_force(self) -> dict[str, str]:
        """Those that are set, as a command line names and takes them."""
        values = {name: getattr(self, fault.name) for name, fault in FAULT_NAMES.items()}
        return {name: _spoken(name, value) for name, value in values.items() if value != FAULT_NAMES[name].default}


# By the names that a command line has for them.
FAULT_NAMES: dict[str, Field[Any]] = {fault.name.replace("_", "-"): fault for fault in fields(Faults)}


def describe_faults() -> str:
    """What each fault means, one line each."""
    return "\n".join(f"  {name:18}{fault.metadata['means']}" for name, fault in FAULT_NAMES.items())


# What a word may be, for the faults that are not a count.
KINDS: dict[str, type[StrEnum] | type[float] | type[bool]] = {
    "unplug_at": float,
    "wires": Wires,
    "noise": Noise,
    "restarts": Restarts,
    "stuck_busy": bool,
    "power_open": bool,
}
IN_HEX = ("bad_sector", "flash_id", "chip_magic")
COUNTED_FROM_ZERO = ("seed", "flip_after", "bad_sector", "flash_id", "chip_magic", "unplug_after", "sag_after")


def _spoken(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "yes"
    return f"{value:#x}" if name.replace("-", "_") in IN_HEX else str(value)


def _value(name: str, word: str) -> object:
    kind = KINDS.get(name, int)
    try:
        if issubclass(kind, StrEnum):
            return kind(word)
        if kind is bool:
            return {"yes": True, "no": False}[word]
        number = float(word) if kind is float else int(word, 0)
        if not 0 <= number < math.inf or (kind is int and number == 0 and name not in COUNTED_FROM_ZERO):
            raise ValueError
        return number
    except (ValueError, KeyError):
        whole = f"a whole number from {0 if name in COUNTED_FROM_ZERO else 1} on"
        wanted = {bool: "yes or no", float: "a number of seconds from 0 on", int: whole}
        choice = ", ".join(kind) if issubclass(kind, StrEnum) else wanted[kind]
        raise ValueError(f"{name.replace('_', '-')} is {choice}, or 'none'; not {word!r}") from None
