"""What a person before the camera means. Pure: texts and times in, what to ask out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scanner.decoding.delivery_codes import is_delivery_code
from scanner.decoding.symbols import Symbol

FOREIGN_FRAMES = 3
"""A symbol that is no delivery code is named as such when so many frames in a row show it."""
BLINK_SECONDS = 1.0
"""A symbol that is not read for less was not taken away."""


@dataclass(slots=True)
class ScanDebouncer:
    """Decides which text is presented, and that one that stays before the camera is presented once.

    One that was taken away and is shown again is presented again: after ``away_seconds`` in any case, and sooner
    when the screen tells nothing of it any more. A print-out that was left lying asks nothing. Whoever lowers the code
    while its question is open and shows it again means the same question: its answer is not asked away.
    Times are seconds of any clock that only goes forward.
    """

    away_seconds: float
    _last_seen: dict[str, float] = field(default_factory=dict)
    _in_a_row: dict[str, int] = field(default_factory=dict)
    _back: set[str] = field(default_factory=set)
    _again: set[str] = field(default_factory=set)
    _asked: str | None = None

    def see(self, symbols: Iterable[Symbol], now: float, *, busy: bool, screen_free: bool = False) -> str | None:
        """Take what one frame shows; return a text to present, if any. While ``busy`` nothing new is taken.

        ``screen_free`` says that the last verdict is no longer shown.
        """
        texts = list(dict.fromkeys(symbol.text for symbol in symbols))
        while self._again:
            self._let(self._again.pop())
        if busy and self._asked is not None:
            self._last_seen[self._asked] = now
        self._forget(now)
        self._back.update(text for text in texts if now - self._last_seen.get(text, now) >= BLINK_SECONDS)
        if screen_free and not busy:
            for text in self._back.intersection(texts):
                self._let(text)
        fresh = [text for text in texts if text not in self._last_seen]
        for text in texts:
            if text in self._last_seen:
                self._last_seen[text] = now
        self._in_a_row = {text: self._in_a_row.get(text, 0) + 1 for text in fresh}
        if busy:
            return None
        chosen = self._chosen(texts, fresh)
        if chosen is not None:
            self._asked = chosen
            self._last_seen[chosen] = now
            self._in_a_row.pop(chosen, None)
        return chosen

    def again(self, text: str) -> None:
        """Let a text be presented once more although it did not go away. Safe to call from any thread."""
        self._again.add(text)

    def _let(self, text: str) -> None:
        self._last_seen.pop(text, None)
        self._back.discard(text)
        if text == self._asked:
            self._asked = None

    def _chosen(self, texts: Sequence[str], fresh: Sequence[str]) -> str | None:
        for text in fresh:
            if is_delivery_code(text):
                return text
        if any(is_delivery_code(text) for text in texts):
            return None  # what else is in the picture is not meant
        return next((text for text in fresh if self._in_a_row[text] >= FOREIGN_FRAMES), None)

    def _forget(self, now: float) -> None:
        self._last_seen = {text: at for text, at in self._last_seen.items() if now - at <= self.away_seconds}
        self._back &= self._last_seen.keys()
