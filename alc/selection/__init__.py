"""Selection: the order in which samples are sent to annotators.

Scores are functions in :mod:`alc.selection.scores`; :class:`alc.selection.selector.Selector` makes an order of one.
"""
