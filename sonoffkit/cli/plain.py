"""What every command says alike: errors as sentences, and where a file went."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import click

__all__ = ["plain_errors", "wrote"]


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Errors of the kit as a sentence and what to do, without a stack."""
    from ..errors import SonoffkitError

    try:
        yield
    except SonoffkitError as error:
        raise click.ClickException(f"{error}\n{error.hint}") from None
    except OSError as error:  # the dump was read before
        raise click.ClickException(f"{error.filename} cannot be written. ({error.strerror})") from None
    except ValueError as error:
        raise click.ClickException(str(error)) from None


def wrote(path: Path) -> None:
    click.echo(f"Wrote {path}", err=True)
