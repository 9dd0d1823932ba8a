"""Reports for people and for the next run: pages, plots, baselines. Imports data sets, measures and results."""
