"""Answers that rank stocks."""
