"""The three verifiers of proofs side by side: the product's, the independent one, and the page's under node."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from codes.proving.attachment import proof_in
from codes.proving.proof_check import ProofFault, verify_proof
from tests.independent_verifier import Wrong, verify

SCRIPT = Path(__file__).with_name("verify-proofs.mjs")
Answer = dict[str, Any]


class ThreeVerifiers(NamedTuple):
    """What one public key is checked with; ``page`` asks the page's module."""

    key: Ed25519PublicKey
    page: Callable[[bytes], Answer]

    def verdicts(self, proof: bytes) -> tuple[bool, bool, bool]:
        """Return what each says: the product's own, the independent one, the page's."""
        return self._product(proof), self._independent(proof), bool(self.page(proof)["holds"])

    def _product(self, proof: bytes) -> bool:
        try:
            verify_proof(proof_in(proof), self.key)
        except ProofFault:
            return False
        return True

    def _independent(self, proof: bytes) -> bool:
        try:
            verify(proof, self.key.public_bytes_raw())
        except Wrong:
            return False
        return True


@contextmanager
def three_verifiers(key: Ed25519PublicKey) -> Iterator[ThreeVerifiers]:
    """Give all three; one node process answers until the block ends."""
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    line = ["node", "--no-warnings", str(SCRIPT)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as node:
        asking, answering = node.stdin, node.stdout
        assert asking is not None
        assert answering is not None

        def page(proof: bytes) -> Answer:
            asking.write(json.dumps({"key": pem, "proof": base64.b64encode(proof).decode()}).encode() + b"\n")
            asking.flush()
            answer: Answer = json.loads(answering.readline())
            return answer

        yield ThreeVerifiers(key, page)
