"""What a policy would decide, told before it is live."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from codes.policy import Rule, decide
from web.api.requests import ParcelBody
from web.importing.csv_reading import BadFile
from web.importing.parcel_files import read_parcels


def explain_parcel(path: Path, rules: Sequence[Rule]) -> list[str]:
    """Say for one parcel which rule decides, and which were passed over. Raises BadFile or ValidationError."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BadFile(f"{path}: cannot be read ({error.strerror})") from error
    parcel = ParcelBody.model_validate_json(text).announcement()
    decision = decide(parcel, rules)
    lines = [f"rule {number}: does not apply ({_conditions(rules[number - 1])})" for number in range(1, decision.rule)]
    if decision.rule:
        lines.append(f"rule {decision.rule}: applies ({_conditions(rules[decision.rule - 1])})")
    return [*lines, _verdict(decision.code_required, decision.reason)]


def explain_file(path: Path, rules: Sequence[Rule]) -> list[str]:
    """Count what the policy decides for the parcels of a CSV file. Raises BadFile."""
    parcels = read_parcels(path)
    decided = Counter(
        (decision.rule, decision.code_required, decision.reason)
        for parcel in parcels
        for decision in [decide(parcel, rules)]
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
