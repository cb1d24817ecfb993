"""What of a flash is not on disk yet: bytes come in by sectors, in any order, and go on as whole pieces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from .pieces import PIECE, SECTOR, Piece, Region, cut, md5_of, merged

__all__ = ["Gaps", "Store"]


class Store(Protocol):
    """Where pieces are kept; ``vault.Draft`` is one."""

    @property
    def pieces(self) -> Sequence[Piece]: ...
    def keep(self, piece: Piece, data: bytes) -> None: ...
    def drop(self, pieces: list[Piece]) -> None: ...
    def read(self, address: int, size: int) -> bytes: ...
    def md5(self) -> str: ...


class Gaps:
    """The sectors of a flash of ``size`` bytes that a store does not have yet."""

    def __init__(self, store: Store, size: int) -> None:
        self._store, self.size = store, size
        self._have = bytearray(size // SECTOR)
        self._begun: dict[int, bytearray] = {}  # pieces of which some sectors are there, by address
        for piece in store.pieces:
            self._mark(piece.address, piece.size, there=True)

    @property
    def filled(self) -> int:
        """How many bytes are there."""
        return sum(self._have) * SECTOR

    def first(self) -> Region | None:
        """The first gap; None where there is none."""
        start = self._have.find(0)
        if start < 0:
            return None
        end = self._have.find(1, start)
        return Region(start * SECTOR, ((end if end > 0 else len(self._have)) - start) * SECTOR)

    def all(self) -> list[Region]:
        """All gaps."""
        sectors = cut([Region(0, self.size)], SECTOR)
        return merged(sector for sector, there in zip(sectors, self._have, strict=True) if not there)

    def fill(self, address: int, data: bytes) -> None:
        """Whole sectors, as the device holds them; a piece goes to the store when its last one is there."""
        for at, size in cut([Region(address, len(data))], PIECE):
            self._fill_in_one_piece(at, data[at - address : at - address + size])

    def lose(self, regions: Sequence[Region]) -> None:
        """These turned out wrong. What else their pieces hold is kept in memory."""
        hit = {at // PIECE * PIECE for at, _ in cut(regions, PIECE)}
        lost = [piece for piece in self._store.pieces if piece.address in hit]
        for piece in lost:
            self._begun[piece.address] = bytearray(self._store.read(piece.address, piece.size))
        self._store.drop(lost)
        for at, size in regions:
            self._mark(at, size, there=False)

    def _fill_in_one_piece(self, address: int, data: bytes) -> None:
        start = address // PIECE * PIECE
        size = min(PIECE, self.size - start)
        buffer = self._begun.pop(start, None) or bytearray(size)
        buffer[address - start : address - start + len(data)] = data
        if self._missing_in(start, size) == self._missing_in(address, len(data)):
            self._store.keep(Piece(start, size, md5_of(bytes(buffer))), bytes(buffer))
        else:
            self._begun[start] = buffer
        self._mark(address, len(data), there=True)  # not before the store has it: it may have no room

    def _missing_in(self, address: int, size: int) -> int:
        return self._have.count(0, address // SECTOR, (address + size) // SECTOR)

    def _mark(self, address: int, size: int, *, there: bool) -> None:
        count = size // SECTOR
        self._have[address // SECTOR : address // SECTOR + count] = bytes([there]) * count
