"""Where the pages are, as mails say it."""

from __future__ import annotations

PAGES = "https://codes.example.org"
