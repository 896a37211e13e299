"""Which of the given labels are wrong: predictions of networks that never saw the label, a ranking, files.

judges: the networks, each with the samples it did not see, predictions from elsewhere, and how good they are. findings:
copies, blocks of files, pictures like no other, pairs of classes, contradicting columns. panel: what is known of every
sample. verdict: all of it as one number of suspicion (calibrate). propose: which labels to change. baselines: what the
ranking is compared with. rank_labels: the ranking and its files (list_findings, write_audit). audit: all of it for a
run; audit_probabilities: for a set and predictions from elsewhere.
"""
