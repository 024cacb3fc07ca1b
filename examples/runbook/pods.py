"""What the procedures ask of pods and of replies. See lib.sh, which calls it."""
import datetime
import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request

WARM_SECONDS = 60
ACK_SECONDS = 15
READY_SECONDS = 30


def get(url, seconds=5):
    """Status and reply of a GET; None and the failure if there is no answer."""
    request = urllib.request.Request(url)
    if os.environ.get("TOKEN_FILE"):
        with open(os.environ["TOKEN_FILE"], encoding="ascii") as file:
            request.add_header("Authorization", "Bearer " + file.read().strip())
    try:
        with urllib.request.urlopen(request, timeout=seconds) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        text = error.read().decode()
        try:
            return error.code, json.loads(text)
        except ValueError:
            return error.code, {"reason": text[:200]}
    except (OSError, ValueError) as error:
        return None, {"reason": str(error)}


def admins():
    return os.environ["PODS"].split()


def until(seconds, look):
    """Waits until look() finds no problem; its last ones."""
    end = time.monotonic() + seconds
    while True:
        problems = look()
        if not problems or time.monotonic() > end:
            return problems
        time.sleep(0.2)


def told(problems, fine):
    for problem in problems:
        print("   " + problem)
    if not problems:
        print("   every pod: " + fine)
    return 1 if problems else 0


def curl(admin, http, token_file, dry):
    """Runs the line on standard input."""
    line = sys.stdin.read()
    if dry == "yes" and "-X " in line:
        line = re.sub(
            r"'?(http://localhost:8082[^\s']*)'?",
            lambda url: f"'{url.group(1)}{'&' if '?' in url.group(1) else '?'}dry_run=true'",
            line,
            count=1,
        )
    line = line.replace("http://localhost:8082", admin).replace("http://localhost:8081", http)
    line = line.replace("curl ", "curl -sS --max-time 40 -K - -w '\\n%{http_code}' ", 1)
    options = ""
    if token_file:
        with open(token_file, encoding="ascii") as file:
            options = f'header = "Authorization: Bearer {file.read().strip()}"\n'
    done = subprocess.run(["sh", "-c", line], input=options, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stderr.strip() or f"curl ended with {done.returncode}")
        return 1
    print(done.stdout)
    return 0


def value(path):
    found = json.load(sys.stdin)
    for part in path.split("."):
        found = found[int(part)] if isinstance(found, list) else found.get(part)
        if found is None:
            break
    print(found if isinstance(found, (str, int, float)) and not isinstance(found, bool) else json.dumps(found))
    return 0


def brief():
    text = sys.stdin.read()
    try:
        reply = json.loads(text)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        print(text[:200])
        return 0
    parts = []
    if "pods" in reply and "acked" in reply["pods"]:
        parts.append(f"version {reply['version']}, {reply['pods']['acked']} of {reply['pods']['total']} pods have it")
        parts += ["not yet " + ", ".join(reply["pods"]["pending"])] if reply["pods"]["pending"] else []
    if reply.get("dry_run"):
        parts.append("dry run")
    for name in ("applied", "detail", "state", "status", "job"):
        if reply.get(name) not in (None, {}):
            parts.append(f"{name} {json.dumps(reply[name])}")
    print("; ".join(parts) or text[:200])
    return 0


def acked(version):
    """Waits until each pod has said that it has the version."""

    def behind():
        status, fleet = get(admins()[0] + "/admin/fleet")
        if status != 200:
            return [f"{admins()[0]}/admin/fleet: expected 200, found {status} {fleet.get('reason', '')}"]
        return [
            f"{pod['pod']}: config_version: expected at least {version}, found {pod['config_version']}"
            for pod in fleet["pods"]
            if pod["config_version"] < version
        ]

    return told(until(ACK_SECONDS, behind), f"has version {version}")


def differing(fits):
    """What fits() says of the fields of each pod's configuration."""
    problems = []
    for admin in admins():
        status, config = get(admin + "/admin/config")
        if status == 200:
            problems += [f"{admin}: {problem}" for problem in fits(config["fields"])]
        else:
            problems.append(f"{admin}: expected its configuration, found {status} {config.get('reason', '')}")
    return problems


def expect(expected):
    """NAME=VALUE is what must be in force."""

    def others(fields):
        for one in expected:
            name, wanted = one.split("=", 1)
            found = json.dumps(fields.get(name, {}).get("value")).strip('"')
            if found != wanted:
                yield f"{name}: expected {wanted}, found {found}"

    return told(until(ACK_SECONDS, lambda: differing(others)), ", ".join(expected))


def original(names):
    """What must not have been set by people since the start."""

    def changed(fields):
        for name in names:
            source = fields[name]["source"]
            if source in ("override", "fleet", "emergency") or source.startswith("event:"):
                yield f"{name}: expected what it was started with, found {fields[name]['value']} from {source}"

    return told(until(ACK_SECONDS, lambda: differing(changed)), ", ".join(names) + " as at the start")


def ready():
    def unready():
        answers = [(admin, *get(admin + "/ready")) for admin in admins()]
        return [
            f"{admin}: /ready: expected 200, found {status}: {reply.get('reason', '')}"
            for admin, status, reply in answers
            if status != 200
        ]

    return told(until(READY_SECONDS, unready), "ready")


def warm():
    def cold():
        problems = []
        for admin in admins():
            status, job = get(admin + "/admin/cache/warm-up")
            if status != 200 or job.get("state") == "running":
                problems.append(f"{admin}: warm-up: expected an end, found {status} {job.get('state')}")
        return problems

    problems = until(WARM_SECONDS, cold)
    jobs = [(admin, get(admin + "/admin/cache/warm-up")[1]) for admin in admins()]
    for admin, job in jobs:
        print(f"   {admin}: {job.get('state')}, {job.get('brought')} of {job.get('planned')} keys, {job.get('elapsed_ms')} ms")
        if job.get("state") not in ("done", "running"):
            problems.append(f"{admin}: warm-up: expected done, found {job.get('state')}: {job.get('reason')}")
    return told(problems, "warmed up")


def table(rows):
    """A line for each pod; a row is NAME,PID,RESP,HTTP,ADMIN, with no pid if it is dead."""
    print(f"{'pod':<8} {'pid':>8} {'resp':>5} {'http':>5} {'admin':>5}  {'state':<9} {'ready':<5} {'config':>6} {'hits L1':>7}  warmed up")
    members = {}
    for row in rows:
        status, fleet = get(f"http://localhost:{row.split(',')[4]}/admin/fleet") if row.split(",")[1] else (None, {})
        if status == 200:
            members = {pod["pod"]: pod for pod in fleet["pods"]}
            break
    for row in rows:
        pod, pid, resp, http, admin = row.split(",")
        member = members.get(pod, {})
        up, reply = get(f"http://localhost:{http}/ready") if pid else (None, {})
        _, stats = get(f"http://localhost:{http}/cache/stats") if pid else (None, {})
        ratios = [tier["hit_ratio"] for tier in stats.get("tiers", []) if tier["tier"] == "l1"]
        ratio = f"{ratios[0]:.1%}" if ratios and ratios[0] is not None else "-"
        job = reply.get("warm") or {}
        print(
            f"{pod:<8} {pid or 'dead':>8} {resp:>5} {http:>5} {admin:>5}  {member.get('state', '-'):<9} "
            f"{'yes' if up == 200 else 'no':<5} {member.get('config_version', '-'):>6} {ratio:>7}  "
            f"{job.get('brought', '-')} of {job.get('planned', '-')} keys"
        )
    return 0


def seconds(text):
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if match:
        print(int(match.group(1)) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[match.group(2)])
    return 0 if match else 1


def instant(epoch):
    print(datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))
    return 0


def moment(text):
    return datetime.datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))


def plan():
    """The steps of the plan on standard input: seconds from its beginning, pods."""
    steps = json.load(sys.stdin)["steps"]
    times = [moment(step["at"]) for step in steps]
    for at, step in zip(times, steps):
        print(int((at - times[0]).total_seconds()), step["replicas"])
    return 0


def sustained():
    """The triggers of the recommendation on standard input that are over their threshold all the time, the brake apart."""
    over = [
        f"{trigger['name']} {trigger['value']}"
        for trigger in json.load(sys.stdin)["triggers"]
        if trigger["sustained"] and trigger["name"] != "db_connections" and (trigger["ratio"] or 0) > 1
    ]
    print(", ".join(over))
    return 0


def under_way():
    """Names of the events on standard input that ask for pods now."""
    now = datetime.datetime.now(datetime.timezone.utc)
    for event in json.load(sys.stdin)["events"]:
        if moment(event["replicas_from"]) <= now:
            print(event["name"])
    return 0


def main(command, *arguments):
    commands = {
        "curl": lambda: curl(*arguments),
        "value": lambda: value(*arguments),
        "brief": brief,
        "acked": lambda: acked(int(arguments[0])),
        "expect": lambda: expect(arguments),
        "original": lambda: original(arguments),
        "ready": ready,
        "warm": warm,
        "table": lambda: table(arguments),
        "seconds": lambda: seconds(arguments[0]),
        "instant": lambda: instant(int(arguments[0])),
        "plan": plan,
        "sustained": sustained,
        "under-way": under_way,
    }
    return commands[command]()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
