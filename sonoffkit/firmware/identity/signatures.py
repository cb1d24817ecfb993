"""How each firmware is known: one entry a firmware, in the order in which they are tried.

To add one, add an entry: words that no other firmware has (look at the traps beside the others), what its layout
must be if that is known, and a pattern whose first group is its version. The words are looked for in the program that
runs, not in leftovers beside it. Strings as collected from published images; each was seen in at least one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..layout.find import Family
from ..records.stock import MAKERS_WORDS

__all__ = ["SIGNATURES", "Signature"]


@dataclass(frozen=True)
class Signature:
    """``words``: any of them will do. ``families``: who may start it; empty if nobody in particular.

    ``record``: the beginning of the name of a record that only this firmware writes.
    ``maker``: what the image's own format must prove. ``is_weak``: others are built on it and hold the same words.
    """

    name: str
    words: tuple[bytes, ...]
    families: tuple[Family, ...] = ()
    version: re.Pattern[bytes] | None = None
    record: str = ""
    maker: str = ""
    is_weak: bool = False


OWN = (Family.NONOS,)
ARDUINO = (Family.ARDUINO,)
NO_ARDUINO = (Family.NONOS, Family.RBOOT, Family.ALONE)  # where a sketch may name it without being it

SIGNATURES = (
    # A bare "ITEAD" stands in ESPurna, too, and "Sonoff Basic" in Tasmota.
    Signature(
        "stock eWeLink (Itead)",
        MAKERS_WORDS,
        OWN,
        record="settings",
    ),
    Signature(
        "sonoffkit's practice firmware, in place of the maker's",
        (b"practice-maker.example",),
        OWN,
        re.compile(rb"practice-maker firmware (\d+\.\d+\.\d+)"),
        record="settings",
    ),
    Signature("a practice image of sonoffkit's (no program)", (b"sonoffkit practice image",)),
    # Its version is no string: it comes out of the settings. 5.9.1 does not say "Tasmota".
    Signature(
        "Tasmota",
        (b"DVES_%06X", b"tasmota_%06X", b"ota.tasmota.com", b"tasmota-%06X"),
        ARDUINO,
        record="Tasmota settings",
    ),
    Signature("ESPHome", (b"ESPHome version", b"esphomelib"), ARDUINO, re.compile(rb"ESPHome version (\d[\w.-]*)")),
    Signature("ESPurna", (b"tinkerman.cat", b"ESPURNA"), ARDUINO, re.compile(rb"ESPurna (\d+\.\d+[\w.-]*)")),
    Signature("ESPEasy", (b"ESP Easy", b"ESPEasy"), ARDUINO),
    # It holds the word "micropython", too.
    Signature("CircuitPython", (b"CircuitPython",), NO_ARDUINO, re.compile(rb"CircuitPython (\d+\.\d+[\w.-]*)")),
    Signature(
        "MicroPython",
        (b"MicroPython v", b"micropython.org"),
        (Family.ALONE,),
        re.compile(rb"MicroPython v(\d+\.\d+[\w.-]*)"),
        maker="MicroPython",
    ),
    # Sketches hold the name of the board.
    Signature("NodeMCU", (b"NodeMCU ", b"NODEMCU"), (Family.ALONE,), re.compile(rb"NodeMCU (\d+\.\d+[\w.-]*)")),
    Signature("Tuya", (b"tuya sdk compiled", b"tuyacn.com"), NO_ARDUINO),
    Signature("Shelly", (b"shelly.cloud", b"shellyswitch"), NO_ARDUINO),
    Signature("HomeKit (esp-open-rtos)", (b"esp-open-rtos", b"HomeKit", b"hap+json"), NO_ARDUINO),
    Signature(
        "Espressif's AT firmware",
        (b"Bin version(", b"AT version:", b"AT+GMR"),
        NO_ARDUINO,
        re.compile(rb"Bin version\([^)]{1,20}\):(\d+\.\d+[\w.]*)"),
    ),
    Signature(
        "an Arduino sketch", (b"core_esp8266_main.cpp", b"cores/esp8266", b"cores\\esp8266"), ARDUINO, is_weak=True
    ),
)
