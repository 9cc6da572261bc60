"""The policy: which rules hold, and what others would have decided for the newest parcels, before they are live."""

from __future__ import annotations

from collections.abc import Sequence

import yaml
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from codes.accounts.staff import Role
from codes.life.policy import PolicySettings, Rule
from codes.life.rehearsal import rehearse
from web.http.access import for_roles
from web.services import services

blueprint = Blueprint("rules", __name__, url_prefix="/office/policy")

PARCELS_TRIED = 5000
LONGEST_RULES = 20_000


class BadRules(Exception):
    """What was typed are no rules."""


@blueprint.get("")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def policy() -> ResponseReturnValue:
    """Show the rules that hold."""
    return _page(written(services().codes.rules))


@blueprint.post("")
@for_roles(Role.DISPATCHER, Role.SUPERVISOR)
def rehearsal() -> ResponseReturnValue:
    """Count what other rules would have decided. The rules that hold stay those of config.yaml."""
    text = request.form.get("rules", "")
    try:
        if len(text) > LONGEST_RULES:
            raise BadRules(f"rules of more than {LONGEST_RULES:,} characters are not tried here")
        rules = read_rules(text)
    except BadRules as error:
        return _page(text, bad=str(error)), 422
    changes = services().codes.read(rehearse, rules, PARCELS_TRIED)
    return _page(
        text, changes=sorted(changes.items(), key=lambda item: (item[0].required == item[0].was_required, -item[1]))
    )


def read_rules(text: str) -> Sequence[Rule]:
    """Read rules as they stand in config.yaml under ``policy``. Raises BadRules."""
    try:
        # A few lines of aliases can stand for more values than fit into memory.
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise BadRules("aliases (*name) are not allowed here")
        document = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise BadRules(" ".join(str(error).split())) from error
    rules = document.get("rules") if isinstance(document, dict) else document
    try:
        return PolicySettings.model_validate({"rules": rules}).rules
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRules(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def written(rules: Sequence[Rule]) -> str:
    """Write rules as they stand in config.yaml."""
    documents = [rule.model_dump(mode="json", exclude_none=True) for rule in rules]
    for document in documents:
        if not document["when"]:
            del document["when"]
    return yaml.safe_dump(documents, sort_keys=False, allow_unicode=True, default_flow_style=None)


def _page(text: str, **more: object) -> str:
    return render_template("office/house/policy.html", here="rules.policy", rules=text, **more)
