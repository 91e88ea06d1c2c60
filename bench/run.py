#!/usr/bin/python3
"""Measures hstatic beside the floors and its peers (make bench).

usage: bench/run.py, with these in the environment:
  QUICK=1           under 3 minutes, few servers; to build/bench-quick.md
  ROWS=1k,close     only these rows            SERVERS=floor,hstatic-epoll,nginx
  ROUNDS=10         rounds of each row         SLICE=500   ms of each slice

A run of all rows and servers writes bench/results.md and bench/results.svg; a
part of one writes build/bench-part.md. NOTES.md tells how to read them.
"""
import json
import os
import shutil
import signal
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import chart      # noqa: E402
import measure    # noqa: E402
import report     # noqa: E402
import servers    # noqa: E402
import special    # noqa: E402
import workloads  # noqa: E402

QUICK_SERVERS = (servers.FLOOR, servers.FLOOR_URING) + servers.OURS + (
    'nginx', 'h2o', 'lighttpd')


def words(name, known):
    """The words of a variable, each of which has to be known."""
    chosen = [w for w in os.environ.get(name, '').split(',') if w]
    for word in chosen:
        if word not in known:
            sys.exit('bench: %s: no %s; there are %s'
                     % (name, word, ', '.join(known)))
    return [k for k in known if k in chosen]


def make_plan():
    is_quick = os.environ.get('QUICK', '') not in ('', '0')
    rows = words('ROWS', [row.name for row in workloads.ROWS])
    names = words('SERVERS', servers.ALL)
    return {
        'is_quick': is_quick,
        'is_full': not (is_quick or rows or names),
        'rows': [row for row in workloads.ROWS
                 if (row.name in rows if rows else row.quick or not is_quick)],
        'servers': names or (QUICK_SERVERS if is_quick else servers.ALL),
        'rounds': int(os.environ.get('ROUNDS', 6 if is_quick else 12)),
        'slice_ms': int(os.environ.get('SLICE', 200 if is_quick else 500)),
        'warm_ms': 100 if is_quick else 300,
    }


def run_rows(plan, folder):
    root = os.path.join(folder, 'site')
    workloads.make_site(root, any(row.is_many for row in plan['rows']))
    results = {}
    for row in plan['rows']:
        start = time.monotonic()
        print('%-10s %s' % (row.name, row.title), end='', flush=True)
        do = measure.measure if row.kind == 'load' else special.measure
        results[row.name] = do(row, folder, root, plan['servers'], plan)
        print('  %.0f s' % (time.monotonic() - start))
        for line in report.summary(row, results[row.name]):
            print('    ' + line, flush=True)
    return results


def where_to(plan):
    if plan['is_full']:
        return os.path.join(HERE, 'results.md')
    name = 'bench-quick.md' if plan['is_quick'] else 'bench-part.md'
    return os.path.join(servers.TOP, 'build', name)


def write(path, text):
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    print('bench: wrote ' + os.path.relpath(path, servers.TOP))


def stop(*_):
    """Ends the run by its finally clauses; once is enough."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(130)


def main():
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    plan = make_plan()
    folder = tempfile.mkdtemp(prefix='hstatic-bench-')
    os.chmod(folder, 0o755)
    start = time.monotonic()
    try:
        results = run_rows(plan, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    facts = report.facts(plan, servers.versions(), time.monotonic() - start)
    path = where_to(plan)
    write(path, report.page(plan['rows'], results, facts))
    if plan['is_full']:
        write(path.replace('.md', '.svg'),
              chart.draw(plan['rows'], results, facts))
    with open(os.path.join(servers.TOP, 'build', 'bench.json'), 'w',
              encoding='utf-8') as file:
        json.dump({'facts': facts, 'results': results}, file)


if __name__ == '__main__':
    main()
