"""RM-Gallery's rule rewards once more, as plain and literal as their description: what the rules are compared with.

Nothing is shared with the rules, nothing is fast, and regular expressions are used as they stand there.
"""

from __future__ import annotations

import ast
import difflib
import json
import re
import warnings
from collections.abc import Callable
from typing import Any


class Crashes(Exception):
    """Where RM-Gallery raises."""


def accuracy(g: str, r: str) -> float:
    return 1.0 if g.strip() == r.strip() else 0.0


def _tokens(text: str, kind: str, chinese_only: bool) -> list[str]:
    if kind == "simple":
        return text.split()
    import jieba

    if chinese_only:
        text = "".join(re.findall(r"[\u4e00-\u9fff]", text))
    return list(jieba.cut(text))


def f1_score(g: str, r: str, tokenizer_type: str = "simple", chinese_only: bool = False) -> float:
    left = set(_tokens(g.strip().lower(), tokenizer_type, chinese_only))
    right = set(_tokens(r.strip().lower(), tokenizer_type, chinese_only))
    if not left and not right:
        return 1.0
    if not left or not right:
        return 0.0
    precision = len(left & right) / len(left)
    recall = len(left & right) / len(right)
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def rouge(g: str, r: str) -> float:
    left, right = g.strip().lower().split(), r.strip().lower().split()
    if not left and not right:
        return 1.0
    if not left or not right:
        return 0.0
    table = [[0] * (len(right) + 1) for _ in range(len(left) + 1)]
    for i, one in enumerate(left, 1):
        for j, other in enumerate(right, 1):
            table[i][j] = table[i - 1][j - 1] + 1 if one == other else max(table[i - 1][j], table[i][j - 1])
    precision, recall = table[-1][-1] / len(left), table[-1][-1] / len(right)
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def number_accuracy(g: str, r: str, tolerance: float = 1e-6) -> float:
    given = [float(n) for n in re.findall(r"-?\d+\.?\d*", g)]
    wanted = [float(n) for n in re.findall(r"-?\d+\.?\d*", r)]
    if not wanted or not given:
        return 0.0
    return sum(1 for i in range(min(len(given), len(wanted))) if abs(given[i] - wanted[i]) <= tolerance) / len(wanted)


def math_verify_reward(g: str, r: str, timeout_score: float = 0.0) -> float:
    from math_verify import ExprExtractionConfig, LatexExtractionConfig, parse, verify

    targets = [LatexExtractionConfig(), ExprExtractionConfig()]
    try:
        gold = parse(r.strip(), targets, parsing_timeout=None)
        pred = parse(g.strip(), targets, parsing_timeout=None)
        return float(bool(gold and pred) and verify(gold[0], pred[0], timeout_seconds=None))
    except Exception:  # noqa: BLE001  # as it stands there
        return timeout_score


def _blocks(g: str) -> list[str]:
    return re.findall(r"```(?:python)?\n(.*?)\n```", g, re.DOTALL)


def code_syntax_check(g: str) -> float:
    blocks = _blocks(g)
    if not blocks:
        return 0.0
    valid = 0
    for code in blocks:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                ast.parse(code.strip())
            valid += 1
        except SyntaxError:
            pass
        except ValueError as fault:
            raise Crashes from fault
    return valid / len(blocks) - (0.5 if valid < len(blocks) else 0.0)


def code_style(g: str) -> float:
    blocks = _blocks(g)
    if not blocks:
        return 0.0
    total = 0.0
    for code in blocks:
        kinds = {line[0] for line in code.split("\n") if line.strip() and line[0] in (" ", "\t")}
        names = re.findall(r"def\s+([a-zA-Z_][a-zA-Z0-9_]*)\s*\(", code)
        names += re.findall(r"([a-zA-Z_][a-zA-Z0-9_]*)\s*=", code)
        good = [name for name in names if re.match(r"^[a-z_][a-z0-9_]*$", name)]
        total += (0.5 if len(kinds) < 2 else 0.0) + 0.5 * (len(good) / len(names) if names else 1.0)
    return total / len(blocks)


def code_patch_similarity(g: str, r: str) -> float:
    return difflib.SequenceMatcher(None, g.strip(), r.strip()).ratio()


def reasoning_format(g: str, think_token: str = "think", answer_token: str = "answer") -> float:
    think = re.search(f"<{think_token}>.*?</{think_token}>", g, re.DOTALL)
    answer = re.search(f"<{answer_token}>.*?</{answer_token}>", g, re.DOTALL)
    return 1.0 if think and answer else 0.0


def reasoning_tool_call_format(g: str) -> float:
    think = re.search(r"<think>(.*?)</think>", g, re.DOTALL)
    answer = re.search(r"<answer>(.*?)</answer>", g, re.DOTALL)
    calls = re.findall(r"<tool_call>(.*?)</tool_call>", g, re.DOTALL)
    if not think or bool(answer) == bool(calls):
        return 0.0
    if answer:
        valid = re.match(r"^\s*<think>.*?</think>\s*<answer>.*?</answer>\s*$", g, re.DOTALL)
        once = all(g.count(tag) == 1 for tag in ("<think>", "</think>", "<answer>", "</answer>"))
        return 1.0 if valid and once else 0.0
    if not re.match(r"^\s*<think>.*?</think>\s*(?:<tool_call>.*?</tool_call>\s*)+$", g, re.DOTALL):
        return 0.0
    if g.count("<think>") != 1 or g.count("</think>") != 1 or g.count("<tool_call>") != g.count("</tool_call>"):
        return 0.0
    if re.search(r"</tool_call>\s*</tool_call>", g) or re.search(r"<tool_call>\s*<tool_call>", g):
        return 0.0
    for body in calls:
        try:
            call = json.loads(body.strip())
            if not ("name" in call and "arguments" in call):
                return 0.0
            call["name"]
        except json.JSONDecodeError:
            return 0.0
        except TypeError as fault:
            raise Crashes from fault
    return 1.0


def length_penalty(g: str, min_length: int = 10, max_length: int = 1000, penalty_rate: float = 0.01) -> float:
    if len(g) < min_length:
        return -(min_length - len(g)) * penalty_rate
    if len(g) > max_length:
        return -(len(g) - max_length) * penalty_rate
    return 0.0


def ngram_repetition_penalty(
    g: str,
    n: int = 3,
    penalty_threshold: float = 0.3,
    penalty_rate: float = 1.0,
    use_soft_penalty: bool = False,
    max_penalty: float = -1.0,
    min_scaling: float = 0.0,
    tokenizer_type: str = "simple",
    chinese_only: bool = False,
    analyze_scope: str = "full",
) -> float:
    text = g
    if analyze_scope == "thought":
        text = " ".join(re.findall(r"<think>(.*?)</think>", g, re.DOTALL))
        if not text:
            return 0.0
    text = text.strip() if tokenizer_type == "jieba" else text.strip().lower()
    tokens = _tokens(text, tokenizer_type, chinese_only)
    if len(tokens) < n:
        return 0.0
    grams = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
    rate = 1 - len(set(grams)) / len(grams)
    if not use_soft_penalty:
        return -(rate - penalty_threshold) * penalty_rate if rate > penalty_threshold else 0.0
    if max_penalty > 0:
        raise Crashes
    if rate < min_scaling:
        rate = 0.0
    elif rate > min_scaling:
        rate = (rate - min_scaling) / (1 - min_scaling)
    return rate * max_penalty


def privacy_leakage(g: str, penalty_per_leak: float = -0.5) -> float:
    count = len(re.findall(r"\b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b", g))
    count += len(re.findall(r"\b(?:\+?1[-.\s]?)?\(?[0-9]{3}\)?[-.\s]?[0-9]{3}[-.\s]?[0-9]{4}\b", g))
    count += len(re.findall(r"\b[1-9]\d{5}(18|19|20)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{3}[0-9Xx]\b", g))
    count += len(re.findall(r"\b(?:\d{4}[-\s]?){3}\d{4}\b", g))
    addresses = re.findall(r"\b(?:[0-9]{1,3}\.){3}[0-9]{1,3}\b", g)
    count += sum(not ip.startswith(("127.", "192.168.", "10.", "172.")) for ip in addresses)
    return count * penalty_per_leak


WITH_REFERENCE: dict[str, Callable[..., float]] = {
    f.__name__: f for f in (accuracy, f1_score, rouge, number_accuracy, math_verify_reward, code_patch_similarity)
}
ALONE: dict[str, Callable[..., float]] = {
    f.__name__: f
    for f in (
        code_syntax_check, code_style, reasoning_format, reasoning_tool_call_format, length_penalty,
        ngram_repetition_penalty, privacy_leakage,
    )
}  # fmt: skip
SETTINGS: dict[str, list[dict[str, Any]]] = {
    "f1_score": [
        {"tokenizer_type": "simple"}, {"tokenizer_type": "jieba"}, {"tokenizer_type": "jieba", "chinese_only": True},
    ],
    "number_accuracy": [{}, {"tolerance": 0.1}, {"tolerance": 0.0}],
    "math_verify_reward": [{}, {"timeout_score": 0.5}],
    "reasoning_format": [{}, {"think_token": "thinking", "answer_token": "response"}],
    "length_penalty": [
        {}, {"min_length": 50, "max_length": 200, "penalty_rate": 0.1}, {"max_length": 20, "penalty_rate": 1},
    ],
    "ngram_repetition_penalty": [
        {"tokenizer_type": "simple"},
        {"tokenizer_type": "simple", "n": 1, "penalty_threshold": 0.1, "penalty_rate": 2},
        {"tokenizer_type": "simple", "n": 2, "use_soft_penalty": True, "max_penalty": -2, "min_scaling": 0.1},
        {"tokenizer_type": "simple", "n": 1, "use_soft_penalty": True, "min_scaling": 0.5},
        {"tokenizer_type": "simple", "n": 2, "analyze_scope": "thought"},
        {"tokenizer_type": "jieba", "n": 2, "penalty_threshold": 0.0},
        {"tokenizer_type": "jieba", "chinese_only": True, "n": 2},
        {"tokenizer_type": "simple", "n": 2, "use_soft_penalty": True, "max_penalty": 1},
    ],
    "privacy_leakage": [{}, {"penalty_per_leak": -1.0}],
}  # fmt: skip
