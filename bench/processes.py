"""Processes: started on a core, looked at in /proc, ended without trace.

A server is the process that was started and all that descends from it. Only
those are ever ended, by their numbers.
"""
import ctypes
import os
import signal
import subprocess
import time

SERVER_CORE, LOAD_CORE = 0, 1
PR_SET_PDEATHSIG = 1
libc = ctypes.CDLL(None)


def on_core(core):
    """What a child does before it becomes the program."""
    def prepare():
        if core is not None and core < (os.cpu_count() or 1):
            os.sched_setaffinity(0, {core})
        # So that a run that is killed leaves nothing behind.
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    return prepare


def start(command, core, **how):
    """In a session of its own: Ctrl-C is for us, and we end it."""
    return subprocess.Popen(command, preexec_fn=on_core(core),
                            start_new_session=True, **how)


def start_quickly(command, core, **how):
    """The same without the fork of all of us, where the time counts: the
    child inherits the core from us."""
    os.sched_setaffinity(0, {core})
    try:
        return subprocess.Popen(command, start_new_session=True, **how)
    finally:
        os.sched_setaffinity(0, {LOAD_CORE})


def parents():
    """The parent of each process there is."""
    found = {}
    for name in os.listdir('/proc'):
        if name.isdigit():
            try:
                with open('/proc/%s/stat' % name, encoding='latin-1') as file:
                    # After the name, which may hold anything.
                    fields = file.read().rpartition(')')[2].split()
                found[int(name)] = int(fields[1])
            except OSError:
                pass
    return found


def family(pid):
    """The process and all that descend from it."""
    of = parents()
    members, todo = [], [pid]
    while todo:
        parent = todo.pop()
        members.append(parent)
        todo += [child for child, its in of.items() if its == parent]
    return members


def task_ns(pid):
    """CPU time of a process's threads; schedstat counts nanoseconds."""
    total = 0
    try:
        for task in os.listdir('/proc/%d/task' % pid):
            with open('/proc/%d/task/%s/schedstat' % (pid, task),
                      encoding='ascii') as file:
                total += int(file.read().split()[0])
    except FileNotFoundError:
        return stat_ns(pid)
    except (OSError, ProcessLookupError):
        pass
    return total


def stat_ns(pid):
    """The same where the kernel keeps no schedstat: utime + stime, 10 ms."""
    try:
        with open('/proc/%d/stat' % pid, encoding='latin-1') as file:
            fields = file.read().rpartition(')')[2].split()
    except OSError:
        return 0
    ticks = int(fields[11]) + int(fields[12])
    return ticks * 1000000000 // os.sysconf('SC_CLK_TCK')


def cpu_ns(pid):
    return sum(map(task_ns, family(pid)))


def memory(pid):
    """PSS, RSS and private bytes of the whole family."""
    sums = {'Pss': 0, 'Rss': 0, 'Private_Dirty': 0}
    for member in family(pid):
        try:
            with open('/proc/%d/smaps_rollup' % member,
                      encoding='ascii') as file:
                for line in file:
                    name = line.split(':')[0]
                    if name in sums:
                        sums[name] += int(line.split()[1]) * 1024
        except OSError:
            pass
    return {name.lower(): size for name, size in sums.items()}


def stop(process, patience_s=3):
    """Asks the process to end, and ends what is left of its family."""
    members = family(process.pid) if process.poll() is None else []
    process.terminate()
    end = time.monotonic() + patience_s
    while time.monotonic() < end and process.poll() is None:
        time.sleep(0.01)
    for pid in members:
        try:
            # Its session tells it from a stranger who got the number since.
            if os.getsid(pid) == process.pid:
                os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    process.wait()
