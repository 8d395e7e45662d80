"""The journal's file: a sqlite database that one process writes, and that others may look at meanwhile."""

from __future__ import annotations

import contextlib
import os
import shlex
import sqlite3
from pathlib import Path

from azure_connector.errors import ConfigurationError

__all__ = ["Lock", "open_to_read", "open_to_write", "refuse_remote", "unusable"]

_ELSEWHERE = "Name a local place for it: --journal /tmp/NAME.journal"
TABLES = {"meta", "part", "result"}
_PAUSE = 1.0  # seconds that a look may be in the writer's way, or the writer in a look's
# File systems without the locks and the atomic writes that a database needs.
_REMOTE = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre"}
    | {f"fuse.{name}" for name in ("blobfuse", "blobfuse2", "s3fs", "goofys", "gcsfuse", "rclone", "sshfs", "dbfs")}
)


class Lock:
    """Keeps other processes from writing a journal, until it is released or the process dies.

    A database of its own, locked as a whole: sqlite does that alike on every system, and the journal itself stays
    readable.

    Raises:
        ConfigurationError: another process holds it, or it cannot be made.
    """

    def __init__(self, journal: Path) -> None:
        self.path = journal.with_name(f"{journal.name}.lock")
        while True:
            self._db, before = self._locked(journal)
            if _identity(self.path) == before:
                return
            self._db.close()  # whoever held it has deleted it just now: locked is a file that nobody else sees

    def _locked(self, journal: Path) -> tuple[sqlite3.Connection, object]:
        try:
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))
            before = _identity(self.path)
            db = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
            db.execute("PRAGMA journal_mode=MEMORY").fetchall()  # nothing is written, so no file beside it either
            db.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise ConfigurationError(
                    f"Another process works on {journal}. Wait for it, or stop it first.",
                    hint=f"How far it is: azure-connector bulk status {_status_of(journal)}",
                ) from None
            raise unusable(journal, error) from None
        except sqlite3.DatabaseError:
            raise ConfigurationError(f"{self.path} is in the way: it is no lock of a journal. Move it away.") from None
        except OSError as error:
            said = error.strerror or str(error)
            raise ConfigurationError(f"The journal {journal} cannot be made: {said}.", hint=_ELSEWHERE) from None
        return db, before

    def release(self) -> None:
        """Lets others write."""
        with contextlib.suppress(OSError):  # Windows deletes no file that is open
            self.path.unlink(missing_ok=True)
        self._db.close()
        if os.name == "nt":
            with contextlib.suppress(OSError):
                self.path.unlink(missing_ok=True)


def _status_of(journal: Path) -> str:
    """What `bulk status` has to be told, so that it finds this journal."""
    name = str(journal)
    if name.endswith(".journal"):
        return shlex.quote(name.removesuffix(".journal"))
    return f"OUT --journal {shlex.quote(name)}"


def _identity(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def open_to_write(path: Path) -> sqlite3.Connection:
    """The database, made where there is none; its lock is held already.

    Raises:
        ConfigurationError: it is no journal, or its folder cannot hold one.
    """
    created = False
    try:
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))  # it holds what the rows' answers say
            created = True
        db = sqlite3.connect(path, timeout=_PAUSE, isolation_level="IMMEDIATE", check_same_thread=False)
        if not tables_of(db) <= TABLES:  # before anything is changed: it may be somebody else's database
            db.close()
            raise no_journal(path)
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            db.execute(f"PRAGMA {pragma}").fetchall()
        db.execute("BEGIN IMMEDIATE")
        db.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if created:
            path.unlink(missing_ok=True)
        raise unusable(path, error) from None
    except sqlite3.DatabaseError:
        raise no_journal(path) from None
    except OSError as error:
        said = error.strerror or str(error)
        raise ConfigurationError(f"The journal {path} cannot be made: {said}.", hint=_ELSEWHERE) from None
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """The database for a look, also while a process writes it.

    Raises:
        ConfigurationError: there is none, or it is no journal.
    """
    if not path.is_file():
        raise ConfigurationError(f"There is no journal {path}: the run has ended, or never began.")
    # What a killed process left is put in order by the first who opens it, which needs the right to write.
    mode = "rw" if os.access(path, os.W_OK) and os.access(path.parent, os.W_OK) else "ro"
    try:
        db = sqlite3.connect(f"{path.resolve().as_uri()}?mode={mode}", uri=True, timeout=_PAUSE)
        db.execute("PRAGMA query_only = 1")
        tables = tables_of(db)
    except sqlite3.OperationalError as error:
        raise unusable(path, error) from None
    except sqlite3.DatabaseError:
        raise no_journal(path) from None
    if tables != TABLES:
        db.close()
        raise no_journal(path)
    return db


def tables_of(db: sqlite3.Connection) -> set[str]:
    """The names of all tables."""
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def no_journal(path: Path) -> ConfigurationError:
    """What is said of a file that is something else."""
    return ConfigurationError(f"{path} is no journal. Name another one with --journal PATH.")


def unusable(path: Path, error: sqlite3.Error) -> ConfigurationError:
    """What is said where the file system does not let a database be."""
    full = "Make room there, then the same command goes on: what was done is kept."
    hint = full if "full" in str(error) else _ELSEWHERE
    return ConfigurationError(f"The journal {path} cannot be used: {error}.", hint=hint)


def refuse_remote(path: Path) -> None:
    """A database needs a local disk.

    Raises:
        ConfigurationError: the path is on none.
    """
    kind = file_system(path)
    if kind in _REMOTE or path.resolve().is_relative_to("/dbfs"):
        raise ConfigurationError(
            f"{path} is on a file system ({kind or 'dbfs'}) that cannot hold the journal.", hint=_ELSEWHERE
        )


def file_system(path: Path, mounts: str = "/proc/self/mounts") -> str:
    """The type of the file system that a path is on; empty where the system does not say."""
    try:
        lines = Path(mounts).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    resolved, best = path.resolve(), ("", "")
    for line in lines:
        fields = line.split(" ")
        if len(fields) > 2:
            point = fields[1].replace("\\040", " ")
            if resolved.is_relative_to(point) and len(point) >= len(best[0]):
                best = (point, fields[2])
    return best[1]
