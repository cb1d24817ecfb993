"""What the notebooks show: pickers, operations, checks, the boot monitor, the bench, reports, the explorer."""

from __future__ import annotations

from .backups import BackupPicker
from .bench import PracticeBench
from .check_view import CheckView, LoopBack
from .diagnosis_view import DiagnosisBox
from .dumps import DumpPicker
from .explorer import FlashExplorer
from .images import ImagePicker
from .monitor import BootMonitor
from .picker import PortPicker
from .progress_view import Progress
from .record_view import RecordView
from .report_view import ReportView, SecretsView
from .runner import OperationRunner
from .support_view import SupportReport
from .take_home_view import TakeHome

__all__ = [
    "BackupPicker",
    "BootMonitor",
    "CheckView",
    "DiagnosisBox",
    "DumpPicker",
    "FlashExplorer",
    "ImagePicker",
    "LoopBack",
    "OperationRunner",
    "PortPicker",
    "PracticeBench",
    "Progress",
    "RecordView",
    "ReportView",
    "SecretsView",
    "SupportReport",
    "TakeHome",
]
