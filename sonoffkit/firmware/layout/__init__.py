"""What lies where: every byte of a dump in exactly one named region, and which program starts."""

from __future__ import annotations

from .layout import FileKind, Layout, Region, RegionKind, lay_out

__all__ = ["FileKind", "Layout", "Region", "RegionKind", "lay_out"]
