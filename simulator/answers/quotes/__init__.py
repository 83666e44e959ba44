"""Answers about one stock: its price, its book, its past."""
