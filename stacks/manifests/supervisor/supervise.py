"""Runs vLLM's server as a child, and ends it when its engine has died or is stuck.

`/health` may answer 200 long after the engine's process has died, and answers 200 in every version while the engine
hangs. Kubernetes starts a container anew when its first process ends: that is this one.

Arguments: the limits as JSON, then the server's command. Standard library only.
"""

import http.client
import json
import os
import re
import signal
import socket
import sys
import time

limits = json.loads(sys.argv[1])
command = sys.argv[2:]

# Of the container, where vLLM's own status would not say it: vLLM ends with 0 when its engine has died.
engine_died, engine_stuck, ended_unasked = 91, 92, 93
# As a process without a handler. A pod that ends with 0 has succeeded for the kubelet, which forgets then that it has evicted it.
ended_as_asked = 128 + signal.SIGTERM

# What the scheduler reports with each of its steps; no request changes it by merely arriving or being given up.
of_scheduler = re.compile(
    r"vllm:(iteration_tokens_total_(sum|count)|(generation|prompt)_tokens_total|num_requests_(running|waiting)"
    r"|(gpu|kv)_cache_usage_perc|(gpu_)?prefix_cache_queries(_total)?)[{ ]"
)
compilers = {"nvcc", "cicc", "ptxas", "ninja", "cc1", "cc1plus"}


def say(text):
    """One line in the log."""
    print(f"vllm-platform: {text}", file=sys.stderr, flush=True)


def say_why(text):
    """The same of an end, and where Kubernetes keeps the reason for it."""
    say(text)
    try:
        with open(limits["reasonFile"], "w") as file:
            print(f"vllm-platform: {text}", file=file)
    except OSError:
        pass  # the log has it


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read().decode(errors="replace")
    except OSError:
        return ""


def stat(pid):
    """Parent and start of a process, the latter in clock ticks since the node's own; (0, 0) where it has ended."""
    fields = read(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (0, 0) if not fields or fields[0] in "ZX" else (int(fields[1]), int(fields[19]))


def descendants(pid, belongs=lambda pid, parent: True):
    """Processes below one, without those that do not belong and what is below them."""
    children = {}
    for other in filter(str.isdigit, os.listdir("/proc")):
        children.setdefault(stat(other)[0], []).append(int(other))
    found = []
    for parent in (line := [pid]):
        line += (below := [one for one in children.get(parent, []) if belongs(one, parent)])
        found += below
    return found


def command_line(pid):
    return read(f"/proc/{pid}/cmdline").replace("\0", " ").strip()


def is_of_engine(pid, parent):
    """Whether it is a process by `multiprocessing` that lives as long as the server.

    Forked, it looks as its parent; spawned, it runs `spawn_main`; newer versions give it a title. A resource tracker and
    a compiler's workers look otherwise, and what is about to become another program is too young.
    """
    name = command_line(pid)
    age = float(read("/proc/uptime").split()[0]) - stat(pid)[1] / os.sysconf("SC_CLK_TCK")
    return age >= limits["youngSeconds"] and (
        name.startswith("VLLM::") or "multiprocessing.spawn" in name or name == command_line(parent)
    )


def get(path):
    """Body of the server's answer of 200, or None."""
    connection = http.client.HTTPConnection("127.0.0.1", limits["port"], timeout=limits["answerSeconds"])
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        body = answer.read().decode(errors="replace")
        return body if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def scheduler_figures():
    """What the scheduler last reported, or None where the server does not tell."""
    body = get("/metrics")
    return None if body is None else [line for line in body.splitlines() if of_scheduler.match(line)]


def unfinished(figures):
    """How many requests the engine has, running or waiting."""
    return sum(float(line.rpartition(" ")[2]) for line in figures if line.startswith("vllm:num_requests_"))


def clients():
    """Who is connected to the server's port, as the kernel writes it; the server listens on IPv4 alone."""
    rows = [line.split() for line in read("/proc/net/tcp").splitlines()[1:]]
    return {row[2] for row in rows if row[3] == "01" and row[1].endswith(f":{limits['port']:04X}")}


def is_idle():
    """Whether no request is in work; where the server tells no figures, whether nobody is connected."""
    figures = scheduler_figures()
    return figures is not None and (unfinished(figures) == 0 if figures else not clients())


class Question:
    """A completion of one token, which only the engine can answer."""

    def __init__(self):
        body = json.dumps({"model": limits["model"], "prompt": "1", "max_tokens": 1})
        key = os.environ.get("VLLM_API_KEY")
        head = ["POST /v1/completions HTTP/1.0", "Content-Type: application/json", f"Content-Length: {len(body)}"]
        head += [f"Authorization: Bearer {key}"] if key else []
        self.socket = socket.create_connection(("127.0.0.1", limits["port"]), timeout=limits["answerSeconds"])
        self.socket.sendall("\r\n".join([*head, "", body]).encode())
        self.socket.setblocking(False)

    def status(self):
        """Of the answer; None where there is none yet, 0 where there will be none."""
        try:
            words = self.socket.recv(64).split(b" ")
            return int(words[1])
        except BlockingIOError:
            return None
        except (OSError, IndexError, ValueError):
            return 0


class Progress:
    """Judges whether the engine gets on, and asks it where somebody waits and nothing moves."""

    def __init__(self, server):
        self.server = server
        self.figures, self.seen, self.idle_clients, self.can_judge = [], set(), set(), True
        self.question, self.asked = None, None
        self.moved = self.waited = self.looked = time.monotonic()

    def is_stuck(self):
        now = time.monotonic()
        seen = clients()
        connected = seen & self.seen  # a probe's connection is not there twice
        self.seen = seen
        if connected or unfinished(self.figures) > 0:
            self.waited = now
        elif now - self.waited >= limits["forgottenSeconds"]:
            self.figures = []  # nobody waits, so nothing has to move
        if not self.can_judge or self.waited < now and not self.asked or now - self.looked < limits["lookSeconds"]:
            return False
        self.looked = now
        figures = scheduler_figures()
        if figures is None:
            return False  # the API does not answer, which is for the probes to judge
        if not figures:
            return self.give_up("/metrics tells nothing of it, as with --disable-log-stats")
        status = self.question and self.question.status()
        if status == 200:
            self.idle_clients = connected
        if status is not None:
            self.drop_question()
        if status == 200 or figures != self.figures or self.is_compiling():
            self.drop_question()
            self.figures, self.moved, self.asked = figures, now, None
            return False
        # An overloaded server may refuse the question, and 0 is no answer.
        if status not in (None, 0, 429, 503):
            return self.give_up(f"a completion is answered with status {status}")
        if self.asked and now - self.asked >= limits["questionSeconds"]:
            return True
        # Who was connected when the engine last answered may only keep a connection open.
        seldom = unfinished(figures) == 0 and connected <= self.idle_clients
        if not self.question and now - self.moved >= limits["idleStallSeconds" if seldom else "stallSeconds"]:
            self.asked = self.asked or now
            self.ask()
        return False

    def give_up(self, why):
        self.can_judge = False
        say(f"a stuck engine will not be noticed: {why}")
        return False

    def ask(self):
        try:
            self.question = Question()
        except OSError:
            pass  # asked again at the next look

    def drop_question(self):
        if self.question:
            self.question.socket.close()  # a request whose client has gone is given up
        self.question = None

    def is_compiling(self):
        """Kernels that are not there yet are compiled while requests wait."""
        return any(read(f"/proc/{pid}/comm").strip() in compilers for pid in descendants(self.server))


class Server:
    """The server's process, the leader of a group, and the signals that concern it."""

    signals = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}

    def __init__(self):
        signal.pthread_sigmask(signal.SIG_BLOCK, self.signals)
        python_ignores = [signal.SIGPIPE, signal.SIGXFSZ]
        self.pid = os.posix_spawnp(
            command[0], command, os.environ, setpgroup=0, setsigmask=[], setsigdef=python_ignores
        )
        self.asked_to_end = False
        self.status = None  # of its end

    def wait(self, seconds, also=lambda: False):
        """Waits until the server has ended, or for a time, or for what else is named. Says whether it has ended."""
        until = time.monotonic() + seconds
        while self.status is None and time.monotonic() < until and not also():
            got = signal.sigtimedwait(self.signals, max(0, until - time.monotonic()))
            self.asked_to_end |= got is not None and got.si_signo != signal.SIGCHLD
            self.reap()
        return self.status is not None

    def reap(self):
        """The first process of a container is the parent of all that others left."""
        try:
            while (ended := os.waitpid(-1, os.WNOHANG))[0] != 0:
                if ended[0] == self.pid:
                    self.status = ended[1]
        except ChildProcessError:
            pass

    def send(self, number):
        try:
            os.killpg(self.pid, number) if number == signal.SIGKILL else os.kill(self.pid, number)
        except ProcessLookupError:
            pass

    def end(self, *signals):
        for number in signals:
            if not self.wait(0):
                self.send(number)
                self.wait(limits["endSeconds"])
        self.send(signal.SIGKILL)  # what it left


def finish_requests(server):
    """Lets the server work on, and take new requests: these come until every proxy knows that the pod ends."""
    began, idle_looks = time.monotonic(), 0
    while time.monotonic() - began < limits["drainSeconds"]:
        if server.wait(limits["drainLookSeconds"]):
            return True
        # Twice: the end of an answer is still on its way to the client when the engine has no more to do with it.
        idle_looks = idle_looks + 1 if is_idle() else 0
        if idle_looks >= 2 and time.monotonic() - began >= limits["endpointSeconds"]:
            return True
    return False


def end_as_asked(server, is_loaded):
    if is_loaded and not finish_requests(server):
        say_why(f"requests were cut off: they had {limits['drainSeconds']} s, from when the pod was to end")
        server.end(signal.SIGKILL)
    else:
        server.end(signal.SIGTERM, signal.SIGKILL)
    return ended_as_asked


def end_with(server, status, reason):
    say_why(reason)
    server.end(signal.SIGKILL)
    return status


def supervise(server):
    engine, progress, faults = None, None, set()
    while not server.wait(limits["tickSeconds"], lambda: server.asked_to_end):
        if server.asked_to_end:
            return end_as_asked(server, engine is not None)
        try:
            if engine is None:
                if get("/health") is not None:
                    engine = {pid: stat(pid) for pid in descendants(server.pid, is_of_engine)}
                    progress = Progress(server.pid)
                continue
            gone = [str(pid) for pid, (_, start) in engine.items() if stat(pid)[1] != start]
            if gone:
                server.wait(limits["selfEndSeconds"])  # newer versions end by themselves and tell their clients
                return end_with(server, engine_died, f"the engine has died: its process {', '.join(gone)} has ended")
            if progress.is_stuck():
                stalled = round(time.monotonic() - progress.moved)
                return end_with(server, engine_stuck, f"the engine is stuck: for {stalled} s it has not gone on with any request")
        except Exception as error:  # a fault in here must not cost anybody the server
            text = f"{type(error).__name__}: {error}"
            if text not in faults:
                say(f"the engine could not be looked at: {text}")
            faults.add(text)
    status = os.waitstatus_to_exitcode(server.status)
    server.send(signal.SIGKILL)  # what it left
    if status == 0:
        return end_with(server, ended_unasked, "the server ended by itself, as it does when its engine has died")
    return status if status > 0 else 128 - status


try:
    sys.exit(supervise(Server()))
except OSError as error:
    say_why(f"the server cannot be started: {command[0]}: {error.strerror}")
    sys.exit(127)
