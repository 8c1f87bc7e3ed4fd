.DEFAULT_GOAL := help
.PHONY: help run build generate test drill test-typescript test-browser bench-client bench-store vendor-docs lint npm lint-contract accept-contract check tidy

LINT := go run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0

help: ## show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## run the server on phonenumbers.db
	@bin/phonenumbers serve

build: ## build bin/phonenumbers
	go build -trimpath -o bin/phonenumbers ./cmd/phonenumbers

generate: ## make the Go code again from openapi.yaml
	go generate ./...

# The race detector needs a C compiler, and a half of the tests PostgreSQL, by its server binaries or TEST_POSTGRES_URL. Without
# them the tests run, and say so; in CI both must be there.
test: ## run all tests, with the race detector where there is a C compiler
	@go test -count 1 -v -run TestPostgreSQLIsThere ./internal/dbtest | sed -n 's/.*without PostgreSQL: /make test: the tests that need PostgreSQL are skipped: /p'
	@if command -v "$$(go env CC)" >/dev/null; then \
		echo "go test -race ./..."; CGO_ENABLED=1 go test -race ./...; \
	elif [ "$$CI" = true ]; then \
		echo "make test: no C compiler, so no race detector; CI needs both" >&2; exit 1; \
	else \
		echo "make test: no C compiler, so the tests run without the race detector"; go test ./...; \
	fi

# Not part of test: each change is compiled anew.
drill: ## change openapi.yaml in a copy, carry nothing out, and see that the tests name it
	@go run ./internal/drill

# Not part of test: it needs Node.js 18.19 or newer, and npm.
test-typescript: build ## call the server from TypeScript, with types made from openapi.yaml
	cd examples/typescript && npm ci && npm run generate && npm run build && npm test

# Not part of test: it needs Chromium, on the PATH. It saves what the pages look like.
test-browser: ## drive the reference page in Chromium, and take pictures of it in bin/screenshots
	SCREENSHOTS=$(CURDIR)/bin/screenshots go test -tags browser -count 1 -run 'TestTheReference|TestThePages' ./internal/rest

# Not part of test: a figure depends on the machine, a ratio within one run much less.
bench-client: ## compare the Go client with calls written by hand
	go test ./api/client -run '^$$' -bench . -benchtime 3s

bench-store: ## compare pages of a million numbers on both engines, and updates on PostgreSQL with pgbench
	go test ./internal/store -run '^$$' -bench Pages -benchtime 2000x
	go test ./internal/store -run '^$$' -bench Updates -benchtime 1x

SWAGGER_UI := 5.35.0

vendor-docs: ## fetch the files of swagger-ui-dist that the reference page uses again
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && cd $$dir && npm pack --silent swagger-ui-dist@$(SWAGGER_UI) >/dev/null && tar xzf *.tgz && \
	cp package/LICENSE package/NOTICE package/swagger-ui-bundle.js.LICENSE.txt $(CURDIR)/internal/rest/docs/swagger-ui/ && \
	for f in swagger-ui-bundle.js swagger-ui.css; do gzip -9n <package/$$f >$(CURDIR)/internal/rest/docs/swagger-ui/$$f.gz; done

lint: ## run the linters
	$(LINT) run

# The linter is pinned by .ci/lint/package-lock.json. It needs no network after npm ci.
NODE_MODULES := .ci/lint/node_modules/.package-lock.json
REDOCLY := REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true node .ci/lint/node_modules/@redocly/cli/bin/cli.js

npm:
	@command -v npm >/dev/null || { echo "make check: npm is missing; install Node.js 22 or newer, with npm" >&2; exit 1; }

$(NODE_MODULES): .ci/lint/package-lock.json .ci/lint/package.json .ci/lint/.npmrc | npm
	@cd .ci/lint && npm ci --silent || { echo "make check: npm ci failed in .ci/lint; see whether the network and package-lock.json are in order" >&2; exit 1; }
	@touch $@

lint-contract: npm $(NODE_MODULES) ## lint openapi.yaml
	@out=$$($(REDOCLY) lint openapi.yaml --config .ci/lint/redocly.yaml --lint-config error 2>&1) || \
		{ echo "$$out" >&2; echo "make check: correct openapi.yaml as shown above; .ci/lint/redocly.yaml has the rules" >&2; exit 1; }
	@node .ci/lint/test.mjs || { echo "make check: the linter reports other mistakes of .ci/lint/bad.yaml than .ci/lint/test.mjs expects; correct the rules" >&2; exit 1; }

accept-contract: ## accept a breaking change of openapi.yaml, before the first release
	cp openapi.yaml api/openapi.accepted.yaml

# The test of .ci/contract runs again only after a change of what it tests.
bin/contract-test: .ci/contract .ci/contract.levels $(wildcard .ci/contract-test/*)
	@.ci/contract-test/run
	@mkdir -p bin && touch $@

# Cheap steps come first. Each ends a failure with a line that says what to do.
check: ## fail on stale files, a break of openapi.yaml, or what a linter reports
	@go mod tidy -diff || { echo "make check: run \`make tidy\` and commit go.mod and go.sum" >&2; exit 1; }
	@$(MAKE) --no-print-directory lint-contract
	@.ci/generated
	@.ci/contract
	@$(MAKE) -s --no-print-directory bin/contract-test
	@$(MAKE) --no-print-directory lint || { echo "make check: correct what the linter shows above; \`make tidy\` corrects the formatting" >&2; exit 1; }

tidy: ## bring go.mod and the formatting in order
	go mod tidy
	$(LINT) fmt
