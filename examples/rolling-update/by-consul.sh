#!/usr/bin/env bash
# Restarts the instances of a service in Consul batch by batch: each is put in maintenance, restarted once no gateway
# sends to it and nothing is in flight there, and taken out of maintenance.
#
#     by-consul.sh BACKEND BATCH RESTART ID=ENDPOINT...
#
# ID is the service's id in Consul, ENDPOINT its address:port. RESTART is run with the endpoint and returns once the
# new instance answers and is registered. CONSUL_HTTP_ADDR is the agent, WEIR_ADMIN has the admin APIs of all gateways, with spaces between;
# WEIR_TOKEN_FILE a token for them. Stops before the next batch where one fails.
set -euo pipefail
backend=$1 batch_size=$2 restart=$3
shift 3
consul=${CONSUL_HTTP_ADDR:-http://127.0.0.1:8500}
read -ra gateways <<<"${WEIR_ADMIN:-http://127.0.0.1:9901}"

everywhere() {
    local gateway
    for gateway in "${gateways[@]}"; do
        weir backends "$@" --admin "$gateway" --token-file "$WEIR_TOKEN_FILE"
    done
}

maintenance() {
    curl -fsS -X PUT "$consul/v1/agent/service/maintenance/$1?enable=$2&reason=rolling+update"
}

roll() {
    local id=${1%%=*} endpoint=${1#*=}
    maintenance "$id" true
    everywhere wait "$backend" "$endpoint" --timeout 60s
    "$restart" "$endpoint"
    maintenance "$id" false
    everywhere wait "$backend" "$endpoint" --serving --timeout 60s
}

while (($#)); do
    batch=("${@:1:batch_size}")
    shift "${#batch[@]}"
    running=()
    for instance in "${batch[@]}"; do
        roll "$instance" &
        running+=($!)
    done
    for job in "${running[@]}"; do
        wait "$job"
    done
done
