"""One set of colours for figures, explorer and report page: told apart in grey and by colour-blind people.

Within each set the lightness (CIE L*) climbs in steps, so that a grey copy still tells them apart:
at least 7 between neighbours among the regions, 17 among the classes.
"""

from __future__ import annotations

__all__ = ["CLASSES", "REGIONS"]

# By RegionKind; behind each, its lightness.
REGIONS = {
    "boot": "#6b1d1d",  # 24
    "program": "#3d8fd1",  # 57
    "settings": "#efb118",  # 76
    "certificate": "#b9e07a",  # 85
    "files": "#006d57",  # 41
    "calibration": "#d584b4",  # 65
    "system": "#54399b",  # 32
    "blank": "#f4f4f4",  # 96
    "unknown": "#767676",  # 50
}
# By the names in analysis.CLASSES. Both halves of ASCII are blue; what is not ASCII is orange.
CLASSES = {
    "FF": "#ffffff",  # 100
    "00": "#000000",  # 0
    "text": "#9ad4f2",  # 82
    "low": "#3c5ca6",  # 40
    "high": "#e0803c",  # 63
}
