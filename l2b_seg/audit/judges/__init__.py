"""Who judges the masks, and how good they are.

judge: a judge, and all of an audit. crossfit: folds of cases and their networks. networks: the judges of a run.
prediction_files: what is read of other networks' predictions; predictions: the judge these make. quality: the judges'
Dice on clean cases they did not learn from. trust: maps of what they say of every pixel, calibrated on those cases.
"""
