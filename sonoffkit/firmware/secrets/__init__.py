"""Whose secrets a dump holds: found where firmware keeps them, all copies, and masked."""

from __future__ import annotations

from .groups import SecretGroup, grouped
from .secrets import Secret, SecretKind, find_secrets, masked

__all__ = ["Secret", "SecretGroup", "SecretKind", "find_secrets", "grouped", "masked"]
