"""What a person before the camera means."""

from __future__ import annotations

from scanner.decoding.symbols import Symbol, Symbology, box
from scanner.kiosk.scan_debouncer import FOREIGN_FRAMES, ScanDebouncer

CODE = "7310000000000000000000000000000033"
OTHER = "7310000000000000000000000000000130"


def symbol(text: str) -> Symbol:
    """Return a QR symbol with this text."""
    return Symbol(Symbology.QR_CODE, text, box([(0, 0), (9, 9)]))


def test_a_code_is_presented_at_once_and_once() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    seen = [debouncer.see([symbol(CODE)], at / 10, busy=False) for at in range(100)]
    assert seen == [CODE] + [None] * 99


def test_a_code_that_was_away_is_presented_again() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False) == CODE
    assert debouncer.see([], 3, busy=False) is None
    assert debouncer.see([symbol(CODE)], 3.9, busy=False) is None
    assert debouncer.see([], 8, busy=False) is None
    assert debouncer.see([symbol(CODE)], 8.1, busy=False) == CODE


def test_a_code_shown_again_is_presented_again_as_soon_as_its_verdict_has_left_the_screen() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False, screen_free=True) == CODE
    assert debouncer.see([], 1, busy=False) is None
    assert debouncer.see([symbol(CODE)], 1.5, busy=False) is None
    assert debouncer.see([symbol(CODE)], 1.6, busy=True, screen_free=True) is None
    assert debouncer.see([symbol(CODE)], 1.7, busy=False, screen_free=True) == CODE
    assert debouncer.see([symbol(CODE)], 1.8, busy=False, screen_free=True) is None


def test_a_code_left_lying_or_not_read_for_a_blink_is_not_presented_again() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    times = [at / 10 for at in range(1000) if at % 14 < 6]
    seen = [debouncer.see([symbol(CODE)], at, busy=False, screen_free=True) for at in times]
    assert [text for text in seen if text] == [CODE]


def test_while_a_question_is_open_no_other_is_asked_but_it_comes_next() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False) == CODE
    assert debouncer.see([symbol(CODE), symbol(OTHER)], 1, busy=True) is None
    assert debouncer.see([symbol(CODE), symbol(OTHER)], 2, busy=False) == OTHER


def test_a_foreign_symbol_has_to_stay_for_some_frames() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    seen = [debouncer.see([symbol("foreign")], at / 10, busy=False) for at in range(FOREIGN_FRAMES)]
    assert seen == [None] * (FOREIGN_FRAMES - 1) + ["foreign"]
    assert debouncer.see([symbol("flicker")], 1.0, busy=False) is None
    assert debouncer.see([], 1.1, busy=False) is None
    assert debouncer.see([symbol("flicker")], 1.2, busy=False) is None


def test_beside_a_code_nothing_else_is_meant() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    both = [symbol("foreign"), symbol(CODE)]
    assert [debouncer.see(both, at / 10, busy=False) for at in range(10)] == [CODE] + [None] * 9


def test_an_unanswered_code_may_be_presented_again_without_going_away() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    debouncer.see([symbol(CODE)], 0, busy=False)
    debouncer.again(CODE)
    assert debouncer.see([symbol(CODE)], 0.1, busy=False) == CODE


def test_a_code_lowered_and_shown_again_while_its_question_is_open_does_not_ask_its_answer_away() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False) == CODE
    assert debouncer.see([], 1, busy=True) is None
    assert debouncer.see([], 9, busy=True) is None
    assert debouncer.see([symbol(CODE)], 10, busy=True) is None
    assert debouncer.see([symbol(CODE)], 10.1, busy=False) is None
    assert debouncer.see([], 11, busy=False) is None
    assert debouncer.see([symbol(CODE)], 15, busy=False) == CODE


def test_a_code_without_an_answer_is_presented_again_although_its_question_is_about_to_close() -> None:
    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False) == CODE
    debouncer.again(CODE)
    assert debouncer.see([symbol(CODE)], 1, busy=True) is None
    assert debouncer.see([symbol(CODE)], 1.1, busy=False) == CODE


def test_a_text_may_be_let_come_again_while_a_frame_is_looked_at() -> None:
    class Seconds(float):
        """A time with which is compared just when the asking thread has its say."""

        def __ge__(self, other: object) -> bool:
            debouncer.again(CODE)
            return True

    debouncer = ScanDebouncer(away_seconds=4)
    assert debouncer.see([symbol(CODE)], 0, busy=False) == CODE
    assert debouncer.see([symbol(CODE)], 1, busy=False) is None
    debouncer.away_seconds = Seconds(4)
    debouncer.see([symbol(CODE)], 2, busy=True)
    debouncer.away_seconds = 4
    assert debouncer.see([symbol(CODE)], 3, busy=False) == CODE
