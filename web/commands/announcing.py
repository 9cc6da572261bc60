"""What is done with a file of parcels: all announced, group by group; or only tried, or explained by the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from codes import Announcement
from codes.life.announcing import Announced, AnnouncedParcel
from codes.life.policy import Rule, apply_policy
from web.api.requests import ParcelBody, house_in, read_json
from web.commands.opening import STOPPED
from web.commands.progress import progress
from web.configuration import Settings
from web.importing.faults import BadFile
from web.importing.parcel_files import read_parcels

TOGETHER = 500


def told(announced: AnnouncedParcel) -> str:
    """Say in one line what came of an announcement."""
    code = "code issued" if announced.code_required else "no code needed"
    result = {
        Announced.CREATED: code,
        Announced.UNCHANGED: f"announced before, {code}",
        Announced.CONFLICT: "NOT announced: this reference stands already, with other facts",
    }[announced.result]
    return f"{announced.reference}: {result} ({announced.reason})"


def announce_all(
    announce: Callable[[Sequence[Announcement]], list[AnnouncedParcel]], parcels: Sequence[Announcement]
) -> int:
    """Announce in groups, each all or nothing, telling how far it is; returns the exit status."""
    conflicts = done = 0
    with progress("announced") as working:
        for done in range(0, len(parcels), TOGETHER):
            if working.stopped:
                print(f"Stopped after {done:,} of {len(parcels):,}; the same command goes on.")
                return STOPPED
            for each in announce(parcels[done : done + TOGETHER]):
                conflicts += each.result is Announced.CONFLICT
                print(told(each))
            if len(parcels) > TOGETHER:
                working.tell(min(done + TOGETHER, len(parcels)), len(parcels))
    return 1 if conflicts else 0


def dry_run(path: Path, mapping: Mapping[str, str] | None, settings: Settings, encoding: str | None = None) -> int:
    """Say what would be announced, and every fault by its line; returns the exit status. Raises BadFile."""
    parcels = read_parcels(path, mapping, settings.house.country, encoding)
    decided = Counter(apply_policy(parcel, settings.policy.rules).code_required for parcel in parcels)
    print(f"{len(parcels):,} parcels, {decided[True]:,} of them with a code; nothing was announced")
    return 0


def explain_parcel(path: Path, settings: Settings) -> list[str]:
    """Say for one parcel which rule decides, and which were passed over. Raises BadFile or ValidationError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from error
    parcel = read_json(ParcelBody, text, house_in(settings.house.country)).announcement()
    rules = settings.policy.rules
    decision = apply_policy(parcel, rules)
    lines = [f"rule {number}: does not apply ({_conditions(rules[number - 1])})" for number in range(1, decision.rule)]
    if decision.rule:
        lines.append(f"rule {decision.rule}: applies ({_conditions(rules[decision.rule - 1])})")
    return [*lines, _verdict(decision.code_required, decision.reason)]


def explain_file(path: Path, settings: Settings, encoding: str | None = None) -> list[str]:
    """Count what the policy decides for the parcels of a CSV file. Raises BadFile."""
    parcels, rules = read_parcels(path, None, settings.house.country, encoding), settings.policy.rules
    decided = Counter(
        (decision.rule, decision.code_required, decision.reason)
        for parcel in parcels
        for decision in [apply_policy(parcel, rules)]
    )
    lines = [
        f"{count:8,}  {_verdict(required, reason)} (rule {rule})"
        for (rule, required, reason), count in sorted(decided.items())
    ]
    needed = sum(count for (_, required, _), count in decided.items() if required)
    return [*lines, f"{len(parcels):8,}  parcels, {needed:,} of them with a code"]


def _conditions(rule: Rule) -> str:
    asked = rule.when.model_dump(exclude_none=True, mode="json")
    return ", ".join(f"{name} {value}" for name, value in asked.items()) or "always"


def _verdict(required: bool, reason: str) -> str:
    return f"{'code needed' if required else 'no code needed'}: {reason}"
