"""The practice bench: a drawn Sonoff, an adapter and wires, to be wired with mouse or keyboard."""

from __future__ import annotations

from .bench import PracticeBench

__all__ = ["PracticeBench"]
