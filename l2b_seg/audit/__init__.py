"""Which of the given masks are wrong: evidence from networks that never saw the case, a ranking, a page to look at.

masks: which masks, each in which folder. judges: who judges them, and how good they are. outlook: what one of them says
of a case. judged_case: all that is made of it: evidence in numbers a slice and case, regions: connected areas of
disagreement, score: one number of suspicion, baselines: the simple ways to rank. rank: all of it for all masks; audit:
with the networks of a run, audit_predictions: with predictions from files. truth: how good the ranking is, where clean
masks are there too.
"""
