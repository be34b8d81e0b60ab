"""Measures, their versions and roll-ups; findings; the gate of forms."""

from anlan.analytics.models.facts import Fact, Part, Stale
from anlan.analytics.models.findings import Finding
from anlan.analytics.models.forms import FormEntry
from anlan.analytics.models.measures import Measure, MeasureVersion

__all__ = ["Fact", "Finding", "FormEntry", "Measure", "MeasureVersion", "Part", "Stale"]
