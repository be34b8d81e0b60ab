"""XLSForm workbooks made in memory."""

import io

import openpyxl

HEAD = ["type", "name", "label", "hint", "required", "relevant", "constraint", "constraint_message", "calculation",
        "default", "choice_filter"]  # fmt: skip


def book(survey, choices=(), settings=None, *, head=None):
    """Return a workbook: rows of the survey as dicts, choices as (list, name, label) or dicts."""
    made = openpyxl.Workbook()
    sheet = made.active
    sheet.title = "survey"
    head = head or HEAD
    sheet.append(head)
    for row in survey:
        sheet.append([row.get(h) for h in head])
    if choices:
        rows = [
            c if isinstance(c, dict) else dict(zip(("list_name", "name", "label"), c, strict=True)) for c in choices
        ]
        columns = list(dict.fromkeys(k for row in rows for k in row))
        sheet = made.create_sheet("choices")
        sheet.append(columns)
        for row in rows:
            sheet.append([row.get(c) for c in columns])
    if settings:
        sheet = made.create_sheet("settings")
        sheet.append(list(settings))
        sheet.append(list(settings.values()))
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


SETTINGS = {"form_title": "独居老人走访", "form_id": "visit", "version": "1"}
CHOICES = [("yn", "yes", "是"), ("yn", "no", "否"),
           {"list_name": "needs", "name": "food", "label": "吃饭", "for": "yes"},
           {"list_name": "needs", "name": "doctor", "label": "看病", "for": "yes"},
           {"list_name": "needs", "name": "talk", "label": "说话", "for": "no"}]  # fmt: skip
VISIT = [
    {"type": "text", "name": "who", "label": "姓名", "required": "yes"},
    {"type": "integer", "name": "age", "label": "年龄", "constraint": ". >= 0 and . < 130",
     "constraint_message": "年龄写 0 到 129"},
    {"type": "select_one yn", "name": "alone", "label": "一个人住吗", "default": "yes"},
    {"type": "select_multiple needs", "name": "needs", "label": "缺什么", "relevant": "${alone} = 'yes'",
     "choice_filter": "for=${alone}"},
    {"type": "note", "name": "thanks", "label": "谢谢"},
    {"type": "date", "name": "day", "label": "哪天", "constraint": ". <= today()"},
    {"type": "decimal", "name": "rent", "label": "房租"},
    {"type": "calculate", "name": "year", "calculation": "${rent} * 12"},
    {"type": "geopoint", "name": "where", "label": "位置"},
    {"type": "image", "name": "photo", "label": "照片"},
    {"type": "barcode", "name": "code", "label": "门牌码"},
    {"type": "begin_repeat", "name": "people", "label": "家人"},
    {"type": "text", "name": "kin", "label": "称呼", "required": "yes"},
    {"type": "end_repeat"},
    {"type": "calculate", "name": "how_many", "calculation": "count(${kin})"},
]  # fmt: skip
