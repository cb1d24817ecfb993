"""What the notebooks show: port picker, operation runner, backup and image pickers."""

from __future__ import annotations

from .backups import BackupPicker
from .images import ImagePicker
from .picker import PortPicker
from .runner import OperationRunner

__all__ = ["BackupPicker", "ImagePicker", "OperationRunner", "PortPicker"]
