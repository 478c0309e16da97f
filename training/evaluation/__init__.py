"""What models can do: questions asked, answers graded, and how sure one can be of the figures."""
