"""Columns that several tables of this context have."""

from django.db import models


def path_field() -> "models.CharField[str, str]":
    """Return a column for a place path: base-36 segments of four, compared byte by byte."""
    return models.CharField(max_length=40, db_collation="C")
