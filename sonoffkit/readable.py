"""A picture in a notebook's cell: never so small that its letters cannot be read."""

from __future__ import annotations

import html

__all__ = ["readable_picture"]


def readable_picture(source: str, words: str, width: int, least: int) -> str:
    """HTML for an image of ``width`` pixels; a cell narrower than ``least`` scrolls it, by mouse, finger or keys.

    ``source`` is a data URL, ``words`` what the picture shows.
    """
    name = html.escape(words.partition(". ")[0])
    size = f"width:100%;max-width:{width}px;min-width:{min(least, width)}px;height:auto;border-radius:6px"
    return (
        f'<div class="sk-picture" role="group" tabindex="0" aria-label="{name}" style="overflow-x:auto">'
        f'<img src="{source}" alt="{html.escape(words)}" width="{width}" style="{size}"></div>'
    )
