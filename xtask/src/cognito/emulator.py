"""Amazon Cognito, emulated by moto: starts its server on a free port, makes pools, and gets tokens.

Prints one line of JSON, and serves until standard input ends: if whoever started this is gone, in
whatever way, so is the server.
"""

import json
import logging
import secrets
import sys

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

REGION = "eu-west-1"
USER = "somebody"
GROUP = "staff"


def main():
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    cognito = boto3.client(
        "cognito-idp",
        region_name=REGION,
        endpoint_url=url,
        aws_access_key_id="emulated",
        aws_secret_access_key="emulated",
        config=Config(proxies={}),
    )

    ours = make_pool(cognito, "ours")
    other_pool = make_pool(cognito, "other")
    client, other_client = make_client(cognito, ours), make_client(cognito, ours)
    tokens = sign_in(cognito, ours, client)
    emulated = {
        "url": url,
        "user_pool_id": ours,
        "client_id": client,
        "group": GROUP,
        "access_token": tokens["AccessToken"],
        "id_token": tokens["IdToken"],
        "refresh_token": tokens["RefreshToken"],
        "other_client": sign_in(cognito, ours, other_client)["AccessToken"],
        "other_pool": sign_in(cognito, other_pool, make_client(cognito, other_pool))["AccessToken"],
    }
    print(json.dumps(emulated), flush=True)
    sys.stdin.read()
    server.stop()


def make_pool(cognito, name):
    """A pool with one user, who is in one group; with one password for all, which nobody keeps."""
    pool = cognito.create_user_pool(PoolName=name)["UserPool"]["Id"]
    cognito.create_group(UserPoolId=pool, GroupName=GROUP)
    cognito.admin_create_user(UserPoolId=pool, Username=USER, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username=USER, Password=PASSWORD, Permanent=True
    )
    cognito.admin_add_user_to_group(UserPoolId=pool, Username=USER, GroupName=GROUP)
    return pool


def make_client(cognito, pool):
    flows = ["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]
    client = cognito.create_user_pool_client(
        UserPoolId=pool, ClientName="app", ExplicitAuthFlows=flows
    )
    return client["UserPoolClient"]["ClientId"]


def sign_in(cognito, pool, client):
    answer = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": USER, "PASSWORD": PASSWORD},
    )
    return answer["AuthenticationResult"]


PASSWORD = "Aa1!" + secrets.token_urlsafe(16)

main()
