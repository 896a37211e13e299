"""Files of a run folder that training goes on from: after the last epoch, and after the best."""

LATEST, BEST = "checkpoint_latest.pt", "checkpoint_best.pt"
