"""The wiring card: which wire goes where on a board, drawn by code and said in words."""

from __future__ import annotations

from .boards import BOARDS, Board, Pin
from .card import WiringCard, wiring_card

__all__ = ["BOARDS", "Board", "Pin", "WiringCard", "wiring_card"]
