"""What the practice bench refuses, and what would have happened on a real one."""

from __future__ import annotations

__all__ = ["Refused", "five_volts", "mains", "no_header", "not_a_wire", "wrong_pins"]

SAFE = "Nothing happened: this is practice, and it was put back."


class Refused(Exception):
    """The bench does not do that. ``title`` says what it is, ``would`` what would have come of it, ``instead`` the way.

    ``is_danger`` tells what would have hurt or destroyed from what cannot be done.
    """

    def __init__(self, title: str, would: str, instead: str, *, is_danger: bool = True) -> None:
        self.title, self.would, self.instead, self.is_danger = title, would, instead, is_danger
        super().__init__(f"{title}. {would} {SAFE if is_danger else 'Nothing was changed.'} {instead}")


def mains(live_ground: str = "") -> Refused:
    """The mains plug; ``live_ground`` says what is worse about this board."""
    return Refused(
        "Stop: mains and adapter never at the same time",
        "A real board would have 230 V (or 120 V) a finger's width from the wires you hold: touch it, and it can kill "
        "you. A slip of a wire puts mains on the adapter, the USB cable and the computer, and destroys them."
        + (f" {live_ground}" if live_ground else ""),
        "Mains stays out until the adapter is off and the case is closed. All you need now is the adapter's 3.3 V.",
    )


def five_volts() -> Refused:
    """The jumper on 5 V."""
    return Refused(
        "Stop: 5 V destroys the chip",
        "The ESP8266 takes 3.6 V at the most. With the jumper on 5 V its 3V3 pin, and on many adapters TX too, would "
        "get 5 V: the chip grows hot and is dead, often within a second, and the backup in it is lost with it.",
        "The jumper stays on 3.3 V. On a real adapter, measure the pin before you connect it: some give 5 V anyway.",
    )


def not_a_wire(one: str, other: str) -> Refused:
    """Two pins of the same side, or one pin twice."""
    return Refused(
        "That is no wire",
        f"{one[0].upper()}{one[1:]} and {other} are on the same side.",
        "A wire goes from a pin of the adapter to a pin of the board.",
        is_danger=False,
    )


def no_header() -> Refused:
    """A development board."""
    return Refused(
        "There is nothing to wire here",
        "The adapter of this board is built in.",
        "Its USB cable is all it needs.",
        is_danger=False,
    )


REVERSED = (
    "Stop: power the wrong way round",
    "With 3.3 V on ground and ground on 3.3 V the chip is fed backwards: it turns into a short circuit, grows hot and "
    "dies. With luck the adapter's fuse or the computer's USB socket switches off first.",
)
FED_BY_DATA = (
    "Stop: 3.3 V on a data pin",
    "The chip would be fed through a pin that is made for signals: it half starts, does odd things, and the moment it "
    "pulls that pin low, 3.3 V are shorted through it. That pin, or the chip, is gone.",
)
DATA_FEEDS = (
    "Stop: a data pin on the power pin",
    "The adapter's TX would have to feed the whole board: its driver is overloaded and may burn out. Its RX would "
    "survive, and hear nothing. Either way the board's power pin is taken.",
)
GROUNDED_DATA = (
    "Stop: a data pin on ground",
    "A pin that sends rests at 3.3 V: on ground it is a short circuit through its driver, which may burn out. A pin "
    "that listens would survive, and hear one endless break.",
)


def wrong_pins(adapter: str, board: str) -> Refused | None:
    """Why a wire must not go there; None where it may, right or not: only data pins may be mistaken."""
    power = {"3V3", "GND"}
    if adapter == board or not power & {adapter, board}:
        return None
    if {adapter, board} == power:
        title, would = REVERSED
    elif "GND" in (adapter, board):
        title, would = GROUNDED_DATA
    else:
        title, would = FED_BY_DATA if adapter == "3V3" else DATA_FEEDS
    return Refused(title, would, "3V3 goes to 3V3 and GND to GND; only the two data wires cross.")
