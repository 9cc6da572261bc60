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
MOST_NESTED = 20
NOT_YAML = (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError)
"""What PyYAML raises; a day, a number or a tag that cannot be is none of its own errors."""


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
        _check_shape(text)
        document = yaml.safe_load(text)
    except NOT_YAML as error:
        raise BadRules(" ".join(str(error).split())) from error
    rules = document.get("rules") if isinstance(document, dict) else document
    try:
        return PolicySettings.model_validate({"rules": rules}).rules
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRules(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _check_shape(text: str) -> None:
    """Look at a text before it is read. Raises BadRules or yaml.YAMLError.

    A few lines of aliases can stand for more values than fit into memory, and a page of brackets keeps the parser busy
    for a minute; so it is asked for one event after the other, and no further than it makes sense.
    """
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise BadRules("aliases (*name) are not allowed here")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MOST_NESTED:
            raise BadRules("these rules are nested too deeply")


def written(rules: Sequence[Rule]) -> str:
    """Write rules as they stand in config.yaml."""
    documents = [rule.model_dump(mode="json", exclude_none=True) for rule in rules]
    for document in documents:
        if not document["when"]:
            del document["when"]
    return yaml.safe_dump(documents, sort_keys=False, allow_unicode=True, default_flow_style=None)


def _page(text: str, **more: object) -> str:
    return render_template("office/house/policy.html", here="rules.policy", rules=text, **more)
