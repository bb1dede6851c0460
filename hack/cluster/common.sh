# What the scripts of a one-node cluster agree on. Sourced, with $name set.
# shellcheck shell=bash disable=SC2034
say() { printf 'troupe: %s\n' "$*" >&2; }

if ! [[ $name =~ ^[a-z][a-z0-9-]{0,19}$ ]]; then
  say "\"$name\" cannot be a cluster's name: up to 20 small letters, digits and hyphens, a letter first"
  exit 2
fi
bin=${CLUSTER_BIN:-$HOME/.cache/troupe-cluster/bin}
# Everything that the cluster writes, and its logs, is in here.
run=/var/tmp/troupe-cluster/$name
# Name of its network namespace and of its control groups.
ns=troupe-$name
socket=$run/containerd/containerd.sock

inside() { nsenter --net="/run/netns/$ns" "$@"; } # not 'ip netns exec': it hides the control groups from kubelet
