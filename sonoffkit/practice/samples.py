"""Dumps to look at where nobody has made a backup yet: of practice devices, fresh and less so."""

from __future__ import annotations

from .factory import factory_image
from .images import lesson_images
from .models import MODELS

__all__ = ["sample_dumps"]

# 02: local addresses, nobody's.
BASIC, POW = (bytes.fromhex(f"0242ac1100{n:02x}") for n in (1, 2))
FITTED = b"\x03\x20"  # DOUT, 1 MB, 40 MHz: as flashing fits an image's header to the device
TOO_LITTLE = 0x100000  # what the recipe read from every device


def sample_dumps() -> dict[str, bytes]:
    """Dumps by file name: a new device, the same flashed without erasing, and another that was saved too short."""
    basic = factory_image(MODELS["basic"], BASIC)
    flashed = bytearray(basic)  # of the same device: what differs is the new firmware, and nothing else
    hello = lesson_images()["practice-hello.bin"]
    flashed[: len(hello)] = hello
    flashed[2:4] = FITTED
    return {
        "sample-basic.bin": basic,
        "sample-pow-r2-too-short.bin": factory_image(MODELS["pow-r2"], POW)[:TOO_LITTLE],
        "sample-flashed-without-erase.bin": bytes(flashed),
    }
