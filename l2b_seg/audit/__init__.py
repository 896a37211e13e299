"""Which of the given masks are wrong: evidence from networks that never saw the case, a ranking, a page to look at.

crossfit: the networks, each with the cases it did not see. outlook: what one of them says of a case. evidence: that in
numbers a slice, regions: a connected area of disagreement. score: one number of suspicion. audit: all of it for a run.
truth: how good the ranking is, where the noise is synthetic; baselines: what it is compared with.
"""
