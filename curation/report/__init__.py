"""The report: one page of what a store holds, and how each of its figures was computed."""
