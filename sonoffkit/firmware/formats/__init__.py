"""Image formats: what a boot ROM or a boot loader reads, parsed and checked, each check with both its values."""

from __future__ import annotations

from .reading import (
    Check,
    FirmwareImage,
    Header,
    RbootConfig,
    Segment,
    other_chip,
    read_image,
    read_rboot_config,
    unpacked,
)

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
