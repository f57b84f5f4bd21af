PIECES = ["```python\n", "```\n", "\n```", "x = 1", "def F("]
