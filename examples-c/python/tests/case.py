import unittest

from oauthclient import Client
from server import Server


class Case(unittest.TestCase):
    """A test with a server and a client of its own."""

    def setUp(self):
        self.server = Server()
        self.addCleanup(self.server.stop)
        self.client = self.new_client()

    def new_client(self, **settings):
        settings.setdefault("issuer", self.server.url)
        return Client("app", "app-secret", **settings)
