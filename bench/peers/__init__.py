"""Other ways to answer the questions of `bench/register.py`: the same rows, the same questions, the same run."""
