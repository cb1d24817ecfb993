"""The records that firmware keeps in flash, and those who recognise them: the SDK, the makers, file systems."""

from __future__ import annotations

from .record import SECTOR, Field, Record, RegionKind, SecretKind, text_at

__all__ = ["SECTOR", "Field", "Record", "RegionKind", "SecretKind", "text_at"]
