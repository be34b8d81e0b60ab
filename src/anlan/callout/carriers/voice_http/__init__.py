"""The HTTP voice gateway."""
