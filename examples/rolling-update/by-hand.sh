#!/usr/bin/env bash
# Restarts the endpoints of a backend batch by batch: each is drained by hand in every gateway, restarted once nothing
# is in flight there, and taken back.
#
#     by-hand.sh BACKEND BATCH RESTART ENDPOINT...
#
# RESTART is run with the endpoint and returns once the new instance answers. WEIR_ADMIN has the admin APIs of all
# gateways, with spaces between; WEIR_TOKEN_FILE a token with `role: Write`. Stops before the next batch where one fails.
set -euo pipefail
backend=$1 batch_size=$2 restart=$3
shift 3
read -ra gateways <<<"${WEIR_ADMIN:-http://127.0.0.1:9901}"

everywhere() {
    local gateway
    for gateway in "${gateways[@]}"; do
        weir backends "$@" --admin "$gateway" --token-file "$WEIR_TOKEN_FILE"
    done
}

roll() {
    everywhere drain "$backend" "$1" --for 10m --reason "rolling update" --wait --timeout 60s
    "$restart" "$1"
    everywhere undrain "$backend" "$1"
}

while (($#)); do
    batch=("${@:1:batch_size}")
    shift "${#batch[@]}"
    running=()
    for endpoint in "${batch[@]}"; do
        roll "$endpoint" &
        running+=($!)
    done
    for job in "${running[@]}"; do
        wait "$job"
    done
done
