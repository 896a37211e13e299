"""Which of the given labels are wrong: predictions of networks that never saw the label, a ranking, files.

crossfit: the networks, each with the samples it did not see (outlook). read_probabilities: what networks from
elsewhere say. panel, second_opinion: what is known of every sample. findings: copies, blocks of files, pictures like no
other, pairs of classes, contradicting columns. verdict: all of it as one number of suspicion (calibrate). propose:
which labels to change. quality: how good the judges are. baselines: what it is compared with. rank_labels: the ranking
and its files (list_findings, write_audit). audit: all of it for a run; audit_probabilities: for a set and predictions
from elsewhere.
"""
