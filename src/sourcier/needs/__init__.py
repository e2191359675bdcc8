"""What is needed, in the words of a department, made precise."""
