"""Speed, memory and disk, one question a module; what is kept goes to ``docs/results/performance``."""
