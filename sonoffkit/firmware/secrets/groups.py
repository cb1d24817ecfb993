"""Secrets by their value: one entry each, however many copies of it a dump holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from .secrets import Secret, SecretKind

__all__ = ["SecretGroup", "grouped"]

MOST_PLACES = 4  # named one by one; more are counted


@dataclass(frozen=True)
class SecretGroup:
    """One secret, and all its copies by their places."""

    kind: SecretKind
    copies: tuple[Secret, ...] = field(repr=False)

    def text(self, *, reveal: bool = False, exported: bool = False) -> str:
        """Its value for a person, masked as :meth:`Secret.text` masks it."""
        return self.copies[0].text(reveal=reveal, exported=exported)

    @property
    def proof(self) -> str:
        return next((copy.proof for copy in self.copies if copy.proof), "")

    @property
    def places(self) -> str:
        """Where its copies lie, the first few by name."""
        named = [f"{copy.where} ({copy.at:#x})" for copy in self.copies[:MOST_PLACES]]
        more = len(self.copies) - len(named)
        return "; ".join(named) + (f"; and {more} more" if more else "")


def grouped(secrets: Iterable[Secret]) -> tuple[SecretGroup, ...]:
    """Secrets of one kind and one value together, in the order of the kinds, then of their first places."""
    groups: dict[tuple[SecretKind, bytes], list[Secret]] = {}
    for secret in secrets:
        groups.setdefault((secret.kind, secret.value), []).append(secret)
    order = list(SecretKind)
    found = (SecretGroup(kind, tuple(copies)) for (kind, _), copies in groups.items())
    return tuple(sorted(found, key=lambda group: order.index(group.kind)))
