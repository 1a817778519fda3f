"""What is doubtful in a data set that can be read: one check a file, each a function to findings."""
