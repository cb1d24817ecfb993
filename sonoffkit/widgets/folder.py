"""A folder that a person adds files to: nothing in it is ever overwritten."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENDINGS", "firmware_files", "keep_file"]

ENDINGS = (".bin", ".gz")


def firmware_files(folder: Path) -> list[Path]:
    """The ``.bin`` and ``.bin.gz`` files in a folder, by name; none where there is no folder."""
    return sorted(path for path in folder.glob("*") if path.name.lower().endswith(ENDINGS))


def keep_file(path: Path, data: bytes) -> tuple[str, str] | None:
    """Write a file that is not there yet; why it could not be, and what to do, or None if it is there now."""
    if not path.name.lower().endswith(ENDINGS):
        return f"{path.name} is no firmware file.", "Its name must end in .bin or .bin.gz."
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(data)
    except FileExistsError:
        if path.is_file() and path.read_bytes() == data:
            return None
        return f"There is another file named {path.name} already.", "Rename yours."
    except OSError as exc:
        return f"{path.name} cannot be kept in {path.parent}. ({exc.strerror})", "Choose another folder."
    return None
