"""Worksheets: a sheet of questions with blanks and a key with worked solutions, all of them from a seed."""
