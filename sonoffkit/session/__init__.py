"""A connection to a device by esptool: the only place that knows it.

A port is open only while a ``Device`` is; its flasher stub is left running at
115200, so that the next connection, or a terminal's esptool, goes on without
another power-up.
"""

from __future__ import annotations

from .basics import SAFE_BAUD, Cancel, Identity, Progress, ask_to_stop
from .connecting import connect, connect_when_ready, tool_versions
from .device import Device
from .esptool_log import log_to, say
from .speed import step_down

__all__ = [
    "SAFE_BAUD",
    "Cancel",
    "Device",
    "Identity",
    "Progress",
    "ask_to_stop",
    "connect",
    "connect_when_ready",
    "log_to",
    "say",
    "step_down",
    "tool_versions",
]
