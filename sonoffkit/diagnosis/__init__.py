"""Any failure in plain words: what happened, the likely causes in the order to try, and what is safe meanwhile.

::

    an exception, a log,  ─► problem ─► matching ─► finding ─► Diagnosis ─► listing
    a paste of anything       text       catalogue   order      words
                              as bytes   entries/*.toml

The catalogue is data: each file in ``entries`` is one failure, and
``entries/README.md`` says how to add one, or to translate its words.
"""

from __future__ import annotations

from .finding import diagnose, explain, known
from .listing import listing, unknown_text_help
from .model import Cause, Diagnosis

__all__ = ["Cause", "Diagnosis", "diagnose", "explain", "known", "listing", "unknown_text_help"]
