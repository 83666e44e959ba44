"""The broker's side of trading: accounts, orders, what they cost and what the broker says about them."""
