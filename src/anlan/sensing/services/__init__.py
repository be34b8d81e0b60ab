"""Writes of sensing, by noun: registry, observing, evaluating, rules, alarms, feeds."""
