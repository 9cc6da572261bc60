"""A witness (c2sp.org/tlog-witness), written from its specification alone: it imports nothing of Doorcode."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

NAME = "witness.example/w1"


class WitnessServer:
    """Remembers the newest tree of one log, and signs what continues it."""

    def __init__(self, log_key: str) -> None:
        self.origin, _, encoded = log_key.split("+", 2)
        self._log = base64.b64decode(encoded)
        self._key = Ed25519PrivateKey.generate()
        self._typed = b"\4" + self._key.public_key().public_bytes_raw()
        self._number = hashlib.sha256(NAME.encode() + b"\n" + self._typed).digest()[:4]
        self.size, self.root, self.time = 0, b"", 1_790_000_000
        self.asked: list[int] = []
        self.url = ""

    @property
    def key(self) -> str:
        """Its key, as its operator gives it out."""
        return f"{NAME}+{self._number.hex()}+{base64.b64encode(self._typed).decode()}"

    def add_checkpoint(self, body: str) -> tuple[int, str]:
        """Answer one call, with the status that the specification names."""
        head, _, note = body.partition("\n\n")
        first, *proof = head.split("\n")
        text, _, signatures = note.rpartition("\n\n")
        text += "\n"
        origin, size_line, root_line, *_ = text.split("\n")
        if origin != self.origin:
            return 404, ""
        number = hashlib.sha256(origin.encode() + b"\n" + self._log).digest()[:4]
        signed = [base64.b64decode(line.rpartition(" ")[2]) for line in signatures.splitlines()]
        ours = [each[4:] for each in signed if each[:4] == number]
        if not ours:
            return 403, ""
        try:
            Ed25519PublicKey.from_public_bytes(self._log[1:]).verify(ours[0], text.encode())
        except InvalidSignature:
            return 403, ""
        old, size, root = int(first.removeprefix("old ")), int(size_line), base64.b64decode(root_line)
        if old > size:
            return 400, ""
        if old != self.size:
            return 409, f"{self.size}\n"
        if not self._continues(old, size, root, [base64.b64decode(each) for each in proof]):
            return 422, ""
        self.size, self.root = size, root
        message = f"cosignature/v1\ntime {self.time}\n{text}".encode()
        signature = self._number + self.time.to_bytes(8, "big") + self._key.sign(message)
        return 200, f"— {NAME} {base64.b64encode(signature).decode()}\n"

    def _continues(self, old: int, size: int, root: bytes, proof: list[bytes]) -> bool:
        """RFC 9162 §2.1.4.2, step by step as it stands there."""
        if old == 0:
            return not proof
        if old == size:
            return not proof and root == self.root
        if not proof:
            return False
        path = [self.root, *proof] if old & (old - 1) == 0 else proof
        fn, sn = old - 1, size - 1
        while fn & 1:
            fn, sn = fn >> 1, sn >> 1
        fr = sr = path[0]
        for c in path[1:]:
            if sn == 0:
                return False
            if fn & 1 or fn == sn:
                fr, sr = _node(c, fr), _node(c, sr)
                while not fn & 1 and fn != 0:
                    fn, sn = fn >> 1, sn >> 1
            else:
                sr = _node(sr, c)
            fn, sn = fn >> 1, sn >> 1
        return fr == self.root and sr == root and sn == 0


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\1" + left + right).digest()


@contextmanager
def running_witness(log_key: str) -> Iterator[WitnessServer]:
    """Let a witness listen until the block ends."""
    witness = WitnessServer(log_key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, answer = witness.add_checkpoint(body) if self.path == "/add-checkpoint" else (404, "")
            witness.asked.append(status)
            self.send_response(status)
            self.send_header("Content-Length", str(len(answer.encode())))
            self.end_headers()
            self.wfile.write(answer.encode())

        def log_message(self, *_arguments: Any) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        witness.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield witness
        server.shutdown()
        thread.join()
