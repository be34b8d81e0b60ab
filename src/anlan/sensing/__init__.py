"""Promises that every reading is kept once, every sensor that goes quiet is seen, and every alarm is answered."""
