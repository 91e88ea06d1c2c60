"""Rounds: all servers ready, and a slice of the load for each in turn."""
import json
import os
import random
import subprocess

import check
import figures
import processes
import servers

# Requests of the 10,000 files that are compared before a quick run.
SAMPLE = 500


class Load:
    """The load program, resident, with its connections to one server."""

    def __init__(self, workload, port, requests, folder):
        path = os.path.join(folder, 'requests')
        with open(path, 'wb') as file:
            file.write(b''.join(requests))
        command = [servers.program('bench/load'), '--port', str(port),
                   '--requests', path, '--conns', str(workload.conns),
                   '--depth', str(workload.depth),
                   '--rate', str(workload.rate),
                   '--status', str(workload.status)]
        command += ['--close'] * workload.closes
        command += ['--spin'] * workload.spins
        command += ['--random'] * workload.is_many
        self.process = processes.start(
            command, processes.LOAD_CORE, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, text=True)

    def slice(self, ms):
        self.process.stdin.write('go %d\n' % ms)
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise check.Wrong('the load ended')
        return json.loads(line)

    def stop(self):
        processes.stop(self.process)
        self.process.stdin.close()
        self.process.stdout.close()


def check_server(server, workload, is_quick):
    """Compares each answer; gives the requests for the load."""
    asker = check.Asker(server.port)
    requests = []
    is_floor = server.name.startswith('floor')
    try:
        for target in workload.targets(SAMPLE if is_quick else None):
            fields = ''
            if workload.is_conditional and not is_floor:
                fields = condition(asker, workload, target)
            request = workload.request(target, fields)
            with open(server.place.root + target, 'rb') as file:
                body = file.read()
            if is_floor and workload.codes:
                body = workload.floor_answer(server.place.root)[1]
            check.check_answer(asker.ask(request), workload.status, body,
                               workload.codes and not is_floor)
            requests.append(request)
    except OSError as error:
        raise check.Wrong(str(error)) from error
    finally:
        asker.close()
    if is_quick and workload.is_many:
        requests = [workload.request(t) for t in workload.targets(None)]
    return requests


def condition(asker, workload, target):
    """The field that the server's own validator makes a 304 of."""
    answer = asker.ask(workload.request(target))
    if 'etag' in answer.fields:
        return 'If-None-Match: %s\r\n' % answer.fields['etag']
    if 'last-modified' in answer.fields:
        return 'If-Modified-Since: %s\r\n' % answer.fields['last-modified']
    raise check.Wrong('has no validator')


class Contest:
    """The servers of one row while they run; use as a context manager."""

    def __init__(self, workload, folder, root, names):
        self.workload, self.folder, self.root = workload, folder, root
        self.names = names
        self.out = {name: workload.without[name] for name in names
                    if name in workload.without}
        self.running = {}
        self.loads = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for load in self.loads.values():
            load.stop()
        for server in self.running.values():
            server.stop()

    def begin(self, is_quick, warm_ms):
        """Starts, checks and warms up each; who fails is out."""
        for name in self.names:
            if name in self.out:
                continue
            place = servers.Place(
                os.path.join(self.folder, self.workload.name + '-' + name),
                self.root, self.workload)
            try:
                server = servers.Server(name, place)
                self.running[name] = server
                server.await_port()
                requests = check_server(server, self.workload, is_quick)
                load = Load(self.workload, server.port, requests, place.folder)
                self.loads[name] = load
                load.slice(warm_ms)
            except check.Wrong as wrong:
                self.leave(name, str(wrong))

    def leave(self, name, why):
        self.out[name] = why
        if name in self.loads:
            self.loads.pop(name).stop()
        if name in self.running:
            self.running.pop(name).stop()

    def slice(self, name, ms):
        """One slice for one server."""
        server = self.running[name]
        before = server.cpu_ns()
        counted = self.loads[name].slice(ms)
        return figures.slice_figures(counted, server.cpu_ns() - before)

    def rounds(self, count, ms):
        dice = random.Random(1)
        done = []
        for _ in range(count):
            order = list(self.loads)
            dice.shuffle(order)
            done.append({})
            for name in order:
                try:
                    done[-1][name] = self.slice(name, ms)
                except check.Wrong as wrong:
                    self.leave(name, str(wrong))
        return done

    def judge(self, rounds):
        """Puts out whom the load found wrong more than now and then."""
        for name in list(self.loads):
            mine = [r[name] for r in rounds if r.get(name)]
            answers = sum(m['answers'] for m in mine)
            wrong = sum(m['wrong'] for m in mine)
            if not answers:
                self.leave(name, 'did not answer')
            elif wrong * 1000 > answers:
                self.leave(name, '%d of %d answers are wrong or missing'
                           % (wrong, answers))


def measure(workload, folder, root, names, plan):
    """One row: its rounds, who did not count and why, and the memory."""
    with Contest(workload, folder, root, names) as contest:
        contest.begin(plan['is_quick'], plan['warm_ms'])
        rounds = contest.rounds(plan['rounds'], plan['slice_ms'])
        contest.judge(rounds)
        memory = {name: server.memory()
                  for name, server in contest.running.items()}
        return {'rounds': [{name: r[name] for name in r
                            if name not in contest.out} for r in rounds],
                'out': contest.out, 'memory': memory}
