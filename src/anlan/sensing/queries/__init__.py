"""Reads of sensing, narrowed to what the actor may see."""
