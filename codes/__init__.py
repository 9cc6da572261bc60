"""Delivery codes: which parcels need one, issuing, judging, handing over. Knows neither HTTP nor cameras."""

from codes.model import Announcement, Answer, Outcome, Person
from codes.service import DeliveryCodes
from codes.store.database import Database
from codes.store.key_file import open_key_ring
from codes.verification.presentation import Presentation

__all__ = [
    "Announcement",
    "Answer",
    "Database",
    "DeliveryCodes",
    "Outcome",
    "Person",
    "Presentation",
    "open_key_ring",
]
