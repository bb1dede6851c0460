# What there is to do here. Every target sets up first what it needs; nothing is installed outside of this folder.
.DEFAULT_GOAL := help
SHELL := /bin/sh

WITH_NODE := sh hack/with-node.sh
# Flags for ava, such as AVA_FLAGS="--match='*order*'"; and which tests: make test TESTS=protocol
AVA_FLAGS ?=
TESTS ?= '{model,protocol,sdk,coordinator,runtime-image,local,operator,cli}/**' 'test/!(simulation|faults|soak|control-plane|e2e)/**' 'test/*.test.ts'
# Long ones, which show what they counted. They need the processors to themselves.
HEAVY_TESTS ?= $(wildcard test/simulation test/faults test/soak)
HEAVY_TIMEOUT ?= 20m
FILE ?= examples/documents/pipeline.ts
ARGS ?=

.PHONY: help
help: ## Show this list
	@sed -n 's/^\([a-z0-9-]*\):.*## \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-18s %s\n", $$1, $$2 }'

.PHONY: run
run: ## Run the main job: a report on the documents around here, computed by groups in parallel
	@./troupe run $(FILE) $(ARGS)

.PHONY: test
test: setup ## Run the unit and integration tests, on a real nats-server
	@$(WITH_NODE) ava $(AVA_FLAGS) $(TESTS)

.PHONY: test-heavy
test-heavy: setup ## Run the simulation, the faults and a long run: random graphs, killed processes, what grows (minutes)
	@$(if $(HEAVY_TESTS),$(WITH_NODE) ava --concurrency=1 --timeout=$(HEAVY_TIMEOUT) $(AVA_FLAGS) $(HEAVY_TESTS),echo "There are no heavy tests.")

.PHONY: verify
verify: format-check lint types generated ## Check format, lint, types, and that what is generated is current

.PHONY: format-check lint types generated
format-check: packages
	@$(WITH_NODE) prettier --check --log-level=warn .
lint: packages
	@$(WITH_NODE) eslint --max-warnings=0 .
types: packages
	@$(WITH_NODE) tsc
generated: packages
	@$(WITH_NODE) node hack/generate/main.ts --check

# Tests that start a real API server; it is built from Go modules the first time (about 15 minutes on two cores).
# Two files at a time: they wait for most of their time (leases, back-off, what is counted in a window), a quarter of two cores is at work.
CONTROL_PLANE_TESTS ?= $(wildcard test/control-plane)
.PHONY: test-control-plane
test-control-plane: setup control-plane-binaries ## Run the operator's tests on a real etcd, kube-apiserver and kube-controller-manager
	@$(if $(CONTROL_PLANE_TESTS),$(WITH_NODE) ava --concurrency=2 --timeout=10m $(AVA_FLAGS) $(CONTROL_PLANE_TESTS),echo "There are no control plane tests.")

.PHONY: control-plane-binaries
control-plane-binaries:
	@$(if $(KUBEBUILDER_ASSETS),:,hack/cluster/build etcd kube-apiserver kube-controller-manager kubectl >/dev/null)
	@command -v helm >/dev/null || hack/cluster/build helm >/dev/null

E2E_TESTS ?= $(wildcard test/e2e)
# All of Kubernetes and helm: twenty minutes on two cores the first time. Where no cluster can be, the tests say why they are skipped.
.PHONY: e2e-binaries
e2e-binaries:
	@$(if $(KUBECONFIG),:,if hack/cluster/needs 2>/dev/null; then hack/cluster/build >/dev/null; fi)

.PHONY: e2e
e2e: setup e2e-binaries ## Run everything end to end on a real one-node Kubernetes (or on the cluster of KUBECONFIG)
	@$(if $(E2E_TESTS),$(WITH_NODE) ava --concurrency=1 --timeout=20m $(AVA_FLAGS) $(E2E_TESTS),echo "There are no end-to-end tests.")

NAME ?= troupe
.PHONY: cluster-up
cluster-up: ## Start a real one-node Kubernetes for oneself (NAME=troupe)
	@hack/cluster/up $(NAME)

.PHONY: cluster-down
cluster-down: ## Remove it, with every trace
	@hack/cluster/down $(NAME)

.PHONY: images
images: packages ## Build the container images, with Docker or buildah (BASE=scratch where no registry answers)
	@hack/images/build

.PHONY: test-all
test-all: test test-heavy test-control-plane e2e verify ## Run everything that has to pass before a change goes in

.PHONY: soak
soak: export TROUPE_SOAK := 1
soak: ## Run the simulation, the faults and the long run at full size (an hour)
	@$(MAKE) --no-print-directory test-heavy HEAVY_TIMEOUT=2h

.PHONY: bench
bench: setup ## Measure throughput, latency, start-up and memory; writes bench/results.json
	@$(WITH_NODE) node bench/main.ts $(ARGS)

.PHONY: setup
setup: ## Fetch what is missing (Node, packages, nats-server) and bundle the programs
	@sh hack/setup.sh

.PHONY: generate
generate: packages ## Write what is generated from the model: the CRDs, the admission policy and their reference
	@$(WITH_NODE) node hack/generate/main.ts

.PHONY: packages
packages:
	@sh hack/setup.sh node modules

.PHONY: format
format: packages ## Bring all files into the format that verify checks
	@$(WITH_NODE) prettier --write --log-level=warn .

.PHONY: clean
clean: ## Remove what was set up, built and fetched
	rm -rf .troupe node_modules
