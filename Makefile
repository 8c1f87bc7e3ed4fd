.DEFAULT_GOAL := help
.PHONY: help run build generate test drill test-typescript test-browser bench bench-quick bench-client bench-store vendor-docs lint npm lint-contract accept-contract check tidy

LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## run the server with the database phonenumbers.db
	@bin/phonenumbers serve

build: ## build bin/phonenumbers
	go build -trimpath -o bin/phonenumbers ./cmd/phonenumbers

generate: ## regenerate the Go code from openapi.yaml and control.yaml
	go generate ./...

# The race detector needs a C compiler. RACE excludes SQLite's own code, which would be slow. That code is translated from C and
# keeps its data outside the Go heap, where the race detector does not look.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false

# Half of the database tests need PostgreSQL: its server binaries or
# TEST_POSTGRES_URL. Without them, this target runs the other tests and says so. In CI, it fails.
test: ## run all tests, with the race detector if there is a C compiler
	@go test -count 1 -v -run TestPostgreSQLIsThere ./internal/dbtest | sed -n 's/.*without PostgreSQL: /make test: the tests that need PostgreSQL are skipped: /p'
	@if command -v "$$(go env CC)" >/dev/null; then \
		echo "go test $(RACE) -timeout 30m ./..."; CGO_ENABLED=1 go test $(RACE) -timeout 30m ./...; \
	elif [ "$$CI" = true ]; then \
		echo "make test: there is no C compiler for the race detector; CI needs both" >&2; exit 1; \
	else \
		echo "make test: there is no C compiler, so the tests run without the race detector"; go test -timeout 30m ./...; \
	fi

# Not part of test, because each change is compiled again.
drill: ## change only openapi.yaml, in a copy, and check that the tests name the change
	@go run ./internal/drill

# Not part of test, because it needs Node.js 18.19 or newer, and npm.
test-typescript: build ## call a sandbox from TypeScript, with types generated from openapi.yaml and control.yaml
	cd examples/typescript && npm ci && npm run generate && npm run build && npm test

# Not part of test, because it needs Chromium on the PATH.
test-browser: ## test the pages in Chromium, and save screenshots in bin/screenshots
	SCREENSHOTS=$(CURDIR)/bin/screenshots go test -tags browser -count 1 -run 'TestTheReference|TestThePages' ./internal/rest

# Not part of test, because the times depend on the machine. Compare only times from the same run.
# The first run of bench also builds another version of the server, and the other frameworks.
BASE := 07c3a3c

bench: ## compare the server with a handwritten one, ogen, huma, pgbench and the version BASE, in ten minutes
	@mkdir -p bin
	go run ./internal/bench -base $(BASE) -peers -postgres -json bin/bench.json

bench-quick: ## compare the server with a handwritten one, in a minute
	@mkdir -p bin
	go run ./internal/bench -size quick -json bin/bench-quick.json

bench-client: ## compare the Go client with handwritten calls
	go test ./api/client -run '^$$' -bench . -benchtime 3s

bench-store: ## compare long lists with short ones on both databases, and updates on PostgreSQL with pgbench
	go test ./internal/store -run '^$$' -bench Pages -benchtime 300x
	go test ./internal/store -run '^$$' -bench Updates -benchtime 1x

SWAGGER_UI := 5.35.0

vendor-docs: ## re-download the swagger-ui-dist files that the reference page uses
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && cd $$dir && npm pack --silent swagger-ui-dist@$(SWAGGER_UI) >/dev/null && tar xzf *.tgz && \
	cp package/LICENSE package/NOTICE package/swagger-ui-bundle.js.LICENSE.txt $(CURDIR)/internal/rest/docs/swagger-ui/ && \
	for f in swagger-ui-bundle.js swagger-ui.css; do gzip -9n <package/$$f >$(CURDIR)/internal/rest/docs/swagger-ui/$$f.gz; done

lint: ## run the linters
	$(LINT) run

# .ci/lint/package-lock.json sets the version of the linter. After npm ci, it needs no network.
NODE_MODULES := .ci/lint/node_modules/.package-lock.json
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node .ci/lint/node_modules/@redocly/cli/bin/cli.js

npm:
	@command -v npm >/dev/null || { echo "make check: npm is missing; install Node.js 22 or newer, with npm" >&2; exit 1; }

$(NODE_MODULES): .ci/lint/package-lock.json .ci/lint/package.json .ci/lint/.npmrc | npm
	@cd .ci/lint && npm ci --silent || { echo "make check: npm ci failed in .ci/lint; check the network and package-lock.json" >&2; exit 1; }
	@touch $@

lint-contract: npm $(NODE_MODULES) ## lint openapi.yaml and control.yaml
	@out=$$($(REDOCLY) lint openapi.yaml control.yaml --config .ci/lint/redocly.yaml --lint-config error 2>&1) || \
		{ echo "$$out" >&2; echo "make check: fix openapi.yaml or control.yaml as shown above; the rules are in .ci/lint/redocly.yaml" >&2; exit 1; }
	@node .ci/lint/test.mjs || { echo "make check: the linter does not report the mistakes in .ci/lint/bad.yaml that .ci/lint/test.mjs expects; fix the rules" >&2; exit 1; }

accept-contract: ## accept a breaking change in openapi.yaml before the first release
	cp openapi.yaml api/openapi.accepted.yaml

# The tests of .ci/contract and .ci/api run again only if what they test has changed.
bin/contract-test: .ci/contract .ci/contract.levels .ci/release-tag $(wildcard .ci/contract-test/*)
	@.ci/contract-test/run
	@mkdir -p bin && touch $@

bin/api-test: .ci/api .ci/release-tag .ci/api-test/run
	@.ci/api-test/run
	@mkdir -p bin && touch $@

# Fast steps come first. If a step fails, its last line says what to do.
check: ## fail on stale files, breaking changes of openapi.yaml and the Go API, and linter errors
	@out=$$(go -C internal/bench/peers generate 2>&1) || { echo "$$out" >&2; exit 1; }
	@go mod tidy -diff && go -C internal/bench/peers mod tidy -diff || { echo "make check: run \`make tidy\` and commit each go.mod and go.sum" >&2; exit 1; }
	@$(MAKE) --no-print-directory lint-contract
	@.ci/generated
	@.ci/contract
	@$(MAKE) -s --no-print-directory bin/contract-test
	@.ci/api
	@$(MAKE) -s --no-print-directory bin/api-test
	@$(MAKE) --no-print-directory lint || { echo "make check: fix what the linter reports above; \`make tidy\` fixes the formatting" >&2; exit 1; }

tidy: ## tidy each go.mod and format the code
	go mod tidy
	go -C internal/bench/peers generate && go -C internal/bench/peers mod tidy
	$(LINT) fmt
