"""Firmware as bytes: images to be flashed, and dumps to be understood.

    formats    image formats, with their checksums
    images     what flashing needs: is it sound, does it fit, what changes in its header
    records    what the SDK, makers and file systems keep in flash
    layout     what lies where, and which program starts
    identity   which firmware, and how sure that is
    secrets    whose secrets, masked
    redaction  a copy that can be shared

Each of them uses those above it.
"""

from __future__ import annotations

from .images import HeaderChange, Image, check_fits, load_image, with_flash_parameters

__all__ = ["HeaderChange", "Image", "check_fits", "load_image", "with_flash_parameters"]
