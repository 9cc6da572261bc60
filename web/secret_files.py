"""Secrets that stand in no settings: in the environment, or in a file that the settings name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


class SecretUnreadable(Exception):
    """A secret is wanted, but is found neither in the environment nor in its file."""


def read_secret(environment: Mapping[str, str], variable: str, file: Path | None, setting: str) -> str:
    """Return a secret from the environment, or from the file that a setting names. Raises SecretUnreadable."""
    if variable in environment:
        return environment[variable]
    if file is None:
        raise SecretUnreadable(f"{setting}: set {variable}, or name a file here")
    try:
        secret = file.read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        raise SecretUnreadable(
            f"{setting}: {file} cannot be read ({error.strerror}), and {variable} is not set"
        ) from error
    except UnicodeDecodeError as error:
        raise SecretUnreadable(f"{setting}: {file} is no text in UTF-8") from error
    if not secret:
        raise SecretUnreadable(f"{setting}: {file} is empty")
    return secret
