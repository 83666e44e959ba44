"""Real-time events beside those of trades and books: what comes by the clock, of indexes, of VIs."""
