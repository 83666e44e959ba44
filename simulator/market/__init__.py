"""The exchange: books, auctions, sessions, interruptions. Prices here are tick indexes or won, sizes shares."""
