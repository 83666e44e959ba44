"""Scenarios: which market is played, by whom, and what goes wrong in it."""
