# What the procedures have in common. Sourced by them, POSIX sh.
# shellcheck shell=sh

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
name=$(basename -- "$0")

# Where any one pod listens: a change there is a change of the fleet.
ADMIN=${ADMIN:-http://localhost:8082}
HTTP=${HTTP:-http://localhost:8081}
# The admin addresses of all pods. Only for what is done or looked at pod by pod.
PODS=${PODS:-$ADMIN}
# "$SCALER scale N" starts and ends pods.
SCALER=${SCALER:-$here/fleet}
# A file with the bearer token, if the admin port takes one.
TOKEN_FILE=${TOKEN_FILE:-}

dry=no
yes=no
stepwise=no
body=
status=

say() { printf '%s\n' "$*"; }

# fail WHAT TODO: ends the procedure.
fail() {
    printf '%s: FAILED: %s\n' "$name" "$1" >&2
    [ -z "${2:-}" ] || printf '%s: what to do: %s\n' "$name" "$2" >&2
    exit 1
}

wrong() {
    printf '%s: %s\n' "$name" "$1" >&2
    usage >&2
    exit 2
}

need() {
    for program in curl python3; do
        command -v "$program" >/dev/null 2>&1 || {
            printf '%s: %s is missing\n' "$name" "$program" >&2
            exit 2
        }
    done
}

# ask QUESTION: for what clients may notice.
ask() {
    [ "$yes" = no ] && [ "$dry" = no ] || return 0
    [ -t 0 ] || {
        printf '%s: %s Nobody is there to ask: add --yes.\n' "$name" "$1" >&2
        exit 2
    }
    printf '%s [y/N] ' "$1"
    read -r answer
    case $answer in y | Y | yes) ;; *) fail "not wanted" "nothing more was changed" ;; esac
}

# begin NAME WHAT / finished: a step. With --step, Enter goes on to the next one.
begin() {
    current=$1
    say "== $current: $2"
}

finished() {
    say "   $current done"
    [ "$stepwise" = no ] || read -r _ || fail "nobody presses Enter after $current" "run it without --step"
}

# run LINE: runs a curl line and sets body and status.
run() {
    out=$(printf '%s' "$1" | python3 "$here/pods.py" curl "$ADMIN" "$HTTP" "$TOKEN_FILE" "$dry") ||
        fail "$out" "is the pod there? ADMIN=$ADMIN, HTTP=$HTTP"
    status=$(printf '%s\n' "$out" | tail -n 1)
    body=$(printf '%s\n' "$out" | sed '$d')
}

# line STATUSES LINE: runs a line of the runbook as it stands there, but at the addresses of this fleet.
line() {
    say "   $2"
    run "$2"
    case " $1 " in
        *" $status "*) ;;
        *) fail "it answered $status: $body" "docs/runbook.md, what is refused; the steps before this one are done" ;;
    esac
    say "   $status $(printf '%s' "$body" | python3 "$here/pods.py" brief)"
}

# change LINE: a line that changes the fleet; waits until each pod has said that it has it.
change() {
    line "200 202" "$1"
    [ "$status" = 202 ] || return 0
    at=$(value version)
    pods acked "$at" || fail "not every pod has version $at" "look at the pods named above; they take it when they reach Redis"
}

# value PATH: of the last reply.
value() { printf '%s' "$body" | python3 "$here/pods.py" value "$1"; }

# pods COMMAND ARGUMENT...: of pods.py, at all pods.
pods() { PODS=$PODS TOKEN_FILE=$TOKEN_FILE python3 "$here/pods.py" "$@"; }

# expect FIELD=VALUE...: what must be in force at every pod.
expect() {
    [ "$dry" = no ] || return 0
    pods expect "$@" || fail "a pod has something else in force" "see above; GET /admin/config there tells where it comes from"
}

# original FIELD...: what must be as every pod was started with.
original() {
    [ "$dry" = no ] || return 0
    pods original "$@" || fail "a pod has something set by people" "see above; run this again"
}

# scale N: has the scaler make it so many pods, and learns where they are.
scale() {
    say "   $SCALER scale $1"
    [ "$dry" = no ] || return 0
    "$SCALER" scale "$1" || fail "the scaler did not get to $1 pods" "its message is above; run this again, what is done already is done once"
    learn
}

# learn: the pods' addresses, if the scaler can tell.
learn() {
    [ "$SCALER" = "$here/fleet" ] || return 0
    PODS=$("$SCALER" admins) || fail "no pods are known" "for a fleet elsewhere set ADMIN, HTTP, PODS and SCALER: README.md"
}

# size: how many pods the fleet has.
size() {
    run "curl http://localhost:8082/admin/fleet"
    [ "$status" = 200 ] || fail "/admin/fleet answered $status: $body" "without Redis there is no fleet"
    value pods | python3 -c 'import json, sys; print(len(json.load(sys.stdin)))'
}

# warm: begins a warm-up of all pods, and waits for its end at each.
warm() {
    line "202 409$([ "$dry" = no ] || printf ' 200')" 'curl -X POST http://localhost:8082/admin/cache/warm-up'
    [ "$dry" = no ] || return 0
    pods warm || fail "a pod is not warm" "it serves all the same, with more misses; GET /admin/cache/warm-up there says why"
}

look() {
    line 200 'curl http://localhost:8081/health'
    pods ready || fail "a pod is not ready" "reason is above; begin when all are"
    say "   $(size) pods"
}
