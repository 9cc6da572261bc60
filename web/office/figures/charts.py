"""Charts as the server draws them: bars over weeks with two axes, to be read, printed and heard without a script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, log10

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 72, 8, 28, 36
MOST_TICKS = 5
SHARE_OF_BAR = 0.62


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar; the second of a bar stands upon the first."""

    x: float
    y: float
    width: float
    height: float
    place: int


@dataclass(frozen=True, slots=True)
class Chart:
    """What a template draws; ``ticks`` and ``columns`` are places on an axis with what is written there."""

    title: str
    unit: str
    names: Sequence[str]
    ticks: Sequence[tuple[float, str]]
    columns: Sequence[tuple[float, str]]
    segments: Sequence[Segment]
    values: Sequence[tuple[float, float, str]]
    """Where above a bar its value is written, and the value."""


def bar_chart(
    title: str,
    labels: Sequence[str],
    rows: Sequence[Sequence[float | None]],
    *,
    names: Sequence[str] = (),
    top: float | None = None,
    unit: str = "",
) -> Chart:
    """Lay out a bar for each label; a row holds the parts of its bar, None where there is nothing to tell."""
    sums = [sum(each for each in row if each is not None) for row in rows]
    step = _step(top or max(sums, default=0))
    highest = top or max(step, step * ceil(max(sums, default=0) / step))
    room, scale = (WIDTH - LEFT - RIGHT) / max(1, len(labels)), (HEIGHT - TOP - BOTTOM) / highest
    ground, width = HEIGHT - BOTTOM, room * SHARE_OF_BAR
    segments: list[Segment] = []
    values: list[tuple[float, float, str]] = []
    for number, row in enumerate(rows):
        x, y = LEFT + room * (number + (1 - SHARE_OF_BAR) / 2), float(ground)
        for place, value in enumerate(row):
            height = (value or 0) * scale
            y -= height
            if height:
                segments.append(Segment(round(x, 1), round(y, 1), round(width, 1), round(height, 1), place))
        told = "–" if all(value is None for value in row) else f"{sums[number]:g}{unit}"
        values.append((round(x + width / 2, 1), round(y - 6, 1), told))
    ticks = [(round(ground - step * n * scale, 1), f"{step * n:g}{unit}") for n in range(round(highest / step) + 1)]
    columns = [(round(LEFT + room * (number + 0.5), 1), label) for number, label in enumerate(labels)]
    return Chart(title, unit, names, ticks, columns, segments, values)


def _step(highest: float) -> float:
    """Return the distance of two ticks: one, two or five times a power of ten, and never part of a whole."""
    if highest <= 0:
        return 1
    power = 10 ** int(log10(highest))
    steps = (factor * base for base in (power / 10, power) for factor in (1, 2, 5))
    return next((max(1.0, step) for step in steps if highest / step <= MOST_TICKS), float(power * 10))
