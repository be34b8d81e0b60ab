"""What is done with warnings: taken in, stored, linked to calls, drafted, sent, ended."""

from anlan.alerts.services.feeding import add as add_source
from anlan.alerts.services.feeding import by_token, issue_token, poll, poll_now, post
from anlan.alerts.services.feeding import change as change_source
from anlan.alerts.services.intake import MAX_BYTES, dismiss, retry, take
from anlan.alerts.services.linkage import change_rule, handle, prepare_for, words_of
from anlan.alerts.services.rehearsing import rehearse

__all__ = [
    "MAX_BYTES",
    "add_source",
    "by_token",
    "change_rule",
    "change_source",
    "dismiss",
    "handle",
    "issue_token",
    "poll",
    "poll_now",
    "post",
    "prepare_for",
    "rehearse",
    "retry",
    "take",
    "words_of",
]
