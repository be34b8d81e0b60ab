"""Imports and the rows they set aside."""

from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from anlan.kernel import authority
from anlan.kernel.authority import Actor, Hidden
from anlan.places import terms
from anlan.places.models import Import, Reject
from anlan.places.queries.tree import under


def imports(by: Actor) -> QuerySet[Import]:
    """Return the imports that touched the actor's scope, the latest first, without the files' content."""
    scopes = authority.scopes(by, terms.Can.IMPORT)
    return Import.objects.filter(under(scopes, "place_path")).defer("content")


def get_import(import_id: UUID, by: Actor, *, locked: bool = False) -> Import:
    """Return an import within the actor's scope. Raises Hidden."""
    scopes = authority.scopes(by, terms.Can.IMPORT)
    rows = Import.objects.filter(under(scopes, "place_path"), pk=import_id)
    found = (rows.select_for_update() if locked else rows).first()
    if found is None:
        raise Hidden(_("没有这次导入"))
    return found


def rejects(by: Actor, *, batch: UUID | None = None, settled: bool = False) -> QuerySet[Reject]:
    """Return rows set aside within the actor's scope that still wait (or, with `settled`, all of them)."""
    found = Reject.objects.filter(under(authority.scopes(by, terms.Can.IMPORT), "place_path")).select_related("batch")
    if batch:
        found = found.filter(batch_id=batch)
    if not settled:
        found = found.filter(settled_at__isnull=True)
    return found.defer("batch__content").order_by("batch_id", "row")


def get_reject(reject_id: UUID, by: Actor) -> Reject:
    """Return a row set aside, locked until the transaction ends. Raises Hidden."""
    scopes = authority.scopes(by, terms.Can.IMPORT)
    found = Reject.objects.select_for_update().filter(under(scopes, "place_path"), pk=reject_id).first()
    if found is None:
        raise Hidden(_("没有这一行"))
    return found


def open_rejects(by: Actor) -> int:
    """Return how many rows wait."""
    return rejects(by).count()
