"""Anlan (安澜): a city's grass-roots sees a risk, warns, hears everyone answer, sends help, and keeps the record."""

__version__ = "0.1.0"
