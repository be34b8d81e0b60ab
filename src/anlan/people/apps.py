"""Hands the keys to the vault, and tells the ledger how people are called and what was done to them."""

from collections.abc import Callable
from importlib import import_module
from uuid import UUID

from django.apps import AppConfig
from django.conf import settings
from django.urls import reverse

from anlan.kernel import workdays
from anlan.ledger import ports as ledger
from anlan.people import secrecy, terms
from anlan.places import ports


def _page(name: str) -> Callable[[UUID], str]:
    def address(key: UUID) -> str:
        return reverse(f"people:{name}", args=[key])

    return address


class PeopleConfig(AppConfig):
    """The people context."""

    name = "anlan.people"
    label = "people"

    def ready(self) -> None:
        """Fill the vault and the ledger's directory."""
        secrecy.configure(settings.FIELD_KEY, settings.LOOKUP_KEY)
        directory = ledger.directory
        directory.persons = import_module("anlan.people.queries").names_of  # models are not ready when this file loads
        directory.links |= {"people.person": _page("person"), "people.post": _page("post")}
        directory.links |= {"people.rota": _page("rota"), "people.shiftchange": _page("change")}
        directory.links |= {"people.handovernote": _page("note"), "people.dutycall": _page("duty-call")}
        directory.links |= {
            "people.dutylist": _page("duty-version"), "people.checkin": _page("checkin"), "people.task": _page("task"),
            "people.muster": _page("muster"),
        }  # fmt: skip
        directory.types |= {"people.person": "人员", "people.post": "岗位", "people.role": "岗位权限"}
        directory.types |= {
            "people.checkin": "双报到", "people.task": "任务", "people.muster": "编组",
            "people.dutylist": "责任清单", "people.ownerless": "无主事项", "people.stopped": "越单拦截",
            "people.calendar": "工作日历",
        }  # fmt: skip
        directory.words |= {str(did): words for did, words in terms.WORDS.items()}
        workdays.notices.of = import_module("anlan.people.queries.calendar").notice_of
        boundaries = import_module("anlan.people.services.boundaries")  # models are not ready when this file loads
        ports.goes += boundaries.GOES
        ports.followers.append(boundaries.Follower())
