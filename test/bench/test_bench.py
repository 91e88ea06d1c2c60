"""The statistics, the check of bodies, one small contest, the pages."""
import os
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as xml

import chart
import check
import figures
import measure
import processes
import pytest
import report
import servers
import special
import workloads

ROW = {row.name: row for row in workloads.ROWS}


def rounds(**columns):
    """Rounds from a column of CPU times for each server."""
    return [{name: {'cpu_us': value} for name, value in zip(columns, values)
             if value is not None} for values in zip(*columns.values())]


def test_ratios_are_taken_within_a_round():
    # A machine that slows down: the ratio of the medians would be 1.0.
    slowing = rounds(floor=[1, 4, 2], ours=[2, 8, 4])
    assert figures.ratios(slowing, 'ours', 'floor', 'cpu_us') == [2, 2, 2]
    crossed = rounds(a=[1, 2, 3], b=[3, 1, 2])
    assert figures.median(figures.ratios(crossed, 'a', 'b', 'cpu_us')) == 1.5


def test_rounds_without_a_server_are_left_out():
    some = rounds(floor=[1, 2, None], ours=[2, None, 3])
    assert figures.ratios(some, 'ours', 'floor', 'cpu_us') == [2]
    assert figures.column(some, 'ours', 'cpu_us') == [2, 3]
    assert figures.ratios(some, 'ours', 'nobody', 'cpu_us') == []


def test_quartiles():
    assert figures.quartiles([]) == (None, None, None)
    assert figures.quartiles([3]) == (3, 3, 3)
    assert figures.quartiles([1, 2, 3, 4, 5]) == (2, 3, 4)
    assert figures.median([]) is None


def test_best_is_the_lowest_median():
    some = rounds(a=[1, 9, 9], b=[5, 5, 5])
    assert figures.best(some, ('a', 'b', 'c'), 'cpu_us') == 'b'
    assert figures.best(some, ('c',), 'cpu_us') is None


def counts(**values):
    return {'answers': 100, 'bytes': 100000, 'cpu_us': 500.0, 'errors': 0,
            'unexpected': 0, 'elapsed_us': 1e6, 'p50_us': 1, 'p99_us': 2,
            'p999_us': 3, **values}


def test_slice_figures():
    got = figures.slice_figures(counts(), 1_000_000)
    assert got['cpu_us'] == 10 and got['load_us'] == 5 and got['rate'] == 100
    assert got['cpu_s_gb'] == pytest.approx(10)
    assert got['both_s_gb'] == pytest.approx(15)
    assert got['body'] == 1000 and got['wrong'] == 0
    assert figures.slice_figures(counts(errors=1, unexpected=2), 0)[
        'wrong'] == 3
    assert figures.slice_figures(counts(answers=0), 1) is None
    assert figures.slice_figures(counts(bytes=0), 1)['cpu_s_gb'] is None


@pytest.mark.parametrize('answer, why', (
    (check.Answer(404, {}, b'abc'), 'status 404 instead of 200'),
    (check.Answer(200, {}, b'abd'), '3 bytes instead of 3, wrong from byte 2'),
    (check.Answer(200, {}, b'ab'), '2 bytes instead of 3, wrong from byte 2'),
    (check.Answer(200, {}, b'abcd'), '4 bytes instead of 3'),
    (check.Answer(200, {'content-encoding': 'x'}, b'abc'), 'Encoding: x')))
def test_wrong_answers_are_named(answer, why):
    with pytest.raises(check.Wrong, match=why):
        check.check_answer(answer, 200, b'abc')


def test_codings_are_decoded():
    check.check_answer(check.Answer(200, {}, b'abc'), 200, b'abc')
    for coding, tool in (('gzip', 'gzip -c'), ('br', 'brotli -c'),
                         ('zstd', 'zstd -cq')):
        body = subprocess.run(tool.split(), input=b'abc', check=True,
                              stdout=subprocess.PIPE).stdout
        answer = check.Answer(200, {'content-encoding': coding}, body)
        check.check_answer(answer, 200, b'abc', True)
        with pytest.raises(check.Wrong):
            check.check_answer(answer, 200, b'abd', True)
    with pytest.raises(check.Wrong, match='negotiates no coding'):
        check.check_answer(check.Answer(200, {}, b'abc'), 200, b'abc', True)


def test_who_answers_wrongly_does_not_count(tmp_path, monkeypatch):
    """A floor in nginx's place, of whose body one byte is another."""
    root = str(tmp_path / 'site')
    workloads.make_site(root, False)

    def liar(place):
        command = servers.floor_command(place, 'epoll')
        path = place.file('answer')
        with open(path, 'r+b') as file:
            file.seek(-5, os.SEEK_END)
            file.write(b'!')
        return command

    monkeypatch.setitem(servers.COMMANDS, 'nginx', liar)
    monkeypatch.setitem(servers.COMMANDS, 'h2o', lambda _: ['false'])
    monkeypatch.setitem(servers.COMMANDS, 'caddy', lambda _: ['no-such'])
    names = ('floor', 'floor-uring', 'nginx', 'h2o', 'caddy')
    plan = {'is_quick': True, 'warm_ms': 20, 'rounds': 2, 'slice_ms': 50}
    result = measure.measure(ROW['1k'], str(tmp_path), root, names, plan)
    assert 'wrong from byte 1019' in result['out'].pop('nginx')
    assert 'does not start' in result['out'].pop('h2o')
    assert 'not installed' in result['out'].pop('caddy')
    assert result['out'] == {}
    for each in result['rounds']:
        assert set(each) == {'floor', 'floor-uring'}
        assert all(figure['cpu_us'] > 0 for figure in each.values())
    assert not [pid for pid in processes.family(os.getpid())
                if pid != os.getpid()]


def test_many_wrong_answers_put_a_server_out(tmp_path):
    contest = measure.Contest(ROW['1k'], str(tmp_path), '', ())
    contest.loads = {name: Stopped() for name in ('good', 'bad', 'mute')}
    contest.judge([{'good': {'answers': 2000, 'wrong': 2},
                    'bad': {'answers': 2000, 'wrong': 3}, 'mute': None}])
    assert sorted(contest.out) == ['bad', 'mute']


class Stopped:
    def stop(self):
        pass


def test_processes_are_counted_and_ended_with_their_children():
    code = ('import os, signal, time\n'
            'signal.signal(signal.SIGTERM, signal.SIG_IGN)\n'
            'os.fork()\n'
            'end = time.process_time() + 0.1\n'
            'while time.process_time() < end: pass\n'
            'print("x", flush=True)\n'
            'time.sleep(60)\n')
    process = processes.start([sys.executable, '-c', code], 0,
                              stdout=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.readline()
    family = processes.family(process.pid)
    assert len(family) == 2
    # The child's 0.1 s and its parent's; what Python takes to start besides.
    assert 0.2e9 <= processes.cpu_ns(process.pid) < 1.5e9
    assert processes.memory(process.pid)['pss'] > 1 << 20
    processes.stop(process, patience_s=0.1)
    process.stdout.close()
    end = time.monotonic() + 5
    while any(os.path.exists('/proc/%d' % pid) for pid in family) and \
            time.monotonic() < end:
        time.sleep(0.01)
    assert not any(os.path.exists('/proc/%d' % pid) for pid in family)


@pytest.mark.parametrize('name', servers.PEERS)
@pytest.mark.parametrize('row', ('1k', '10m', 'codings'))
def test_configurations_are_filled(tmp_path, name, row):
    place = servers.Place(str(tmp_path), '/the/site', ROW[row])
    place.port = 8123
    servers.COMMANDS[name](place)
    texts = [path.read_text() for path in tmp_path.glob('*.conf')]
    assert texts and not re.search('@[A-Z]+@', ''.join(texts))
    assert '8123' in ''.join(texts) and '/the/site' in ''.join(texts)


def test_workloads():
    sizes = workloads.many_sizes()
    assert len(sizes) == workloads.MANY
    assert min(sizes) >= 1024 and max(sizes) <= 102400
    assert workloads.body_of(24) == b'0000000\n0000008\n0000010\n'
    head = ROW['browser'].request('/1k.png').decode()
    assert head.count(': ') == 12 and 560 <= len(head) <= 640
    assert ROW['close'].request('/').endswith(b'Connection: close\r\n\r\n')
    assert len(ROW['many'].targets(None)) == workloads.MANY


def page_of(name, medians, out=()):
    result = {'rounds': [{server: {**counts(), 'cpu_us': value, 'rate': 1e5,
                                   'cpu_s_gb': 1, 'both_s_gb': value}
                          for server, value in medians.items()}] * 3,
              'memory': {server: {'pss': 2048} for server in medians},
              'out': dict(out)}
    rows = [ROW[name]]
    about = {name: 'x' for name in ('date', 'machine', 'kernel', 'versions',
                                    'command', 'rounds', 'seconds')}
    return rows, {name: result}, about


def test_page():
    page = report.page(*page_of(
        '1k', {'floor': 5, 'hstatic-epoll': 6, 'nginx': 8, 'h2o': 7.5},
        {'caddy': 'status 500 instead of 200'}))
    assert '× h2o' in page
    assert '| hstatic-epoll | 6.00 (6.00–6.00) | 1.200 (1.200–1.200) ' \
        '| 0.800 (0.800–0.800) |' in page
    assert '- caddy does not count: status 500 instead of 200.' in page
    assert '| 1 KiB, keep-alive, c=64 | epoll | 1.200 | 1.04 | 0.800 ' \
        '| 0.74 | h2o |' in page


def test_chart():
    drawn = chart.draw(*page_of(
        '1k', {'floor': 5, 'hstatic-epoll': 6, 'nginx': 8, 'caddy': 60}))
    tree = xml.fromstring(drawn)
    said = [e.text for e in tree.iter('{http://www.w3.org/2000/svg}text')]
    assert said.index('hstatic-epoll') < said.index('nginx')
    assert '1.20' in said and '1.60' in said and '12' in said


def test_special_rows_have_someone_who_measures_them():
    kinds = {row.kind for row in workloads.ROWS} - {'load'}
    assert kinds == set(report.SPECIAL)
    assert special.PLAIN is ROW['1k']
