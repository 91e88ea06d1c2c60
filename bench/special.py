"""The rows that are no load in rounds: wrk, the start, idle connections."""
import json
import os
import re
import subprocess
import time

import check
import measure as slices
import multiplexed
import processes
import servers
import workloads

PLAIN = {row.name: row for row in workloads.ROWS}['1k']
# So many connections a process may hold besides its files and listeners.
SPARE = 1500
# Servers that hold all connections in one process, by their design.
ONE_PROCESS = ('h2o', 'caddy', 'haproxy')
# A floor has no memory per connection worth a row.
WRK_SERVERS = ('floor', 'hstatic-epoll', 'hstatic-uring', 'nginx')
STARTS = 10


def measure(row, folder, root, names, plan):
    """One special row, in the form that measure.measure gives."""
    return {'wrk': measure_wrk, 'start': measure_start,
            'idle': measure_idle, 'h2': multiplexed.measure}[row.kind](row, folder, root, names, plan)


def wrk_slice(server, seconds=1):
    """CPU time of the server for each answer that wrk counted."""
    before = server.cpu_ns()
    wrk = processes.start(
        ['wrk', '-t1', '-c%d' % PLAIN.conns, '-d%ds' % seconds,
         'http://127.0.0.1:%d%s' % (server.port, PLAIN.target)],
        processes.LOAD_CORE, stdout=subprocess.PIPE, text=True)
    try:
        said = wrk.communicate(timeout=seconds + 20)[0]
    finally:
        if wrk.poll() is None:
            processes.stop(wrk)
    found = re.search(r'(\d+) requests in', said)
    if not found or int(found.group(1)) == 0 or 'Non-2xx' in said:
        raise check.Wrong('wrk: ' + ' '.join(said.split())[-100:])
    return (server.cpu_ns() - before) / 1e3 / int(found.group(1))


def measure_wrk(row, folder, root, names, plan):
    """The plain row by wrk and by our load, in turn."""
    names = [name for name in names if name in WRK_SERVERS]
    with slices.Contest(PLAIN, os.path.join(folder, row.name), root,
                        names) as contest:
        contest.begin(plan['is_quick'], plan['warm_ms'])
        rounds = []
        for _ in range(max(1, plan['rounds'] // 2)):
            rounds.append({})
            for name in list(contest.loads):
                try:
                    ours = contest.slice(name, 2 * plan['slice_ms'])
                    wrk_us = wrk_slice(contest.running[name])
                    rounds[-1][name] = {'wrk_us': wrk_us,
                                        'cpu_us': ours['cpu_us']}
                except check.Wrong as wrong:
                    contest.leave(name, str(wrong))
        return {'rounds': rounds, 'out': contest.out, 'memory': {}}


def first_answer_ms(name, place):
    """Starts a server, asks until it answers 200; the time, and its memory."""
    request = PLAIN.request(PLAIN.target)
    server = servers.Server(name, place, processes.start_quickly)
    begin = server.started
    try:
        while True:
            try:
                asker = check.Asker(server.port)
                answer = asker.ask(request)
                took = (time.monotonic() - begin) * 1000
                asker.close()
                break
            except OSError:
                if time.monotonic() > begin + servers.START_S or \
                        server.process.poll() is not None:
                    raise check.Wrong('does not start: '
                                      + server.last_words()) from None
                time.sleep(0.0002)
        if answer.status != 200:
            raise check.Wrong('status %d' % answer.status)
        time.sleep(0.2)    # what goes on after the first answer: let it end
        return took, server.memory()
    finally:
        server.stop()


def measure_start(row, folder, root, names, plan):
    """Each server is started anew in each round."""
    out, rounds, memory = {}, [], {}
    cores = os.sched_getaffinity(0)
    for number in range(min(plan['rounds'], STARTS)):
        rounds.append({})
        for name in names:
            if name in out:
                continue
            place = servers.Place(
                os.path.join(folder, 'start-%s-%d' % (name, number)), root,
                PLAIN)
            try:
                took, memory[name] = first_answer_ms(name, place)
                rounds[-1][name] = {'ms': took,
                                    'pss': memory[name]['pss']}
            except check.Wrong as wrong:
                out[name] = str(wrong)
    os.sched_setaffinity(0, cores)
    return {'rounds': rounds, 'out': out, 'memory': memory}


class Holders:
    """Clients that hold connections: as many processes as limits demand."""

    def __init__(self, count, port, requests):
        each = servers.descriptors() - SPARE // 3
        self.processes = []
        left = count
        while left > 0:
            number = len(self.processes)
            command = [servers.program('bench/load'), '--port', str(port),
                       '--requests', requests, '--idle',
                       '--conns', str(min(left, each)),
                       '--source', '127.0.%d.1' % (number + 1)]
            left -= min(left, each)
            self.processes.append(processes.start(
                command, processes.LOAD_CORE, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True))

    def open(self):
        """Waits until all are open; how many that are."""
        return sum(json.loads(process.stdout.readline() or '{"open": 0}')
                   ['open'] for process in self.processes)

    def stop(self):
        for process in self.processes:
            process.stdin.close()
            process.stdout.close()
            processes.stop(process)


def idle_bytes(name, row, place):
    """What each idle connection adds to the server's own memory."""
    server = servers.Server(name, place)
    holders = None
    try:
        server.await_port()
        path = place.file('requests')
        with open(path, 'wb') as file:
            file.write(PLAIN.request(PLAIN.target))
        # What the first requests allocate for good is not per connection.
        warm = Holders(64 * place.workers, server.port, path)
        warm.open()
        warm.stop()
        time.sleep(0.5)
        before = server.memory()
        holders = Holders(row.conns, server.port, path)
        opened = holders.open()
        time.sleep(0.5)
        after = server.memory()
        if opened != row.conns:
            raise check.Wrong('holds %d of %d' % (opened, row.conns))
        return {figure + '_conn': (after[figure] - before[figure]) / opened
                for figure in ('pss', 'rss')}
    finally:
        if holders:
            holders.stop()
        server.stop()


def measure_idle(row, folder, root, names, _):
    """One after the other: memory does not depend on the minute."""
    out, figures_of = {}, {}
    room = servers.descriptors() - SPARE
    # Connections are never dealt out evenly.
    workers = 1 if row.conns <= room else -(-row.conns * 4 // (3 * room))
    for name in names:
        if name.startswith('floor'):
            continue
        if workers > 1 and name in ONE_PROCESS:
            out[name] = 'one process, which may hold %d descriptors here' \
                % servers.descriptors()
            continue
        # lighttpd keeps half of its descriptors for files.
        place = servers.Place(os.path.join(folder, row.name + '-' + name),
                              root, PLAIN, workers * (1 + (
                                  workers > 1 and name == 'lighttpd')))
        try:
            figures_of[name] = {**idle_bytes(name, row, place),
                                'workers': place.workers}
        except check.Wrong as wrong:
            out[name] = str(wrong)
    return {'rounds': [figures_of], 'out': out, 'memory': {}}
