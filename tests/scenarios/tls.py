"""tls HOST PORT (tls1.2 | tls1.3 | plain) [IDENTITY-FOLDER]: asks a node for something, with that identity or none, and prints the
first line of the answer, or "nothing" where the other side let no HTTP through."""

import socket
import ssl
import sys

host, port, version = sys.argv[1], int(sys.argv[2]), sys.argv[3]
line = b""
try:
    connection = socket.create_connection((host, port), 30)
    if version != "plain":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2 if version == "tls1.2" else ssl.TLSVersion.TLSv1_3
        if len(sys.argv) > 4:
            context.load_cert_chain(sys.argv[4] + "/tls.crt", sys.argv[4] + "/tls.key")
        connection = context.wrap_socket(connection)
    connection.sendall(b"GET /nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    line = connection.recv(4096).split(b"\r\n")[0]
except (ssl.SSLError, ConnectionError):
    pass  # the refusal
print(line.decode("latin-1") if line.startswith(b"HTTP") else "nothing")
