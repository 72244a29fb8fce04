"""The columns of a rating sheet, in their order."""

from lahja.human_evaluation.measures import MEASURES

SHOWN = ("item", "task", "prompt", "response")
COMMENT = "comment"
HEADER = (*SHOWN, *(measure.name for measure in MEASURES), COMMENT)
