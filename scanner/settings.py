"""The scanner's section of config.yaml. Unknown keys are refused and named."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from scanner.decoding.symbols import DELIVERY, LABELS, Symbology


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Offline(StrEnum):
    """What a kiosk does with a code while the service is away."""

    WAIT = "wait"
    HAND_OVER = "hand_over"


LockUrl = Annotated[str, Field(pattern=r"^https?://\S+$", max_length=400, examples=["http://192.0.2.7/open"])]


class LockSection(_Section):
    """What a kiosk opens after an accepted verdict: nothing, unless a webhook or a command stands here."""

    webhook: LockUrl | None = None
    command: tuple[str, ...] = ()
    secret_file: Path | None = None
    timeout_seconds: Annotated[float, Field(ge=0.2, le=30)] = 3.0


class KioskSection(_Section):
    """How the kiosk behaves before its camera."""

    reset_seconds: Annotated[float, Field(ge=1, le=120)] = 10.0
    """Time until a verdict gives way to the three-picture story."""
    same_code_seconds: Annotated[float, Field(ge=0, le=600)] = 4.0
    """A code that stays before the camera is presented again only after it was away for this long; once its verdict has
    left the screen, a second is enough."""
    retry_seconds: Annotated[float, Field(ge=0.2, le=60)] = 2.0
    """Pause before an unanswered presentation is sent again under the same id."""
    answer_seconds: Annotated[float, Field(ge=0.5, le=60)] = 8.0
    """Longest wait for one answer of the service."""
    heartbeat_seconds: Annotated[float, Field(ge=1, le=3600)] = 30.0
    """Pause between two signs of life to the service."""
    offline: Offline = Offline.WAIT
    """While the service is away: wait, or note the code and send the person to the counter."""
    frame_budget_ms: Annotated[float, Field(ge=2, le=1000)] = 25.0
    """Decoding time for one camera frame; 25 leaves 25 frames a second on one core."""
    lock: LockSection = LockSection()
    wanted: frozenset[Symbology] = DELIVERY
    """Kinds of symbols that count before the kiosk's camera."""


class ScannerSettings(_Section):
    """Limits on pictures and time."""

    budget_ms: Annotated[float, Field(ge=1, le=60_000)] = 2000.0
    """Decoding time for one still picture."""
    max_upload_bytes: Annotated[int, Field(ge=1_000, le=100_000_000)] = 12_000_000
    max_pixels: Annotated[int, Field(ge=10_000, le=178_000_000)] = 64_000_000
    memory_mb: Annotated[int, Field(ge=128, le=16_384)] = 1024
    """Memory that one reading child may use beyond what its libraries take."""
    children: Annotated[int, Field(ge=1, le=64)] = 2
    """Child processes kept ready for uploaded pictures."""
    wanted: frozenset[Symbology] = LABELS
    """Kinds of symbols looked for in uploaded pictures."""
    kiosk: KioskSection = KioskSection()
