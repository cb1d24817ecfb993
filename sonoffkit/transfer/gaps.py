"""What of a flash is not on disk yet: bytes come in by sectors, in any order, and go on as whole pieces."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

from .pieces import PIECE, SECTOR, Piece, Region, cut, md5_of, merged

__all__ = ["Gaps", "Source", "Store"]


class Store(Protocol):
    """Where pieces are kept; ``vault.Draft`` is one."""

    @property
    def pieces(self) -> Sequence[Piece]: ...
    def keep(self, *kept: tuple[Piece, bytes]) -> None: ...
    def drop(self, pieces: list[Piece]) -> None: ...
    def read(self, address: int, size: int) -> bytes: ...
    def md5(self) -> str: ...


class Source(IntEnum):
    """Where the bytes of a sector came from."""

    MISSING = 0
    RESUMED = 1  # from a try that was cut off
    READ = 2  # over the wire
    BLANK = 3  # by the device's digest
    KNOWN = 4  # from an earlier backup, by the device's digest


class Gaps:
    """The sectors of a flash of ``size`` bytes that a store does not have yet."""

    def __init__(self, store: Store, size: int) -> None:
        self._store, self.size = store, size
        self._have = bytearray(size // SECTOR)
        self._begun: dict[int, bytearray] = {}  # pieces of which some sectors are there, by address
        for piece in store.pieces:
            self._mark(piece.address, piece.size, Source.RESUMED)

    @property
    def filled(self) -> int:
        """How many bytes are there."""
        return (len(self._have) - self._have.count(Source.MISSING)) * SECTOR

    def of(self, source: Source) -> int:
        """How many bytes came from there."""
        return self._have.count(source) * SECTOR

    def first(self) -> Region | None:
        """The first gap; None where there is none."""
        start = self._have.find(Source.MISSING)
        if start < 0:
            return None
        rest = self._have[start:]
        return Region(start * SECTOR, (len(rest) - len(rest.lstrip(bytes([Source.MISSING])))) * SECTOR)

    def all(self) -> list[Region]:
        """All gaps."""
        sectors = cut([Region(0, self.size)], SECTOR)
        return merged(sector for sector, there in zip(sectors, self._have, strict=True) if not there)

    def fill(self, address: int, data: bytes, source: Source) -> None:
        """Whole sectors, as the device holds them; a piece goes to the store when its last one is there."""
        parts = cut([Region(address, len(data))], PIECE)
        whole = [self._with(at, data[at - address : at - address + size]) for at, size in parts]
        kept = [piece for piece in whole if piece]
        if kept:
            self._store.keep(*kept)
        self._mark(address, len(data), source)  # not before the store has it: it may have no room

    def lose(self, regions: Sequence[Region]) -> None:
        """These turned out wrong. What else their pieces hold is kept in memory."""
        hit = {at // PIECE * PIECE for at, _ in cut(regions, PIECE)}
        lost = [piece for piece in self._store.pieces if piece.address in hit]
        for piece in lost:
            self._begun[piece.address] = bytearray(self._store.read(piece.address, piece.size))
        self._store.drop(lost)
        for at, size in regions:
            self._mark(at, size, Source.MISSING)

    def _with(self, address: int, data: bytes) -> tuple[Piece, bytes] | None:
        """The piece around these bytes, if they are the last that it lacked."""
        start = address // PIECE * PIECE
        size = min(PIECE, self.size - start)
        buffer = self._begun.pop(start, None) or bytearray(size)
        buffer[address - start : address - start + len(data)] = data
        if self._missing_in(start, size) > self._missing_in(address, len(data)):
            self._begun[start] = buffer
            return None
        return Piece(start, size, md5_of(bytes(buffer))), bytes(buffer)

    def _missing_in(self, address: int, size: int) -> int:
        return self._have.count(Source.MISSING, address // SECTOR, (address + size) // SECTOR)

    def _mark(self, address: int, size: int, source: Source) -> None:
        count = size // SECTOR
        self._have[address // SECTOR : address // SECTOR + count] = bytes([source]) * count
