"""Logs the user in, once, and calls an API: OAUTH_ISSUER=… OAUTH_CLIENT_ID=… OAUTH_RESOURCE=… python3 example.py"""
import os

import requests

from oauthclient import Client, LoginRequired, Session, Store
from oauthclient.requests import SessionAuth

client = Client(os.environ["OAUTH_CLIENT_ID"], os.environ.get("OAUTH_CLIENT_SECRET"), issuer=os.environ["OAUTH_ISSUER"])
session = Session(client, "example", Store.directory())
try:
    session.token()
except LoginRequired:
    session.adopt(client.log_in("read", listener={"path": "/callback"}))

answer = requests.get(os.environ["OAUTH_RESOURCE"], auth=SessionAuth(session))
print(answer.status_code, answer.text)
