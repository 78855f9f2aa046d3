# An alias for people who type make; everything is in bootstrap.py.
.PHONY: report test slow bench lab lint
report test slow bench lab lint:
	python3 bootstrap.py $@
