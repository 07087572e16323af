"""How a press in the browser reaches the program, and how the answer is written to the page."""
