"""attachments ask HOST PORT IDENTITY-FOLDER PREFIX HEX SIZE: asks a node for one that it holds and brings it pieces of it, as a party
that it knows, and tells what it makes of each: lines "ok NAME" and "not ok NAME".
attachments identity KEYS DESK: the desk's sealing key as age has identities."""

import hashlib
import socket
import ssl
import sys


def report(good, name):
    print(("ok " if good else "not ok ") + name, flush=True)


def bech32(prefix, data):
    letters, generators = "qpzry9x8gf2tvdw0s3jn54khce6mua7l", (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
    bits = "".join(f"{byte:08b}" for byte in data)
    bits += "0" * (-len(bits) % 5)
    values = [int(bits[i:i + 5], 2) for i in range(0, len(bits), 5)]
    check = 1
    for value in [ord(c) >> 5 for c in prefix] + [0] + [ord(c) & 31 for c in prefix] + values + [0] * 6:
        top, check = check >> 25, (check & 0x1FFFFFF) << 5 ^ value
        for i in range(5):
            check ^= generators[i] if top >> i & 1 else 0
    check ^= 1
    return prefix + "1" + "".join(letters[v] for v in values + [check >> 5 * (5 - i) & 31 for i in range(6)])


def identity(keys, desk):
    for line in open(keys):
        words = line.split()
        if words[:3] == ["desk", "live", desk]:
            print(bech32("age-secret-key-", bytes.fromhex(words[4])).upper())
            return


class Asker:
    def __init__(self, host, port, folder):
        self.place = (host, int(port))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.load_cert_chain(folder + "/tls.crt", folder + "/tls.key")

    def ask(self, verb, path, headers=(), body=b""):
        """Status, headers and body of the answer; the body of a request goes only where 100 asks for it."""
        with self.context.wrap_socket(socket.create_connection(self.place, 30)) as line:
            head = [f"{verb} {path} HTTP/1.1", "Host: a", "Connection: close", *headers]
            if verb == "PUT":
                head += [f"Content-Length: {len(body)}", "Expect: 100-continue"]
            line.sendall("\r\n".join(head + ["", ""]).encode())
            file = line.makefile("rb")
            status, found = self.head(file)
            if status == 100:
                line.sendall(body)
                status, found = self.head(file)
            return status, found, file.read(int(found.get("content-length", 0)))

    @staticmethod
    def head(file):
        status, found = int(file.readline().split()[1]), {}
        while (text := file.readline().strip()):
            name, _, value = text.decode("latin-1").partition(":")
            found[name.strip().lower()] = value.strip()
        return status, found


def ask(host, port, folder, prefix, digest, size):
    asker, path, size = Asker(host, port, folder), prefix + "/attachment/" + digest, int(size)
    status, _, whole = asker.ask("GET", path)
    report(status == 200 and len(whole) == size and hashlib.sha256(whole).hexdigest() == digest, "it is served whole")
    status, head, body = asker.ask("GET", path, ["Range: bytes=10-19"])
    report(status == 206 and body == whole[10:20] and head.get("content-range") == f"bytes 10-19/{size}", "and in ranges")
    status, head, body = asker.ask("GET", path, [f"Range: bytes={size - 5}-"])
    report(status == 206 and body == whole[-5:], "to the end")
    status, _, body = asker.ask("GET", path, [f"Range: bytes={size - 5}-{size + 100}"])
    report(status == 206 and body == whole[-5:], "no further than that")
    for first in (size, size + 1, 1 << 60):
        report(asker.ask("GET", path, [f"Range: bytes={first}-"])[0] == 416, f"416: nothing is there from byte {first - size} past its end")
    for other in ("0" * 64, "0" * 63, digest.upper(), digest + "/", "", "../keys", digest[:-1] + "%61"):
        report(asker.ask("GET", prefix + "/attachment/" + other)[0] in (400, 404), f"404: {other or 'nothing'}")
    status, _, body = asker.ask("PUT", path, [f"Content-Range: bytes 0-9/{size}"], whole[:10])
    report(status == 404, "none is taken from another than its writer")
    status, _, body = asker.ask("PUT", path, [f"Content-Range: bytes 0-9/{size + 1}"], whole[:10])
    report(status == 404, "nor is one of another size")
    status, _, body = asker.ask("PUT", prefix + "/attachment/" + "0" * 64, ["Content-Range: bytes 0-9/10"], b"0123456789")
    report(status == 404, "nor one that no entry names")
    report(asker.ask("POST", path, [], b"")[0] in (400, 404, 405), "nothing is posted there")


if sys.argv[1] == "identity":
    identity(*sys.argv[2:])
else:
    ask(*sys.argv[2:])
