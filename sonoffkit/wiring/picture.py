"""The picture on the card: the adapter, the wires and the switch, or a USB cable alone."""

from __future__ import annotations

from .boards import Board, Pin
from .svg import AMBER, INK, RED, Block, circle, path, rect, text, text_lines, text_width, wrap
from .words import ANY_ORDER, CROSS, WIRES, Wire, label_words

__all__ = ["picture", "usb_picture"]

PALE, GOLD = "#fff1b8", "#e9b949"

# Adapter left, switch right, their pins level in rows.
BOX_WIDTH, BOX_HEIGHT = 190, 378
ADAPTER_X, BOARD_X = 76, 544
ADAPTER_PIN, BOARD_PIN = ADAPTER_X + BOX_WIDTH - 12, BOARD_X + 22
MIDDLE = (ADAPTER_X + BOX_WIDTH + BOARD_X) / 2  # of the wires
BEND = 39  # half the width in which two wires cross


def picture(board: Board) -> Block:
    """The adapter, wired to the switch."""
    adapter = rect(ADAPTER_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e4ecf5", INK, 2, radius=10)
    switch = rect(BOARD_X, 0, BOX_WIDTH, BOX_HEIGHT, "#e9f0e2", INK, 2, radius=10)
    # Pins after wires, so that a pin lies on its wire's end.
    wires = _crossing() + "".join(_wire(wire, board) for wire in WIRES)
    return BOX_HEIGHT, _usb_plug() + adapter + switch + wires + _adapter() + _switch(board)


def _row(number: float) -> float:
    return 152 + 44 * number


def _crossing() -> str:
    loud, *rest = CROSS
    spot = f'<circle cx="{MIDDLE:g}" cy="{_row(1.5):g}" r="39" fill="{PALE}"/>'
    return (
        spot + text(MIDDLE, 52, loud, 19, bold=True, anchor="middle") + text_lines(MIDDLE, 77, rest, 16, 22, "middle")
    )


def _wire(wire: Wire, board: Board) -> str:
    start = _row(WIRES.index(wire))
    end = _row([pin.role for pin in board.pins].index(wire.end))
    across = f"{MIDDLE - BEND:g} {start:g}L{MIDDLE + BEND:g} {end:g}"
    route = f"M{ADAPTER_PIN} {start:g}L{across}H{BOARD_PIN}"
    # A pale edge round the point where two cross: the upper one is seen to pass over.
    half = (end - start) / 4
    near = f"M{MIDDLE - BEND / 2:g} {(start + end) / 2 - half:g}L{MIDDLE + BEND / 2:g} {(start + end) / 2 + half:g}"
    edge = path(near, PALE, wire.width + 8) if half else ""
    core = path(route, "#fff", wire.width / 3) if wire.is_double else ""
    return edge + path(route, wire.colour, wire.width, wire.dash) + core + _tags(wire, start, end)


def _tags(wire: Wire, start: float, end: float) -> str:
    if len(wire.tags) == 1:
        return _tag(MIDDLE, start, wire.tags[0], wire.colour)
    return _tag(MIDDLE - 86, start, wire.tags[0], wire.colour) + _tag(MIDDLE + 86, end, wire.tags[1], wire.colour)


def _tag(x: float, y: float, words: str, colour: str) -> str:
    width = text_width(words, 15, bold=True) + 18
    box = rect(x - width / 2, y - 13, width, 26, "#fff", colour, 2, radius=13)
    return box + text(x, y + 5.5, words, 15, bold=True, anchor="middle")


def _usb_plug() -> str:
    plug = rect(30, 190, 46, 56, "#c9ccd1", INK, 2) + rect(40, 202, 10, 10, INK) + rect(40, 224, 10, 10, INK)
    return plug + text(51, 268, "USB", 15, bold=True, anchor="middle")


def _adapter() -> str:
    middle = ADAPTER_X + BOX_WIDTH / 2
    title = text(middle, 26, "USB serial adapter", 16, bold=True, anchor="middle")
    pins = "".join(_post(ADAPTER_PIN, _row(n)) for n in range(len(WIRES)))
    names = "".join(
        text(ADAPTER_PIN - 18, _row(n) + 6, wire.start, 18, bold=True, anchor="end") for n, wire in enumerate(WIRES)
    )
    note = text_lines(middle, _row(3) + 38, wrap(ANY_ORDER, BOX_WIDTH - 20, 14), 14, 18, "middle")
    return title + _jumper() + pins + names + note


def _jumper() -> str:
    """The cap sits on the posts of 3.3 V; the post of 5 V is bare and crossed out."""
    left, top = ADAPTER_X + 18, 43
    housing = rect(left, top, 154, 44, "#fff", INK, 2, radius=4)
    cap = rect(left - 5, top - 4, 108, 52, INK, radius=7)
    volts = text(left + 49, top + 31, "3.3 V", 25, "#fff", bold=True, anchor="middle")
    cross = path(f"M{left + 112} {top + 7}l30 30m0 -30l-30 30", RED, 4)
    names = text(left + 49, top + 65, "jumper", 15, bold=True, anchor="middle")
    names += text(left + 127, top + 65, "not 5 V", 15, bold=True, anchor="middle")
    return housing + cap + volts + _post(left + 127, top + 22) + cross + names


def _post(x: float, y: float) -> str:
    return rect(x - 8, y - 8, 16, 16, GOLD, INK, 2)


def _switch(board: Board) -> str:
    middle = BOARD_X + BOX_WIDTH / 2
    title = text(middle, 26, "your switch", 16, bold=True, anchor="middle")
    start = _bridge(middle) if board.bridge else _button(middle)
    pads = "".join(_pad(pin, _row(n)) for n, pin in enumerate(board.pins))
    return title + start + _header(board) + pads + _label_note(board)


def _button(x: float) -> str:
    return (
        circle(x, 66, 24, "#fff")
        + circle(x, 66, 15, INK)
        + text(x, 110, "button = GPIO0", 15, bold=True, anchor="middle")
    )


def _bridge(x: float) -> str:
    wire = path(f"M{x - 42:g} 70C{x - 42:g} 32 {x + 42:g} 32 {x + 42:g} 70", INK, 6)
    names = "".join(
        text(x + dx, 97, name, 15, bold=True, anchor="middle") for dx, name in ((-42, "GPIO0"), (42, "GND"))
    )
    return wire + _hole(x - 42, 70) + _hole(x + 42, 70) + names + text(x, 118, "bridge, no button", 15, anchor="middle")


def _header(board: Board) -> str:
    """One frame round pins whose order is known; none where each must be looked for."""
    if not board.ordered:
        return ""
    return rect(BOARD_PIN - 16, _row(0) - 18, 32, _row(len(board.pins) - 1) - _row(0) + 36, "none", INK, 1.5, radius=6)


def _pad(pin: Pin, y: float) -> str:
    if not pin.role:
        return _hole(BOARD_PIN, y, "#fff") + text(BOARD_PIN + 24, y + 6, f"{pin.label}: leave free", 15)
    square = rect(BOARD_PIN - 11, y - 11, 22, 22, GOLD, INK, 2) + circle(BOARD_PIN, y, 4, INK)
    return (square if pin.square else _hole(BOARD_PIN, y)) + text(BOARD_PIN + 24, y + 6, pin.label, 18, bold=True)


def _hole(x: float, y: float, fill: str = GOLD) -> str:
    return circle(x, y, 10, fill) + circle(x, y, 4, INK)


def _label_note(board: Board) -> str:
    if len(board.pins) > len(WIRES):
        return ""
    lines = wrap(label_words(board), BOX_WIDTH - 24, 14)
    box = (
        "" if board.ordered else rect(BOARD_X + 8, _row(3) + 20, BOX_WIDTH - 16, 18 * len(lines) + 10, AMBER, radius=5)
    )
    return box + text_lines(BOARD_X + BOX_WIDTH / 2, _row(3) + 38, lines, 14, 18, "middle")


def usb_picture() -> Block:
    """A computer and a development board, with the cable between them."""
    screen = rect(70, 6, 170, 106, "#e4ecf5", INK, 3, radius=8) + path("M40 124H270", INK, 12)
    cable = path("M270 124C350 124 350 74 420 74H510", INK, 6)
    board = rect(530, 8, 204, 132, "#e9f0e2", INK, 2, radius=10) + rect(506, 58, 40, 32, "#c9ccd1", INK, 2)
    chip = rect(596, 32, 116, 84, "#3a3f45", radius=4)
    words = text(155, 66, "computer", 17, bold=True, anchor="middle")
    words += text(654, 80, "ESP8266", 17, "#fff", bold=True, anchor="middle")
    words += text(385, 28, "USB data cable", 18, bold=True, anchor="middle")
    return 146, screen + cable + board + chip + words + text(385, 52, "power and data", 16, anchor="middle")
