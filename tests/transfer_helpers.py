"""Flash contents for the tests of the transfers."""

from __future__ import annotations

import random

SECTOR = 0x1000
MB = 0x100000


def dense(size, seed=1) -> bytes:
    """Bytes of which no sector is blank."""
    return random.Random(seed).randbytes(size)


def sparse(sectors: str, seed=1) -> bytes:
    """A flash image, a letter for each sector: ``#`` is dense, ``.`` is blank."""
    rng = random.Random(seed)
    return b"".join(rng.randbytes(SECTOR) if letter == "#" else b"\xff" * SECTOR for letter in sectors)
