"""xray is looked at through the support of test/http."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'http'))
