"""Tables of sensing."""

from anlan.sensing.models.alarms import Alarm, AlarmPhoto, AlarmYear
from anlan.sensing.models.intake import Feed, Held, Purpose, Rejected, Unclaimed
from anlan.sensing.models.registry import (
    Datastream,
    FeatureOfInterest,
    HistoricalLocation,
    Location,
    ObservedProperty,
    Sensor,
    Thing,
    ThingImport,
)
from anlan.sensing.models.rules import Rule, RuleVersion
from anlan.sensing.models.sides import SidesJudged
from anlan.sensing.models.store import Arrival, Day, Hour, Latest, Observation, RuleMemory

__all__ = [
    "Alarm",
    "AlarmPhoto",
    "AlarmYear",
    "Arrival",
    "Datastream",
    "Day",
    "FeatureOfInterest",
    "Feed",
    "Held",
    "HistoricalLocation",
    "Hour",
    "Latest",
    "Location",
    "Observation",
    "ObservedProperty",
    "Purpose",
    "Rejected",
    "Rule",
    "RuleMemory",
    "RuleVersion",
    "Sensor",
    "SidesJudged",
    "Thing",
    "ThingImport",
    "Unclaimed",
]
