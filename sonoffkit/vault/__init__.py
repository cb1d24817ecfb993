"""Backups on disk: written beside a ``.part``, verified, sealed with a manifest, never overwritten.

A backup is two files of one name: the flash's bytes (``.bin``) and what is
known about them (``.json``, the manifest). While one is being made there is a
``.part`` with a ``.checkpoint``, from which the next try goes on.
"""

from __future__ import annotations

from .backup import Backup, Manifest
from .draft import Draft
from .vault import Vault

__all__ = ["Backup", "Draft", "Manifest", "Vault"]
