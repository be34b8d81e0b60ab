"""Pages of call-out: parse, call, render."""
