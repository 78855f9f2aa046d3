"""Files an office passes on: 结果.xlsx, notices, lists to fill in; they show tables, nothing else."""
