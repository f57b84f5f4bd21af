from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "number_match": {"tolerance": [0.0, 1e-6, 1.0]},
    "math_verify": {"timeout": [5.0]},
}
PIECES = [
    "1,234.5", "1e999", "-3", "\\boxed{", "\\frac{1}{2}", "$x^2$", "#### 7", "A: ", "2x", "NaN", "1" * 5000,
]  # fmt: skip
