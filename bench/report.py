"""The tables: medians, quartiles and ratios of one run, as Markdown. Pure,
but for `facts`, which asks the machine what it is."""
import os
import platform
import time

import figures
import servers

# Figure, heading, decimals.
SMALL = (('cpu_us', 'CPU µs/request', 2), ('rate', 'requests/s', 0),
         ('p50_us', 'p50 µs', 0), ('p99_us', 'p99 µs', 0))
LARGE = (('both_s_gb', 'CPU s/GB, both cores', 3),
         ('cpu_s_gb', 'CPU s/GB, server', 3),
         ('rate', 'requests/s', 0), ('p99_us', 'p99 µs', 0))
PACED = (('p99_us', 'p99 µs', 1), ('p50_us', 'p50 µs', 1),
         ('p999_us', 'p99.9 µs', 1), ('cpu_us', 'CPU µs/request', 2))
CODED = SMALL[:1] + (('body', 'bytes', 0),) + SMALL[1:]
SPECIAL = {
    'wrk': (('wrk_us', 'CPU µs/request, wrk', 2),
            ('cpu_us', 'CPU µs/request, load', 2)),
    'h2': (('cpu_us', 'CPU µs/request', 2), ('rate', 'requests/s', 0)),
    'start': (('ms', 'ms', 1), ('pss', 'idle PSS, KiB', 0)),
    'idle': (('pss_conn', 'PSS, bytes/connection', 0),
             ('rss_conn', 'RSS, bytes/connection', 0),
             ('workers', 'workers', 0)),
}
UNIT = {'pss': 1024}


def columns(row):
    """The figures of a row; the first is what servers are compared by."""
    if row.kind != 'load':
        return SPECIAL[row.kind]
    if row.rate:
        return PACED
    if row.codes:
        return CODED
    return LARGE if row.is_large else SMALL


def number(value, decimals):
    if value is None:
        return '–'
    return '{:,.{}f}'.format(value, decimals)


def spread(values, decimals):
    """The median, and the quartiles around it."""
    low, middle, high = figures.quartiles(values)
    if middle is None:
        return '–'
    if len(values) < 3:
        return number(middle, decimals)
    return '%s (%s–%s)' % (number(middle, decimals), number(low, decimals),
                           number(high, decimals))


def best_peer(row, result):
    """Of the peers that took part."""
    return figures.best(result['rounds'], servers.PEERS, columns(row)[0][0])


def ratio(row, result, server, base):
    """Median of the ratios within the rounds."""
    if not base:
        return None
    return figures.median(figures.ratios(result['rounds'], server, base,
                                         columns(row)[0][0]))


def line(cells):
    return '| ' + ' | '.join(cells) + ' |'


def row_table(row, result):
    """All servers of one row."""
    rounds, peer = result['rounds'], best_peer(row, result)
    shown = columns(row)
    main = shown[0][0]
    has_memory = bool(result['memory']) and row.kind == 'load'
    heads = ['server'] + [head for _, head, _ in shown[:1]] + [
        '× floor', '× ' + (peer or 'best peer')] + [
        head for _, head, _ in shown[1:]] + ['PSS KiB'] * has_memory
    lines = [line(heads), line(['---'] + ['--:'] * (len(heads) - 1))]
    for server in servers.ALL:
        if not figures.column(rounds, server, main):
            continue
        cells = [server, spread(figures.column(rounds, server, main),
                                shown[0][2])]
        cells += [spread(figures.ratios(rounds, server, base, main), 3)
                  if base else '–' for base in (servers.FLOOR, peer)]
        cells += [number(median_of(rounds, server, figure), decimals)
                  for figure, _, decimals in shown[1:]]
        if has_memory:
            cells.append(number(result['memory'][server]['pss'] / 1024, 0))
        lines.append(line(cells))
    lines += ['', *('- %s does not count: %s.' % pair
                    for pair in sorted(result['out'].items()))]
    return lines


def median_of(rounds, server, figure):
    values = figures.column(rounds, server, figure)
    return figures.median(values) / UNIT.get(figure, 1) if values else None


def goals_table(rows, results):
    """What hstatic was meant to reach, and has."""
    lines = [line(['workload', 'loop', '× floor', 'goal', '× best peer',
                   'goal', 'best peer', 'uring × epoll']),
             line(['---', '---'] + ['--:'] * 4 + ['---', '--:'])]
    for row in rows:
        if row.name not in results:
            continue
        result = results[row.name]
        peer = best_peer(row, result)
        for server in servers.OURS:
            if figures.column(result['rounds'], server, columns(row)[0][0]):
                lines.append(line(goal_cells(row, result, server, peer)))
    return lines


def goal_cells(row, result, server, peer):
    both = ratio(row, result, server, servers.OURS[0])
    return [row.title, server.split('-')[1],
            number(ratio(row, result, server, servers.FLOOR), 3),
            number(row.goal.get('floor'), 2),
            number(ratio(row, result, server, peer), 3),
            number(row.goal.get('peer'), 2), peer or '–',
            number(both, 3) if server != servers.OURS[0] else '']


def summary(row, result):
    """A few lines for whoever watches."""
    lines = []
    for server in servers.ALL:
        said = ['%s %s' % (number(value, decimals), head)
                for value, head, decimals in (
                    (median_of(result['rounds'], server, figure), head, places)
                    for figure, head, places in columns(row)[:2])
                if value is not None]
        if said:
            lines.append('%-14s %s, × floor %s' % (
                server, ', '.join(said),
                number(ratio(row, result, server, servers.FLOOR), 3)))
    return lines + ['%-14s does not count: %s' % pair
                    for pair in sorted(result['out'].items())]


def facts(plan, versions, seconds):
    """What the figures belong to."""
    with open('/proc/cpuinfo', encoding='utf-8') as file:
        models = [text.split(':')[1].strip() for text in file
                  if text.startswith('model name')]
    asked = ['%s=%s' % (name, os.environ[name])
             for name in ('QUICK', 'ROWS', 'SERVERS', 'ROUNDS', 'SLICE')
             if os.environ.get(name)]
    return {
        'date': time.strftime('%Y-%m-%d', time.gmtime()),
        'machine': '%d × %s' % (os.cpu_count(), models[0] if models else '?'),
        'kernel': platform.release(),
        'versions': ', '.join(' '.join(pair) for pair in versions.items()),
        'command': ' '.join(['make bench'] + asked),
        'rounds': '%d rounds of %d ms' % (plan['rounds'], plan['slice_ms']),
        'seconds': '%.0f s' % seconds,
    }


def page(rows, results, about):
    """The whole page."""
    lines = ['# What an answer costs', '',
             'Written by `%s` in %s; [NOTES.md](NOTES.md) tells how to read '
             'it.' % (about['command'], about['seconds']), '']
    lines += [line(['', '']), line(['---', '---'])]
    lines += [line([name, about[name]]) for name in
              ('date', 'machine', 'kernel', 'versions', 'rounds')]
    lines += ['', 'Medians, and first to third quartile, over the rounds; '
              'ratios are taken within each round. `floor` is the cheapest '
              'program that could answer, on epoll.', '',
              '## Goals', '', *goals_table(rows, results)]
    for row in rows:
        if row.name in results:
            lines += ['', '## %s (`%s`)' % (row.title, row.name), '',
                      *row_table(row, results[row.name])]
    return '\n'.join(lines).rstrip() + '\n'
