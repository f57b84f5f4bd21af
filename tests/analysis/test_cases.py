"""Every code of the analysis: small specs with the diagnostic marked at the place it must point to."""

from __future__ import annotations

import pytest

from tests.analysis.spec import check, main, marked, places

JUDGE = 'model = "m"  given = [response]  rubric "Is it good?"'

NAMES = {
    "unknown name": "rule correct = accuracy()\nreturn 0.5 * ‹RM201›corect",
    "unknown name, nothing near": "return ‹RM201›zzzzzz",
    "each unknown name": "return clamp(‹RM201›x + ‹RM201›y, 0, 1)",
    "unknown inner node": "let a = 0.5\nreturn ‹RM201›a.b",
    "unknown function": "rule x = accuracy()\nreturn ‹RM201›maximum(x, 0.5)",
    "a rule is not a function": "return ‹RM201›accuracy(0.5)",
    "unknown aggregate": "rule x = accuracy()\naggregate m = ‹RM201›maen { member x }\nreturn m",
    "unknown composition": "compose x = ‹RM201›other()\nreturn x",
    "unknown import": "compose x = ‹RM201›lib.other()\nreturn x",
    "duplicate node": "rule x = accuracy()\nlet ‹RM202›x = 0.5\nreturn x",
    "duplicate of an input": "input x: float[0, 1]\nparam ‹RM202›x: float[0, 1] = 1\nreturn x",
    "every later one": "let x = 0.1\nlet ‹RM202›x = 0.2\nlet ‹RM202›x = 0.3\nreturn x",
    "a duplicate's own fault is told": "let x = 0.1\nlet ‹RM202›x = ‹RM201›foo\nreturn x",
    "unknown rule": "rule x = ‹RM203›acuracy()\nreturn x",
    "unknown rule, its arguments are looked at": "rule x = ‹RM203›acuracy(text = ‹RM201›foo)\nreturn x",
    "unknown argument": "rule x = accuracy(‹RM204›txt = 5)\nreturn x",
    "duplicate argument": 'rule x: bool = contains(value = "a", ‹RM202›value = "b")\nrequire x else 0.0\nreturn 1.0',
    "missing argument": "rule x: bool = ‹RM205›contains()\nreturn if x then 1.0 else 0.0",
    "unused": "rule x = accuracy()\nrule ‹RM206›y = word_count()\nreturn x",
    "unused: the root only": "rule x = accuracy()\nlet a = 0.5\nlet ‹RM206›b = a\nreturn x",
    "used by a gate": "rule x = accuracy()\nrule y = word_count()\nrequire y > 3 else 0.0\nreturn x",
    "undeclared input": 'rule x = accuracy()\nreturn if contains(‹RM207›response, "a") then x else 0.0',
}

TYPES = {
    "a number is not a condition": "rule x = accuracy()\nrequire ‹RM301›x else 0.0\nreturn 1.0",
    "nor in if": "rule x = accuracy()\nreturn if ‹RM301›x then 1.0 else 0.0",
    "nor under not": "rule x = accuracy()\nreturn if not ‹RM301›x then 1.0 else 0.0",
    "nor in and": "rule x = accuracy()\nreturn if x > 0.5 and ‹RM301›x then 1.0 else 0.0",
    "nor in all": "rule x = accuracy()\naggregate a = all { member ‹RM301›x }\nreturn a",
    "nor in when": "rule x = accuracy()\nreturn route { when ‹RM301›x => 1.0  otherwise => 0.0 }",
    "text in arithmetic": "input t: text\nreturn clamp(‹RM301›t + 1, 0, 1)",
    "text + text is one fault": "input t: text\nreturn clamp(‹RM301›t + t, 0, 1)",
    "text in a function": "input t: text\nreturn sigmoid(‹RM301›t)",
    "number in a text function": 'rule x = accuracy()\nreturn if contains(‹RM301›x, "a") then 1.0 else 0.0',
    "text against number": "input t: text\nreturn if ‹RM301›t == 1 then 1.0 else 0.0",
    "lists do not compare": "input t: list\nreturn if ‹RM301›t == t then 1.0 else 0.0",
    "not a choice": 'input k: enum["a", "b"]\nreturn if k == ‹RM301›"c" then 1.0 else 0.0',
    "not a choice in a list": 'input k: enum["a", "b"]\nreturn if k in ["a", ‹RM301›"c"] then 1.0 else 0.0',
    "in of the wrong kind": 'input t: text\nreturn if t in ["a", ‹RM301›1] then 1.0 else 0.0',
    "in a number": "rule x = accuracy()\nreturn if 1 in ‹RM301›x then 1.0 else 0.0",
    "too many arguments": "return ‹RM301›abs(1, 2)",
    "too few arguments": "return ‹RM301›clamp(1, 2)",
    "sides of another kind": 'rule x = accuracy()\nreturn if x > 0.5 then 1.0 else ‹RM301›"no"',
    "fallback of another kind": 'rule x = accuracy()\nreturn x ?? ‹RM301›"no"',
    "text result": 'return ‹RM301›"good"',
    "argument of the wrong kind": "rule x: bool = contains(value = ‹RM301›42)\nreturn x",
    "bad pattern argument": 'rule x: bool = regex_match(pattern = ‹RM301›"(")\nreturn x',
    "bad pattern in matches": 'input response: text\nreturn matches(response, ‹RM301›"[")',
    "rule type of another kind": "rule x: ‹RM301›bool = accuracy()\nreturn x",
    "default of another kind": 'param p: float[0, 1] = ‹RM301›"a"\nreturn p',
    "a bool is no number the other way": "param p: bool = ‹RM301›1\nreturn p",
    "an input a rule cannot read": "input response: list\nrule x = ‹RM301›accuracy()\nreturn x",
    "fraction in an int setting": f"judge j: score[0, 1] {{ {JUDGE}  votes = ‹RM301›1.5 }}\nreturn j",
    "word of a setting": f"judge j: score[0, 1] {{ {JUDGE}  style = ‹RM301›chekclist }}\nreturn j",
    "a text is no score": f"judge j: ‹RM301›text {{ {JUDGE} }}\nreturn 1.0",
    "expect a number": 'rule x = accuracy()\nreturn x\ntest "t" { expect ‹RM301›return }',
}

RANGES = {
    "result": "input a: float[0, 1]\ninput b: float[0, 1]\nreturn ‹RM302›a - 0.1 * b",
    "rounding is not an excess": "input a: float[0, 1]\nreturn 0.1 * a + 0.2 * a + 0.7 * a",
    "rule type": "rule x: ‹RM302›score[0, 0.5] = accuracy()\nreturn x",
    "gate value": "rule x = accuracy()\nrequire x > 0.5 else ‹RM302›-1.0\nreturn x",
    "empty range": "input a: ‹RM302›float[1, 0]\nreturn clamp(a, 0, 1)",
    "choice twice": 'input a: ‹RM302›enum["x", "x"]\nreturn if a == "x" then 1.0 else 0.0',
    "normalize without a range": "rule w = word_count()\nreturn normalize(‹RM302›w)",
    "normalize of one value": "return normalize(‹RM302›3)",
    "normalize keeps its range under a condition": (
        "input n: int[0, 3]\nlet m = n + 0\nreturn if m > 2 then normalize(m) else 0.0"
    ),
    "log of what is never above 0": "input a: float[-2, 0]\nreturn sigmoid(log(‹RM302›a))",
    "log of what may be above 0": "input a: float[-2, 1]\nreturn sigmoid(log(a))",
    "clamp the wrong way round": "rule x = accuracy()\nreturn clamp(x, ‹RM302›1, 0)",
    "setting": f"judge j: score[0, 1] {{ {JUDGE}  votes = ‹RM302›0 }}\nreturn j",
    "temperature zero is fine": f"judge j: score[0, 1] {{ {JUDGE}  temperature = 0 }}\nreturn j",
    "judge without ends": f"judge j: ‹RM302›float {{ {JUDGE} }}\nreturn clamp(j, 0, 1)",
    "pairwise gives shares": f"judge j: ‹RM302›score[1, 5] {{ {JUDGE}  mode = pairwise }}\nreturn normalize(j)",
    "substitute of a rule": "rule x = accuracy(on_unscored = ‹RM302›2.0)\nreturn x",
    "substitute of a judge": f"judge j: score[0, 1] {{ {JUDGE}  on_unscored = ‹RM302›-1 }}\nreturn j",
    "k of at_least": 'rule x: bool = contains(value = "a")\naggregate a = at_least(‹RM302›2) { member x }\nreturn a',
    "geometric mean of negatives": "input a: float[-1, 1]\naggregate m = geometric_mean { member ‹RM302›a }\nreturn m",
    "members of other ranges": (
        "input s: score[1, 5]\ninput h: score[0, 1]\naggregate m = mean { member s  member ‹RM303›h }\n"
        "return normalize(m)"
    ),
    "a bool counts as [0, 1]": (
        'input s: score[1, 5]\nrule h: bool = contains(value = "a")\naggregate m = min { member s  member ‹RM303›h }\n'
        "return clamp(m, 0, 1)"
    ),
    "a bool and a score are one scale": (
        'rule x = accuracy()\nrule h: bool = contains(value = "a")\naggregate m = mean { member x  member h }\nreturn m'
    ),
    "a sum takes any ranges": (
        "input s: score[1, 5]\ninput h: score[0, 1]\naggregate m = weighted_sum { member s weight 0.1  member h weight"
        " 0.5 }\nreturn m"
    ),
    "a constant has no scale": ("input h: score[0, 1]\naggregate m = min { member h  member 0.5 }\nreturn m"),
    "default": "param w: float[0, 1] = ‹RM304›2\nreturn w",
    "negative default": "param w: float[0, 1] = ‹RM304›-0.5\nreturn w",
    "default of an input": "input w: float[0, 1] = ‹RM304›2\nreturn w",
    "default not a choice": 'param t: enum["a"] = ‹RM304›"b"\nreturn if t == "a" then 1.0 else 0.0',
    "divisor": "rule n = word_count()\nreturn clamp(1 / ‹RM305›n, 0, 1)",
    "divisor is 0": "rule n = word_count()\nreturn clamp(n / ‹RM305›0, 0, 1)",
    "divisor moved off 0": "rule n = word_count()\nreturn clamp(1 / max(n, 1), 0, 1)",
    "divisor asked for": "rule n = word_count()\nreturn if n > 0 then 1 / n else 0.0",
    "divisor asked for the other way": "input f: float[0, 1]\nreturn if f == 0 then 0.0 else clamp(1 / f, 0, 1)",
    "divisor asked for in vain": "rule n = word_count()\nreturn if n > -1 then clamp(1 / ‹RM305›n, 0, 1) else 0.0",
    "divisor in a route": "rule n = word_count()\nreturn route { when n == 0 => 0.0  otherwise => 1 / n }",
}

LEVELS = {
    "zscore of the prompt": "input prompt: text\nrule n = word_count(text = prompt)\nreturn sigmoid(zscore(‹RM306›n))",
    "a result per step": "input step: text\nlet n = clamp(len(step) / 100, 0, 1)\nreturn ‹RM306›n",
    "a gate per step": 'input step: text\nrequire ‹RM306›contains(step, "a") else 0.0\nreturn 1.0',
    "the value of a gate per step": (
        "input step: text\ninput a: bool\nlet n = clamp(len(step) / 100, 0, 1)\nrequire a else ‹RM306›n\nreturn 1.0"
    ),
    "zscore of a step": "input step: text\nreturn sigmoid(zscore(‹RM306›len(step)))",
    "a comparing judge of steps": (
        'judge j: score[0, 1] { model = "m"  given = [response, ‹RM306›step]  mode = pairwise  rubric "R" }\nreturn j'
    ),
    "reduce of a response": 'input response: text\nreturn clamp(reduce(‹RM306›len(response), "min"), 0, 1)',
    "reduce in no way": 'input step: text\nreturn clamp(reduce(len(step), ‹RM301›"least"), 0, 1)',
    "reduce by what is not known": "input step: text\ninput h: text\nreturn clamp(reduce(len(step), ‹RM301›h), 0, 1)",
    "reduce without a threshold": 'input step: text\nreturn reduce(len(step), ‹RM205›"first_error")',
    "reduce without a discount": 'input step: text\nreturn clamp(reduce(len(step), ‹RM205›"discounted"), 0, 1)',
    "reduce with what has no effect": 'input step: text\nreturn clamp(reduce(len(step), "min", ‹RM301›1), 0, 1)',
    "a discount above one": 'input step: text\nreturn clamp(reduce(len(step), "discounted", ‹RM302›1.5), 0, 1)',
    "a discount of zero": 'input step: text\nreturn clamp(reduce(len(step), "discounted", ‹RM302›0), 0, 1)',
    "a threshold from the sample": (
        'input step: text\ninput t: float\nreturn reduce(len(step), "first_error", ‹RM306›t)'
    ),
    "a threshold that is text": 'input step: text\nreturn reduce(len(step), "first_error", ‹RM301›"a")',
    "reduce of a text": 'input step: text\nreturn clamp(reduce(‹RM301›step, "last"), 0, 1)',
    "the sum of steps has no bound": 'input step: text\nreturn ‹RM302›reduce(contains(step, "a"), "sum")',
    "a step that is given": (
        'input step: text\nreturn reduce(step == "a", "mean")\ntest "t" { given ‹RM306›step = "a"  expect true }'
    ),
    "rank of a constant": "return sigmoid(rank(‹RM306›1))",
    "a pattern from the sample": "input p: text\nrule x: bool = regex_match(pattern = ‹RM306›p)\nreturn x",
    "a pattern from a param": 'param p: text = "a+"\nrule x: bool = regex_match(pattern = p)\nreturn x',
    "matches a pattern from the sample": "input response: text\nreturn matches(response, ‹RM306›response)",
    "a setting from the sample": f"input n: int[1, 3]\njudge j: score[0, 1] {{ {JUDGE}  votes = ‹RM306›n }}\nreturn j",
    "a default from a param": "param a: float[0, 1] = 0.5\nparam b: float[0, 1] = ‹RM201›c\nreturn a * b",
    "comparing what is the same": (
        'judge j: score[0, 1] { model = "m"  given = ‹RM306›[prompt]  mode = pairwise  rubric "Which?" }\nreturn j'
    ),
    "points from the sample": "rule x = accuracy()\nreturn clamp(piecewise(x, 0, 0, 1, ‹RM306›x), 0, 1)",
}

GRAPH = {
    "cycle": "let a = 0.5 * ‹RM401›b\nlet b = 0.5 * c\nlet c = 0.5 * a\nreturn a",
    "self": "let a = 0.5 * ‹RM401›a\nreturn a",
    "two cycles": "let a = ‹RM401›b\nlet b = a\nlet c = ‹RM401›d\nlet d = c\nreturn a + c",
    "a cycle through an aggregate": (
        "rule x = accuracy()\naggregate m = mean { member x  member ‹RM401›n }\nlet n = m\nreturn m"
    ),
    "what hangs on a cycle is silent": "let a = ‹RM401›a\nlet b = 10 * a\nreturn b",
    "an arm twice": 'input k: enum["a"]\nreturn route k { when "a" => 1.0  when ‹RM402›"a" => 0.0 }',
    "an arm that is no choice": (
        'input k: enum["math", "code"]\nreturn route k { when ‹RM402›"maht" => 1.0  otherwise => 0.0 }'
    ),
    "an arm out of range": "input n: int[0, 2]\nreturn route n { when ‹RM402›3 => 1.0  otherwise => 0.0 }",
    "an arm of another kind": 'input n: int[0, 2]\nreturn route n { when ‹RM301›"a" => 1.0  otherwise => 0.0 }',
    "an arm that is no literal": "input n: int[0, 2]\nreturn route n { when ‹RM301›n + 1 => 1.0  otherwise => 0.0 }",
    "an arm that is never true": "rule x = accuracy()\nreturn route { when ‹RM402!›x > 2 => 1.0  otherwise => 0.0 }",
    "an arm after one that is always true": (
        "rule x = accuracy()\nreturn route { when x >= 0 => 1.0  when ‹RM402!›x > 0.5 => 0.0 }"
    ),
    "a missed choice": 'input k: enum["a", "b"]\nreturn ‹RM403›route k { when "a" => 1.0 }',
    "a covered enum": 'input k: enum["a", "b"]\nreturn route k { when "a" => 1.0  when "b" => 0.0 }',
    "a covered bool": 'rule x: bool = contains(value = "a")\nreturn route x { when true => 1.0  when false => 0.0 }',
    "a missed bool": 'rule x: bool = contains(value = "a")\nreturn ‹RM403›route x { when true => 1.0 }',
    "texts need otherwise": 'input t: text\nreturn ‹RM403›route t { when "a" => 1.0 }',
    "conditions need otherwise": "rule x = accuracy()\nreturn ‹RM403›route { when x > 0.5 => 1.0 }",
    "a gate that never passes": "rule x = accuracy()\nrequire ‹RM404›x > 5 else 0.0\nreturn x",
    "a gate that never fails": "rule x = accuracy()\nrequire ‹RM405›x >= 0 else 0.0\nreturn x",
    "an open gate": "rule x = accuracy()\nrequire x >= 0.5 else 0.0\nreturn x",
}

JUDGES = {
    "no rubric": 'judge ‹RM501›j: score[0, 1] { model = "m"  given = [response] }\nreturn j',
    "blank rubric": 'judge ‹RM501›j: score[0, 1] { model = "m"  given = [response]  rubric "  " }\nreturn j',
    "checklist without criteria": f"judge ‹RM501›j: score[0, 1] {{ {JUDGE}  style = checklist }}\nreturn j",
    "blank criterion": ('judge j: score[0, 1] { model = "m"  given = [response]  criterion ‹RM501›a = " " }\nreturn j'),
    "nothing given": 'judge j: score[0, 1] { model = "m"  given = ‹RM502›[]  rubric "Good?" }\nreturn j',
    "given left out": 'judge ‹RM502›j: score[0, 1] { model = "m"  rubric "Good?" }\nreturn j',
    "given an unknown field": (
        'judge j: score[0, 1] { model = "m"  given = [response, ‹RM201›respons]  rubric "Good?" }\nreturn j'
    ),
    "no model": 'judge ‹RM205›j: score[0, 1] { given = [response]  rubric "Good?" }\nreturn j',
    "a setting twice": f"judge j: score[0, 1] {{ {JUDGE}  votes = 3  ‹RM202›votes = 5 }}\nreturn j",
    "criteria from a text": (
        'input c: text\njudge j: score[0, 1] { model = "m"  given = [response]  criteria_from = ‹RM301›c }\nreturn j'
    ),
    "criteria from a list": (
        'input c: list\njudge j: score[0, 1] { model = "m"  given = [response]  criteria_from = c }\nreturn j'
    ),
    "a criterion twice": (
        'judge j: score[0, 1] { model = "m"  given = [response]  criterion a = "A"  criterion ‹RM202›a = "B" }\n'
        "return j"
    ),
    "criteria that weigh nothing": (
        'judge ‹RM503›j: score[0, 1] { model = "m"  given = [response]  criterion a weight 0 = "A" }\nreturn j'
    ),
    "negative weight on a scale": (
        'judge j: score[0, 1] { model = "m"  given = [response]  criterion a weight ‹RM504›-1 = "A" }\nreturn j'
    ),
    "negative weight on a checklist": (
        'judge j: score[0, 1] { model = "m"  given = [response]  style = checklist  criterion a weight -1 = "A" }\n'
        "return j"
    ),
    "a panel": 'param b: text = "b"\njudge j: score[0, 1] { model = ["a", b]  given = [response]  rubric "R" }\n'
    "return j",
    "a model twice": 'judge j: score[0, 1] { model = ["a", ‹RM202›"a"]  given = [response]  rubric "R" }\nreturn j',
    "an empty panel": 'judge j: score[0, 1] { model = ‹RM302›[]  given = [response]  rubric "R" }\nreturn j',
    "a panel of numbers": 'judge j: score[0, 1] { model = ["a", ‹RM301›2]  given = [response]  rubric "R" }\nreturn j',
    "a number for a model": 'judge j: score[0, 1] { model = ‹RM301›2  given = [response]  rubric "R" }\nreturn j',
    "an empty model": 'judge j: score[0, 1] { model = ‹RM302›" "  given = [response]  rubric "R" }\nreturn j',
    "a model of the sample": (
        'input m: text\njudge j: score[0, 1] { model = ‹RM306›m  given = [response]  rubric "R" }\nreturn j'
    ),
    "abstain is no name": (
        f'judge j: score[0, 1] {{ {JUDGE}  extract = "(a|b)"  verdict "a" = 1  verdict "b" = abstain }}\nreturn j'
    ),
    "one call each without criteria": f"judge j: score[0, 1] {{ {JUDGE}  ‹RM204›calls = per_criterion }}\nreturn j",
    "one call each in a comparison": (
        f'judge j: score[0, 1] {{ {JUDGE}  mode = pairwise  ‹RM204›calls = per_criterion  criterion a = "A" }}\n'
        "return j"
    ),
    "a window of pairs": f"judge j: score[0, 1] {{ {JUDGE}  mode = pairwise  ‹RM204›window = 4 }}\nreturn j",
    "a window of lists": f"judge j: score[0, 1] {{ {JUDGE}  mode = listwise  window = 4 }}\nreturn j",
    "a ranking of one": f"judge j: score[0, 1] {{ {JUDGE}  ‹RM204›rank_by = elo }}\nreturn j",
    "orders of a list": f"judge j: score[0, 1] {{ {JUDGE}  mode = listwise  ‹RM204›both_orders = true }}\nreturn j",
    "expected of digits": f"judge j: score[1, 5] {{ {JUDGE}  expected = true }}\nreturn normalize(j)",
    "expected past the digits": f"judge j: ‹RM302›score[1, 10] {{ {JUDGE}  expected = true }}\nreturn normalize(j)",
    "expected of fractions": f"judge j: ‹RM302›score[0.5, 5] {{ {JUDGE}  expected = true }}\nreturn normalize(j)",
    "expected of whole numbers": f"judge j: ‹RM301›int[1, 5] {{ {JUDGE}  expected = true }}\nreturn normalize(j)",
    "expected of several scores": (
        f'judge j: score[1, 5] {{ {JUDGE}  ‹RM204›expected = true  criterion a = "A" }}\nreturn normalize(j)'
    ),
    "expected of one score each": (
        f'judge j: score[1, 5] {{ {JUDGE}  expected = true  calls = per_criterion  criterion a = "A" }}\n'
        "return normalize(j)"
    ),
    "expected of a comparison": (
        f"judge j: score[0, 1] {{ {JUDGE}  mode = listwise  ‹RM204›expected = true }}\nreturn j"
    ),
    "expected is off": f"judge j: score[0, 1] {{ {JUDGE}  mode = pairwise  expected = false }}\nreturn j",
    "guard of nothing": (
        'judge j: score[0, 1] { model = "m"  given = ‹RM306›[prompt]  rubric "R"  guard = true }\nreturn j'
    ),
    "on_guard alone": f"judge j: score[0, 1] {{ {JUDGE}  ‹RM204›on_guard = flag }}\nreturn j",
    "escalate with votes": f'judge j: score[0, 1] {{ {JUDGE}  votes = 3  escalate = "b" }}\nreturn j',
    "escalate for ever": f'judge j: score[0, 1] {{ {JUDGE}  ‹RM204›escalate = "b" }}\nreturn j',
    "escalate by inconsistent orders": f'judge j: score[0, 1] {{ {JUDGE}  mode = pairwise  escalate = "b" }}\nreturn j',
    "escalate near nothing": (
        f'judge j: score[0, 1] {{ {JUDGE}  escalate = "b"  escalate_near = ‹RM302›2 }}\nreturn j'
    ),
    "a margin without a threshold": (
        f'judge j: score[0, 1] {{ {JUDGE}  votes = 3  escalate = "b"  ‹RM204›escalate_margin = 0.1 }}\nreturn j'
    ),
    "escalate_votes alone": f"judge j: score[0, 1] {{ {JUDGE}  ‹RM204›escalate_votes = 2 }}\nreturn j",
    "an example": (
        f'judge j: score[0, 1] {{ {JUDGE}  example {{ response = "a"  score = 1  reason = "r" }} }}\nreturn j'
    ),
    "an example misspelt": (
        f'judge j: score[0, 1] {{ {JUDGE}  example {{ ‹RM204›respons = "a"  score = 1 }} }}\nreturn j'
    ),
    "half an example": f'judge j: score[0, 1] {{ {JUDGE}  ‹RM205›example {{ response = "a" }} }}\nreturn j',
    "an example off the scale": (
        f'judge j: score[0, 1] {{ {JUDGE}  example {{ response = "a"  score = ‹RM302›2 }} }}\nreturn j'
    ),
    "an example of another kind": (
        f'judge j: score[0, 1] {{ {JUDGE}  example {{ response = "a"  score = ‹RM301›"good" }} }}\nreturn j'
    ),
    "a field of an example twice": (
        f'judge j: score[0, 1] {{ {JUDGE}  example {{ response = "a"  score = 1  ‹RM202›score = 0 }} }}\nreturn j'
    ),
    "an example by criteria": (
        'judge j: score[0, 1] { model = "m"  given = [response]  criterion a = "A"  criterion b = "B"\n'
        '  example { response = "x"  a = 1  b = 0 }  ‹RM205›example { response = "x"  a = 1 } }\nreturn j'
    ),
    "an example of a checklist": (
        'judge j: score[0, 1] { model = "m"  given = [response]  style = checklist  criterion a = "A"\n'
        '  example { response = "x"  a = true }  example { response = "x"  a = ‹RM301›1 } }\nreturn j'
    ),
    "an example of a pair": (
        f'judge j: score[0, 1] {{ {JUDGE}  mode = pairwise  example {{ response = ["a", "b"]  winner = "tie" }}\n'
        '  example { response = ‹RM301›"a"  winner = "A" }  example { response = ["a", "b"]  winner = ‹RM301›"C" } }\n'
        "return j"
    ),
    "an example of a ranking": (
        f'judge j: score[0, 1] {{ {JUDGE}  mode = listwise  example {{ response = ["a", "b"]  ranking = [[2], [1]] }}\n'
        '  example { response = ["a", "b"]  ranking = ‹RM301›[[2], [2]] }\n'
        '  example { response = ‹RM301›["a", "b"]  ranking = [[2], [1], [3]] } }\nreturn j'
    ),
    "an example of a house format": (
        f'judge j: score[0, 1] {{ {JUDGE}  extract = "(a)"  verdict "a" = 1\n'
        '  example { response = "x"  reply = "a" }  ‹RM205›example { response = "x"  reason = "r" } }\nreturn j'
    ),
    "verdicts without extract": f'judge j: score[0, 1] {{ {JUDGE}  verdict ‹RM506›"a" = 1 }}\nreturn j',
    "extract without verdicts": f'judge j: score[0, 1] {{ {JUDGE}  ‹RM506›extract = "(a)" }}\nreturn j',
    "bad extract": f'judge j: score[0, 1] {{ {JUDGE}  extract = ‹RM506›"("  verdict "a" = 1 }}\nreturn j',
    "a verdict twice": (
        f'judge j: score[0, 1] {{ {JUDGE}  extract = "(a)"  verdict "a" = 1  verdict ‹RM506›"a" = 0 }}\nreturn j'
    ),
    "a verdict off the scale": f'judge j: score[0, 1] {{ {JUDGE}  extract = "(a)"  verdict "a" = ‹RM506›2 }}\nreturn j',
}

AGGREGATES = {
    "no members": "aggregate ‹RM505›m = mean { }\nreturn m",
    "weights sum to 0": "rule x = accuracy()\naggregate ‹RM503›m = weighted_mean { member x weight 0 }\nreturn m",
    "weights sum to 0 by default": (
        "param w: float[0, 1] = 0\nrule x = accuracy()\n"
        "aggregate ‹RM503›m = weighted_mean { member x weight w }\nreturn m"
    ),
    "negative weight": "rule x = accuracy()\naggregate m = weighted_mean { member x weight ‹RM504›-1 }\nreturn m",
    "weight that may be negative": (
        "param w: float = 1\nrule x = accuracy()\naggregate m = weighted_mean { member x weight ‹RM504›w }\nreturn m"
    ),
    "negative weight in a sum": (
        "rule x = accuracy()\naggregate m = weighted_sum { member x weight -1 }\nreturn m + 1"
    ),
    "weight from the sample": (
        "rule x = accuracy()\naggregate m = weighted_mean { member x weight ‹RM504›x }\nreturn m"
    ),
    "infinite weight": (
        "rule x = accuracy()\naggregate m = weighted_mean { member x weight ‹RM504›1e308 * 10 }\nreturn m"
    ),
    "weight without effect": "rule x = accuracy()\naggregate m = mean { member x weight ‹RM504›2 }\nreturn m",
    "at_least without k": (
        'rule x: bool = contains(value = "a")\naggregate ‹RM205›m = at_least { member x }\nreturn m'
    ),
    "drop": "rule x = accuracy()\naggregate m = mean { on_unscored = drop  member x }\nreturn m",
    "substitute": "rule x = accuracy()\naggregate m = mean { on_unscored = ‹RM302›2  member x }\nreturn m",
}

TESTS = {
    "stub of nothing": 'rule x = accuracy()\nreturn x\ntest "t" { stub ‹RM602›y = 0.5  expect return == 0.5 }',
    "stub of an input": 'input x: float[0, 1]\nreturn x\ntest "t" { stub ‹RM602›x = 0.5  expect return == 0.5 }',
    "stub out of range": 'rule x = accuracy()\nreturn x\ntest "t" { stub x = ‹RM302›1.5  expect return == 1 }',
    "stub by response": 'rule x = accuracy()\nreturn x\ntest "t" { stub x = [0.5, ‹RM302›2]  expect return == 1 }',
    "unknown given": 'rule x = accuracy()\nreturn x\ntest "t" { given ‹RM201›respons = "a"  expect return == 1 }',
    "given of an input": 'input bonus: float[0, 1]\nreturn bonus\ntest "t" { given bonus = 0.5  expect return == 0.5 }',
    "expect an unknown name": 'rule x = accuracy()\nreturn x\ntest "t" { expect ‹RM201›y == 1 }',
}


def _cases():
    for group in (NAMES, TYPES, RANGES, LEVELS, GRAPH, JUDGES, AGGREGATES, TESTS):
        yield from group.items()


@pytest.mark.parametrize(("name", "body"), list(_cases()), ids=[name for name, _ in _cases()])
def test_each_fault_is_told_once_where_it_is(name, body):
    text, expected = marked(main(body))
    assert places(check(text).diagnostics) == expected


def test_a_cycle_labels_every_step():
    (found,) = check(main("let a = 0.5 * b\nlet b = 0.5 * c\nlet c = 0.5 * a\nreturn a")).diagnostics
    assert found.message == "dependency cycle: `a` -> `b` -> `c` -> `a`"
    assert [(one.span.position, one.text) for one in found.labels] == [
        ((4, 15), "`b` uses `c`"),
        ((5, 15), "`c` uses `a`"),
    ]


def test_a_similar_name_is_shown_where_it_is_declared():
    (found,) = check(main("rule correct = accuracy()\nreturn corect")).diagnostics
    assert [(one.span.position, one.text) for one in found.labels] == [((3, 6), "a similar name is declared here")]
    assert found.help == ("did you mean `correct`?",)


def test_a_proof_is_a_note():
    (found,) = check(
        main("rule x = accuracy()\nrule w = word_count()\nrequire x - 2 >= w else 0.0\nreturn x")
    ).diagnostics
    assert found.notes == ("`x - 2` lies in [-2, -1]", "`w` lies in [0, inf]")


WHOLE = {
    "no return": "rmcompose 1\ncomposition ‹RM406›main -> score[0, 1] {\n  rule x = accuracy()\n}",
    "text result": "rmcompose 1\ncomposition main -> ‹RM301›text {\n  input t: text\n  return t\n}",
    "an int result": "rmcompose 1\ncomposition main -> int { input x: float[0, 1]\n return ‹RM301›x }",
    "a bool result": 'rmcompose 1\ncomposition main -> bool { rule x: bool = contains(value = "a")\n return x }',
    "two compositions of one name": (
        "rmcompose 1\ncomposition a -> bool { return true }\ncomposition ‹RM202›a -> bool { return true }"
    ),
    "compositions that compose each other": (
        "rmcompose 1\ncomposition a -> bool { compose x = ‹RM401›b()  return x }\n"
        "composition b -> bool { compose x = a()  return x }"
    ),
    "a composition that composes itself": ("rmcompose 1\ncomposition a -> bool { compose x = ‹RM401›a()  return x }"),
    "a later composition can be used": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()  return x }\n"
        "composition b -> score[0, 1] { rule r = accuracy()  return r }"
    ),
    "the declared result is what is used": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()  return ‹RM302›x }\n"
        "composition b -> score[0, 2] { rule r = accuracy()  return r }"
    ),
    "arguments of a composition": (
        "rmcompose 1\ncomposition a -> score[0, 1] {\n"
        "  rule w = word_count()\n"
        "  compose x = b(‹RM204›scal = 0.5)\n"
        "  compose y = b(scale = ‹RM302›2)\n"
        '  compose z = b(scale = ‹RM301›"a", kind = ‹RM301›"x")\n'
        "  compose v = b(scale = ‹RM306›minmax(w))\n"
        "  return x * y * z * v\n}\n"
        'composition b -> score[0, 1] { param scale: float[0, 1] = 1  input kind: enum["k"] = "k"\n'
        ' return if kind == "k" then scale else 0.0 }'
    ),
    "what a faulty composition gives is not looked at": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b(foo = 1)  return 10 * x }\n"
        "composition b -> score[0, 1] { return ‹RM201›foo }"
    ),
    "nodes inside": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()\n"
        " return clamp(x * x.inner, 0, 1) }\n"
        "composition b -> score[0, 1] { let inner = 0.5  let _hidden = 0.5  return inner * _hidden }"
    ),
    "nodes that are not inside": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()\n"
        " return clamp(x + ‹RM201›x.iner + ‹RM201›x._hidden, 0, 1) }\n"
        "composition b -> score[0, 1] { let inner = 0.5  let _hidden = 0.5  return inner * _hidden }"
    ),
    "stub inside": (
        "rmcompose 1\ncomposition a -> score[0, 1] { compose x = b()  return x\n"
        '  test "t" { stub x.inner = 0.25  stub ‹RM602›x.iner = 0.25  expect return == 0.25 } }\n'
        "composition b -> score[0, 1] { rule inner = accuracy()  return inner }"
    ),
    "four mistakes are four diagnostics": (
        "rmcompose 1\ncomposition main -> score[0, 1] {\n  rule x ‹RM101›accuracy()\n  let y = 0.5 ‹RM101›*\n"
        "  let z = x ‹RM105›&& y\n  require y >= 0.5 ‹RM101›els 0.0\n  return y\n}"
    ),
    "no warnings beside what could not be read": (
        "rmcompose 1\ncomposition main -> score[0, 1] {\n  rule x = accuracy()\n  rule y = accuracy()\n"
        "  let z = y ‹RM101›*\n  return x\n}"
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files(name):
    text, expected = marked(WHOLE[name])
    assert places(check(text).diagnostics) == expected


YAML = {
    "a name in a formula": "nodes: {correct: {rule: accuracy}}\nreturn: 0.5 * ‹RM201›corect",
    "a reserved word": "nodes: {‹RM208›route: {let: 0.5}}\nreturn: 0.5",
    "a default": "params:\n  w: {type: float, range: [0, 1], default: ‹RM304›2}\nreturn: w",
    "an argument": 'nodes:\n  x: {rule: contains, args: {text: "${‹RM201›foo}", value: a}}\nreturn: x',
    "a pattern": 'nodes:\n  x: {rule: regex_match, args: {pattern: "‹RM301›("}}\nreturn: x',
    "a member": "nodes:\n  x: {rule: accuracy}\n  m: {aggregate: mean, members: [x, ‹RM201›y]}\nreturn: m",
    "a panel": (
        "nodes:\n  j: {type: score, range: [0, 1], judge: {model: [a, ‹RM202›a], given: [response], rubric: R}}\n"
        "return: j"
    ),
    "an example": (
        "nodes:\n  j:\n    type: score\n    range: [0, 1]\n    judge:\n      model: m\n      given: [response]\n"
        "      rubric: R\n      examples:\n        - {response: a, score: 1}\n"
        "        - {response: b, score: ‹RM302›2}\n"
        "        - ‹RM205›{response: c}\nreturn: j"
    ),
    "a gate": "nodes: {x: {rule: accuracy}}\nrequire:\n  - {that: ‹RM301›x, else: 0.0}\nreturn: 1.0",
}


@pytest.mark.parametrize("name", YAML)
def test_the_same_places_in_yaml(name):
    head = "rmcompose: 1\ncomposition: main\nreturns: {type: score, range: [0, 1]}\n"
    text, expected = marked(head + YAML[name] + "\n")
    assert places(check(text, "nowhere/main.rm.yaml").diagnostics) == expected
