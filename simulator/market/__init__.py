"""The exchange: books, auctions, sessions, interruptions, and how orders meet the market."""
