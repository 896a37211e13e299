"""Which of the given labels are wrong: predictions of networks that never saw the label, a ranking, files.

crossfit: the networks, each with the samples it did not see. label_posterior: from their predictions and the given
labels to one number of suspicion and a proposed label. baselines: what it is compared with. audit: all of it for a run;
write_audit: its files.
"""
