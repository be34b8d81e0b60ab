"""An invented city, the same for the same seed: places with shapes, rivers, roads, and everybody who holds a post."""
