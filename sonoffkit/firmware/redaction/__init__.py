"""A share-safe copy of a dump: nothing of its owner left, every checksum as it was; or a refusal."""

from __future__ import annotations

from .redact import Change, Redacted, redact

__all__ = ["Change", "Redacted", "redact"]
