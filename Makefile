# `make` alone, or `make help`, lists the commands.
.DEFAULT_GOAL := help
.PHONY: help run demo-day test quick check format types lock release test-container screenshots translations mail-pictures mail-views bench-audit fuzz-proof bench-redeem bench-bodies bench-tickets attack chaos chaos-mail chaos-failover bench-growth bench-lists bench-kiosk bench-scan bench-boofcv bench-returned-mails bench-page-reader bench-browser-scan fuzz-scan fuzz-symbols soak-frames bench-door

python := .venv/bin/python
npm_bin := node_modules/.bin
types := $(npm_bin)/openapi-typescript --root-types --root-types-no-schema-prefix --output web/static/js/lib/api-types.d.ts
# Each start of the service would compile the program anew.
export PYTHONDONTWRITEBYTECODE :=
all_tests := $(python) -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder
# A real browser beside two others is sometimes starved of its seconds: what failed in one is asked once more, alone.
only_browsers_failed := ! grep '"tests/' .pytest_cache/v/cache/lastfailed | grep --quiet --invert-match '"tests/browser/'
alone := echo "What failed in a browser is asked once more, alone." && $(python) -m pytest --last-failed
formatted := "web/static/**/*.{js,css}" "tests/js/**/*.js" eslint.config.js

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Set up everything and start the service with sample data
	@./setup.sh run
	@exec $(python) app.py run --demo

demo-day: ## Start the service with a plausible week of sample parcels, in a store of its own
	@./setup.sh run
	@$(python) app.py demo-week
	@exec $(python) app.py --config var/demo-week/config.yaml run

test: ## Set up everything and run all checks and tests, in real browsers and databases
	@./setup.sh test
	@$(MAKE) --no-print-directory check
	@$(all_tests) || { [ $$? -eq 1 ] && $(only_browsers_failed) && $(alone); }

quick: ## Run the checks, and the tests that need no browser, no PostgreSQL and no service of their own
	@./setup.sh test
	@$(MAKE) --no-print-directory check
	$(python) -m pytest --numprocesses 3 --dist loadfile --no-loadscope-reorder -m "not browser and not postgres and not slow"

check: ## Check style, types and import contracts, of the pages' scripts too, and what is pure in these
	@./setup.sh check
	@$(MAKE) --no-print-directory --jobs 2 --output-sync=target check-program check-scripts

.PHONY: check-program check-scripts
check-program:
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

check-scripts:
	$(npm_bin)/prettier --check --log-level warn $(formatted)
	$(python) -m web.api.page_types | $(types) --check
	$(npm_bin)/tsc --project tsconfig.json
	$(npm_bin)/tsc --project tsconfig.workers.json
	$(npm_bin)/eslint web/static/js tests/js
	node --test tests/js/*.test.js

format: ## Put the code into its one form
	@./setup.sh check
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .
	$(npm_bin)/eslint --fix web/static/js tests/js
	$(npm_bin)/prettier --write --log-level warn $(formatted)

types: ## Make the scripts' types of what the API answers from its own description
	@./setup.sh check
	$(python) -m web.api.page_types | $(types)

lock: ## Pin the newest fitting versions of the Python packages, with hashes
	@./setup.sh check
	.venv/bin/pip-compile $(lock_options) --output-file requirements.txt requirements.in
	.venv/bin/pip-compile $(lock_options) --output-file requirements-dev.txt requirements-dev.in
	.venv/bin/pip-compile $(lock_options) --output-file requirements-failover.txt requirements-failover.in
	sed --in-place '2,$$d' deploy/requirements-headless.txt
	sed --quiet 's/^opencv-python==\([^ ]*\).*/opencv-python-headless==\1/p' requirements.txt \
	    | .venv/bin/pip-compile $(lock_options) --no-annotate --constraint requirements.txt --output-file - - \
	    | sed --quiet '/^opencv-python-headless==/,$$p' >>deploy/requirements-headless.txt

lock_options := --quiet --upgrade --generate-hashes --no-emit-options --strip-extras --no-header --allow-unsafe

release: ## Make dist/: the wheel, what it holds (SBOM), the licences of others, and checksums
	@./setup.sh test
	deploy/release.sh

test-container: ## Build the container with podman and try it; it takes minutes, so it is no part of the tests
	deploy/try-container.sh

screenshots: ## Take a picture of every page into docs/screenshots
	@./setup.sh test
	$(python) -m bench.pictures.screenshots

translations: ## Collect the texts of the code into the catalogues, and compile what is translated
	@./setup.sh check
	$(python) -m web.i18n.catalogues update
	$(python) -m web.i18n.catalogues compile

mail-pictures: ## Draw the mails' three pictures anew from the pages' pictograms
	@./setup.sh test
	$(python) -m bench.pictures.mail_pictures

mail-views: ## Take pictures of the mails as mail programs show them into docs/screenshots
	@./setup.sh test
	$(python) -m bench.pictures.mail_views

bench-audit: ## Measure a full audit of a million events, and the share of the chain in a verification
	@./setup.sh test
	$(python) -m bench.speed.bench_audit

fuzz-proof: ## Hold the three verifiers of proofs against each other on 10,000 odd proofs
	@./setup.sh test
	$(python) -m tests.parts.proofs.odd_proofs

bench-redeem: ## Measure verifications over HTTP beside the bare databases
	@./setup.sh test
	$(python) -m bench.speed.bench_redeem

bench-bodies: ## Measure verifications beside 64 callers who send byte by byte, and alone
	@./setup.sh test
	$(python) -m bench.speed.bench_bodies

bench-tickets: ## Measure verifications beside 10,000 open ticket pages, and how soon those at the door turn green
	@./setup.sh test
	$(python) -m bench.speed.bench_tickets

attack: ## Attack every boundary of a service of its own as somebody outside can, for ten minutes at most
	@./setup.sh test
	$(python) -m bench.attack

chaos: ## Kill the service 200 times under load on each database, and check that nothing is lost or done twice
	@./setup.sh test
	$(python) -m bench.chaos.chaos --database sqlite
	$(python) -m bench.chaos.chaos --database postgresql

chaos-mail: ## Kill the mail worker 100 times while it sends, and check that every mail arrives
	@./setup.sh test
	$(python) -m bench.chaos.chaos_mail

chaos-failover: ## Let a database of three nodes fail in every way under load, for half an hour at most, and count what it costs
	@./setup.sh failover
	$(python) -m bench.chaos.failover

bench-growth: ## Measure verifications as the store grows, and parcels announced in bulk
	@./setup.sh test
	$(python) -m bench.speed.bench_growth

bench-lists: ## Ask for every list of the office over 100,000 parcels, in each order and narrowed in each way
	@./setup.sh test
	$(python) -m bench.speed.bench_lists

bench-kiosk: ## Show forty people to a kiosk, compare each verdict, and measure the time to it
	@./setup.sh test
	$(python) -m bench.scanning.bench_kiosk

bench-scan: ## Measure the scanner beside other readers on real and drawn pictures
	@./setup.sh test
	$(python) -m bench.scanning.bench_scan

bench-boofcv: ## Measure the scanner on BoofCV's QR benchmark, whose pictures lie in FOLDER
	@./setup.sh test
	$(python) -m bench.bench_boofcv $(FOLDER)

bench-returned-mails: ## Measure how many real returned mails are understood; they lie in FOLDER, or are fetched
	@./setup.sh test
	$(python) -m bench.bench_returned_mails $(FOLDER)

bench-page-reader: ## Measure the page's own reader in node beside the service's, on every set of pictures
	@./setup.sh test
	$(python) -m bench.scanning.bench_page_reader

bench-browser-scan: ## Measure the page's own reader in a real browser beside the service's
	@./setup.sh test
	$(python) -m bench.scanning.bench_browser_scan

fuzz-scan: ## Send 100,000 broken pictures through the scanner, for an hour at most
	@./setup.sh test
	$(python) -m bench.scanning.fuzz_scan

fuzz-symbols: ## Decode 100,000 damaged delivery codes, for an hour at most; no wrong text may be told
	@./setup.sh test
	$(python) -m tests.parts.scanning.damaged_grids

soak-frames: ## Read 200,000 camera frames and watch the memory
	@./setup.sh test
	$(python) -m bench.scanning.soak_frames

bench-door: ## Measure a driver's wait from symbol to verdict in a real browser, and the page's first load
	@./setup.sh test
	$(python) -m bench.scanning.bench_door
