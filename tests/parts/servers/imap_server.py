"""A small IMAP server (RFC 3501) over a real socket: one mailbox, and folders that mails can be moved to."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class ImapServer:
    """A running server, and what lies in it: mails by UID in each mailbox."""

    port: int = 0
    password: str = "secret"
    mailboxes: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    hang_up_before_expunge: bool = False
    next_uid: int = 1

    def put(self, mail: bytes, mailbox: str = "INBOX") -> int:
        """Deliver a mail."""
        uid, self.next_uid = self.next_uid, self.next_uid + 1
        self.mailboxes[mailbox][uid] = mail
        return uid


class _Conversation(socketserver.StreamRequestHandler):
    """One client."""

    house: ImapServer

    def handle(self) -> None:
        """Answer commands until the client leaves."""
        self.mailbox: dict[int, bytes] = {}
        self.deleted: set[int] = set()
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline():
            tag, _, rest = line.strip().partition(b" ")
            words = rest.split()
            uid = words[0].upper() == b"UID"
            name = words[1 if uid else 0].upper().decode()
            answer = getattr(self, f"do_{name.lower()}", None)
            said = answer(words[2:] if uid else words[1:]) if answer else b"BAD unknown"
            if said is None:
                return
            self.wfile.write(tag + b" " + said + b" done\r\n")

    def do_capability(self, _words: list[bytes]) -> bytes:
        self.wfile.write(b"* CAPABILITY IMAP4rev1\r\n")
        return b"OK"

    def do_login(self, words: list[bytes]) -> bytes:
        return b"OK" if words[1].strip(b'"').decode() == self.house.password else b"NO wrong password"

    def do_select(self, words: list[bytes]) -> bytes:
        name = words[0].strip(b'"').decode()
        if name not in self.house.mailboxes:
            return b"NO no such mailbox"
        self.mailbox = self.house.mailboxes[name]
        self.wfile.write(b"* %d EXISTS\r\n" % len(self.mailbox))
        return b"OK [READ-WRITE]"

    def do_create(self, words: list[bytes]) -> bytes:
        name = words[0].strip(b'"').decode()
        if name in self.house.mailboxes:
            return b"NO it is there"
        self.house.mailboxes[name] = {}
        return b"OK"

    def do_search(self, _words: list[bytes]) -> bytes:
        self.wfile.write(b" ".join([b"* SEARCH", *(b"%d" % uid for uid in sorted(self.mailbox))]) + b"\r\n")
        return b"OK"

    def do_fetch(self, words: list[bytes]) -> bytes:
        most = re.search(rb"<0\.(\d+)>", b" ".join(words))
        mail = self.mailbox[int(words[0])][: int(most[1]) if most else None]
        self.wfile.write(b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n" % (words[0], len(mail)) + mail + b")\r\n")
        return b"OK"

    def do_copy(self, words: list[bytes]) -> bytes:
        name = words[1].strip(b'"').decode()
        if name not in self.house.mailboxes:
            return b"NO [TRYCREATE] no such mailbox"
        self.house.put(self.mailbox[int(words[0])], name)
        return b"OK"

    def do_store(self, words: list[bytes]) -> bytes:
        self.deleted.add(int(words[0]))
        return b"OK"

    def do_expunge(self, _words: list[bytes]) -> bytes | None:
        if self.house.hang_up_before_expunge:
            return None
        for uid in self.deleted:
            self.mailbox.pop(uid, None)
        return b"OK"

    def do_logout(self, _words: list[bytes]) -> bytes:
        self.wfile.write(b"* BYE\r\n")
        return b"OK"


@contextmanager
def running_imap_server(context: ssl.SSLContext) -> Iterator[ImapServer]:
    """Run a server that speaks TLS from the first byte, until the block ends."""
    house = ImapServer()
    handler = type("Handler", (_Conversation,), {"house": house})

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that left in the middle is no news."""

    server = Server(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    house.port = server.server_address[1]
    try:
        yield house
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
