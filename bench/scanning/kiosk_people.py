"""People who come to a kiosk one after the other, drawn into a video, and what each must be told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event
from time import monotonic, sleep

import cv2
import numpy as np

from codes import DeliveryCodes
from codes.life.issuing import renew_code
from codes.life.parcel_records import find_parcel
from codes.model import Announcement, Destination, Person
from scanner.capture.camera_controls import Hint
from scanner.decoding.opencv import Pixels
from tests.parts.domain import shown
from tests.parts.scanning.phones import SIZE, Generator, frame, payload

FRAMES_EACH = 8
RATE = 25
_LONGEST_SECONDS = 60.0
_UNREADABLE_SECONDS = 2.0
_GAP_FRAMES = 12
_AWAY_FRAMES = 27


@dataclass(slots=True)
class Visitor:
    """One person: how the code looks, its text, and the outcome to be shown; None if nothing can be read."""

    kind: str
    text: str
    expected: str | None
    told: list[str] = field(default_factory=list)
    first_frame_at: float | None = None
    told_at: float | None = None
    done: Event = field(default_factory=Event)

    @property
    def waited_ms(self) -> float:
        """Return the time from the first frame with the symbol to the verdict."""
        return 1000 * ((self.told_at or 0.0) - (self.first_frame_at or 0.0))


KINDS = ("good", "blurred", "wrong", "inverted", "again", "foreign", "old", "unreadable", "small", "wrong")


def visitors(codes: DeliveryCodes, count: int, chance: Generator) -> list[Visitor]:
    """Announce parcels and return people in an order that repeats every ten."""
    people: list[Visitor] = []
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        if kind == "wrong":
            people.append(Visitor(kind, payload(chance), "wrong_code"))
        elif kind == "foreign":
            people.append(Visitor(kind, f"https://example.org/{number}", "unknown_symbol"))
        elif kind == "again":
            earlier = next(each for each in reversed(people) if each.expected == "accepted")
            people.append(Visitor(kind, earlier.text, "already_handed_over"))
        else:
            text = _announced(codes, f"KIOSK-{number:03d}", renewed=kind == "old")
            outcome = {"old": "old_code", "unreadable": None}.get(kind, "accepted")
            people.append(Visitor(kind, text, outcome))
    return people


def _announced(codes: DeliveryCodes, reference: str, *, renewed: bool) -> str:
    person = Person("Sample Recipient", f"{reference.lower()}@example.org", "en")
    codes.announce([Announcement(reference, person, sender_wish=True, destination=Destination.PICKUP_POINT)])
    text = shown(codes, reference).payload
    if renewed:
        parcel = codes.read(find_parcel, reference)
        assert parcel is not None
        codes.write(renew_code, parcel.holder_id, "recipient")
    return text


def write_video(path: Path, people: Sequence[Visitor], chance: Generator) -> Path:
    """Draw each person with a hand that shakes."""
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), RATE, (SIZE[1], SIZE[0]))
    for person in people:
        still = _drawn(person, chance)
        for _ in range(FRAMES_EACH):
            x, y = chance.uniform(-2, 2, 2)
            moved = np.array([[1, 0, x], [0, 1, y]], np.float32)
            film.write(cv2.warpAffine(still, moved, (SIZE[1], SIZE[0]), borderMode=cv2.BORDER_REPLICATE))
    film.release()
    return path


def _drawn(person: Visitor, chance: Generator) -> Pixels:
    still = frame(person.text, chance, module_pixels=4.0 if person.kind == "small" else 7.0)
    if person.kind == "inverted":
        return 255 - still
    sigma = {"blurred": 2.0, "unreadable": 14.0}.get(person.kind)
    return np.asarray(cv2.GaussianBlur(still, (0, 0), sigma), np.uint8) if sigma else still


class PeopleBeforeTheCamera:
    """The video as a live camera sees it: a person stays until told something, then goes."""

    live = True

    def __init__(
        self, video: Path, people: Sequence[Visitor], before: Callable[[int], None], *, minutes: float = 0.0
    ) -> None:
        self._video = video
        self._people = people
        self._before = before
        self._minutes = minutes
        self._closed = False
        self._chance = np.random.default_rng(1)

    def frames(self) -> Iterator[Pixels]:
        """Yield frames at the camera's own rate."""
        due = monotonic()
        for picture in self._pictures():
            if self._closed:
                return
            due = max(due + 1 / RATE, monotonic() - 0.5)
            sleep(max(0.0, due - monotonic()))
            yield picture

    def _pictures(self) -> Iterator[Pixels]:
        end, rounds = monotonic() + self._minutes * 60, 0
        while rounds == 0 or monotonic() < end:
            rounds += 1
            capture = cv2.VideoCapture(str(self._video))
            for number, person in enumerate(self._people):
                person.done.clear()
                self._before(number)
                yield from self._empty(_AWAY_FRAMES if person.kind == "again" else _GAP_FRAMES)
                drawn = [capture.read()[1] for _ in range(FRAMES_EACH)]
                until = monotonic() + (_LONGEST_SECONDS if person.expected else _UNREADABLE_SECONDS)
                person.first_frame_at = monotonic()
                for picture in cycle(drawn):
                    if person.done.is_set() or monotonic() > until:
                        break
                    yield np.asarray(picture, np.uint8)
            capture.release()
        yield from self._empty(_GAP_FRAMES)

    def _empty(self, count: int) -> Iterator[Pixels]:
        for _ in range(count):
            yield self._chance.integers(60, 75, (*SIZE, 3), dtype=np.uint8)

    def close(self) -> None:
        """Stop."""
        self._closed = True

    def help(self, hint: Hint) -> None:
        """No knobs."""
