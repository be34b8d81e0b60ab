"""The simulated carrier: invented people, seeded habits."""
