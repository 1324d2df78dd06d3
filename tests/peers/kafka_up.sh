#!/usr/bin/env bash
# Starts a real Apache Kafka (KRaft) on loopback, from Maven Central's jars.
#
#   kafka_up.sh DIR [NODE...]    all nodes, or those that are named (again)
#
# NODES=3 makes a cluster of three, each topic on all of them (default: one
# node). What a node wrote stays: a second start goes on with it. Ports are free
# ones, and stay. DIR/endpoints then has, a line each:
#
#   plain=HOST:PORT,...   tls=...   mtls=...   sasl=...   oauth=...
#
# tls takes everybody, mtls needs a client certificate of the CA, sasl is PLAIN
# and SCRAM over TLS (user app, password apppw), oauth is OAUTHBEARER over TLS
# with tokens that nobody signed, good for 3 s. DIR/tls has ca.pem, client.pem,
# client.key and, of a CA that nobody trusts, other.pem, other.key. DIR/nN/pid
# is the process of node N. kafka_down.sh DIR ends them all.
#
# Jars (44 MB) are fetched once: ${TOCSIN_PEERS:-~/.cache/tocsin-peers}.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
dir=$1
shift
nodes=${NODES:-1}
heap=${HEAP:-320m}
lib=${TOCSIN_PEERS:-$HOME/.cache/tocsin-peers}/kafka/4.3.1
cluster=MkU3OEVBNTcwNTJENDM2Qg
listeners=(PLAINTEXT CONTROLLER TLS MTLS SASL_SSL OAUTH)
mkdir -p "$dir" "$lib"

fetch_jars() {
  exec 9>"$lib/lock"
  flock 9
  if [ ! -e "$lib/complete" ]; then
    mvn -q -B -f "$here/kafka_pom.xml" dependency:copy-dependencies \
      -DoutputDirectory="$lib" -DincludeScope=runtime >"$dir/mvn.log" 2>&1 || {
      tail -20 "$dir/mvn.log" >&2
      exit 1
    }
    touch "$lib/complete"
  fi
  exec 9>&-
}

# A CA with a certificate for the brokers and one for a client; and another CA.
make_certificates() {
  local tls=$dir/tls
  [ -e "$tls/complete" ] && return
  mkdir -p "$tls"
  (
    cd "$tls"
    for ca in ca otherca; do
      openssl req -x509 -newkey rsa:2048 -nodes -keyout $ca.key -out $ca.pem \
        -days 30 -subj /CN=$ca
    done
    certify() {
      openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" \
        -subj "/CN=$1"
      printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' >"$1.ext"
      openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" \
        -CAcreateserial -out "$1.pem" -days 30 -extfile "$1.ext"
    }
    certify server ca
    certify client ca
    certify other otherca
    openssl pkcs8 -topk8 -nocrypt -in server.key -out server.p8
    cat server.p8 server.pem ca.pem >keystore.pem
  ) >"$tls/openssl.log" 2>&1
  touch "$tls/complete"
}

# One line a node: its six ports.
choose_ports() {
  [ -e "$dir/ports" ] && return
  python3 "$here/free_ports.py" "$nodes" "${#listeners[@]}" >"$dir/ports"
}

# port NODE LISTENER: the n-th listener's port.
port() { awk -v n="$1" -v l="$(($2 + 1))" 'NR == n {print $l}' "$dir/ports"; }

# addresses LISTENER: of all nodes.
addresses() {
  local i all=
  for ((i = 1; i <= nodes; i++)); do
    all+=${all:+,}127.0.0.1:$(port "$i" "$1")
  done
  echo "$all"
}

write_properties() {
  local node=$1 copies=$((nodes >= 3 ? 3 : 1)) in_sync=$((nodes >= 3 ? 2 : 1))
  local where=$dir/n$node listen= told= voters= i
  mkdir -p "$where"
  for i in "${!listeners[@]}"; do
    listen+=${listen:+,}${listeners[i]}://127.0.0.1:$(port "$node" "$i")
    [ "${listeners[i]}" = CONTROLLER ] && continue
    told+=${told:+,}${listeners[i]}://127.0.0.1:$(port "$node" "$i")
  done
  for ((i = 1; i <= nodes; i++)); do
    voters+=${voters:+,}$i@127.0.0.1:$(port "$i" 1)
  done
  cat >"$where/server.properties" <<P
process.roles=broker,controller
node.id=$node
controller.quorum.voters=$voters
listeners=$listen
advertised.listeners=$told
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,TLS:SSL,MTLS:SSL,SASL_SSL:SASL_SSL,OAUTH:SASL_SSL
controller.listener.names=CONTROLLER
inter.broker.listener.name=PLAINTEXT
log.dirs=$where/data
num.network.threads=2
num.io.threads=2
background.threads=2
num.recovery.threads.per.data.dir=1
default.replication.factor=$copies
min.insync.replicas=$in_sync
offsets.topic.replication.factor=$copies
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=$copies
transaction.state.log.min.isr=$in_sync
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=$copies
share.coordinator.state.topic.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
replica.lag.time.max.ms=3000
controller.quorum.election.timeout.ms=500
controller.quorum.fetch.timeout.ms=1000
auto.create.topics.enable=false
log.cleaner.dedupe.buffer.size=8388608
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
ssl.keystore.type=PEM
ssl.keystore.location=$dir/tls/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$dir/tls/ca.pem
listener.name.mtls.ssl.client.auth=required
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_app="apppw";
listener.name.sasl_ssl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.oauth.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.oauth.connections.max.reauth.ms=3000
listener.name.oauth.oauthbearer.sasl.jaas.config=org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
listener.name.oauth.oauthbearer.sasl.server.callback.handler.class=org.apache.kafka.common.security.oauthbearer.internals.unsecured.OAuthBearerUnsecuredValidatorCallbackHandler
P
}

write_log_settings() {
  cat >"$dir/log4j2.properties" <<'P'
status=error
appender.c.type=Console
appender.c.name=c
appender.c.layout.type=PatternLayout
appender.c.layout.pattern=[%d] %p %m (%c{1})%n
rootLogger.level=info
rootLogger.appenderRef.c.ref=c
P
}

format() {
  local where=$dir/n$1
  [ -e "$where/data/meta.properties" ] && return
  java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 "$log" -cp "$lib/*" \
    kafka.tools.StorageTool format -t $cluster -c "$where/server.properties" \
    --add-scram "SCRAM-SHA-512=[name=app,password=apppw]" \
    --add-scram "SCRAM-SHA-256=[name=app,password=apppw]" \
    >"$where/format.log" 2>&1 || {
    cat "$where/format.log" >&2
    exit 1
  }
}

# A broker outlives who started it: it must not hold what that one had open,
# such as a lock.
inherit_nothing() {
  local fd
  for fd in /proc/self/fd/*; do
    fd=${fd##*/}
    [ "$fd" -gt 2 ] && eval "exec $fd>&-"
  done
  return 0
}

start() {
  local where=$dir/n$1
  (
    inherit_nothing
    exec setsid nohup java -Xms64m "-Xmx$heap" -XX:+UseSerialGC -Xshare:auto \
      "-XX:TieredStopAtLevel=${TIER:-4}" "$log" \
      -Djava.net.preferIPv4Stack=true \
      -cp "$lib/*" kafka.Kafka "$where/server.properties"
  ) >"$where/broker.log" 2>&1 </dev/null &
  echo $! >"$where/pid"
}

wait_for() {
  local where=$dir/n$1 tries
  for ((tries = 0; tries < 1200; tries++)); do
    grep -q 'Kafka Server started' "$where/broker.log" && return
    kill -0 "$(cat "$where/pid")" 2>/dev/null || break
    sleep 0.1
  done
  echo "node $1 did not start:" >&2
  tail -20 "$where/broker.log" >&2
  exit 1
}

fetch_jars
make_certificates
choose_ports
write_log_settings
log=-Dlog4j2.configurationFile=$dir/log4j2.properties
[ $# -gt 0 ] || set -- $(seq 1 "$nodes")
for node in "$@"; do
  write_properties "$node"
  format "$node" &
done
wait
for node in "$@"; do start "$node"; done
for node in "$@"; do wait_for "$node"; done
printf 'plain=%s\ntls=%s\nmtls=%s\nsasl=%s\noauth=%s\n' "$(addresses 0)" \
  "$(addresses 2)" "$(addresses 3)" "$(addresses 4)" "$(addresses 5)" >"$dir/endpoints"
cat "$dir/endpoints"
