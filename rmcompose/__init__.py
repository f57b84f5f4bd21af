"""rmcompose: a declarative language for reward graphs."""
