"""Answers about accounts: what they have, what they ordered, what it brought."""
