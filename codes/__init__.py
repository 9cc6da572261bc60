"""Delivery codes: which parcels need one, issuing, judging, handing over. Knows neither HTTP nor cameras."""

from codes.database import Database
from codes.key_file import open_key_ring
from codes.model import Announcement, Answer, Outcome, Person
from codes.presentation import Presentation
from codes.service import DeliveryCodes

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
