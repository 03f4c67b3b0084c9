"""Programs that developers run; none of them is shipped."""
