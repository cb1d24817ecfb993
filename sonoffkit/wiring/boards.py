"""The boards: what each one's pins, button and dangers are, as its page says."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["BOARDS", "Board", "Pin"]

# Sources, per board: docs.tasmota.com device pages, read in the repository
# tasmota/docs (``docs/devices/*.md``). Where a page does not say in which order
# the pins stand, neither does the card.


@dataclass(frozen=True)
class Pin:
    """A pin of a header: ``role`` is what it does (empty: leave it free), ``label`` what is printed by it."""

    role: str
    label: str
    square: bool = False


ONLY_THIS = "Connect nothing else to this board, ever: all its pins carry mains when it is plugged in."
FOUR = (Pin("3V3", "3V3"), Pin("RX", "RX"), Pin("TX", "TX"), Pin("GND", "GND"))
FOUR_VCC = (Pin("3V3", "VCC"), *FOUR[1:])


@dataclass(frozen=True)
class Board:
    """What the card must know about a device.

    ``ordered``: the pins stand on the board in the order of ``pins``.
    ``gpio0``: the hand's work that pulls GPIO0 to ground; with ``bridge`` it
    is a wire, without it the button. ``live_ground``: its GND is live mains
    when it is plugged in. ``usb_only``: it has its own adapter, and no mains.
    """

    key: str
    title: str
    where: str
    gpio0: str = "Hold the button"
    pins: tuple[Pin, ...] = FOUR
    ordered: bool = False
    bridge: bool = False
    live_ground: bool = False
    usb_only: bool = False
    notes: tuple[str, ...] = ()


BOARDS = {
    board.key: board
    for board in (
        Board(  # Sonoff-Basic.md
            "basic",
            "Sonoff Basic R1",
            "Four or five empty holes in a row, by the button.",
            pins=(Pin("3V3", "3V3", square=True), *FOUR[1:], Pin("", "IO14")),
            ordered=True,
            notes=(
                "The square hole, next to the button, is 3V3.",
                "The fifth hole, IO14, stays free. Some boards do not have it.",
                "In download mode the LED stays dark.",
            ),
        ),
        Board(  # Sonoff-Basic.md
            "basic-r2",
            "Sonoff Basic R2",
            "Pads on the board, which is marked Sonoff RF R2 POWER.",
            notes=("The pad IO2 stays free.",),
        ),
        Board(  # Sonoff-S20.md: Vcc, RXD, TXD, GND from top to bottom
            "s20",
            "Sonoff S20",
            "Four pads on the board, in this order from top to bottom.",
            ordered=True,
            notes=(
                "VCC is 3V3, RXD is RX, TXD is TX.",
                "A header left in the board can jam the button.",
            ),
        ),
        Board(  # docs.tasmota.com, Sonoff TH
            "th",
            "Sonoff TH10 and TH16",
            "Pads on the board.",
            notes=("The pad GPIO2 stays free.",),
        ),
        Board(  # Sonoff-4CH.md; the Pro differs: its button does not reach GPIO0
            "4ch",
            "Sonoff 4CH (R1, R2, R3; not Pro)",
            "The programming header.",
            gpio0="Hold the button marked FW/IO0 or IO0",
            notes=(
                "On the first 4CH the labels RX and TX may be swapped: the pin next to VCC33 is RX, whatever it says.",
            ),
        ),
        Board(  # Sonoff-Dual.md, Sonoff-Dual-R2.md
            "dual",
            "Sonoff Dual R1",
            "Four pins at the short end of the board.",
            gpio0="Bridge GPIO0 and GND with a wire",
            bridge=True,
            notes=(
                "Its button is not GPIO0. GPIO0 is at a resistor on the underside and at a small via: see the pictures "
                "on the page Sonoff Dual of docs.tasmota.com.",
                "No answer on a board v2.0? Swap RX and TX.",
            ),
        ),
        Board(  # Sonoff-Dual-R2.md
            "dual-r2",
            "Sonoff Dual R2",
            "Pins marked VCC, RX, TX, GND at one end of the board.",
            gpio0="Bridge BUTTON 0 and GND on the second header",
            pins=FOUR_VCC,
            bridge=True,
            notes=("Its own button is not GPIO0; BUTTON 0 on the second header is.",),
        ),
        Board(  # Sonoff-Mini.md; DIY mode writes over the air and reads nothing
            "mini",
            "Sonoff Mini",
            "No header: wires are held or soldered to points on the board.",
            notes=(
                "Where the points are: see the picture on the page Sonoff Mini of docs.tasmota.com.",
                "The other way, the OTA jumper (DIY mode), makes no backup.",
            ),
        ),
        Board(  # Sonoff-Pow.md
            "pow",
            "Sonoff POW R1",
            "Four pins at the rear end of the board.",
            live_ground=True,
            notes=(ONLY_THIS,),
        ),
        Board(  # Sonoff-Pow-R2.md; E-RX and E-TX: the ESPurna wiki's page on it
            "pow-r2",
            "Sonoff POW R2",
            "Four pins at the rear, short end of the board.",
            live_ground=True,
            notes=(
                "Some boards print E-RX and E-TX for RX and TX.",
                ONLY_THIS,
            ),
        ),
        Board(  # Sonoff-S31.md
            "s31",
            "Sonoff S31",
            "Labelled pads under the cover, without holes.",
            pins=FOUR_VCC,
            live_ground=True,
            notes=(
                "There is a second RX and TX, next to the GND pad: not those.",
                ONLY_THIS,
            ),
        ),
        Board(  # Getting-Started.md: the adapter is built in; a charging cable has no data wires
            "nodemcu",
            "NodeMCU development board",
            "A USB cable from the computer for power and data, and nothing else.",
            pins=(),
            usb_only=True,
            notes=(
                "The adapter is on the board, and it starts download mode by itself (DTR and RTS).",
                "The cable must be a data cable: a charging cable has no data wires, and no port appears.",
                "Leave the header pins free.",
            ),
        ),
    )
}
