"""Promises to read the Common Alerting Protocol, 1.0 to 1.2, alone or inside Atom, RSS or EDXL-DE."""
