"""Which firmware it is, with the evidence, and a word on how sure that is."""

from __future__ import annotations

from .identity import Confidence, Evidence, Firmware, identify_firmware

__all__ = ["Confidence", "Evidence", "Firmware", "identify_firmware"]
