"""What can be wrong with a practice device: set these, and it fails as a real one does."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Faults"]


@dataclass
class Faults:
    """Faults in force; the defaults are a healthy device.

    ``unplug_after``: the adapter is pulled once this many further bytes went to
    the host (and the device, powered through it, goes off). ``flash_id``: what the flash answers instead of
    its own id (0 or 0xFFFFFF: no contact). ``chip_magic``: the word at
    0x40001000 by which esptool tells chips apart (0x00F01D83 is an ESP32).
    ``flip_every``: one bit of one byte in so many is flipped on its way to the host.
    """

    unplug_after: int | None = None
    flash_id: int | None = None
    chip_magic: int | None = None
    flip_every: int | None = None

    def parse(self, words: list[str]) -> None:
        """Set one fault from words, as ``["flash-id", "0xffffff"]``; ValueError if it is none."""
        try:
            name, value = words
            attribute = name.replace("-", "_")
            if attribute not in self.__dataclass_fields__:
                raise ValueError
            setattr(self, attribute, None if value == "none" else int(value, 0))
        except ValueError:
            known = ", ".join(name.replace("_", "-") for name in self.__dataclass_fields__)
            raise ValueError(f"a fault is one of {known}, and a number or 'none'") from None
