"""The account behind a key: badge, price, credits, finetunes."""
