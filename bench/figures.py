"""Medians, quartiles and ratios of what the rounds measured. Pure.

A round gives each server one slice; what compares two servers is the ratio of
their slices within each round, and of those ratios the median. Ratios of
medians would compare one minute with another, and shared machines change.
"""
import statistics


def median(values):
    return statistics.median(values) if values else None


def quartiles(values):
    """First quartile, median, third quartile; None for each without values."""
    if not values:
        return None, None, None
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method='inclusive')
    return low, middle, high


def column(rounds, server, figure):
    """One figure of one server, of the rounds that have it."""
    return [r[server][figure] for r in rounds
            if r.get(server) and r[server].get(figure) is not None]


def ratios(rounds, server, base, figure):
    """The server's figure over that of `base`, within each round."""
    return [r[server][figure] / r[base][figure] for r in rounds
            if r.get(server) and r.get(base)
            and r[server].get(figure) is not None and r[base].get(figure)]


def best(rounds, servers, figure):
    """Which of the servers has the lowest median; None when none has one."""
    medians = [(median(column(rounds, server, figure)), server)
               for server in servers if column(rounds, server, figure)]
    return min(medians)[1] if medians else None


def slice_figures(counted, server_ns):
    """What one slice says, of load's counts and the server's CPU time."""
    answers, size = counted['answers'], counted['bytes']
    if not answers:
        return None
    gigabytes = size / 1e9
    both_us = server_ns / 1e3 + counted['cpu_us']
    return {
        'cpu_us': server_ns / 1e3 / answers,
        'load_us': counted['cpu_us'] / answers,
        'rate': answers / counted['elapsed_us'] * 1e6,
        'cpu_s_gb': server_ns / 1e9 / gigabytes if size else None,
        'both_s_gb': both_us / 1e6 / gigabytes if size else None,
        'body': size / answers,
        **{name: counted[name] for name in
           ('p50_us', 'p99_us', 'p999_us', 'answers')},
        'wrong': counted['errors'] + counted['unexpected'],
    }
