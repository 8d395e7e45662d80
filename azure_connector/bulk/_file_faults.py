"""What is wrong with an input: found out before the first call, said without its content."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

from azure_connector.errors import ConfigurationError

from ._arrow import pa

__all__ = ["broken", "refuse_address", "refuse_folder", "refuse_foreign_bytes", "refuse_packed", "refuse_twins"]

_MAGIC = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst", b"BZh": ".bz2", b"\xfd7zX": ".xz", b"PK\x03\x04": ".zip"}
_PACKED = {".gz": "gunzip -k", ".zst": "zstd -d", ".bz2": "bunzip2 -k", ".xz": "xz -dk", ".zip": "unzip"}


def refuse_address(path: Path, what: str) -> None:
    """Refuses what is no path of this machine: addresses of stores, `-` for standard input and output.

    Raises:
        ConfigurationError: it says what to do instead.
    """
    text = str(path)
    if text == "-":
        raise ConfigurationError(
            f"{what} is a file, no stream: a run that is killed goes on from files.", hint="Name a file in place of -."
        )
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text):  # of `//` a path keeps one
        raise ConfigurationError(
            f"{what} {text.replace(':/', '://', 1)} is no file of this machine.",
            hint="Copy it to a local disk, or run the job on Spark or Ray, which read stores themselves.",
        )


def refuse_folder(folder: Path) -> None:
    """Refuses a folder of parts.

    Raises:
        ConfigurationError: it is one; it says how to make one file of it.
    """
    if not folder.is_dir():
        return
    script = (
        f"import pyarrow.dataset as d, pyarrow.parquet as p; "
        f"p.write_table(d.dataset({str(folder)!r}, partitioning='hive').to_table(), {folder.name + '.parquet'!r})"
    )
    raise ConfigurationError(
        f"The input {folder} is a folder: IN is one file.",
        hint=f"Make one of its parquet files, or run the job on Spark or Ray:\npython -c {shlex.quote(script)}",
    )


def refuse_packed(path: Path, suffix: str) -> None:
    """Refuses a compressed file of text.

    Raises:
        ConfigurationError: the suffix is of one; it says how to unpack it.
    """
    unpack = _PACKED.get(suffix.lower())
    if unpack is not None:
        raise ConfigurationError(
            f"{path.name} is compressed: text files are read and written as they are.",
            hint=f"Unpack it first: {unpack} {shlex.quote(str(path))}" if path.is_file() else "Name it without.",
        )


def broken(path: Path, error: Exception) -> ConfigurationError:
    """What is said about a file that cannot be read; never its content."""
    if isinstance(error, UnicodeDecodeError):
        return ConfigurationError(
            f"{path} cannot be read: it is not UTF-8 (byte {error.start}).",
            hint="Write it as UTF-8, of what it is, for instance:\n"
            f"iconv -f WINDOWS-1252 -t UTF-8 '{path}' > 'clean{path.suffix}'",
        )
    if isinstance(error, pa.ArrowInvalid):
        said = "it is broken, or of another format than its name or --format says"
    elif isinstance(error, OSError) and error.strerror:
        said = error.strerror
    else:
        said = type(error).__name__
    return ConfigurationError(f"{path} cannot be read: {said}.")


def refuse_foreign_bytes(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    for magic, suffix in _MAGIC.items():
        if start.startswith(magic):
            refuse_packed(path, suffix)
    if start.startswith(b"\xef\xbb\xbf"):
        raise ConfigurationError(
            f"{path} begins with a byte order mark (BOM): it would be a part of the first name, and Azure's batch "
            "files must not have one.",
            hint=f"Write it without: tail -c +4 '{path}' > 'clean{path.suffix}'",
        )
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ConfigurationError(
            f"{path} is UTF-16 (by its byte order mark).",
            hint=f"Write it as UTF-8: iconv -f UTF-16 -t UTF-8 '{path}' > 'clean{path.suffix}'",
        )


def refuse_twins(path: Path, names: list[str]) -> None:
    twins = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twins:
        raise ConfigurationError(f"{path} has two columns {twins[0]!r}; give each its own name.")
