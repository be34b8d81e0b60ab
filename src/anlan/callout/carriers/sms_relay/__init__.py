"""Short messages by phones and modems with a SIM of their own."""
