from typing import Any

from hypothesis import strategies as st

SETTINGS: dict[str, dict[str, list[Any]]] = {
    "detoxify_reward": {"model_name": ["unbiased", "original"]},
    "entailment": {"model": ["nli"]},
    "reward_model": {"model": ["rm"], "head": [-1, 0]},
    "toxicity": {"model": ["tox"], "label": ["", "hate"]},
}
MESSAGES = st.lists(st.fixed_dictionaries({"role": st.just("user"), "content": st.text(max_size=9)}), max_size=3)
DATA: dict[str, dict[str, st.SearchStrategy[Any]]] = {"reward_model": {"messages": MESSAGES}}
PIECES = ["猫", "half \ud800", "\0"]
