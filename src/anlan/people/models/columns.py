"""Columns that several tables have."""

from django.db import models


def path_field(*, blank: bool = False) -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    if blank:
        return models.CharField(max_length=40, db_collation="C", blank=True, default="")
    return models.CharField(max_length=40, db_collation="C")
