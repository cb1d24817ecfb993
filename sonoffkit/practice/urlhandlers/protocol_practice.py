"""What pyserial imports for ``practice://`` URLs."""

from __future__ import annotations

from ..port import PracticeSerial as Serial

__all__ = ["Serial"]
