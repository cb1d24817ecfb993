"""What recognisers give back: a record that lies in a dump, with its fields, its checks and what its bytes are for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from ..formats import Check
from ..maps import SECTOR

__all__ = ["SECTOR", "Field", "Record", "RegionKind", "SecretKind", "text_at"]


class RegionKind(StrEnum):
    """What a region is for; figures and the explorer have one colour for each."""

    BOOT = "boot"
    PROGRAM = "program"
    SETTINGS = "settings"
    CERTIFICATE = "certificate"
    FILES = "files"
    CALIBRATION = "calibration"
    SYSTEM = "system"
    BLANK = "blank"
    UNKNOWN = "unknown"


class SecretKind(StrEnum):
    """What a secret is; the value is its name for a person."""

    WIFI_NAME = "Wi-Fi name"
    WIFI_PASSWORD = "Wi-Fi password"
    WIFI_KEY = "Wi-Fi key (PMK)"
    AP_NAME = "access point's name"
    AP_PASSWORD = "access point's password"
    AP_KEY = "access point's key (PMK)"
    BSSID = "router's address (BSSID)"
    MAC = "MAC address"
    DEVICE_ID = "device id"
    API_KEY = "API key"
    TOKEN = "password or token"

    @property
    def shown_to_owner(self) -> bool:
        """Whether the owner sees it without asking: names and identities; still masked in what is exported."""
        return self in (self.WIFI_NAME, self.AP_NAME, self.BSSID, self.MAC, self.DEVICE_ID)


@dataclass(frozen=True)
class Field:
    """A field of a record: ``size`` bytes of the dump from ``at``, of which ``value`` are used.

    ``secret`` is the kind of secret that it holds, None if it holds none.
    """

    name: str
    at: int
    size: int
    value: bytes = field(repr=False)
    secret: SecretKind | None = None


@dataclass(frozen=True)
class Record:
    """``size`` bytes from ``at`` that were recognised, by their contents or (``by_place``) by their place alone.

    ``facts`` are names and values for a person; they hold no secrets.
    """

    name: str
    kind: RegionKind
    at: int
    size: int
    note: str = ""
    fields: tuple[Field, ...] = ()
    checks: tuple[Check, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict)
    by_place: bool = False

    @property
    def end(self) -> int:
        return self.at + self.size

    def value(self, name: str) -> bytes:
        """A field's value; empty if the record has no such field."""
        return next((field.value for field in self.fields if field.name == name), b"")


def text_at(data: bytes, at: int, size: int) -> bytes:
    """A NUL-ended text in a field of ``size`` bytes, without its NUL; empty where the field was never written."""
    value = data[at : at + size].split(b"\0", 1)[0]
    return b"" if not value.strip(b"\xff") else value
