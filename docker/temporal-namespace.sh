#!/bin/sh
# Makes the namespace if it is not there. TEMPORAL_ADDRESS and TEMPORAL_NAMESPACE are read by the tool itself.
set -eu

tries=60
until temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" >/dev/null 2>&1 ||
  temporal operator namespace create --namespace "$TEMPORAL_NAMESPACE" --retention "$TEMPORAL_RETENTION"; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || exit 1
  sleep 2
done
