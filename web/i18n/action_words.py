"""What members of staff did, in words: one sentence for each kind of action that the log of staff can hold.

The key is the action as the log has it: the endpoint of a page, or the name that a device's call gives. Where one
endpoint does several things, the last word of the subject says which, and stands behind the action.
`tests/web/i18n/test_action_words.py` sees to it that every kind has words.
"""

from __future__ import annotations

from collections.abc import Mapping

from web.i18n import N_

ACTION_WORDS: Mapping[str, str] = {
    "account.begin": N_("Began to set up a second factor"),
    "account.confirm": N_("Set up a second factor"),
    "account.password": N_("Changed their own password"),
    "account.sign_out_elsewhere": N_("Signed out everywhere else"),
    "audits.answer": N_("Answered a report"),
    "chosen.assign": N_("Put a parcel on a tour"),
    "chosen.export": N_("Exported selected parcels"),
    "chosen.labels": N_("Printed labels"),
    "chosen.letters": N_("Printed a letter with the code"),
    "chosen.out_for_delivery": N_("Marked a parcel as out for delivery"),
    "chosen.send_again": N_("Sent a code again"),
    "correcting.correct_recipient": N_("Corrected a recipient"),
    "devices.depot": N_("Changed the depot of a device"),
    "devices.invite": N_("Showed the code to set up a device"),
    "devices.revoke": N_("Blocked a device"),
    "dispatching.assign": N_("Put parcels on a tour"),
    "dispatching.from_file": N_("Imported tours from a file"),
    "dispatching.take_off": N_("Took a parcel off its tour"),
    "imports.act remove": N_("Removed an import"),
    "imports.act resume": N_("Resumed an import"),
    "imports.act start": N_("Started an import"),
    "imports.act stop": N_("Stopped an import"),
    "imports.upload": N_("Uploaded a file of parcels"),
    "keys.add": N_("Created an API key"),
    "keys.revoke": N_("Blocked an API key"),
    "kiosk.settings": N_("Opened the settings of a kiosk"),
    "kiosk.sign_off": N_("Closed the settings of a kiosk"),
    "kiosks.put_back": N_("Put a kiosk back into service"),
    "kiosks.stop": N_("Took a kiosk out of service"),
    "looks.remove": N_("Removed a sender's branding"),
    "looks.save": N_("Changed a sender's branding"),
    "new_parcel.announce": N_("Announced a parcel by hand"),
    "office.block": N_("Blocked a parcel"),
    "office.out_for_delivery": N_("Marked a parcel as out for delivery"),
    "office.renew": N_("Created a new code for a parcel"),
    "office.send_again": N_("Sent a code again"),
    "office.unblock": N_("Unblocked a parcel"),
    "people.add": N_("Added a member of staff"),
    "people.change badge": N_("Created a new badge for somebody"),
    "people.change block": N_("Blocked a member of staff"),
    "people.change password": N_("Gave somebody a new password"),
    "people.change pin": N_("Gave somebody a new PIN"),
    "people.change second_factor": N_("Reset somebody's second factor"),
    "people.change sign_out": N_("Signed somebody out everywhere"),
    "people.change unblock": N_("Unblocked a member of staff"),
    "people.remove_passkey": N_("Removed somebody's passkey"),
    "people.grant": N_("Changed what somebody may do at the counter"),
    "pickup_points.add": N_("Added a pickup point"),
    "pickup_points.change": N_("Changed a pickup point"),
    "pickup_points.place_device": N_("Moved a device to another pickup point"),
    "pickup_points.put_shelf": N_("Changed a shelf"),
    "routing.assign": N_("Put a parcel on a tour"),
    "routing.end_parcel": N_("Recorded that a parcel is no longer coming"),
    "routing.hand_over_without_code": N_("Handed a parcel over without a code"),
    "routing.redirect_parcel": N_("Chose another day or place for a parcel"),
    "rules.rehearsal": N_("Tried out other rules"),
    "shelf.count": N_("Counted a shelf"),
    "shift.end": N_("Signed out at a counter"),
    "shift.start": N_("Signed in at a counter"),
    "shops.add": N_("Added a shop"),
    "shops.app_manifest": N_("Downloaded the manifest of a shop's app"),
    "shops.keep_fields": N_("Set the fields of a shop"),
    "shops.remove": N_("Removed a shop"),
    "shops.try_fields": N_("Tried the fields of a shop"),
    "signing_in.second_factor": N_("Signed in with a second factor"),
    "signing_in.sign_in": N_("Signed in with a password"),
    "signing_in.by_proxy": N_("Signed in through the proxy"),
    "single_sign_on.back": N_("Signed in at the identity provider"),
    "single_sign_on.link": N_("Began to link an account at the identity provider"),
    "single_sign_on.linked": N_("Linked an account at the identity provider"),
    "single_sign_on.unlink": N_("Unlinked their account at the identity provider"),
    "passkeys.sign_in": N_("Signed in with a passkey"),
    "passkeys.begin_adding": N_("Began to add a passkey"),
    "passkeys.add": N_("Added a passkey"),
    "passkeys.remove": N_("Removed a passkey"),
    "signing_in.sign_out": N_("Signed out"),
    "supervised_handover": N_("Handed a parcel over without a code"),
    "telling.letter": N_("Printed a letter with the code"),
    "telling.read_out": N_("Read a code out by phone"),
    "webhooks.act off": N_("Switched a webhook off"),
    "webhooks.act on": N_("Switched a webhook on"),
    "webhooks.act remove": N_("Removed a webhook"),
    "webhooks.act replay": N_("Sent a webhook's events again"),
    "webhooks.act rotate": N_("Created a new secret for a webhook"),
    "webhooks.act test": N_("Sent a test event to a webhook"),
    "webhooks.add": N_("Added a webhook"),
    "webhooks.show_secrets": N_("Viewed the secrets of a webhook"),
}
OTHER_ACTION = N_("Something that this version does not know")
"""The log may be older or newer than this program."""


def sentence_of(action: str, subject: str) -> tuple[str, str]:
    """Return the English sentence for an action, and what it was about without the word that belongs to the action."""
    about, _, what = subject.rpartition(" ")
    if words := ACTION_WORDS.get(f"{action} {what}"):
        return words, about
    return ACTION_WORDS.get(action, OTHER_ACTION), subject
