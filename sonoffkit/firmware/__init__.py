"""Firmware images: what they are, whether they are sound, and what flashing changes in them."""

from __future__ import annotations

from .images import HeaderChange, Image, check_fits, load_image, with_flash_parameters

__all__ = ["HeaderChange", "Image", "check_fits", "load_image", "with_flash_parameters"]
