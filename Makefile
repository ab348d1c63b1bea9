# make chat   set up, build the index when it is missing or stale, serve the chat on 127.0.0.1:7860
# make test   set up, run the tests
# make evaluate [DATA=DIR]   set up, measure on the questions in tests/questions and on every labelled set below DIR, and time it
PYTHON ?= python3
VENV ?= .venv
RUN = $(VENV)/bin/python
ROWS = 225
PIP_INSTALL = $(RUN) -m pip install --disable-pip-version-check --quiet -c constraints.txt

.PHONY: chat test lint evaluate clean

chat: $(VENV)/.installed
	$(RUN) -m index build
	$(RUN) app.py $(ARGS)

test: $(VENV)/.installed-dev
	OMP_NUM_THREADS=1 $(RUN) -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.installed-dev
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check index qa training benchmarks tests app.py

evaluate: $(VENV)/.installed
	$(RUN) -m index build
	$(RUN) -m qa evaluate tests/questions $(DATA) --limit $(ROWS) $(ARGS)
	$(RUN) benchmarks/plain_stack.py tests/questions/bexley-heldback.jsonl

clean:
	rm -rf $(VENV) .index

$(VENV)/.installed: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or later is needed, found {v.major}.{v.minor}; try: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(PIP_INSTALL) -e .
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(PIP_INSTALL) -e '.[dev]'
	@touch $@
