"""What the bench's view draws: the board as it is, and everything on it as it stands now."""

from __future__ import annotations

from dataclasses import dataclass

from ...practice import HIDDEN_FAULTS, Bench, Refused
from ...practice.cables import QUALITIES
from ...practice.models import Model
from ...wiring import BOARDS, Board
from ...wiring.words import LIVE, READ_LABELS, WIRES

__all__ = ["Said", "board_facts", "live_ground", "scene"]


@dataclass(frozen=True)
class Said:
    """The bench's last words: what was done, or the card of what was refused; ``number`` tells one from the next."""

    number: int = 0
    text: str = ""
    more: str = ""
    refused: Refused | None = None


def board_facts(model: Model) -> dict[str, object]:
    """What does not change while it lies on the bench, in the words and the look of the wiring card."""
    board = _board(model)
    return {
        "title": board.title,
        "where": board.where,
        "chip": model.chip,
        "flash": model.size_text,
        "pins": [{"role": pin.role, "label": pin.label, "square": pin.square} for pin in board.pins],
        "ordered": board.ordered,
        "bridge": board.bridge,
        "usbOnly": board.usb_only,
        "warning": live_ground(model),
        "notes": [*([] if board.ordered or board.usb_only else [READ_LABELS]), *board.notes],
        "looks": {
            _pin(wire.start): {
                "colour": wire.colour, "dash": wire.dash, "width": wire.width, "double": wire.is_double,
                "words": wire.look,
            }
            for wire in WIRES
        },
        "qualities": [{"name": each.name, "title": each.title, "about": each.about} for each in QUALITIES.values()],
        "faults": [{"name": fault.name, "title": fault.title} for fault in HIDDEN_FAULTS.values()],
    }  # fmt: skip


def live_ground(model: Model) -> str:
    """What is worse about boards without isolation, or nothing."""
    return f"{LIVE[0].capitalize()}: {LIVE[1]}" if _board(model).live_ground else ""


def scene(bench: Bench, said: Said) -> dict[str, object]:
    """All that may change."""
    state, doing, refused = bench.device.state(), bench.does(), said.refused
    return {
        "wires": [[one, other] for one, other in bench.wires.items()],
        "looped": bench.is_looped,
        "plugged": state.plugged_in,
        "powered": state.powered,
        "held": state.button_held,
        "quality": bench.quality,
        "doing": doing.word,
        "text": doing.text,
        "lit": doing.lit,
        "busy": bench.device.line is not None,
        "hides": bench.hides,
        "said": said.text,
        "more": said.more,
        "number": said.number,
        "card": refused
        and {
            "title": refused.title,
            "would": refused.would,
            "instead": refused.instead,
            "danger": refused.is_danger,
        },
    }


def _board(model: Model) -> Board:
    """The wiring card's board; where there is no card, one that promises nothing about the order of its pins."""
    return BOARDS.get(model.name) or Board(model.name, model.title, "Pads or holes on the board: look for the labels.")


def _pin(name: str) -> str:
    """The adapter's pin by the card's name for it."""
    return {"RXD": "RX", "TXD": "TX"}.get(name, name)
