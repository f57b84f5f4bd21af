from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "number_match": {"tolerance": [0.0, 1e-6, 1.0]},
    "math_verify": {"timeout": [5.0], "percent": ["either", "hundredths"], "intervals": [False, True]},
    "final_number": {"decimal": ["auto", "point", "comma"], "percent": ["either", "hundredths"]},
    "number_close": {"relative": [0.0, 0.1], "absolute": [0.0, 1.0], "percent": ["either", "hundredths"]},
    "number_nearness": {"zero_at": [0.01, 1.0], "decimal": ["auto", "comma"]},
    "choice_match": {
        "letters": ["ABCD", "ABCDEFGHIJ"],
        "unclear": ["wrong", "unscored"],
        "options": [None, ["x", "2x"]],
    },
}
PIECES = [
    "1,234.5", "1e999", "-3", "\\boxed{", "\\frac{1}{2}", "$x^2$", "#### 7", "A: ", "2x", "NaN", "1" * 5000,
    "The answer is (B)", "A or B", "5 km", "28%", "1.234,5", "1 1/2", "3\\times 10^8 m/s", "1e400",
]  # fmt: skip
