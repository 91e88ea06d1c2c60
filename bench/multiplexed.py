"""The rows in HTTP/2: h2load asks, with so many streams on each connection.

h2load counts answers and bytes and looks at neither: that the bodies are
whole is known from their sum, that they are right from the test suites.
"""
import os
import random
import re
import subprocess

import check
import processes
import servers

# The others are asked over HTTP/1 alone.
SERVERS = ('hstatic-epoll', 'hstatic-uring', 'nginx', 'h2o')
# Requests of a slice: some 0.2 s of work for each KiB of body.
REQUESTS = {'1k': 200000, '16k': 60000}


def h2load(server, row, count):
    """`count` requests; gives CPU time and wall time of each, in µs."""
    before = server.cpu_ns()
    load = processes.start(
        ['h2load', '-t1', '-c%d' % row.conns, '-m%d' % row.depth,
         '-n%d' % count, 'http://127.0.0.1:%d%s' % (server.port, row.target)],
        processes.LOAD_CORE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    try:
        said = load.communicate(timeout=60)[0]
    finally:
        if load.poll() is None:
            processes.stop(load)
    cpu_ns = server.cpu_ns() - before
    done = re.search(r' (\d+) succeeded', said)
    rate = re.search(r'([\d.]+) req/s', said)
    data = re.search(r'\((\d+)\) data$', said, re.M)
    body = os.path.getsize(server.place.root + row.target)
    if not (done and rate and data) or int(done.group(1)) != count \
            or int(data.group(1)) != count * body:
        raise check.Wrong('h2load: ' + ' '.join(said.split())[:200])
    return {'cpu_us': cpu_ns / 1e3 / count, 'rate': float(rate.group(1))}


def begin(row, folder, root, names, out):
    """Starts and warms up each; gives those that serve."""
    running = {}
    for name in names:
        place = servers.Place(os.path.join(folder, row.name + '-' + name),
                              root, row)
        server = servers.Server(name, place)
        try:
            server.await_port()
            h2load(server, row, 10000)
            running[name] = server
        except check.Wrong as wrong:
            out[name] = str(wrong)
            server.stop()
    return running


def measure(row, folder, root, names, plan):
    """Rounds of slices, in the form that measure.measure gives."""
    out, rounds, memory = {}, [], {}
    names = [name for name in names if name in SERVERS]
    running = begin(row, folder, root, names, out)
    dice = random.Random(1)
    count = REQUESTS[row.size] // (5 if plan['is_quick'] else 1)
    try:
        for _ in range(plan['rounds']):
            rounds.append({})
            order = list(running)
            dice.shuffle(order)
            for name in order:
                try:
                    rounds[-1][name] = h2load(running[name], row, count)
                except check.Wrong as wrong:
                    out[name] = str(wrong)
                    running.pop(name).stop()
        memory = {name: running[name].memory() for name in running}
    finally:
        for server in running.values():
            server.stop()
    return {'rounds': rounds, 'out': out, 'memory': memory}
