"""The devices that can be practised on, one entry each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MODELS", "Model"]

MB = 0x100000


@dataclass(frozen=True)
class Model:
    """What tells one device from another.

    ``flash_id`` is the JEDEC id as esptool reads it: manufacturer in the low
    byte, size code in the third (the size is 2 to its power).
    ``auto_reset`` says whether the adapter's DTR and RTS reach EN and GPIO0.
    ``stock_model`` is the code that the maker's firmware carries in its settings.
    """

    name: str
    title: str
    flash_id: int
    flash_size: int
    auto_reset: bool
    stock_model: str

    @property
    def size_text(self) -> str:
        return f"{self.flash_size // MB} MB"


MODELS = {
    model.name: model
    for model in (
        # W25Q80 (EF 40 14): Arduino core, Esp.cpp. Header without DTR/RTS: docs.tasmota device pages.
        Model("basic", "Sonoff Basic R1", 0x1440EF, 1 * MB, False, "ITA-GZ1-GL"),
        # POW R2: dumps carry a 4 MB header.
        Model("pow-r2", "Sonoff POW R2", 0x1640EF, 4 * MB, False, "PRACTICE-POW-R2"),
        # A development board: its adapter is on board and wired for automatic reset.
        Model("nodemcu", "NodeMCU development board", 0x1640EF, 4 * MB, True, "DEVBOARD"),
    )
}
