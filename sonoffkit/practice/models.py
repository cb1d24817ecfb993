"""The devices that can be practised on, one entry each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ESP8266EX", "ESP8285", "MODELS", "STARTERS", "Model"]

MB = 0x100000
ESP8266EX, ESP8285 = "ESP8266EX", "ESP8285"

# JEDEC ids as esptool reads them: the maker in the low byte, then the type, then the size as a power of 2.
W25Q80, W25Q32, GD25Q80 = 0x1440EF, 0x1640EF, 0x1440C8  # Arduino core, Esp.cpp
INSIDE_8285 = 0x144051  # esptool's answers on many ESP8285: esptool issue 291, Sonoff Basic R2 logs


@dataclass(frozen=True)
class Model:
    """What tells one device from another.

    ``auto_reset`` says whether the adapter's DTR and RTS reach EN and GPIO0.
    ``stock_model`` is the code that the maker's firmware carries in its settings.
    """

    name: str
    title: str
    flash_id: int
    flash_size: int
    auto_reset: bool
    stock_model: str
    chip: str = ESP8266EX

    @property
    def size_text(self) -> str:
        return f"{self.flash_size // MB} MB"


# Chips and sizes after the device pages of docs.tasmota and the headers of dumps; codes after dumps. A code that
# nobody published says that it is made up. None but the development board has wires for DTR and RTS.
MODELS = {
    model.name: model
    for model in (
        Model("basic", "Sonoff Basic R1", W25Q80, 1 * MB, False, "ITA-GZ1-GL"),
        Model("basic-r2", "Sonoff Basic R2", INSIDE_8285, 1 * MB, False, "PSF-B01-GL", ESP8285),
        Model("mini", "Sonoff Mini", INSIDE_8285, 1 * MB, False, "PSF-BD1-GL", ESP8285),
        Model("s20", "Sonoff S20", GD25Q80, 1 * MB, False, "PRACTICE-S20"),
        Model("s26", "Sonoff S26", GD25Q80, 1 * MB, False, "PSA-B01-GL"),
        Model("th", "Sonoff TH10", W25Q80, 1 * MB, False, "PSA-BHA-GL"),
        Model("4ch", "Sonoff 4CH", INSIDE_8285, 1 * MB, False, "PRACTICE-4CH", ESP8285),
        Model("dual", "Sonoff Dual R1", W25Q80, 1 * MB, False, "PRACTICE-DUAL"),
        Model("dual-r2", "Sonoff Dual R2", INSIDE_8285, 1 * MB, False, "PSF-B04-GL", ESP8285),
        Model("t1", "Sonoff T1", INSIDE_8285, 1 * MB, False, "PSF-B04-GL", ESP8285),
        Model("pow", "Sonoff POW R1", W25Q80, 1 * MB, False, "PRACTICE-POW"),
        Model("pow-r2", "Sonoff POW R2", W25Q32, 4 * MB, False, "PRACTICE-POW-R2"),
        Model("s31", "Sonoff S31", W25Q32, 4 * MB, False, "PRACTICE-S31"),
        Model("nodemcu", "NodeMCU development board", W25Q32, 4 * MB, True, "DEVBOARD"),
    )
}

# Those that everybody is offered; a device of another model appears once somebody made one.
STARTERS = ("basic", "mini", "pow-r2", "nodemcu")
