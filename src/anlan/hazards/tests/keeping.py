"""What keeps the library, for tests of whole tables: a kind, a published checklist and a draft, a file that waits."""

from anlan.hazards.queries import library
from anlan.hazards.services import checklists, library_sheets

LISTS = "检查表码,检查表,问题\nx1,一张表,门锁着吗\n"


def everything(cast):
    """Return one of everything by the parameters of the library's addresses."""
    published = library.checklist_for("charging")[0].id
    draft = checklists.draft_checklist(library.checklist_for("site")[0].checklist_id, by=cast.city.actor)
    sheet = library_sheets.read_lists(LISTS.encode(), "表.csv", by=cast.city.actor)
    return {
        "hazards:kind code": "ev-wire", "hazards:kind-edit code": "ev-wire", "hazards:kind-act code": "ev-wire",
        "hazards:kind-act verb": "retire", "hazards version_id": draft.id, "hazards:sheet sheet_id": sheet.id,
        "hazards:checklist version_id": published, "hazards:checklist-file version_id": published,
        "hazards:checklist-print version_id": published, "hazards:item-act verb": "up",
        "hazards:checklist-act verb": "publish", "hazards item_id": library.items([draft.id])[1].id,
    }  # fmt: skip
