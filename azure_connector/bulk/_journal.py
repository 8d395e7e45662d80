"""The journal of a run: every finished row, in sqlite, so that a run that was killed goes on where it was.

One process at a time: it is locked for as long as it is open, and a killed process's lock goes with it.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from azure_connector.errors import ConfigurationError

from ._journal_file import Lock, open_to_read, open_to_write, refuse_remote, unusable
from ._results import Result

__all__ = ["Journal", "journal_status"]

_VERSION = "1"
_COMMIT_SECONDS, _COMMIT_ROWS = 0.1, 1000
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS result (
    row INTEGER PRIMARY KEY, state INTEGER NOT NULL, body BLOB, note TEXT,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, attempts INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS part (number INTEGER PRIMARY KEY, value TEXT NOT NULL);
"""
_FINE, _ERROR = 0, 1
_INSERT = """
INSERT INTO result VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (row) DO UPDATE SET
    state = excluded.state, body = excluded.body, note = excluded.note, input_tokens = excluded.input_tokens,
    output_tokens = excluded.output_tokens, attempts = excluded.attempts
WHERE result.state = 1
"""


class Journal:
    """An open journal.

    Args:
        path: where it is.
        identity: what it is a journal of, part by part; compared with what it was made for.
        restart: forget what is there.

    Raises:
        ConfigurationError: another process has it open, it belongs to another input or job, it is no journal, or its
            folder cannot hold one.
    """

    def __init__(self, path: Path, identity: Mapping[str, object], *, restart: bool = False) -> None:
        self.path = path
        refuse_remote(path)
        self._lock = Lock(path)
        self._is_ready = False
        self._pending: list[tuple[object, ...]] = []
        self._last_commit = time.monotonic()
        try:
            self._db = open_to_write(path)
            try:
                self._begin(identity, restart=restart)
            except sqlite3.OperationalError as error:
                raise unusable(path, error) from None
            finally:
                if not self._is_ready:
                    self._db.close()
        except BaseException:
            self._lock.release()
            raise

    def _begin(self, identity: Mapping[str, object], *, restart: bool) -> None:
        wanted = {
            f"identity:{name}": json.dumps(value, sort_keys=True, default=str) for name, value in identity.items()
        }
        self._db.executescript(_SCHEMA)
        found = dict(self._db.execute("SELECT key, value FROM meta").fetchall())
        if found.get("version", _VERSION) != _VERSION and not restart:
            raise ConfigurationError(f"{self.path} was written by another version. Begin anew with --restart.")
        different = [key.partition(":")[2] for key in wanted if found and found.get(key) != wanted[key]]
        if different and self._is_unpaid():
            restart = True  # nothing is lost: whoever corrects a mistyped model need not say so
        if different and not restart:
            raise ConfigurationError(
                f"{self.path} is the journal of another run: {' and '.join(different)} changed since it began.",
                hint="Go on with what it was begun with, name another OUT or --journal, or begin anew with --restart.",
            )
        with self._writing():
            if restart:
                for statement in ("DELETE FROM meta", "DELETE FROM result", "DELETE FROM part"):
                    self._db.execute(statement)
            rows = [*wanted.items(), ("version", _VERSION)]
            self._db.executemany("INSERT OR REPLACE INTO meta VALUES (?, ?)", rows)
        self._is_ready = True

    def _is_unpaid(self) -> bool:
        """Whether it holds nothing that cost a call: no row, no batch, or rows that none could be made of."""
        called = "SELECT 1 FROM result WHERE attempts > 0 LIMIT 1"
        # An uploaded part may have a batch that a crash kept us from noting; one that Azure refused has none.
        refused = (
            part["state"] == "cut" or (part["status"] == "failed" and not part["batch_id"])
            for part in self.parts().values()
        )
        return not self._any(called) and all(refused)

    def _any(self, query: str) -> bool:
        return self._db.execute(query).fetchone() is not None

    def done(self, rows: int, *, errors: bool = True) -> bytearray:
        """One byte for each row: whether it is done.

        Args:
            rows: how many rows there are.
            errors: whether error rows count as done.
        """
        flags = bytearray(rows)
        query = "SELECT row FROM result WHERE row < ? AND state <= ?"
        for (row,) in self._db.execute(query, (rows, _ERROR if errors else _FINE)):
            flags[row] = 1
        return flags

    def totals(self) -> tuple[int, int, int]:
        """Finished rows, and the tokens that they used, in and out."""
        query = "SELECT COUNT(*), COALESCE(SUM(input_tokens), 0), COALESCE(SUM(output_tokens), 0) FROM result"
        rows, tokens_in, tokens_out = self._db.execute(query).fetchone()
        return int(rows), int(tokens_in), int(tokens_out)

    def error_counts(self) -> dict[str, int]:
        """How many error rows there are, by code."""
        query = "SELECT json_extract(note, '$[1]'), COUNT(*) FROM result WHERE state = ? GROUP BY 1 ORDER BY 2 DESC"
        return {str(code): int(number) for code, number in self._db.execute(query, (_ERROR,))}

    def add(self, results: Iterable[Result]) -> None:
        """Takes results in; they are safe after the next commit."""
        self._pending += [_row_of(result) for result in results]

    def commit(self, *, now: bool = False) -> None:
        """Writes what was added, when it is time to.

        Args:
            now: at once.
        """
        due = time.monotonic() - self._last_commit >= _COMMIT_SECONDS or len(self._pending) >= _COMMIT_ROWS
        if not self._pending or not (due or now):
            return
        # A row that is done stays as it is: a result that comes twice was paid for twice, but is there once. An error
        # row is replaced when it is tried again.
        with self._writing():
            self._db.executemany(_INSERT, self._pending)
        self._pending.clear()
        self._last_commit = time.monotonic()

    @contextlib.contextmanager
    def _writing(self) -> Generator[None]:
        """A transaction.

        Raises:
            ConfigurationError: the disk is full, or gone.
        """
        try:
            with self._db:
                yield
        except sqlite3.OperationalError as error:
            raise unusable(self.path, error) from None

    def results(self) -> Iterator[Result]:
        """All results, in the order of their rows."""
        cursor = self._db.execute("SELECT * FROM result ORDER BY row")
        while rows := cursor.fetchmany(1000):
            for row in rows:
                yield _result_of(row)

    def widest(self) -> int:
        """Bytes of the longest output; the width of an embedding."""
        query = "SELECT COALESCE(MAX(LENGTH(body)), 0) FROM result WHERE state = ?"
        return int(self._db.execute(query, (_FINE,)).fetchone()[0])

    def get(self, key: str) -> Any:
        """A note of the run's own, or None."""
        found = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if found is None else json.loads(found[0])

    def put(self, key: str, value: object) -> None:
        """Keeps a note of the run's own, at once."""
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value, default=str)))

    def parts(self) -> dict[int, dict[str, Any]]:
        """The parts of a run over the Batch API, by number."""
        rows = self._db.execute("SELECT number, value FROM part ORDER BY number")
        return {int(number): json.loads(value) for number, value in rows}

    def put_part(self, number: int, value: Mapping[str, object]) -> None:
        """Keeps a part, at once."""
        with self._writing():
            self._db.execute("INSERT OR REPLACE INTO part VALUES (?, ?)", (number, json.dumps(value)))

    def close(self) -> None:
        """Writes what is left and closes the file."""
        try:
            self.commit(now=True)
        finally:
            self._db.close()
            self._lock.release()

    def remove_unpaid(self) -> None:
        """Deletes it if nothing in it cost a call: it would only be in the way of a command that is mended."""
        with contextlib.suppress(sqlite3.Error):  # another error is under way, and is the one to tell
            self.commit(now=True)
            if self._is_unpaid():
                self.remove()

    def remove(self) -> None:
        """Deletes it; `close` then only lets go of its name."""
        self._pending.clear()
        self._db.close()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)


def _row_of(result: Result) -> tuple[object, ...]:
    state = _FINE if result.error_code is None else _ERROR
    note = result.finish_reason
    if state == _ERROR:
        note = json.dumps([result.finish_reason, result.error_code, result.error])
    spent = (result.input_tokens, result.output_tokens, result.attempts)
    return (result.row, state, result.output, note, *spent)


def _result_of(row: tuple[Any, ...]) -> Result:
    number, state, body, note, tokens_in, tokens_out, attempts = row
    finish_reason, code, text = (note, None, None) if state == _FINE else json.loads(note)
    return Result(number, body, finish_reason, tokens_in, tokens_out, attempts, code, text)


def journal_status(path: Path) -> dict[str, Any]:
    """What a journal says of its run, also while that goes on.

    Returns:
        `rows` in all, `done` and `failed` ones, `parts` over the Batch API, the `command` that began them and its
        `folder`.

    Raises:
        ConfigurationError: there is no journal.
    """
    db = open_to_read(path)
    try:
        done, failed = db.execute("SELECT COUNT(*), COALESCE(SUM(state), 0) FROM result").fetchone()
        parts = [json.loads(value) for (value,) in db.execute("SELECT value FROM part ORDER BY number")]
        found = dict(db.execute("SELECT key, value FROM meta").fetchall())
    except sqlite3.OperationalError as error:
        raise unusable(path, error) from None
    finally:
        db.close()
    told = {key: json.loads(found[key]) if key in found else None for key in ("command", "folder")}
    whole = json.loads(found.get("identity:the input", "{}"))
    rows = None if "rows" not in whole else min(whole["rows"], whole["limit"] or whole["rows"])
    return {"rows": rows, "done": int(done), "failed": int(failed), "parts": parts, **told}
