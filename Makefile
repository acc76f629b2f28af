# Every target is a script in Scripts/; `make` alone lists them. ARGS="..." hands arguments on to the tool.

.DEFAULT_GOAL := help
.PHONY: help serve install test test-unit test-tsan test-integration test-examples test-release bench format lint docs clean

help: ## Prints this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

serve: ## Builds and runs the server with embedded defaults; ARGS="--port 4200" goes to `sage serve`
	@Scripts/serve.sh $(ARGS)

install: ## Builds `sage`, optimised, and copies it to PREFIX/bin; PREFIX is /usr/local unless said otherwise
	@Scripts/install.sh "$(or $(PREFIX),/usr/local)"

test: ## Runs every check and test
	@Scripts/test.sh $(ARGS)

test-unit: ## Runs the Swift tests; ARGS="--filter RetryPolicyTests" goes to `swift test`
	@Scripts/setup.sh build test
	@Scripts/test-unit.sh $(ARGS)

test-tsan: ## Runs the engine's tests under the thread sanitizer
	@Scripts/setup.sh build
	@Scripts/test-tsan.sh $(ARGS)

test-integration: ## Runs real clients against the server; ARGS="-k stream" goes to pytest
	@Scripts/test-integration.sh $(ARGS)

test-examples: ## Builds and runs the examples; ARGS="GuardedActor" takes one, ARGS="traits" checks the traits alone
	@Scripts/setup.sh build test
	@Scripts/test-examples.sh $(ARGS)

test-release: ## Builds and tries what `make serve` runs
	@Scripts/setup.sh build test
	@Scripts/test-release.sh

bench: ## Measures the engine; ARGS="gateway", "sessions", "storage", "memory" measure these, ARGS="instructions breaker" counts instructions
	@Scripts/bench.sh $(ARGS)

format: ## Formats the Swift sources in place
	@Scripts/format.sh

lint: ## Checks format, documentation comments, the examples of the guides and scripts
	@Scripts/setup.sh test
	@Scripts/lint.sh

docs: ## Renders the documentation into .build/docs
	@Scripts/docs.sh

clean: ## Removes all build products and the virtual environment
	@Scripts/clean.sh
