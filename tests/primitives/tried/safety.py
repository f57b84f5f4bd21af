from typing import Any

SETTINGS: dict[str, dict[str, list[Any]]] = {"privacy_leakage": {"penalty_per_leak": [0.0, -2.0]}}
PIECES = ["a@b.co", "10.0.0.1", "123-456-7890"]
