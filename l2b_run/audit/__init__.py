"""What the audits of both tasks share.

folds: the training elements dealt to networks. cross_fit: the networks, each with the elements it did not see.
kept_fold: their folders. quality: how good a ranking is. workers: elements judged side by side, in processes.
"""
