"""Image formats: what a boot ROM or a boot loader reads, parsed and checked, each check with both its values."""

from __future__ import annotations

from .containers import RbootConfig, other_chip, read_rboot_config, unpacked
from .parts import Check, FirmwareImage, Header, Segment
from .reading import read_image

__all__ = [
    "Check",
    "FirmwareImage",
    "Header",
    "RbootConfig",
    "Segment",
    "other_chip",
    "read_image",
    "read_rboot_config",
    "unpacked",
]
