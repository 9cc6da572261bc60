# `make` alone, or `make help`, lists the commands.
.DEFAULT_GOAL := help
.PHONY: help run demo-day test check format lock screenshots translations mail-pictures mail-views bench-audit bench-redeem bench-tickets chaos chaos-mail bench-growth bench-kiosk bench-scan bench-browser-scan fuzz-scan soak-frames bench-door

python := .venv/bin/python

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
	$(python) -m pytest --numprocesses 3 --dist loadfile

check: ## Check style, types and import contracts
	@./setup.sh check
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-cache

format: ## Put the code into its one form
	@./setup.sh check
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

lock: ## Pin the newest fitting versions of the Python packages, with hashes
	@./setup.sh check
	.venv/bin/pip-compile $(lock_options) --output-file requirements.txt requirements.in
	.venv/bin/pip-compile $(lock_options) --output-file requirements-dev.txt requirements-dev.in

lock_options := --quiet --upgrade --generate-hashes --no-emit-options --strip-extras --no-header --allow-unsafe

screenshots: ## Take a picture of every page into docs/screenshots
	@./setup.sh test
	$(python) -m bench.screenshots

translations: ## Collect the texts of the code into the catalogues, and compile what is translated
	@./setup.sh check
	$(python) -m web.catalogues update
	$(python) -m web.catalogues compile

mail-pictures: ## Draw the mails' three pictures anew from the pages' pictograms
	@./setup.sh test
	$(python) -m bench.mail_pictures

mail-views: ## Take pictures of the mails as mail programs show them into docs/screenshots
	@./setup.sh test
	$(python) -m bench.mail_views

bench-audit: ## Measure a full audit of a million events, and the share of the chain in a verification
	@./setup.sh test
	$(python) -m bench.bench_audit

bench-redeem: ## Measure verifications over HTTP beside the bare databases
	@./setup.sh test
	$(python) -m bench.bench_redeem

bench-tickets: ## Measure verifications beside 10,000 open ticket pages, and how soon those at the door turn green
	@./setup.sh test
	$(python) -m bench.bench_tickets

chaos: ## Kill the service 200 times under load on each database, and check that nothing is lost or done twice
	@./setup.sh test
	$(python) -m bench.chaos --database sqlite
	$(python) -m bench.chaos --database postgresql

chaos-mail: ## Kill the mail worker 100 times while it sends, and check that every mail arrives
	@./setup.sh test
	$(python) -m bench.chaos_mail

bench-growth: ## Measure verifications as the store grows, and parcels announced in bulk
	@./setup.sh test
	$(python) -m bench.bench_growth

bench-kiosk: ## Show forty people to a kiosk, compare each verdict, and measure the time to it
	@./setup.sh test
	$(python) -m bench.bench_kiosk

bench-scan: ## Measure the scanner beside other readers on real and drawn pictures
	@./setup.sh test
	$(python) -m bench.bench_scan

bench-browser-scan: ## Measure the page's own reader in a real browser beside the service's
	@./setup.sh test
	$(python) -m bench.bench_browser_scan

fuzz-scan: ## Send 100,000 broken pictures through the scanner, for an hour at most
	@./setup.sh test
	$(python) -m bench.fuzz_scan

soak-frames: ## Read 200,000 camera frames and watch the memory
	@./setup.sh test
	$(python) -m bench.soak_frames

bench-door: ## Measure a driver's wait from symbol to verdict in a real browser, and the page's first load
	@./setup.sh test
	$(python) -m bench.bench_door
