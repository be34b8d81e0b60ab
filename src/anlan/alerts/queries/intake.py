"""Documents as they came in, the sources they came from, the rules of what follows."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anlan.alerts import terms
from anlan.alerts.models import Alert, Intake, Rule, Source
from anlan.alerts.queries.alerts import visible
from anlan.alerts.queries.scope import below
from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden


def intakes(by: Actor, *, state: str = terms.IntakeState.UNREADABLE) -> QuerySet[Intake]:
    """Return documents of a state within the actor's scope, the newest first, without their bytes."""
    scopes = authority.scopes(by, terms.Can.RECEIVE)
    return Intake.objects.filter(below(scopes), state=state).select_related("source").defer("raw").order_by("-id")


def intake(intake_id: UUID, *, by: Actor, lock: bool = False) -> Intake:
    """Return a document within the actor's scope. Raises Hidden, also where it is absent."""
    rows = Intake.objects.filter(below(authority.scopes(by, terms.Can.RECEIVE)), pk=intake_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这份文件"))
    return found


def waiting_count(by: Actor) -> int:
    """Return how many documents wait in the queue."""
    return intakes(by).count()


def sources_of(by: Actor) -> QuerySet[Source]:
    """Return the sources within the actor's scope."""
    scopes = authority.scopes(by, terms.Can.SETTINGS)
    return Source.objects.filter(below(scopes)).order_by("name", "id")


def source(source_id: UUID, *, by: Actor, lock: bool = False) -> Source:
    """Return a source within the actor's scope. Raises Hidden."""
    rows = sources_of(by).filter(pk=source_id)
    found = (rows.select_for_update() if lock else rows).first()
    if found is None:
        raise Hidden(_("没有这个来源"))
    return found


def failing_sources() -> QuerySet[Source]:
    """Return the sources that cannot be reached now."""
    return Source.objects.filter(enabled=True, health=terms.Health.FAILING)


def rules() -> dict[str, Rule]:
    """Return the linkage rules by level."""
    return {rule.level: rule for rule in Rule.objects.all()}


def alerts_of_intake(intake_id: UUID, *, by: Actor) -> list[Alert]:
    """Return the alerts read from a document that the actor may see."""
    return list(visible(by).filter(intake_id=intake_id).defer("infos", "findings").order_by("-rank", "id")[:200])


def recent_intakes(source_id: UUID) -> list[Intake]:
    """Return the last documents of a source."""
    return list(Intake.objects.filter(source_id=source_id).defer("raw").order_by("-id")[:20])


def chains_of(intake_id: UUID) -> list[UUID]:
    """Return the affairs that the alerts of one taken-in document belong to."""
    return list(Alert.objects.filter(intake_id=intake_id).values_list("chain_id", flat=True).distinct())
