#!/usr/bin/python3
"""false-server.py KIND HOST PORT FOLDER OTHER: what may stand where a node was.

tls: speaks, but no TLS; key: TLS with a key of its own, made in OTHER; http and refusal: with the node's own key, of its
FOLDER, but answers every request with 502 or 401.
"""
import os
import socket
import ssl
import subprocess
import sys
import threading

kind, host, port, folder, other = sys.argv[1:]
STATUS = {"http": b"502 Bad Gateway", "refusal": b"401 Unauthorized", "key": b"200 OK"}
if kind == "key":
    os.makedirs(other, exist_ok=True)
    folder = other
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-subj", "/CN=other", "-days", "9", "-keyout",
                    f"{other}/tls.key", "-out", f"{other}/tls.crt"], check=True, capture_output=True)
context = None
if kind != "tls":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(f"{folder}/tls.crt", f"{folder}/tls.key")


def serve(connection):
    try:
        if context is None:
            connection.recv(4096)
            connection.sendall(b"220 mail.example ESMTP\r\n")
            return
        with context.wrap_socket(connection, server_side=True) as tls:
            while tls.recv(65536):
                tls.sendall(b"HTTP/1.1 " + STATUS[kind] + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                return
    except OSError:
        pass
    finally:
        connection.close()


listener = socket.socket()
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((host, int(port)))
listener.listen(64)
print("listens", flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
