"""Passwords of tests: kept as the house keeps them, at the least cost that Argon2 knows (0.1 ms and not 100)."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class QuickArgon2(Argon2PasswordHasher):
    time_cost, memory_cost, parallelism = 1, 8, 1
