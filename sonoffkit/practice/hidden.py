"""Faults that a teacher hides behind a code word: the same on every computer, and to be found by trying."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice, product
from types import MappingProxyType

from .faults import Noise

__all__ = ["HIDDEN_FAULTS", "Cure", "HiddenFault", "code_words", "hidden_fault", "hidden_named"]


class Cure(StrEnum):
    """What the hand does on the bench to be rid of it."""

    RESEAT = "take the loose wire off and put it on again"
    CABLE = "take another cable or adapter, also one of the same kind"
    CROSS = "put TX on the pin marked TX and RX on the pin marked RX"
    NAME = "nothing but its right name, which repairs it"


@dataclass(frozen=True)
class HiddenFault:
    """A fault with its words: what it is, what a person meets, and what helps.

    ``loose`` are the adapter's pins whose wires look connected and are not;
    ``turned_labels`` means that RX and TX are printed the wrong way round;
    ``faults`` are fields of :class:`Faults` and what they are set to.
    """

    name: str
    title: str
    meets: str
    cure: Cure
    real: str  # what one does about a real one
    loose: frozenset[str] = frozenset()
    turned_labels: bool = False
    faults: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))


def _loose(pin: str, meets: str, real: str) -> HiddenFault:
    return HiddenFault(
        f"loose-{pin.lower()}",
        f"The adapter's {pin} wire is loose in its socket",
        meets,
        Cure.RESEAT,
        real,
        loose=frozenset({pin}),
    )


HIDDEN_FAULTS = {
    fault.name: fault
    for fault in (
        _loose(
            "RX",
            "The device hears you and answers, and nothing of it arrives: silence, also at 74880 baud.",
            "Press the connector on, or take another jumper wire.",
        ),
        _loose(
            "TX",
            "The device's own words arrive at 74880 baud, and it answers nothing.",
            "Press the connector on, or take another jumper wire.",
        ),
        _loose(
            "GND",
            "The device has no power although all wires look right: its LED never lights.",
            "Press the connector on; without a common ground nothing works.",
        ),
        HiddenFault(
            "turned-labels",
            "RX and TX are printed the wrong way round on the board",
            "Silence with wires that cross as they should, and the power is good.",
            Cure.CROSS,
            "Swap the two data wires: nothing breaks by that. The first Sonoff 4CH has its labels so.",
            turned_labels=True,
        ),
        HiddenFault(
            "broken-cable",
            "The data wires are broken inside the cable",
            "Silence both ways, whichever way the wires are put on.",
            Cure.CABLE,
            "Take another cable; a loop-back test shows a broken one without any device.",
            loose=frozenset({"TX", "RX"}),
        ),
        HiddenFault(
            "lossy-line",
            "The cable or a hub loses bytes",
            "It connects, and reading much of the flash breaks: bytes are missing.",
            Cure.CABLE,
            "Plug the adapter straight into the computer, with another cable.",
            faults=MappingProxyType({"drop_to_host": 20_000}),
        ),
        HiddenFault(
            "frail-wires",
            "The wires are too poor for high speeds",
            "All is well at 115200 baud, and bytes are broken above it.",
            Cure.CABLE,
            "Take shorter wires, or stay at 115200 baud.",
            faults=MappingProxyType({"frail_above": 115_200}),
        ),
        HiddenFault(
            "fake-adapter",
            "The adapter is a counterfeit that is slower than it says",
            "It answers at 115200 baud, and is lost at once when the speed is raised.",
            Cure.CABLE,
            "Take another adapter, or stay at 115200 baud.",
            faults=MappingProxyType({"top_speed": 115_200}),
        ),
        HiddenFault(
            "noisy-line",
            "The line picks up noise",
            "Bytes arrive without end, and none of them means anything.",
            Cure.CABLE,
            "Short wires, a common ground, no charger or dimmer beside them, another cable.",
            faults=MappingProxyType({"noise": Noise.ONES}),
        ),
        HiddenFault(
            "weak-supply",
            "The 3.3 V supply is too weak",
            "Reading works; in the middle of writing the device starts anew.",
            Cure.NAME,
            "A separate 3.3 V supply of 300 to 500 mA, with all grounds joined.",
            faults=MappingProxyType({"sag_after": 0x2000}),
        ),
        HiddenFault(
            "flash-contact",
            "The flash chip has lost a contact on the board",
            "The chip answers, and the flash's id reads as all ones.",
            Cure.NAME,
            "Look for a broken solder joint at the flash chip; never erase on such a reading.",
            faults=MappingProxyType({"flash_id": 0xFFFFFF}),
        ),
    )
}

# Short, easy to say and to spell.
WORDS = (
    "acorn", "amber", "anchor", "apple", "autumn", "badger", "bamboo", "barrel", "basket", "beacon", "birch",
    "blanket", "breeze", "bridge", "bronze", "button", "cactus", "candle", "canyon", "carrot", "castle", "cedar",
    "cherry", "cloud", "clover", "cobalt", "comet", "copper", "coral", "cotton", "cricket", "dawn", "delta",
    "desert", "dolphin", "dragon", "eagle", "ember", "falcon", "fern", "fiddle", "forest", "galaxy", "garden",
    "ginger", "glacier", "granite", "harbour", "hazel", "heron", "honey", "island", "ivory", "jasmine", "jungle",
    "kettle", "lagoon", "lantern", "lemon", "lilac", "linen", "lizard", "maple", "marble", "meadow", "melon",
    "mirror", "morning", "moss", "nectar", "nutmeg", "oasis", "ocean", "olive", "opal", "orchid", "otter",
    "paddle", "paper", "pebble", "pepper", "piano", "pine", "planet", "plum", "pocket", "prairie", "pumpkin",
    "quartz", "quill", "rabbit", "raven", "ribbon", "river", "robin", "saffron", "sailor", "salmon", "scarlet",
    "shadow", "silver", "sparrow", "spruce", "summer", "sunset", "teapot", "thunder", "tiger", "timber", "tulip",
    "tundra", "velvet", "violet", "walnut", "willow", "window", "winter", "zebra",
)  # fmt: skip


def hidden_fault(word: str) -> HiddenFault:
    """The fault of a code word; any word has one. Case and spaces around it do not matter.

    Each fault draws a number for the word, and the highest has it: a fault
    that is added later takes over a few words, and leaves all others as they were.
    """
    plain = " ".join(word.casefold().split())
    if not plain:
        raise ValueError("a code word has at least one letter")
    return max(HIDDEN_FAULTS.values(), key=lambda fault: _number(plain, fault.name))


def hidden_named(name: str) -> HiddenFault:
    """A fault by its name or its title; ValueError, with the names there are, for any other."""
    wanted = name.casefold().strip()
    for fault in HIDDEN_FAULTS.values():
        if wanted in (fault.name, fault.title.casefold()):
            return fault
    raise ValueError(f"{name!r} is none of the faults: {', '.join(HIDDEN_FAULTS)}")


def code_words(fault: str, count: int = 5) -> list[str]:
    """For the teacher: words that hide a fault of this name. One word each, and two where those run out."""
    wanted = hidden_named(fault)
    return list(islice((word for word in _all_words() if hidden_fault(word) is wanted), max(0, count)))


def _all_words() -> Iterator[str]:
    yield from WORDS
    for one, other in product(WORDS, WORDS):
        if one != other:
            yield f"{one} {other}"


def _number(word: str, name: str) -> bytes:
    return hashlib.sha256(f"sonoffkit hides {name} behind {word}".encode()).digest()
