"""A Chromium for all suites of this folder, and what it saw: its console, and
the answers as the network brought them. Servers are those of test/http."""
import json
import os
import shutil
import sys
import tempfile

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), 'http'))
pytest.register_assert_rewrite('support')

from support import serving, until  # noqa: E402

FLAGS = ('--headless=new --no-sandbox --disable-gpu --disable-quic '
         '--no-first-run --disable-background-networking '
         '--disable-component-update --disable-sync '
         '--disable-dev-shm-usage --window-size=1280,900').split()
SCREENSHOTS = os.path.join(TOP, 'build-test', 'screenshots')


class Answer:
    """One answer: from where, and if from the network, with which status."""

    def __init__(self, url):
        self.url = url
        self.fields = {}
        self.status = None
        self.is_cached = True


class Browser:
    def __init__(self, driver):
        self.driver = driver
        self.script = driver.execute_script

    def forget(self):
        self.driver.get_log('browser')
        self.driver.get_log('performance')

    def open(self, url):
        self.driver.get(url)

    def complaints(self):
        """What is red in the console since it was asked last."""
        return [entry['message'] for entry in self.driver.get_log('browser')
                if entry['level'] == 'SEVERE']

    def answers(self):
        """By path, what came since it was asked last."""
        by_id = {}
        for entry in self.driver.get_log('performance'):
            event = json.loads(entry['message'])['message']
            if not event['method'].startswith('Network.'):
                continue
            of = event['params']
            answer = by_id.setdefault(of.get('requestId'), Answer(None))
            if event['method'] == 'Network.responseReceived':
                answer.url = of['response']['url']
                answer.status = answer.status or of['response']['status']
            elif event['method'] == 'Network.responseReceivedExtraInfo':
                # As it was on the wire: 304, where the page sees 200.
                answer.status = of['statusCode']
                answer.is_cached = False
                answer.fields = {name.lower(): value for name, value
                                 in of['headers'].items()}
        return {'/' + a.url.split('/', 3)[3]: a for a in by_id.values()
                if a.url and a.url.startswith('http')}

    def wait(self, expression):
        """Until a JavaScript expression holds; gives its value."""
        return until(lambda: self.script('return ' + expression), expression)

    def click(self, selector):
        self.script('document.querySelector(arguments[0]).click()', selector)

    def click_link(self, text):
        """The first link of that text; the navigation has ended after it."""
        self.driver.find_element('link text', text).click()
        self.wait('document.readyState === "complete"')

    def picture(self, name):
        os.makedirs(SCREENSHOTS, exist_ok=True)
        self.driver.save_screenshot(os.path.join(SCREENSHOTS, name + '.png'))

    def emulate(self, width=1280, height=900, scheme='light'):
        self.driver.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', {
            'width': width, 'height': height, 'deviceScaleFactor': 1,
            'mobile': width < 600})
        self.driver.execute_cdp_cmd('Emulation.setEmulatedMedia', {
            'features': [{'name': 'prefers-color-scheme', 'value': scheme}]})


@pytest.fixture(scope='session')
def chromium():
    home = tempfile.mkdtemp(prefix='hstatic-chromium-')
    options = webdriver.ChromeOptions()
    for flag in [*FLAGS, '--user-data-dir=' + home]:
        options.add_argument(flag)
    options.set_capability('goog:loggingPrefs',
                           {'browser': 'ALL', 'performance': 'ALL'})
    driver = webdriver.Chrome(options=options,
                              service=Service('/usr/bin/chromedriver'))
    driver.set_page_load_timeout(60)
    try:
        yield driver
    finally:
        driver.quit()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def browser(chromium):
    """On an empty page, with nothing remembered that was said before."""
    b = Browser(chromium)
    b.open('about:blank')
    b.emulate()
    b.forget()
    return b


@pytest.fixture
def host():
    """host(root, *options): a server until the test's end; its origin."""
    opened = []

    def start(root, *options):
        context = serving(root, *options)
        server = context.__enter__()
        opened.append(context)
        return 'http://127.0.0.1:%d' % server.port

    yield start
    for context in reversed(opened):
        context.__exit__(None, None, None)
