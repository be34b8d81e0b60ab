"""Promises the words every context shares: ids, paths, the clock, lifecycles, authority. No models, no Django."""
