"""The wiring card: which wire goes where on a board, drawn by code and said in words.

Sources, per board: docs.tasmota.com device pages, read in the repository
tasmota/docs (``docs/devices/*.md``); wires, voltages and steps: its
``Getting-Started.md``, "Hardware Preparation". Where a page does not say in
which order the pins stand, neither does the card.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
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
                "The square hole, right by the button, is 3V3.",
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
            notes=("Some print VCC, RXD, TXD, GND. A header left in the board can jam the button.",),
        ),
        Board(  # facts/flash.md, Devices
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
                "Is its button or relay chip silent? On board v2.0 the labels RX and TX are the other way round.",
            ),
        ),
        Board(  # Sonoff-Dual-R2.md
            "dual-r2",
            "Sonoff Dual R2",
            "The end of the board: VCC, RX, TX, GND.",
            gpio0="Bridge BUTTON 0 and GND on the second header",
            pins=FOUR_VCC,
            bridge=True,
            notes=("Its own button is not GPIO0; BUTTON 0 on the second header is.",),
        ),
        Board(  # Sonoff-Mini.md; DIY mode: facts/flash.md, Devices
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
            notes=("Connect nothing else to this board, ever: all its pins carry mains when it is plugged in.",),
        ),
        Board(  # Sonoff-Pow-R2.md; E-RX and E-TX: the ESPurna wiki's page on it
            "pow-r2",
            "Sonoff POW R2",
            "Four pins at the rear, short end of the board.",
            live_ground=True,
            notes=(
                "Some boards print E-RX and E-TX for RX and TX.",
                "Connect nothing else to this board, ever: all its pins carry mains when it is plugged in.",
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
                "Connect nothing else to this board, ever: all its pins carry mains when it is plugged in.",
            ),
        ),
        Board(  # Getting-Started.md: the adapter is built in; a charging cable has no data wires
            "nodemcu",
            "NodeMCU development board",
            "A USB cable from the computer, and nothing else.",
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
        image = (
            f'<img src="data:image/svg+xml,{quote(self.svg)}" alt="{escape(_in_short(self.board))}" width="{WIDTH}">'
        )
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
    "On this device GND and every other pin are live mains as soon as it is plugged in. "
    "With the adapter on, that can kill you and destroys the computer.",
)
CROSS = ("TX and RX cross", "what one side sends,", "the other side hears")
READ_LABELS = "Read the labels printed on your board: their order may differ."
CHECK_LABELS = "Check them against the labels printed on your board."
ANY_ORDER = "Your adapter's pins may stand in another order: go by their names."
JUMPER = "jumper on 3.3 V"
SAFE_POWER = (
    "Never 5 V: it destroys the chip. Some adapters keep 5 V on VCC even with the jumper on 3.3 V: take the pin "
    "marked 3V3, or measure first.",
    "No answer? Power off, then see whether TX and RX are crossed.",
    "Transfers break off? An FT232's 3V3 pin gives only about 50 mA. Use a separate 3.3 V supply of 300 to 500 mA "
    "and join its ground to both others.",
    "Done? Adapter off, case closed, and only then mains.",
)


@dataclass(frozen=True)
class Wire:
    """A wire from the adapter to the device; colour, pattern and the words at its ends each tell it apart."""

    start: str
    end: str
    colour: str
    look: str
    tags: tuple[str, ...]  # one in the middle, or one at each end
    width: float
    dash: str = ""


# In the order of the adapter's pins as drawn: RXD above TXD, so that the crossing shows.
WIRES = (
    Wire("3V3", "3V3", "#c4161c", "red double line", ("3.3 V",), 9),
    Wire("RXD", "TX", "#c05a00", "orange dots", ("from TX", "to RXD"), 7, "0.1 11"),
    Wire("TXD", "RX", "#0b4fb3", "blue dashes", ("to RX", "from TXD"), 6, "17 8"),
    Wire("GND", "GND", "#151515", "black line", ("ground",), 6),
)


def _banner_words(board: Board) -> tuple[str, str]:
    return USB_ONLY if board.usb_only else MAINS


def _steps(board: Board) -> list[str]:
    """The way into download mode: GPIO0 low while power comes."""
    if board.usb_only:
        return ["Plug the cable into the board and the computer.", "Choose its port. There is nothing to hold."]
    return [
        "Adapter out of USB. Put the four wires on.",
        f"{board.gpio0}{'' if board.bridge else ' (it is GPIO0)'}.",
        "Give power: plug the adapter into USB.",
        f"After two seconds, {'take the bridge off' if board.bridge else 'let go'}.",
    ]


def _general(board: Board) -> tuple[str, ...]:
    return () if board.usb_only else SAFE_POWER


def _title(board: Board) -> str:
    return f"Wiring: {board.title}"


def _in_short(board: Board) -> str:
    """For those who hear the card: the danger and the wires; the rest follows in words."""
    wires = [] if board.usb_only else [f"adapter {wire.start} to switch {wire.end}" for wire in WIRES]
    danger = [" — ".join(_banner_words(board)), *([": ".join(LIVE)] if board.live_ground else [])]
    return ". ".join([_title(board), *danger, "; ".join(wires) or board.where]).replace("..", ".")


def _say(board: Board) -> str:
    blocks = [
        [_title(board)],
        [" — ".join(_banner_words(board)) + "."],
        [f"{LIVE[0]}: {LIVE[1]}"] if board.live_ground else [],
        [board.where],
        [] if board.usb_only else _wires_in_words(board),
        ["Start:" if board.usb_only else "Into download mode:"],
        [f"{n}. {step}" for n, step in enumerate(_steps(board), start=1)],
        ["Good to know:"],
        [f"- {note}" for note in (*board.notes, *_general(board))],
    ]
    return "\n".join("\n".join(map(_fold, block)) + _gap(block) for block in blocks if block).strip() + "\n"


def _gap(block: list[str]) -> str:
    return "" if block[-1].endswith(":") else "\n"


def _fold(line: str) -> str:
    return textwrap.fill(line, 76, subsequent_indent="   " if line[0] in "-1234 " else "")


def _wires_in_words(board: Board) -> list[str]:
    labels = {pin.role: pin.label for pin in board.pins}
    order = ", ".join(pin.label + ("" if pin.role else " (leave it free)") for pin in board.pins)
    return [
        f"Pins: {order}, in this order. {CHECK_LABELS}" if board.ordered else f"Pins: {order}. {READ_LABELS}",
        f"Adapter: {JUMPER}, never on 5 V. {ANY_ORDER}",
        *(f"  adapter {wire.start} -> switch {labels[wire.end]:<4} {wire.look}" for wire in WIRES),
        f"{CROSS[0]}: {CROSS[1]} {CROSS[2]}.",
    ]


# ---- Drawing: blocks of a known height, stacked --------------------------------

WIDTH = 760
EDGE = 26
INK, PAPER, RED, AMBER = "#1a1a1a", "#fdfcf8", "#b00020", "#ffd75e"
GOLD = "#e9b949"
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

Block = tuple[float, str]  # its height, and its SVG drawn from y = 0

# The picture: adapter left, switch right, four rows of pins level with each other.
BOX_WIDTH, BOX_HEIGHT = 190, 384
ADAPTER_X, BOARD_X = 76, WIDTH - EDGE - 190
ADAPTER_PIN, BOARD_PIN = ADAPTER_X + BOX_WIDTH - 12, BOARD_X + 22
MIDDLE = (ADAPTER_X + BOX_WIDTH + BOARD_X) / 2
FIRST_ROW, ROW = 158, 46


def _draw(board: Board) -> str:
    blocks = [_banner(*_banner_words(board), "#23404f" if board.usb_only else RED)]
    if board.live_ground:
        blocks.append(_live_banner())
    blocks += [_heading(board), _usb_picture() if board.usb_only else _picture(board), _columns(board)]
    height, body = _stack(blocks)
    key = f"wiring-{board.key}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:g}" '
        f'viewBox="0 0 {WIDTH} {height:g}" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'font-family="{FONT}" style="max-width:100%;height:auto">'
        f'<title id="{key}-title">{escape(_title(board))}</title>'
        f'<desc id="{key}-desc">{escape(_say(board))}</desc>'
        f"{_rect(1, 1, WIDTH - 2, height - 2, PAPER, '#8c8c8c', radius=12)}{body}</svg>"
    )


def _stack(blocks: Iterable[Block], gap: float = 14) -> Block:
    y, parts = gap, []
    for height, body in blocks:
        parts.append(_at(0, y, body))
        y += height + gap
    return y, "".join(parts)


def _banner(loud: str, rest: str, colour: str) -> Block:
    words = _text(MIDDLE_OF_CARD, 34, loud, 26, "#fff", bold=True, anchor="middle") + _text(
        MIDDLE_OF_CARD, 60, rest, 17, "#fff", anchor="middle"
    )
    signs = _at(44, 13, _warning_sign()) + _at(WIDTH - 96, 13, _unplugged_sign(colour))
    return 76, _rect(12, 0, WIDTH - 24, 76, colour, radius=8) + words + signs


MIDDLE_OF_CARD = WIDTH / 2


def _live_banner() -> Block:
    loud, rest = LIVE
    lines = _wrap(rest, 680, 16)
    height = 46 + 22 * len(lines)
    body = _rect(13, 1, WIDTH - 26, height - 2, AMBER, INK, 3, radius=8)
    body += _text(MIDDLE_OF_CARD, 30, loud, 20, bold=True, anchor="middle")
    return height, body + _lines(MIDDLE_OF_CARD, 54, lines, 16, 22, anchor="middle")


def _heading(board: Board) -> Block:
    return 50, _text(EDGE, 20, _title(board), 20, bold=True) + _text(EDGE, 44, board.where, 16)


def _picture(board: Board) -> Block:
    wires = "".join(_wire(wire, board) for wire in WIRES)
    # Wires before the boxes' pins, so that a pad lies on its wire's end.
    body = _boxes() + _crossing_words() + wires + _adapter() + _device(board)
    return BOX_HEIGHT, body


def _boxes() -> str:
    plug = _rect(30, 214, 46, 56, "#c9ccd1", INK, 2) + _rect(40, 226, 10, 10, INK) + _rect(40, 248, 10, 10, INK)
    plug += _text(53, 292, "USB", 14, bold=True, anchor="middle")
    adapter = _rect(ADAPTER_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e4ecf5", INK, 2, radius=10)
    return plug + adapter + _rect(BOARD_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e9f0e2", INK, 2, radius=10)


def _crossing_words() -> str:
    spot = f'<circle cx="{MIDDLE:g}" cy="{_row(1.5):g}" r="40" fill="#fff1b8"/>'
    loud, *rest = CROSS
    return spot + _text(MIDDLE, 58, loud, 19, bold=True, anchor="middle") + _lines(MIDDLE, 82, rest, 15, 21, "middle")


def _row(number: float) -> float:
    return FIRST_ROW + ROW * number


def _wire(wire: Wire, board: Board) -> str:
    """A path with a pale edge: where two cross, the upper one is seen to pass over."""
    start = _row(WIRES.index(wire))
    end = _row([pin.role for pin in board.pins].index(wire.end))
    bend = 39
    path = f"M{ADAPTER_PIN} {start:g}H{MIDDLE - bend:g}L{MIDDLE + bend:g} {end:g}H{BOARD_PIN}"
    line = _path(path, "#fff", wire.width + 6) + _path(path, wire.colour, wire.width, wire.dash)
    if wire.look.endswith("double line"):
        line += _path(path, "#fff", wire.width / 3)
    return line + _tags(wire, start, end)


def _tags(wire: Wire, start: float, end: float) -> str:
    if len(wire.tags) == 1:
        return _tag(MIDDLE, start, wire.tags[0], wire.colour)
    return _tag(MIDDLE - 88, start, wire.tags[0], wire.colour) + _tag(MIDDLE + 88, end, wire.tags[1], wire.colour)


def _tag(x: float, y: float, words: str, colour: str) -> str:
    width = _width(words, 15, bold=True) + 16
    box = _rect(x - width / 2, y - 13, width, 26, "#fff", colour, 2, radius=13)
    return box + _text(x, y + 5.5, words, 15, bold=True, anchor="middle")


def _adapter() -> str:
    middle = ADAPTER_X + BOX_WIDTH / 2
    pins = "".join(
        _rect(ADAPTER_PIN - 8, _row(n) - 8, 16, 16, GOLD, INK, 2)
        + _text(ADAPTER_PIN - 18, _row(n) + 6, wire.start, 18, bold=True, anchor="end")
        for n, wire in enumerate(WIRES)
    )
    note = _lines(middle, _row(3) + 36, _wrap(ANY_ORDER, BOX_WIDTH - 16, 14), 14, 18, "middle")
    return _text(middle, 27, "USB serial adapter", 17, bold=True, anchor="middle") + _jumper() + pins + note


def _jumper() -> str:
    """Three posts, the cap on the two of 3.3 V; the third, 5 V, bare and crossed out."""
    left, top = ADAPTER_X + 18, 46
    posts = _rect(left, top, 154, 44, "#fff", INK, 2, radius=4) + _rect(left + 119, top + 14, 16, 16, GOLD, INK, 2)
    cap = _rect(left - 5, top - 5, 108, 54, INK, radius=7) + _text(
        left + 49, top + 31, "3.3 V", 25, "#fff", bold=True, anchor="middle"
    )
    bare = _text(left + 127, top + 67, "5 V", 17, bold=True, anchor="middle")
    cross = _path(f"M{left + 108} {top + 52}l38 18m0 -18l-38 18", RED, 3)
    return posts + cap + _text(left + 49, top + 67, "jumper: here", 14, bold=True, anchor="middle") + bare + cross


def _device(board: Board) -> str:
    middle = BOARD_X + BOX_WIDTH / 2
    head = _text(middle, 27, "your switch", 17, bold=True, anchor="middle")
    start = _bridge(middle) if board.bridge else _button(middle)
    pins = "".join(_pad(pin, _row(n)) for n, pin in enumerate(board.pins))
    return head + start + _header(board) + pins + _label_note(board)


def _button(middle: float) -> str:
    ring = f'<circle cx="{middle:g}" cy="68" r="24" fill="#fff" stroke="{INK}" stroke-width="2"/>'
    cap = f'<circle cx="{middle:g}" cy="68" r="15" fill="{INK}"/>'
    return ring + cap + _text(middle, 113, "button = GPIO0", 15, bold=True, anchor="middle")


def _bridge(middle: float) -> str:
    wire = _path(f"M{middle - 42:g} 74C{middle - 42:g} 34 {middle + 42:g} 34 {middle + 42:g} 74", INK, 6)
    pads = _hole(middle - 42, 74) + _hole(middle + 42, 74)
    names = _text(middle - 42, 103, "GPIO0", 15, bold=True, anchor="middle")
    names += _text(middle + 42, 103, "GND", 15, bold=True, anchor="middle")
    return wire + pads + names + _text(middle, 123, "bridge, not button", 14, anchor="middle")


def _header(board: Board) -> str:
    """One frame round pins whose order is known; none where each must be looked for."""
    if not board.ordered:
        return ""
    height = ROW * (len(board.pins) - 1) + 36
    return _rect(BOARD_PIN - 16, _row(0) - 18, 32, height, "none", INK, 1.5, radius=6)


def _pad(pin: Pin, y: float) -> str:
    if not pin.role:
        return _hole(BOARD_PIN, y, "#fff") + _text(BOARD_PIN + 24, y + 6, f"{pin.label}: leave free", 15)
    shape = (
        _rect(BOARD_PIN - 10, y - 10, 20, 20, GOLD, INK, 2) + _dot(BOARD_PIN, y) if pin.square else _hole(BOARD_PIN, y)
    )
    return shape + _text(BOARD_PIN + 24, y + 6, pin.label, 18, bold=True)


def _hole(x: float, y: float, fill: str = GOLD) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="10" fill="{fill}" stroke="{INK}" stroke-width="2"/>' + _dot(x, y)


def _dot(x: float, y: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="4" fill="{INK}"/>'


def _label_note(board: Board) -> str:
    if len(board.pins) > len(WIRES):
        return ""
    lines = _wrap(CHECK_LABELS if board.ordered else READ_LABELS, BOX_WIDTH - 30, 14)
    top, fill = _row(3) + 22, "none" if board.ordered else AMBER
    box = _rect(BOARD_X + 8, top - 2, BOX_WIDTH - 16, 18 * len(lines) + 8, fill, radius=5)
    return box + _lines(BOARD_X + BOX_WIDTH / 2, top + 15, lines, 14, 18, "middle")


def _usb_picture() -> Block:
    screen = _rect(60, 10, 170, 104, "#e4ecf5", INK, 3, radius=8) + _text(
        145, 69, "computer", 17, bold=True, anchor="middle"
    )
    base = _path("M34 126H256", INK, 12)
    cable = _path("M256 126C340 126 330 76 420 76H510", INK, 6)
    label = _tag(370, 30, "USB data cable: power and data", INK)
    board = _rect(520, 12, 206, 128, "#e9f0e2", INK, 2, radius=10) + _rect(506, 60, 34, 32, "#c9ccd1", INK, 2)
    chip = _rect(590, 36, 112, 80, "#3a3f45", radius=4) + _text(
        646, 82, "ESP8266", 17, "#fff", bold=True, anchor="middle"
    )
    return 150, screen + base + cable + board + chip + label


def _columns(board: Board) -> Block:
    steps = _list("Start" if board.usb_only else "Into download mode", _steps(board), lambda n: f"{n}.")
    own = _list("On this board", board.notes, lambda _: "•")
    left = _stack([steps] if board.usb_only else [steps, own], 0)
    right = own if board.usb_only else _list("Power and trouble", _general(board), lambda _: "•")
    height = max(left[0], right[0]) + 8
    boxes = "".join(_rect(x, 0, COLUMN, height, "#fff", "#8c8c8c", radius=8) for x in (12, WIDTH - 12 - COLUMN))
    return height, boxes + _at(12, 4, left[1]) + _at(WIDTH - 12 - COLUMN, 4, right[1])


COLUMN = 361


def _list(title: str, items: Iterable[str], mark: Callable[[int], str]) -> Block:
    body, y = _text(16, 25, title, 17, bold=True), 50.0
    for number, item in enumerate(items, start=1):
        lines = _wrap(item, COLUMN - 54, 15)
        body += _text(16, y, mark(number), 15, bold=True) + _lines(38, y, lines, 15, 20)
        y += 20 * len(lines) + 5
    return y - 8, body


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
    return len(words) * size * (0.66 if bold else 0.56)


def _wrap(words: str, width: float, size: float) -> list[str]:
    return textwrap.wrap(words, int(width / _width("n", size)), break_long_words=False)


def _rect(
    x: float, y: float, width: float, height: float, fill: str, stroke: str = "none", line: float = 1, radius: float = 2
) -> str:
    place = f'x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="{radius:g}"'
    return f'<rect {place} fill="{fill}" stroke="{stroke}" stroke-width="{line:g}"/>'


def _path(path: str, stroke: str, width: float, dash: str = "", fill: str = "none") -> str:
    pattern = f' stroke-dasharray="{dash}"' if dash else ""
    caps = "butt" if dash and not dash.startswith("0.1") else "round"  # dots are round ends without a length
    return (
        f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="{width:g}" '
        f'stroke-linecap="{caps}" stroke-linejoin="round"{pattern}/>'
    )


def _at(x: float, y: float, body: str) -> str:
    return f'<g transform="translate({x:g} {y:g})">{body}</g>'
