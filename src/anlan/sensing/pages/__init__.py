"""Pages of sensing."""
