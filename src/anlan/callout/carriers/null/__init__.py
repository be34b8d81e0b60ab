"""Takes every message and sends it nowhere."""
