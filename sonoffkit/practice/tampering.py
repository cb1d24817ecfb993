"""What a bad line does to the bytes on it: lost, turned, doubled, late; by chance, and repeatable."""

from __future__ import annotations

import random
from typing import Literal

from .faults import Faults

__all__ = ["DELAY_SECONDS", "Tampering", "Way"]

Way = Literal["to_host", "to_chip"]
KINDS = ("drop", "flip", "duplicate", "delay")
DELAY_SECONDS = 0.2
FRAIL_ONE_IN = 500  # bytes


class Tampering:
    """The faults of one device's line. It outlives the opening of its port, so that a second try meets other faults."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults
        self._chances: dict[tuple[Way, str], _Chance] = {}

    def on(self, data: bytes, way: Way, baud: int = 0) -> list[tuple[float, bytes]]:
        """The bytes that come of these at a speed, in pieces: how much later than the last piece, and what."""
        hits = [(at, kind) for kind in KINDS for at in self._hits(way, kind, len(data), baud)]
        if not hits:
            return [(0.0, data)]
        pieces: list[tuple[float, bytes]] = []
        delay, piece, done = 0.0, bytearray(), 0
        for at, kind in sorted(hits):
            piece += data[done:at]
            done = max(done, at)
            if kind == "delay":
                pieces.append((delay, bytes(piece)))
                delay, piece = DELAY_SECONDS, bytearray()
            elif done == at:  # a byte is hit once
                piece += _tampered(kind, data[at], self._chances[way, kind].bits)
                done = at + 1
        pieces.append((delay, bytes(piece + data[done:])))
        return [(delay, piece) for delay, piece in pieces if piece or delay]

    def _hits(self, way: Way, kind: str, size: int, baud: int) -> list[int]:
        one_in = getattr(self._faults, f"{kind}_{way}")
        if kind == "flip" and baud > (self._faults.frail_above or baud):
            one_in = min(one_in or FRAIL_ONE_IN, FRAIL_ONE_IN)
        if not one_in:
            self._chances.pop((way, kind), None)
            return []
        chance = self._chances.get((way, kind))
        if chance is None or (chance.one_in, chance.seed) != (one_in, self._faults.seed):
            chance = self._chances[way, kind] = _Chance(one_in, self._faults.seed, f"{way} {kind}")
        return chance.hits(size)


class _Chance:
    """Hits one byte in so many, on average: the gaps between hits are drawn."""

    def __init__(self, one_in: int, seed: int, name: str) -> None:
        self.one_in, self.seed = one_in, seed
        self._gaps = random.Random(f"{seed} {name}")
        # Drawn apart: what is hit must not depend on how the bytes were cut into pieces.
        self.bits = random.Random(f"{seed} {name} bits")
        self._gap = self._draw()

    def hits(self, size: int) -> list[int]:
        """Which of the next ``size`` bytes are hit."""
        at, found = 0, []
        while self._gap < size - at:
            at += self._gap
            found.append(at)
            at += 1
            self._gap = self._draw()
        self._gap -= size - at
        return found

    def _draw(self) -> int:
        # Geometric, by way of its continuous sister; one in one hits every byte.
        return int(self._gaps.expovariate(1 / self.one_in)) if self.one_in > 1 else 0


def _tampered(kind: str, byte: int, bits: random.Random) -> bytes:
    if kind == "drop":
        return b""
    if kind == "duplicate":
        return bytes([byte, byte])
    return bytes([byte ^ 1 << bits.randrange(8)])
