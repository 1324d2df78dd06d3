#!/usr/bin/env bash
# Starts a real kube-apiserver with its etcd on loopback, auditing into a file.
#
#   apiserver_up.sh DIR [FLAG...]     further flags of kube-apiserver
#
# It logs into DIR/audit/audit.log by the policy DIR/policy.yaml; where there is
# none yet, one that records everything. A log that rotates and a webhook are
# flags: --audit-log-maxsize=1 --audit-webhook-config-file=FILE.
#
# DIR then has kubectl, a link, and NAME.kubeconfig and NAME.token of admin (who
# may do anything) and of mallory (who may do nothing); ca.crt, and address,
# which is HOST:PORT. There are no kubelets and no controllers: pods are objects
# that nobody runs.
#
# apiserver_down.sh DIR ends both. What they are built from: apiserver_build.sh.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1/audit"
dir=$(cd "$1" && pwd)
shift
bin=$("$here/apiserver_build.sh")
ln -sf "$bin/kubectl" "$dir/kubectl"
read -r port etcd_port etcd_peer < <(python3 "$here/free_ports.py" 1 3)

make_secrets() {
  (
    cd "$dir"
    umask 077
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt \
      -days 30 -subj /CN=peers
    openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr \
      -subj /CN=kube-apiserver
    printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\n' >server.ext
    openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial \
      -out server.crt -days 30 -extfile server.ext
    openssl genrsa -out accounts.key 2048
    openssl rsa -in accounts.key -pubout -out accounts.pub
    for name in admin mallory; do openssl rand -hex 16 >"$name.token"; done
    {
      echo "$(cat admin.token),admin,1,system:masters"
      echo "$(cat mallory.token),mallory,2,contractors"
    } >tokens.csv
  ) >"$dir/openssl.log" 2>&1
}

write_kubeconfig() {
  cat >"$dir/$1.kubeconfig" <<K
apiVersion: v1
kind: Config
clusters: [{name: peers, cluster: {server: "https://127.0.0.1:$port", certificate-authority: $dir/ca.crt}}]
users: [{name: $1, user: {token: $(cat "$dir/$1.token")}}]
contexts: [{name: peers, context: {cluster: peers, user: $1}}]
current-context: peers
K
}

# NAME COMMAND...: in the background, its process in DIR/NAME.pid.
start() {
  local name=$1
  shift
  setsid nohup "$@" >"$dir/$name.log" 2>&1 </dev/null &
  echo $! >"$dir/$name.pid"
}

# NAME URL [CURL OPTION...]
wait_for() {
  local name=$1 url=$2 tries
  shift 2
  for ((tries = 0; tries < 1200; tries++)); do
    curl -fs --max-time 2 "$@" "$url" >/dev/null 2>&1 && return
    kill -0 "$(cat "$dir/$name.pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "$name did not start:" >&2
  tail -20 "$dir/$name.log" >&2
  exit 1
}

[ -e "$dir/policy.yaml" ] || cat >"$dir/policy.yaml" <<'P'
apiVersion: audit.k8s.io/v1
kind: Policy
rules: [{level: RequestResponse}]
P
make_secrets
for name in admin mallory; do write_kubeconfig "$name"; done
echo "127.0.0.1:$port" >"$dir/address"

etcd=http://127.0.0.1:$etcd_port
peer=http://127.0.0.1:$etcd_peer
start etcd "$bin/etcd" --data-dir "$dir/etcd" --unsafe-no-fsync \
  --log-level warn --name peer --listen-client-urls "$etcd" \
  --advertise-client-urls "$etcd" --listen-peer-urls "$peer" \
  --initial-advertise-peer-urls "$peer" --initial-cluster "peer=$peer"
wait_for etcd "$etcd/health"
start apiserver "$bin/kube-apiserver" --etcd-servers="$etcd" \
  --bind-address=127.0.0.1 --advertise-address=127.0.0.1 \
  --secure-port="$port" --endpoint-reconciler-type=none \
  --cert-dir="$dir/certs" --tls-cert-file="$dir/server.crt" \
  --tls-private-key-file="$dir/server.key" \
  --authorization-mode=RBAC --anonymous-auth=true \
  --token-auth-file="$dir/tokens.csv" --allow-privileged=true \
  --service-account-issuer=https://kubernetes.default.svc \
  --service-account-key-file="$dir/accounts.pub" \
  --service-account-signing-key-file="$dir/accounts.key" \
  --service-cluster-ip-range=10.96.0.0/16 \
  --audit-policy-file="$dir/policy.yaml" \
  --audit-log-path="$dir/audit/audit.log" "$@"
wait_for apiserver "https://127.0.0.1:$port/readyz" --cacert "$dir/ca.crt" \
  -H "Authorization: Bearer $(cat "$dir/admin.token")"
cat "$dir/address"
