"""Pages of warnings: parse, call, render."""
