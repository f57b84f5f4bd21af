"""What models measure: rewards, toxicity, entailment, closeness of meaning.

In come conversations and texts, out go questions to a model that the user's configuration knows by name, and of its
numbers a value; embeddings and detoxify also work in this process. Look first at `reward.py`.
"""
