"""Which of the given labels are wrong: predictions of networks that never saw the label, a ranking, files.

crossfit: the networks, each with the samples it did not see. read_probabilities: what networks from elsewhere say.
label_posterior: from predictions and the given labels to one number of suspicion and a proposed label. baselines: what
it is compared with. rank_labels: the ranking and its files (write_audit). audit: all of it for a run;
audit_probabilities: for a set and predictions from elsewhere.
"""
