#!/usr/bin/python3
"""Builds what the tests need, runs the suites, and counts their cases.

usage: test/run.py [SUITE]...     without a name: all that `make test` runs

A suite that passes is one line, and what it did not try on this machine; one
that fails is all that it said. A suite that cannot be built, cannot run, does
not end in time, skips a case or has no case counts as failed. The last line
is 'N passed, N failed'.

What has to do with the event loop runs on epoll and on io_uring. A machine
without io_uring fails; HSTATIC_TEST_LOOP=epoll leaves its half out.
"""
import collections
import glob
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as xml

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PYTHON = '/usr/bin/python3'

SANITIZED, PLAIN, CLANG = 'build-test', 'build-gcc', 'build-clang'
BUILDS = {
    SANITIZED: ('gcc', '-Dtests=all', '-Dwerror=true', '-Db_lto=false',
                '-Doptimization=1', '-Db_sanitize=address,undefined'),
    PLAIN: ('gcc', '-Dtests=walls', '-Dwerror=true'),
    CLANG: ('clang', '-Dtests=all', '-Dwerror=true'),
}

# All that speaks HTTP to a server runs on the first; the second gets what
# depends on the loop.
LOOPS = [loop for loop in ('uring', 'epoll')
         if os.environ.get('HSTATIC_TEST_LOOP', loop) == loop]
LOOP_FILES = 'wire files limits signals clients fixture'.split()

Outcome = collections.namedtuple('Outcome', 'passed failed output')
# `files`: the patterns of what makes up the suite. `must`: it is a failure
# when nothing matches; set it with the first test that a folder gets.
# `daily`: part of `make test`. `limit`: seconds until it is stopped.
Suite = collections.namedtuple('Suite', 'name files must daily limit run')


class Clock:
    """The end of a suite's time; commands get what is left of it."""

    def __init__(self, limit):
        self.end = time.monotonic() + limit

    def run(self, *command, **env):
        """Runs one command; gives its exit status and all that it said."""
        with tempfile.TemporaryFile() as said:
            process = subprocess.Popen(
                command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=said,
                stderr=subprocess.STDOUT, start_new_session=True,
                env={**os.environ, **env})
            note = ''
            try:
                status = process.wait(max(0.0, self.end - time.monotonic()))
            except subprocess.TimeoutExpired:
                status, note = 124, '\nstopped: out of time\n'
            finally:
                stop_group(process)
            said.seek(0)
            text = said.read().decode(errors='replace') + note
        if status != 0:
            text += '\n%s: status %d\n' % (' '.join(command[:4]), status)
        return status, text


def stop_group(process):
    """Ends what the command may have left behind, servers included."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def find(patterns):
    return sorted(os.path.relpath(path, TOP) for pattern in patterns.split()
                  for path in glob.glob(os.path.join(TOP, pattern)))


def build(clock, folder, *targets):
    """Compiles all it can, and says whether that was everything."""
    compiler, *options = BUILDS[folder]
    status, text = clock.run('tools/build', folder, *options, '--', '-k', '0',
                             *targets, CC=compiler)
    return status == 0 and 'warning:' not in text, text


def tally(status, text):
    """What a program counted that ends with 'N passed, N failed'."""
    lines = text.strip().splitlines() or ['']
    if status != 0 and len(lines) > 1:
        counted = [line for line in lines if re.match(r'\d+ passed', line)]
        lines = counted or lines
    match = re.fullmatch(r'(\d+) passed, (\d+) failed(?:, (\d+) skipped)?',
                         lines[-1])
    if not match:
        return Outcome(0, 1, text + '\nit did not count its cases\n')
    passed, failed, skipped = (int(n or 0) for n in match.groups())
    failed += skipped
    if status != 0 and failed == 0:
        failed = 1
    return Outcome(passed, failed, text)


def total(outcomes):
    """The sums; of what was said, that of the failed, or all if none did."""
    bad = [o for o in outcomes if o.failed] or outcomes
    return Outcome(sum(o.passed for o in outcomes),
                   sum(o.failed for o in outcomes),
                   '\n'.join(o.output for o in bad))


def one(is_good, text):
    return Outcome(int(is_good), int(not is_good), text)


def run_compilers(clock, _):
    return total([one(*build(clock, folder)) for folder in BUILDS])


def run_format(clock, files):
    status, text = clock.run('clang-format', '--dry-run', '-Werror', *files)
    bad = set(re.findall(r'^(\S+?):\d+:\d+: error', text, re.M))
    failed = max(len(bad), int(status != 0))
    return Outcome(len(files) - failed, failed, text)


def run_arch(clock, files):
    return total([tally(*clock.run(PYTHON, files[0])),
                  tally(*clock.run(PYTHON, files[0], '--self-test'))])


def program(source):
    return os.path.join('test', os.path.basename(source)[:-len('.c')])


def run_unit(clock, files):
    is_built, text = build(clock, SANITIZED, *map(program, files))
    outcome = total([unit_program(clock, source) for source in files])
    if not is_built:
        outcome = outcome._replace(failed=max(1, outcome.failed),
                                   output=text + outcome.output)
    return outcome


def binary(source):
    return os.path.join(TOP, SANITIZED, program(source))


def unit_program(clock, source):
    """cmocka's TAP; a case that it planned and did not pass has failed."""
    if not os.path.exists(binary(source)):
        return Outcome(0, 1, source + ': not built\n')
    status, text = clock.run(binary(source), CMOCKA_MESSAGE_OUTPUT='TAP')
    planned = sum(map(int, re.findall(r'^1\.\.(\d+)$', text, re.M)))
    passed = len(re.findall(r'^ok ', text, re.M))
    failed = max(planned - passed, int(status != 0 or passed == 0))
    return Outcome(passed, failed, source + '\n' + text)


def run_sim(clock, _):
    return whole_program(clock, SANITIZED, 'test/sim')


def run_walls(clock, _):
    """Without sanitizers: what they need, the walls forbid."""
    return whole_program(clock, PLAIN, 'test/walls')


def whole_program(clock, folder, target):
    is_built, text = build(clock, folder, target)
    if not is_built:
        return Outcome(0, 1, text)
    return tally(*clock.run(os.path.join(folder, target)))


def run_corpora(clock, files):
    """One case per fuzz target: it survives every input of its corpus."""
    is_built, text = build(clock, SANITIZED, *map(program, files))
    if not is_built:
        return Outcome(0, len(files), text)
    return total([replay(clock, source) for source in files])


def replay(clock, source):
    name = os.path.basename(source)[len('fuzz_'):-len('.c')]
    corpus = find('test/fuzz/corpus/%s/*' % name)
    if not corpus:
        return one(False, 'test/fuzz/corpus/%s: empty\n' % name)
    status, text = clock.run(binary(source), *corpus)
    return one(status == 0, text)


def both_servers(clock):
    """Builds the two servers that are tested; gives the environment."""
    good, text = build(clock, SANITIZED, 'hstatic')
    if good:
        good, text = build(clock, PLAIN, 'hstatic')
    return good, text, {
        'HSTATIC': os.path.join(TOP, SANITIZED, 'hstatic'),
        'HSTATIC_PLAIN': os.path.join(TOP, PLAIN, 'hstatic'),
    }


def run_switch(clock, _):
    """Without sanitizers: a million answers, and two cores to give them."""
    is_built, text = build(clock, PLAIN, 'hstatic', 'test/switch')
    if not is_built:
        return Outcome(0, 1, text)
    return tally(*clock.run(
        os.path.join(PLAIN, 'test/switch'),
        HSTATIC_PLAIN=os.path.join(TOP, PLAIN, 'hstatic')))


def run_conformance(clock, files):
    is_built, text, servers = both_servers(clock)
    if not is_built:
        return Outcome(0, 1, text)
    # Behind all the walls, too, where a forbidden call ends the worker.
    runs = (servers['HSTATIC'], {}), (
        servers['HSTATIC_PLAIN'], {'HSTATIC_SANDBOX_KILLS': '1',
                                   'HSTATIC_SANDBOX': 'require'})
    return total([tally(*clock.run(PYTHON, files[0], '--', server, '--loop',
                                   loop, '-b', '127.0.0.1:{port}', '{root}',
                                   **env))
                  for server, env in runs for loop in LOOPS])


def run_explain(clock, files):
    is_built, text, servers = both_servers(clock)
    if not is_built:
        return Outcome(0, 1, text)
    return tally(*clock.run(PYTHON, files[0], **servers))


def run_pytest(clock, files):
    is_built, text, servers = both_servers(clock)
    if not is_built:
        return Outcome(0, 1, text)
    some = [f for f in files
            if os.path.basename(f)[len('test_'):-len('.py')] in LOOP_FILES]
    # Without a name pytest would take every test there is.
    runs = [(files, LOOPS[0])] + [(some, loop) for loop in LOOPS[1:] if some]
    return total([pytest_run(clock, names, {**servers, 'HSTATIC_LOOP': loop})
                  for names, loop in runs])


def run_http2(clock, files):
    """All of it on each loop: it is what reads while it sends."""
    is_built, text, servers = both_servers(clock)
    if not is_built:
        return Outcome(0, 1, text)
    return total([pytest_run(clock, files, {**servers, 'HSTATIC_LOOP': loop})
                  for loop in LOOPS])


def pytest_run(clock, files, env):
    with tempfile.NamedTemporaryFile(suffix='.xml') as report:
        status, text = clock.run(
            PYTHON, '-m', 'pytest', '-q', '-ra', '-p', 'no:cacheprovider',
            '--junitxml', report.name, *files, **env)
        return pytest_outcome(status, text, report.read())


def run_bench(clock, files):
    """The benchmark's programs sanitized: what counts must not be wrong."""
    is_built, text = build(clock, SANITIZED, 'bench/floor', 'bench/load')
    if not is_built:
        return Outcome(0, 1, text)
    return pytest_run(clock, files, {'BENCH_BUILD': SANITIZED})


def pytest_outcome(status, text, report):
    if not report:
        return Outcome(0, 1, text)
    suite = xml.fromstring(report).find('testsuite')
    cases = int(suite.get('tests'))
    failed = sum(int(suite.get(kind))
                 for kind in ('failures', 'errors', 'skipped'))
    passed = max(0, cases - failed)
    return Outcome(passed, max(failed, int(status != 0)), text)


SUITES = (
    Suite('format', 'src/*/*.[ch] test/*/*.[ch] bench/*.[ch]', True, False,
          60, run_format),
    Suite('arch', 'test/arch.py', True, True, 60, run_arch),
    Suite('compilers', 'src/*/*.c', True, True, 600, run_compilers),
    Suite('unit', 'test/unit/test_*.c', False, True, 180, run_unit),
    Suite('sim', 'test/sim/*.c', False, True, 600, run_sim),
    Suite('walls', 'test/walls/*.c', False, True, 120, run_walls),
    Suite('switch', 'test/switch/*.c', True, True, 240, run_switch),
    Suite('corpora', 'test/fuzz/fuzz_*.c', False, True, 120, run_corpora),
    Suite('explain', 'test/explain/run.py', False, True, 120, run_explain),
    Suite('conformance', 'test/http/conformance/run.py', True, True, 300,
          run_conformance),
    Suite('http', 'test/http/test_*.py', False, True, 600, run_pytest),
    Suite('lab', 'test/lab/test_*.py', True, True, 240, run_pytest),
    Suite('xray', 'test/xray/test_*.py', True, True, 120, run_pytest),
    Suite('http2', 'test/http2/test_*.py', True, True, 300, run_http2),
    Suite('bench', 'test/bench/test_*.py', True, True, 60, run_bench),
    Suite('browser', 'test/browser/test_*.py', False, True, 300, run_pytest),
)


def suite_outcome(suite):
    files = find(suite.files)
    if not files:
        return one(False, '%s: nothing matches\n' % suite.files)
    try:
        outcome = suite.run(Clock(suite.limit), files)
    except Exception:
        return one(False, traceback.format_exc())
    if outcome.passed + outcome.failed == 0:
        return one(False, outcome.output + '\nno case ran\n')
    return outcome


def report(name, outcome, seconds):
    cases = outcome.passed + outcome.failed
    if outcome.failed:
        # Indented, so that no suite's own count looks like ours.
        print('    ' + outcome.output.strip().replace('\n', '\n    '))
        print('FAIL  %-12s %5d of %d failed' % (name, outcome.failed, cases))
    else:
        print('ok    %-12s %5d cases %6.1f s' % (name, cases, seconds))
        for line in outcome.output.splitlines():
            if 'not tried' in line:
                print('      ' + line.strip())
    sys.stdout.flush()


def strangers():
    """Folders of tests that no suite would ever run."""
    claimed = {suite.files.split('/')[1] for suite in SUITES}
    return [f for f in find('test/*/') if os.path.basename(f.rstrip('/'))
            not in claimed | {'__pycache__'} and os.listdir(f)]


def main(names):
    known = {suite.name: suite for suite in SUITES}
    if any(name not in known for name in names):
        sys.exit('usage: test/run.py [%s]...' % '|'.join(known))
    os.chdir(TOP)
    passed = failed = 0
    for suite in [known[name] for name in names] or SUITES:
        if not names and not suite.daily:
            continue
        if not names and not suite.must and not find(suite.files):
            print('none  %-12s no tests yet' % suite.name)
            continue
        start = time.monotonic()
        outcome = suite_outcome(suite)
        report(suite.name, outcome, time.monotonic() - start)
        passed += outcome.passed
        failed += outcome.failed
    for folder in [] if names else strangers():
        print('FAIL  %s: no suite of test/run.py runs it' % folder)
        failed += 1
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
