# Functions that .ci/run uses to install programs and to start PostgreSQL and Redis. What cannot be had fails the run.

say() { printf 'ci: %s\n' "$*"; }
fail() { say "$*" >&2; exit 1; }
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Install the Debian package $2 (or $1) unless the program $1 exists.
need() {
  command -v "$1" >/dev/null && return
  local package=${2:-$1} log
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || fail "$1 is missing. Install it, or run as root on Debian."
  say "installing $package"
  log=$(mktemp)
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -qq "$package"; } \
    >"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "Cannot install $package."; }
  rm -f "$log"
}

wait_for() {
  for _ in $(seq 100); do listens "$2" && return; sleep 0.2; done
  fail "$1 does not listen on 127.0.0.1:$2."
}

start_postgresql() {
  local is_new='' version cluster
  command -v pg_lsclusters >/dev/null || is_new=yes
  need pg_lsclusters postgresql
  if ! listens 5432; then
    read -r version cluster _ < <(pg_lsclusters --no-header | awk '$3 == 5432') \
      || fail "PostgreSQL has no cluster for port 5432."
    # Another run may be starting the same cluster: what counts is that it listens in the end.
    pg_ctlcluster "$version" "$cluster" start || true
    wait_for PostgreSQL 5432
  fi
  if [ "$is_new" ]; then  # a server made for the tests of this machine: let them in, from this machine only
    runuser -u postgres -- psql -qc "CREATE ROLE orderly_test LOGIN CREATEDB PASSWORD 'orderly_test'"
    export ORDERLY_TEST_POSTGRESQL_URL=postgresql://orderly_test:orderly_test@127.0.0.1:5432/postgres
  fi
}

# PostgreSQL may also run elsewhere, at ORDERLY_TEST_POSTGRESQL_URL.
have_postgresql() {
  [ "${ORDERLY_TEST_POSTGRESQL_URL:-}" ] || start_postgresql
  need psql postgresql-client
  psql "${ORDERLY_TEST_POSTGRESQL_URL:-postgresql://postgres@127.0.0.1:5432/postgres}" -w -qAtc 'SELECT 1' >/dev/null 2>&1 \
    || fail "PostgreSQL refuses the tests' connection. Let postgres in from 127.0.0.1 (pg_hba.conf: trust)," \
      "or set ORDERLY_TEST_POSTGRESQL_URL to a URL that may create databases."
}

have_redis() {
  need redis-server
  listens 6379 && return
  redis-server --daemonize yes --save '' --appendonly no --bind 127.0.0.1 --dir /tmp >/dev/null || true
  wait_for Redis 6379
}
