"""The wiring card: which wire goes where on a board, drawn by code and said in words.

Sources, per board: docs.tasmota.com device pages, read in the repository
tasmota/docs (``docs/devices/*.md``); wires, voltages and steps: its
``Getting-Started.md``, "Hardware Preparation". Where a page does not say in
which order the pins stand, neither does the card.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

__all__ = ["BOARDS", "Board", "Pin", "WiringCard", "wiring_card"]


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


@dataclass(frozen=True)
class WiringCard:
    """A board's wiring: a picture in JupyterLab, words in a terminal; ``svg`` and ``text`` say the same."""

    board: Board

    @property
    def svg(self) -> str:
        """The picture: one SVG that needs nothing from outside."""
        return _draw(self.board)

    @property
    def text(self) -> str:
        """The same in words."""
        return _say(self.board)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"wiring_card({self.board.key!r})"

    def _repr_svg_(self) -> str:
        return self.svg

    def _repr_html_(self) -> str:
        # JupyterLab shows an SVG as an image without an alternative text (it
        # drops <title> and <desc>), so screen readers need this one.
        source = f"data:image/svg+xml,{quote(self.svg)}"
        image = f'<img src="{source}" alt="{escape(_in_short(self.board))}" style="max-width: 100%; height: auto">'
        words = f'<pre style="white-space: pre-wrap">{escape(self.text)}</pre>'
        return f"{image}<details><summary>The same in words</summary>{words}</details>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/plain": self.text, "text/html": self._repr_html_(), "image/svg+xml": self.svg}


def wiring_card(board: str = "basic") -> WiringCard:
    """The card of one of ``BOARDS``; raises ValueError, with their names, for another."""
    if board not in BOARDS:
        raise ValueError(f"There is no wiring card for {board!r}. There are cards for: {', '.join(BOARDS)}.")
    return WiringCard(BOARDS[board])


# ---- What the card says -------------------------------------------------------

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


def _sections(board: Board) -> list[Section]:
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


def _title(board: Board) -> str:
    return f"Wiring: {board.title}"


def _in_short(board: Board) -> str:
    """For those who hear the card: the dangers and the wires; the rest follows in words."""
    wires = "; ".join(f"adapter {wire.start} to switch {wire.end}" for wire in WIRES)
    return " ".join([f"{_title(board)}.", *_warnings(board), board.where if board.usb_only else f"{wires}."])


def _say(board: Board) -> str:
    """All that the card shows, as paragraphs of at most 76 columns."""
    parts = [_title(board), *_warnings(board), board.where]
    parts += [] if board.usb_only else _connections(board)
    parts += [_section_in_words(each) for each in _sections(board)]
    parts += [] if board.usb_only else [DONE]
    return "\n\n".join(part if "\n" in part else textwrap.fill(part, 76) for part in parts) + "\n"


def _connections(board: Board) -> list[str]:
    labels = {pin.role: pin.label for pin in board.pins}
    wires = [f"  adapter {wire.start} to switch {labels[wire.end]} ({wire.look})" for wire in WIRES]
    pins = ", ".join(pin.label if pin.role else f"{pin.label} (leave it free)" for pin in board.pins)
    return [
        f"The adapter's jumper is on 3.3 V, not on 5 V. {ANY_ORDER}",
        f"The switch's pins{', in this order' if board.ordered else ''}: {pins}. {_label_words(board)}",
        "\n".join([f"{CROSS[0]}: {CROSS[1]} {CROSS[2]}.", *wires]),
    ]


def _label_words(board: Board) -> str:
    return CHECK_LABELS if board.ordered else READ_LABELS


def _section_in_words(each: Section) -> str:
    lines = [
        textwrap.fill(f"{mark} {item}", 76, subsequent_indent=" " * len(f"{mark} ")) for mark, item in each.marked()
    ]
    return "\n".join([f"{each.title}:", *lines])


# ---- Drawing: blocks of a known height, stacked --------------------------------

WIDTH, MARGIN = 760, 12
COLUMN = 361
CENTRE = WIDTH / 2
INK, GREY, PAPER = "#1a1a1a", "#8c8c8c", "#fdfcf8"
RED, BLUE, AMBER, PALE, GOLD = "#b00020", "#23404f", "#ffd75e", "#fff1b8", "#e9b949"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

# The picture: adapter left, switch right, their pins level in rows.
BOX_WIDTH, BOX_HEIGHT = 190, 378
ADAPTER_X, BOARD_X = 76, 544
ADAPTER_PIN, BOARD_PIN = ADAPTER_X + BOX_WIDTH - 12, BOARD_X + 22
MIDDLE = (ADAPTER_X + BOX_WIDTH + BOARD_X) / 2  # of the wires
BEND = 39  # half the width in which two wires cross

Block = tuple[float, str]  # its height, and its SVG drawn from y = 0


def _draw(board: Board) -> str:
    height, body = _stack(_blocks(board))
    key = f"wiring-{board.key}"
    # JupyterLab wants the namespace in the <svg> tag itself.
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'font-family="{FONT}" style="max-width:100%;height:auto">'
        f'<title id="{key}-title">{escape(_title(board))}</title>'
        f'<desc id="{key}-desc">{escape(_say(board))}</desc>'
        f"{_rect(1, 1, WIDTH - 2, height - 2, PAPER, GREY, radius=12)}{body}</svg>"
    )


def _blocks(board: Board) -> list[Block]:
    if board.usb_only:
        return [_banner(*USB_ONLY, BLUE), _heading(board), _usb_picture(), _columns(board)]
    live = [_live_banner()] if board.live_ground else []
    return [_banner(*MAINS, RED), *live, _heading(board), _picture(board), _columns(board), _done()]


def _stack(blocks: Iterable[Block], gap: float = 13) -> Block:
    y, parts = gap, []
    for height, body in blocks:
        parts.append(_at(0, y, body))
        y += height + gap
    return y, "".join(parts)


def _banner(loud: str, rest: str, colour: str) -> Block:
    words = _text(CENTRE, 34, loud, 26, "#fff", bold=True, anchor="middle")
    words += _text(CENTRE, 60, rest, 17, "#fff", anchor="middle")
    signs = _at(MARGIN + 32, 13, _warning_sign()) + _at(WIDTH - MARGIN - 84, 13, _unplugged_sign(colour))
    return 76, _rect(MARGIN, 0, WIDTH - 2 * MARGIN, 76, colour, radius=8) + words + signs


def _live_banner() -> Block:
    loud, rest = LIVE
    lines = _wrap(rest, 680, 16)
    height = 46 + 22 * len(lines)
    body = _rect(MARGIN + 1, 1, WIDTH - 2 * MARGIN - 2, height - 2, AMBER, INK, 3, radius=8)
    body += _text(CENTRE, 30, loud, 20, bold=True, anchor="middle")
    return height, body + _lines(CENTRE, 54, lines, 16, 22, "middle")


def _heading(board: Board) -> Block:
    return 46, _text(MARGIN + 14, 18, _title(board), 20, bold=True) + _text(MARGIN + 14, 42, board.where, 16)


def _done() -> Block:
    frame = _rect(MARGIN + 1, 1, WIDTH - 2 * MARGIN - 2, 38, "#fff", RED, 3, radius=8)
    return 40, frame + _text(CENTRE, 26, DONE, 16, bold=True, anchor="middle")


def _columns(board: Board) -> Block:
    *left, right = [_section(each) for each in _sections(board)]
    left_height, left_body = _stack(left, 12)
    height = max(left_height, right[0] + 24)
    sides = ((MARGIN, left_body), (WIDTH - MARGIN - COLUMN, _at(0, 12, right[1])))
    return height, "".join(_at(x, 0, _rect(0, 0, COLUMN, height, "#fff", GREY, radius=8) + body) for x, body in sides)


def _section(each: Section) -> Block:
    body, y = _text(16, 14, each.title, 17, bold=True), 38
    for mark, item in each.marked():
        lines = _wrap(item, COLUMN - 50, 15)
        body += _text(16, y, mark, 15, bold=True) + _lines(38, y, lines, 15, 19)
        y += 19 * len(lines) + 5
    return y - 19, body


# ---- The picture -----------------------------------------------------------------


def _picture(board: Board) -> Block:
    adapter = _rect(ADAPTER_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e4ecf5", INK, 2, radius=10)
    switch = _rect(BOARD_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e9f0e2", INK, 2, radius=10)
    # Pins after wires, so that a pin lies on its wire's end.
    wires = _crossing() + "".join(_wire(wire, board) for wire in WIRES)
    return BOX_HEIGHT, _usb_plug() + adapter + switch + wires + _adapter() + _switch(board)


def _row(number: float) -> float:
    return 152 + 44 * number


def _crossing() -> str:
    loud, *rest = CROSS
    spot = f'<circle cx="{MIDDLE:g}" cy="{_row(1.5):g}" r="39" fill="{PALE}"/>'
    return spot + _text(MIDDLE, 52, loud, 19, bold=True, anchor="middle") + _lines(MIDDLE, 77, rest, 16, 22, "middle")


def _wire(wire: Wire, board: Board) -> str:
    start = _row(WIRES.index(wire))
    end = _row([pin.role for pin in board.pins].index(wire.end))
    across = f"{MIDDLE - BEND:g} {start:g}L{MIDDLE + BEND:g} {end:g}"
    path = f"M{ADAPTER_PIN} {start:g}L{across}H{BOARD_PIN}"
    # A pale edge round the point where two cross: the upper one is seen to pass over.
    half = (end - start) / 4
    near = f"M{MIDDLE - BEND / 2:g} {(start + end) / 2 - half:g}L{MIDDLE + BEND / 2:g} {(start + end) / 2 + half:g}"
    edge = _path(near, PALE, wire.width + 8) if half else ""
    core = _path(path, "#fff", wire.width / 3) if wire.is_double else ""
    return edge + _path(path, wire.colour, wire.width, wire.dash) + core + _tags(wire, start, end)


def _tags(wire: Wire, start: float, end: float) -> str:
    if len(wire.tags) == 1:
        return _tag(MIDDLE, start, wire.tags[0], wire.colour)
    return _tag(MIDDLE - 86, start, wire.tags[0], wire.colour) + _tag(MIDDLE + 86, end, wire.tags[1], wire.colour)


def _tag(x: float, y: float, words: str, colour: str) -> str:
    width = _width(words, 15, bold=True) + 18
    box = _rect(x - width / 2, y - 13, width, 26, "#fff", colour, 2, radius=13)
    return box + _text(x, y + 5.5, words, 15, bold=True, anchor="middle")


def _usb_plug() -> str:
    plug = _rect(30, 190, 46, 56, "#c9ccd1", INK, 2) + _rect(40, 202, 10, 10, INK) + _rect(40, 224, 10, 10, INK)
    return plug + _text(51, 268, "USB", 15, bold=True, anchor="middle")


def _adapter() -> str:
    middle = ADAPTER_X + BOX_WIDTH / 2
    title = _text(middle, 26, "USB serial adapter", 16, bold=True, anchor="middle")
    pins = "".join(_post(ADAPTER_PIN, _row(n)) for n in range(len(WIRES)))
    names = "".join(
        _text(ADAPTER_PIN - 18, _row(n) + 6, wire.start, 18, bold=True, anchor="end") for n, wire in enumerate(WIRES)
    )
    note = _lines(middle, _row(3) + 38, _wrap(ANY_ORDER, BOX_WIDTH - 20, 14), 14, 18, "middle")
    return title + _jumper() + pins + names + note


def _jumper() -> str:
    """The cap sits on the posts of 3.3 V; the post of 5 V is bare and crossed out."""
    left, top = ADAPTER_X + 18, 43
    housing = _rect(left, top, 154, 44, "#fff", INK, 2, radius=4)
    cap = _rect(left - 5, top - 4, 108, 52, INK, radius=7)
    volts = _text(left + 49, top + 31, "3.3 V", 25, "#fff", bold=True, anchor="middle")
    cross = _path(f"M{left + 112} {top + 7}l30 30m0 -30l-30 30", RED, 4)
    names = _text(left + 49, top + 65, "jumper", 15, bold=True, anchor="middle")
    names += _text(left + 127, top + 65, "not 5 V", 15, bold=True, anchor="middle")
    return housing + cap + volts + _post(left + 127, top + 22) + cross + names


def _post(x: float, y: float) -> str:
    return _rect(x - 8, y - 8, 16, 16, GOLD, INK, 2)


def _switch(board: Board) -> str:
    middle = BOARD_X + BOX_WIDTH / 2
    title = _text(middle, 26, "your switch", 16, bold=True, anchor="middle")
    start = _bridge(middle) if board.bridge else _button(middle)
    pads = "".join(_pad(pin, _row(n)) for n, pin in enumerate(board.pins))
    return title + start + _header(board) + pads + _label_note(board)


def _button(x: float) -> str:
    return (
        _circle(x, 66, 24, "#fff")
        + _circle(x, 66, 15, INK)
        + _text(x, 110, "button = GPIO0", 15, bold=True, anchor="middle")
    )


def _bridge(x: float) -> str:
    wire = _path(f"M{x - 42:g} 70C{x - 42:g} 32 {x + 42:g} 32 {x + 42:g} 70", INK, 6)
    names = "".join(
        _text(x + dx, 97, name, 15, bold=True, anchor="middle") for dx, name in ((-42, "GPIO0"), (42, "GND"))
    )
    return (
        wire + _hole(x - 42, 70) + _hole(x + 42, 70) + names + _text(x, 118, "bridge, no button", 15, anchor="middle")
    )


def _header(board: Board) -> str:
    """One frame round pins whose order is known; none where each must be looked for."""
    if not board.ordered:
        return ""
    return _rect(BOARD_PIN - 16, _row(0) - 18, 32, _row(len(board.pins) - 1) - _row(0) + 36, "none", INK, 1.5, radius=6)


def _pad(pin: Pin, y: float) -> str:
    if not pin.role:
        return _hole(BOARD_PIN, y, "#fff") + _text(BOARD_PIN + 24, y + 6, f"{pin.label}: leave free", 15)
    square = _rect(BOARD_PIN - 11, y - 11, 22, 22, GOLD, INK, 2) + _circle(BOARD_PIN, y, 4, INK)
    return (square if pin.square else _hole(BOARD_PIN, y)) + _text(BOARD_PIN + 24, y + 6, pin.label, 18, bold=True)


def _hole(x: float, y: float, fill: str = GOLD) -> str:
    return _circle(x, y, 10, fill) + _circle(x, y, 4, INK)


def _label_note(board: Board) -> str:
    if len(board.pins) > len(WIRES):
        return ""
    lines = _wrap(_label_words(board), BOX_WIDTH - 24, 14)
    box = (
        "" if board.ordered else _rect(BOARD_X + 8, _row(3) + 20, BOX_WIDTH - 16, 18 * len(lines) + 10, AMBER, radius=5)
    )
    return box + _lines(BOARD_X + BOX_WIDTH / 2, _row(3) + 38, lines, 14, 18, "middle")


def _usb_picture() -> Block:
    screen = _rect(70, 6, 170, 106, "#e4ecf5", INK, 3, radius=8) + _path("M40 124H270", INK, 12)
    cable = _path("M270 124C350 124 350 74 420 74H510", INK, 6)
    board = _rect(530, 8, 204, 132, "#e9f0e2", INK, 2, radius=10) + _rect(506, 58, 40, 32, "#c9ccd1", INK, 2)
    chip = _rect(596, 32, 116, 84, "#3a3f45", radius=4)
    words = _text(155, 66, "computer", 17, bold=True, anchor="middle")
    words += _text(654, 80, "ESP8266", 17, "#fff", bold=True, anchor="middle")
    words += _text(385, 28, "USB data cable", 18, bold=True, anchor="middle")
    return 146, screen + cable + board + chip + words + _text(385, 52, "power and data", 16, anchor="middle")


def _warning_sign() -> str:
    return _path("M26 4L50 46H2Z", "#fff", 3, fill=AMBER) + _text(26, 41, "!", 30, bold=True, anchor="middle")


def _unplugged_sign(colour: str) -> str:
    plug = _path("M26 50V36M18 14V4M34 14V4", "#fff", 5) + _rect(11, 14, 30, 22, "#fff", radius=5)
    return plug + _path("M4 46L48 6", colour, 9) + _path("M4 46L48 6", "#fff", 4)


# ---- SVG, one element at a time --------------------------------------------------


def _text(
    x: float, y: float, words: str, size: float, fill: str = INK, *, bold: bool = False, anchor: str = "start"
) -> str:
    weight = ' font-weight="700"' if bold else ""
    place = f'x="{x:g}" y="{y:g}" font-size="{size:g}" fill="{fill}"{weight}'
    return f'<text {place} text-anchor="{anchor}">{escape(words)}</text>'


def _lines(x: float, y: float, lines: Iterable[str], size: float, pitch: float, anchor: str = "start") -> str:
    return "".join(_text(x, y + n * pitch, line, size, anchor=anchor) for n, line in enumerate(lines))


def _width(words: str, size: float, *, bold: bool = False) -> float:
    """A guess on the wide side: the reader's font is not known (Verdana and DejaVu Sans are the widest)."""
    return len(words) * size * (0.64 if bold else 0.54)


def _wrap(words: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(words, int(width / _width("n", size)), break_long_words=False)


def _rect(
    x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", line: float = 1, radius: float = 2
) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}" stroke-width="{line:g}"/>'


def _circle(x: float, y: float, radius: float, fill: str) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{radius:g}" fill="{fill}" stroke="{INK}" stroke-width="2"/>'


def _path(path: str, stroke: str, width: float, dash: str = "", fill: str = "none") -> str:
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    caps = "butt" if dash and not dash.startswith("0.1") else "round"  # dots are round ends without a length
    return (
        f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}" '
        f'stroke-linecap="{caps}" stroke-linejoin="round"{pattern}/>'
    )


def _at(x: float, y: float, body: str) -> str:
    return f'<g transform="translate({x:g} {y:g})">{body}</g>'
