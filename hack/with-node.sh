#!/bin/sh
# `sh hack/with-node.sh COMMAND …` runs a command, in the checkout's root, with Troupe's Node and the tools of
# node_modules first on PATH, and NATS_SERVER set when it is known.
set -eu

root=$(CDPATH='' cd "$(dirname "$0")/.." && pwd -P)
state=$root/.troupe
. "$root/hack/state.sh"

node_ready || { echo "troupe: nothing is set up yet; run make setup" >&2; exit 1; }
if nats_ready; then export NATS_SERVER; fi
export PATH="$root/node_modules/.bin:${node%/*}:$PATH"
cd "$root"
exec "$@"
