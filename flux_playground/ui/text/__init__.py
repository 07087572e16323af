"""What the page says: messages, labels, HTML."""
