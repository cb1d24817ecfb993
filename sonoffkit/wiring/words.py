"""What the card says: warnings, wires, steps, and the whole card as text."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from .boards import Board

__all__ = [
    "ANY_ORDER",
    "CROSS",
    "DONE",
    "LIVE",
    "MAINS",
    "USB_ONLY",
    "WIRES",
    "Section",
    "Wire",
    "in_short",
    "label_words",
    "say",
    "sections",
    "title",
]

# Source of wires, voltages and steps: tasmota/docs, ``docs/Getting-Started.md``,
# "Hardware Preparation".

MAINS = ("MAINS UNPLUGGED", "never connect the adapter while the switch is in the wall")
USB_ONLY = ("USB POWER ONLY", "this board has no mains side: keep mains away from it")
LIVE = (
    "LIVE GROUND",
    "GND and every other pin carry live mains when this device is plugged in. "
    "With the adapter on, that can kill you and destroys the computer.",
)
CROSS = ("TX and RX cross", "what one side sends,", "the other side hears")
READ_LABELS = "Order not known: read the labels printed on your board."
CHECK_LABELS = "Check them against the labels printed on your board."
ANY_ORDER = "Adapters differ in the order of their pins: go by the names."
DONE = "When you are done: adapter off, case closed, and only then mains."
POWER = (
    "Never 5 V: it destroys the chip. Some adapters keep 5 V on VCC even with the jumper on 3.3 V: take the pin "
    "marked 3V3, or measure first.",
    "Breaks off half-way? An FT232's 3V3 pin gives only about 50 mA. Put a separate 3.3 V supply of 300 to 500 mA "
    "in its place, and join all grounds.",
    "No answer? Power off, and see whether TX and RX cross.",
)


@dataclass(frozen=True)
class Wire:
    """A wire from the adapter to the device; colour, pattern and the words at its ends each tell it apart."""

    start: str
    end: str
    look: str
    colour: str
    tags: tuple[str, ...]  # one in the middle, or one at each end
    width: float
    dash: str = ""
    is_double: bool = False


# In the order of the adapter's pins as drawn: RXD above TXD, so that the crossing shows.
WIRES = (
    Wire("3V3", "3V3", "red double line", "#c4161c", ("3.3 V",), 9, is_double=True),
    Wire("RXD", "TX", "orange dots", "#c05a00", ("from TX", "to RXD"), 7, "0.1 11"),
    Wire("TXD", "RX", "blue dashes", "#0b4fb3", ("to RX", "from TXD"), 6, "17 8"),
    Wire("GND", "GND", "black line", "#151515", ("ground",), 6),
)


@dataclass(frozen=True)
class Section:
    """A titled list at the foot of the card, numbered when its order matters."""

    title: str
    items: tuple[str, ...]
    numbered: bool = False

    def marked(self) -> list[tuple[str, str]]:
        return [(f"{n}." if self.numbered else "•", item) for n, item in enumerate(self.items, start=1)]


def sections(board: Board) -> list[Section]:
    own = Section("On this board", board.notes)
    if board.usb_only:
        return [Section("Start", ("Plug the cable in at both ends.", "Choose its port: nothing to hold."), True), own]
    return [Section("Into download mode", _steps(board), True), own, Section("Power and trouble", POWER)]


def _steps(board: Board) -> tuple[str, ...]:
    """GPIO0 low while power comes is what the ROM's loader looks for."""
    return (
        "Wires on, adapter still out of USB.",
        f"{board.gpio0}." if board.bridge else f"{board.gpio0} (it is GPIO0).",
        "Give power: plug the adapter into USB."
        if board.bridge
        else "Still holding, give power: plug the adapter into USB.",
        "After two seconds, remove the bridge." if board.bridge else "After two seconds, let go.",
    )


def _warnings(board: Board) -> list[str]:
    loud, rest = USB_ONLY if board.usb_only else MAINS
    return [f"{loud} — {rest}.", *([f"{LIVE[0]} — {LIVE[1]}"] if board.live_ground else [])]


def title(board: Board) -> str:
    return f"Wiring: {board.title}"


def in_short(board: Board) -> str:
    """For those who hear the card: the dangers and the wires; the rest follows in words."""
    wires = "; ".join(f"adapter {wire.start} to switch {wire.end}" for wire in WIRES)
    return " ".join([f"{title(board)}.", *_warnings(board), board.where if board.usb_only else f"{wires}."])


def say(board: Board) -> str:
    """All that the card shows, as paragraphs of at most 76 columns."""
    parts = [title(board), *_warnings(board), board.where]
    parts += [] if board.usb_only else _connections(board)
    parts += [_section_in_words(each) for each in sections(board)]
    parts += [] if board.usb_only else [DONE]
    return "\n\n".join(part if "\n" in part else textwrap.fill(part, 76) for part in parts) + "\n"


def _connections(board: Board) -> list[str]:
    labels = {pin.role: pin.label for pin in board.pins}
    wires = [f"  adapter {wire.start} to switch {labels[wire.end]} ({wire.look})" for wire in WIRES]
    pins = ", ".join(pin.label if pin.role else f"{pin.label} (leave it free)" for pin in board.pins)
    return [
        f"The adapter's jumper is on 3.3 V, not on 5 V. {ANY_ORDER}",
        f"The switch's pins{', in this order' if board.ordered else ''}: {pins}. {label_words(board)}",
        "\n".join([f"{CROSS[0]}: {CROSS[1]} {CROSS[2]}.", *wires]),
    ]


def label_words(board: Board) -> str:
    return CHECK_LABELS if board.ordered else READ_LABELS


def _section_in_words(each: Section) -> str:
    lines = [
        textwrap.fill(f"{mark} {item}", 76, subsequent_indent=" " * len(f"{mark} ")) for mark, item in each.marked()
    ]
    return "\n".join([f"{each.title}:", *lines])
