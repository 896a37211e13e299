"""Methods of two networks that take small losses for clean labels and the other samples for unlabelled."""
