"""Answers about who trades, and with what is lent."""
