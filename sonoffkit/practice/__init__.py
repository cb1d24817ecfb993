"""The practice Sonoff: an ESP8266 with its flash, in Python, that esptool takes for a real one."""

from __future__ import annotations

from .device import DeviceInUse, PracticeDevice, known_devices, practice_device, practice_folder
from .faults import Faults
from .images import lesson_images
from .models import MODELS, Model
from .port import SCHEME, device_at, register

__all__ = [
    "MODELS",
    "SCHEME",
    "DeviceInUse",
    "Faults",
    "Model",
    "PracticeDevice",
    "device_at",
    "known_devices",
    "lesson_images",
    "practice_device",
    "practice_folder",
    "register",
]
