"""Pages of hazards and inspections."""
