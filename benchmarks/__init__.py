"""How fast the project is, in ratios inside one run: against physical limits, other tools, and its own fixed cost."""
