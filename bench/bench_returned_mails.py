"""`python -m bench.bench_returned_mails [FOLDER]`: how many real returned mails are understood.

The folder is a copy of github.com/sisimai/set-of-emails (BSD-2-Clause); without one it is fetched with git. Each of
its mails is read twice: as one that came back to an address with our mark, and as one that brings our Message-ID
back where it brought its own. Reports of spam and notes of absence are in the collection too; they are no returned
mails, and count as an error where they are taken for one.
"""

import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from web.mail.returned.bounces import NoBounce, read_bounce

SOURCE = "https://github.com/sisimai/set-of-emails.git"
OURS = b"01a2b3c4-0000-7abc-8def-0123456789ab"
MARK = b"Delivered-To: bounces+" + OURS.replace(b"-", b"") + b"@example.org\n"
NO_RETURNED_MAILS = ("arf-", "rfc3834-", "is-not-bounce-", "rb-issue-")
FLOOR = 0.97
_MESSAGE_ID = re.compile(rb"^([> \t]*Message-ID:\s*)<[^>\n]*>", re.I | re.M)


def understood(data: bytes) -> str:
    """Return what a mail says of its message, or why it is not understood."""
    try:
        return read_bounce(data).fate
    except NoBounce as error:
        return f"not understood: {error}"


def with_our_id(data: bytes) -> bytes | None:
    """Return the mail with our Message-ID in place of the one that it brought back, if it did."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    changed, count = _MESSAGE_ID.subn(rb"\1<" + OURS + b"@example.org>", body)
    return head + b"\n\n" + changed if count else None


def measure(folder: Path) -> bool:
    """Print the figures, and tell whether enough was understood and nothing else taken for a returned mail."""
    marked, by_id, wrong = Counter[str](), Counter[str](), list[str]()
    for path in sorted([*(folder / "maildir" / "bsd").glob("*.eml"), *(folder / "maildir" / "not").glob("*.eml")]):
        data = path.read_bytes()
        fate = understood(MARK + data)
        if path.name.startswith(NO_RETURNED_MAILS):
            wrong += [] if fate.startswith("not") else [path.name]
            continue
        marked[fate] += 1
        if fate.startswith("not"):
            print(f"{path.name}: {fate}")
        if (ours := with_our_id(data)) is not None:
            by_id[understood(ours)] += 1
    for name, counts in (("by the mark", marked), ("by the Message-ID", by_id)):
        whole = counts.total()
        right = sum(count for fate, count in counts.items() if not fate.startswith("not"))
        print(f"{name}: {right} of {whole} understood", dict(counts.most_common()))
    print(f"taken for a returned mail without being one: {wrong or 'none'}")
    refused = sum(count for fate, count in marked.items() if fate.startswith("not"))
    return not wrong and marked.total() > 0 and 1 - refused / marked.total() >= FLOOR


def main() -> int:
    """Measure the folder that is named, or a fresh copy."""
    if len(sys.argv) > 1:
        return 0 if measure(Path(sys.argv[1])) else 1
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "clone", "--quiet", "--depth", "1", SOURCE, folder], check=True)
        return 0 if measure(Path(folder)) else 1


if __name__ == "__main__":
    sys.exit(main())
