"""The drawer of the practice bench: cables and adapters, good and bad."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

__all__ = ["CABLE_FAULTS", "QUALITIES", "Quality"]


@dataclass(frozen=True)
class Quality:
    """A cable or adapter out of the drawer, and the faults that come with it."""

    name: str
    title: str
    about: str
    faults: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))


QUALITIES = {
    quality.name: quality
    for quality in (
        Quality("short", "short and good", "Short wires, straight into the computer."),
        Quality(
            "long",
            "long wires",
            "A metre of loose wires: above 115200 baud bits are turned.",
            MappingProxyType({"frail_above": 115_200}),
        ),
        Quality(
            "hub",
            "through a hub",
            "A busy USB hub between adapter and computer: now and then a byte is lost.",
            MappingProxyType({"drop_to_host": 20_000}),
        ),
        Quality(
            "fake",
            "counterfeit adapter",
            "It promises any speed, and runs no faster than 115200 baud.",
            MappingProxyType({"top_speed": 115_200}),
        ),
    )
}
CABLE_FAULTS = ("frail_above", "drop_to_host", "top_speed")
