"""Stopping, rolling and dying: no request that was accepted is lost.

TERM, INT and QUIT stop in order, within --grace; a second one stops at once;
HUP puts new workers in place of the old; a worker that dies is replaced, and
what waited in the kernel's queue is served by another.
"""
import contextlib
import os
import signal
import threading
import time

import pytest

from support import (Client, Ended, children, fetch, is_alive, pause, settle,
                     until, write)
from test_fixture import words

# More than the kernel keeps for a connection, so that somebody must go on
# sending while the server stops.
BIG = 24 << 20

STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]


@pytest.fixture
def root(site):
    settle(write(site, 'index.html', 'here'))
    settle(write(site, 'big.bin', words(0, BIG)))
    return site


def begin_download(server):
    """A reader that has had the first bytes of a large file."""
    client = Client(server, receive_buffer=64 << 10)
    client.ask('/big.bin')
    answer = client.head()
    assert answer.status == 200
    assert client.take(64 << 10) == words(0, 64 << 10)
    return client


def end_download(client):
    length = BIG - (64 << 10)
    assert client.take(length) == words(64 << 10, length)
    client.close()


def refuses(server):
    try:
        Client(server, timeout=5).close()
        return False
    except ConnectionRefusedError:
        return True


@pytest.mark.parametrize('number', STOPS)
def test_a_stop_lets_a_download_finish(root, serve, number):
    server = serve(root, '--grace', '30')
    with Client(server) as idle:
        assert idle.get('/').status == 200
        client = begin_download(server)
        server.signal(number)
        assert idle.is_over(), 'an idle connection gets no more bytes'
    assert server.process.poll() is None
    end_download(client)
    assert server.wait() == 0


def test_a_stop_closes_what_never_spoke(root, serve):
    server = serve(root)
    with Client(server) as silent:
        assert fetch(server).status == 200
        server.signal(signal.SIGTERM)
        assert silent.is_over()
    assert server.wait() == 0


def test_a_stop_without_connections_is_quick(root, serve):
    server = serve(root, '--grace', '60')
    server.signal(signal.SIGTERM)
    assert server.wait(10) == 0


def test_a_stopping_server_refuses_new_connections(root, serve):
    """A balancer turns to another server; one that is let in would hang."""
    server = serve(root, '--grace', '30')
    client = begin_download(server)
    server.signal(signal.SIGTERM)
    until(lambda: refuses(server), 'connections to be refused', 5)
    end_download(client)
    assert server.wait() == 0


def test_what_was_queued_before_the_stop_is_served(root, serve):
    server = serve(root, '-w', '2', '--grace', '30')
    pids = server.workers()
    for pid in pids:
        pause(pid)
    clients = [Client(server) for _ in range(8)]
    for client in clients:
        client.ask('/')
    server.signal(signal.SIGTERM)
    for pid in pids:
        os.kill(pid, signal.SIGCONT)
    for client in clients:
        assert client.response().status == 200
        assert client.is_over()
        client.close()
    assert server.wait() == 0


def test_a_pipeline_in_flight_is_answered_to_its_end(root, serve):
    """Requests that were read before the stop are answered; the last of
    them says that it is the last (RFC 9112 9.6)."""
    server = serve(root, '--grace', '30')
    with Client(server, receive_buffer=64 << 10) as client:
        client.ask('/big.bin')
        answer = client.head()
        server.signal(signal.SIGTERM)
        client.take(int(answer['Content-Length']))
        assert client.is_over()
    assert server.wait() == 0


def test_a_second_signal_stops_at_once(root, serve):
    server = serve(root, '--grace', '60')
    client, idle = begin_download(server), Client(server)
    assert idle.get('/').status == 200
    server.signal(signal.SIGTERM)
    # The first has been taken once an idle connection is told to go.
    assert idle.is_over()
    assert server.process.poll() is None
    start = time.monotonic()
    server.signal(signal.SIGINT)
    assert server.wait() == 0
    assert time.monotonic() - start < 5
    client.close()
    idle.close()


def test_the_grace_period_ends(root, serve):
    server = serve(root, '--grace', '1')
    client = begin_download(server)
    start = time.monotonic()
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert 0.9 < time.monotonic() - start < 8
    with pytest.raises((Ended, ConnectionResetError)):
        end_download(client)
    client.close()
    assert 'cut off' in server.log()


def test_no_grace_at_all(root, serve):
    server = serve(root, '--grace', '0')
    client = begin_download(server)
    server.signal(signal.SIGTERM)
    assert server.wait(10) == 0
    client.close()


def test_workers_leave_when_their_master_is_killed(root, serve):
    server = serve(root, '-w', '2')
    pids = server.workers()
    assert len(pids) == 2
    client = begin_download(server)
    with Client(server) as idle:
        assert idle.get('/').status == 200
        server.signal(signal.SIGKILL)
        assert server.process.wait() == -signal.SIGKILL
        assert idle.is_over()
    end_download(client)
    until(lambda: not any(map(is_alive, pids)), 'the workers to leave')
    until(lambda: refuses(server), 'the port to close')
    server.process.returncode = 0   # as was meant


class Load:
    """Clients that ask over and over on keep-alive connections."""

    def __init__(self, server, count=4):
        self.server, self.stop = server, threading.Event()
        self.done, self.retried, self.failed = 0, 0, []
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run)
                        for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        client, is_used = None, False
        while not self.stop.is_set():
            try:
                if client is None:
                    client, is_used = Client(self.server), False
                answer = client.get('/')
                assert answer.status == 200 and answer.body == b'here'
                with self.lock:
                    self.done += 1
                is_used = True
                if answer.is_last:
                    client.close()
                    client = None
            except (Ended, OSError) as problem:
                # RFC 9112 9.3.1: a request on a connection that was idle may
                # meet its end, and is repeated; a first one may not.
                if is_used and not client.buffer:
                    with self.lock:
                        self.retried += 1
                else:
                    self.failed.append(repr(problem))
                if client is not None:
                    client.close()
                client = None
            except AssertionError as problem:
                self.failed.append(repr(problem))
        if client is not None:
            client.close()

    def wait(self, count):
        """Until so many more have been answered."""
        goal = self.done + count
        until(lambda: self.done >= goal or self.failed, 'answers')

    def finish(self):
        self.stop.set()
        for thread in self.threads:
            thread.join(30)
        assert not self.failed, self.failed[:5]


def test_hup_rolls_the_workers_without_a_failed_request(root, serve):
    server = serve(root, '-w', '2')
    load = Load(server)
    try:
        load.wait(50)
        for _ in range(5):
            old = set(server.workers())
            server.signal(signal.SIGHUP)
            until(lambda: len(server.workers()) == 2 and
                  not old & set(server.workers()), 'new workers')
            load.wait(50)
    finally:
        load.finish()
    # Not even one has to be asked again: connections move with the workers.
    assert load.retried == 0


def test_hup_meets_connections_that_have_just_come(root, serve):
    """Who connected before the roll and asks after it is served: it could
    not know, and cannot tell whether asking again is safe."""
    server = serve(root, '-w', '2')
    for _ in range(10):
        old = set(server.workers())
        clients = [Client(server) for _ in range(8)]
        server.signal(signal.SIGHUP)
        for client in clients:
            client.ask('/')
        for client in clients:
            assert client.response().status == 200
            client.close()
        until(lambda: len(server.workers()) == 2 and
              not old & set(server.workers()), 'new workers')


def test_hup_lets_a_download_finish(root, serve):
    server = serve(root, '-w', '2')
    old = set(server.workers())
    client = begin_download(server)
    server.signal(signal.SIGHUP)
    until(lambda: len(set(server.workers()) - old) == 2, 'new workers')
    end_download(client)
    until(lambda: not old & set(server.workers()), 'the old to leave')


def test_a_killed_worker_is_replaced(root, serve):
    server = serve(root, '-w', '2', may_lose_workers=True)
    for _ in range(3):
        old = server.workers()
        os.kill(old[0], signal.SIGKILL)
        until(lambda: len(server.workers()) == 2 and
              old[0] not in server.workers(), 'another worker', 5)
        assert fetch(server).body == b'here'
    assert 'killed by signal 9' in server.log()


def test_queued_connections_survive_the_death_of_all_workers(root, serve):
    server = serve(root, '-w', '2', may_lose_workers=True)
    pids = server.workers()
    for pid in pids:
        pause(pid)
    clients = [Client(server) for _ in range(16)]
    for client in clients:
        client.ask('/')
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    for client in clients:
        assert client.response().body == b'here'
        client.close()


def held_by(server, other):
    """A connection that cannot be `other`'s, who sleeps meanwhile."""
    pause(other)
    try:
        client = Client(server)
        assert client.get('/').status == 200
        return client
    finally:
        os.kill(other, signal.SIGCONT)


def test_the_death_of_one_worker_leaves_the_others_alone(root, serve):
    server = serve(root, '-w', '2', may_lose_workers=True)
    first, second = server.workers()
    safe, doomed = held_by(server, first), held_by(server, second)
    os.kill(first, signal.SIGKILL)
    assert doomed.is_over()
    for _ in range(10):
        assert safe.get('/').body == b'here'
    safe.close()
    doomed.close()
    assert second in server.workers()


def test_workers_that_die_young_do_not_burn_a_core(root, serve):
    """Killed as soon as they come: the restarts slow down, and it recovers."""
    server = serve(root, '-w', '1', may_lose_workers=True)
    killed, end = set(), time.monotonic() + 3
    while time.monotonic() < end:
        for pid in children(server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            killed.add(pid)
        time.sleep(0.001)
    assert len(killed) < 20
    until(lambda: server.workers(), 'a worker')
    assert fetch(server).body == b'here'


def test_sigpipe_and_a_full_log_do_not_matter(root, serve):
    """A client that leaves in the middle of everything."""
    server = serve(root)
    for _ in range(20):
        client = Client(server, receive_buffer=8 << 10)
        client.ask('/big.bin')
        client.sock.recv(10)
        client.reset()
    assert fetch(server).status == 200


def test_a_stop_while_workers_start(root, serve):
    server = serve(root, '-w', '2')
    server.signal(signal.SIGHUP)
    server.signal(signal.SIGTERM)
    assert server.wait() == 0

