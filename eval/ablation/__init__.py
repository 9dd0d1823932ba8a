"""Other ways to rank than the shipped one, and what each step to it brought. Imports data sets, measures, results and the judge."""

# See eval.ablation.rankings for what each is. Here, so that the command line knows them without what they need.
RANKINGS = ("words", "morphemes", "content", "bigrams", "dense", "sentence", "rrf", "convex", "learned")
