"""The same statements without us: what pgbench, and a bare sqlite3 loop, make of one plain verification.

Both hand over the parcels that `bench/fill.py` put there, each once.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from uuid import UUID

STATEMENTS = """
SELECT id, events FROM parcels WHERE reference = {reference} FOR UPDATE;
SELECT id, revoked_at FROM devices WHERE id = {device} FOR SHARE;
SELECT h.id AS holder, h.kind, h.language, c.id AS code, c.epoch, c.expires_at, c.renewed_at, c.revoked_at, o.code_id
  FROM parcels p JOIN holders h ON h.consignment_id = p.consignment_id
  LEFT JOIN codes c ON c.holder_id = h.id AND c.consignment_id = h.consignment_id
  LEFT JOIN handovers o ON o.parcel_id = p.id WHERE p.id = {id};
SELECT answer FROM verifications WHERE presentation_id = {id};
INSERT INTO verifications (presentation_id, device_id, key_id, content_mac, means, offline, presented_at, decided_at,
  outcome, code_id, answer, signature)
  VALUES ({id}, {device}, 'k', {link}, 'payload', {no}, {now}, {now}, 'accepted', {code}, {answer}, {link});
INSERT INTO handovers (parcel_id, presentation_id, code_id, device_id, in_hand_by, offline, handed_over_at,
  recorded_at, match_number) VALUES ({id}, {id}, {code}, {device}, 'label', {no}, {now}, {now}, '47');
INSERT INTO events (parcel_id, position, kind, at, facts, link)
  VALUES ({id}, 4, 'presented', {now}, {facts}, {link}), ({id}, 5, 'handed_over', {now}, {facts}, {link});
INSERT INTO messages (id, parcel_id, holder_id, kind, queued_at, due_at, tries)
  VALUES ({id}, {id}, {holder}, 'handed_over', {now}, {now}, 0);
UPDATE parcels SET events = 5, head = {link} WHERE id = {id};
"""
"""One plain verification: lock, look, and write what is written."""

FACTS = '{"by": "label", "code": "0199", "means": "payload", "offline": false, "signed": "' + "x" * 300 + '"}'
ANSWER = '{"outcome": "accepted", "details": {"handed_over_at": null}, "parcels": [{"reference": "P1"}]}' * 3
"""With spaces: pgbench takes ``:null`` for one of its variables."""
LINK = hashlib.sha256(b"link").digest()


class PostgresPeer:
    """pgbench with prepared statements over one connection a client, each commit durable.

    Each client has ``share`` parcels of its own a round, far more than it can hand over; one that runs out is an error.
    """

    def __init__(self, url: str, device: UUID, share: int, folder: Path) -> None:
        self._folder, self._url = folder, url
        self._device = device
        self._share = share
        self._used = 0

    def rate(self, clients: int, seconds: int) -> float:
        """Run for so many seconds and return the transactions per second."""
        names = {
            **{"reference": "'FILL-' || :place", "device": f"'{self._device}'"},
            **{"id": ":id", "holder": ":holder", "code": ":code", "no": "false", "now": "now()"},
            **{"link": f"'\\x{LINK.hex()}'", "answer": f"'{ANSWER}'", "facts": f"'{FACTS}'"},
        }
        lock, device, look, *rest = (" ".join(_fill(each, names).split()) for each in _split(STATEMENTS))
        place = f"\\set place {self._used} + :client_id * {self._share} + :n"
        self._used += clients * self._share
        lines = ["\\set n :n + 1", place, "BEGIN;", f"{lock} \\gset", f"{device};", f"{look} \\gset"]
        script = self._folder / "verification.sql"
        script.write_text("\n".join([*lines, *(f"{each};" for each in rest), "COMMIT;", ""]))
        pgbench = max(Path("/usr/lib/postgresql").glob("*/bin/pgbench"))
        command = [str(pgbench), "--no-vacuum", "--protocol=prepared", "-D", "n=-1", "-f", str(script)]
        command += [f"--client={clients}", "--jobs=1", f"--time={seconds}", self._url]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        found = re.search(r"tps = ([0-9.]+)", done.stdout)
        if found is None or "aborted" in done.stderr:
            raise RuntimeError(done.stdout + done.stderr)
        return float(found[1])


class SqlitePeer:
    """Threads with a connection each that take turns at a lock, every commit on the disk."""

    def __init__(self, path: Path, device: UUID, parcels: int) -> None:
        self._path = path
        self._device = device.hex
        self._references = [f"FILL-{number}" for number in range(parcels)]
        self._turn = threading.Lock()
        self._statements = [_fill(each, _SQLITE) for each in _split(STATEMENTS.replace(" FOR UPDATE", ""))]
        self._statements = [each.replace(" FOR SHARE", "") for each in self._statements]

    def rate(self, clients: int, seconds: int) -> float:
        """Run for so many seconds, or until the parcels are used up, and return the transactions per second."""
        done = [0] * clients
        begin = time.perf_counter()
        arguments = [(done, number, begin + seconds) for number in range(clients)]
        threads = [threading.Thread(target=self._client, args=each) for each in arguments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not self._references:
            print(f"the bare loop used up its parcels after {time.perf_counter() - begin:.1f} s", file=sys.stderr)
        return sum(done) / (time.perf_counter() - begin)

    def _client(self, done: list[int], number: int, end: float) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=30000", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")
        while time.perf_counter() < end:
            with self._turn:
                if not self._references:
                    break
                self._verify(connection, self._references.pop())
            done[number] += 1
        connection.close()

    def _verify(self, connection: sqlite3.Connection, reference: str) -> None:
        lock, device, look, *rest = self._statements
        values = {"reference": reference, "device": self._device, "link": LINK, "facts": FACTS, "answer": ANSWER}
        values["now"] = "2026-11-24 10:00:00.000000"
        connection.execute("BEGIN IMMEDIATE")
        values["id"] = connection.execute(lock, values).fetchone()[0]
        connection.execute(device, values).fetchone()
        found = connection.execute(look, values).fetchall()[0]
        values["holder"], values["code"] = found[0], found[3]
        for statement in rest:
            connection.execute(statement, values).fetchall()
        connection.execute("COMMIT")


_SQLITE = {name: f":{name}" for name in ("reference", "device", "id", "holder", "code", "now", "link", "answer")}
_SQLITE |= {"facts": ":facts", "no": "0"}


def _split(statements: str) -> list[str]:
    return [each.strip() for each in statements.split(";") if each.strip()]


def _fill(statement: str, names: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)\}", lambda match: names[match[1]], statement)
