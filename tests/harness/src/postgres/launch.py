# Makes a cluster in the current folder and becomes its server. Arguments: the package that brings its programs, their
# folder in it, a port of 127.0.0.1.
#
# The packages' own ways to start one would open every folder above to everybody, add a user to the machine and leave the
# server to itself; this takes no more than their programs.
import importlib.util
import os
import pwd
import secrets
import subprocess
import sys

package, folder, port = sys.argv[1:]
(package,) = importlib.util.find_spec(package).submodule_search_locations
programs = os.path.join(package, folder)

# PostgreSQL refuses to run as root.
if os.geteuid() == 0:
    user = pwd.getpwnam("nobody")
    os.chown(".", user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)


def write(path, text):
    with open(path, "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(text)


# Without a password, whoever else uses the machine could run programs as its user: a superuser of PostgreSQL may.
write("password", secrets.token_hex(16))

cluster = ["--pgdata=data", "--username=postgres", "--pwfile=password", "--auth=scram-sha-256"]
# The same on every machine, and not made to outlive this test.
cluster += ["--encoding=UTF8", "--locale=C", "--no-sync", "--no-instructions"]
subprocess.run([os.path.join(programs, "initdb"), *cluster], check=True)

settings = {
    "listen_addresses": "127.0.0.1",
    "port": port,
    "unix_socket_directories": "",
    # Of many tests at once.
    "max_connections": "200",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
}
certificate = os.environ.pop("POSTGRES_CERTIFICATE", None)
if certificate is not None:
    write("authority.pem", os.environ.pop("POSTGRES_AUTHORITY"))
    write("certificate.pem", certificate)
    write("key.pem", os.environ.pop("POSTGRES_KEY"))
    here = os.getcwd()
    settings |= {"ssl": "on", "ssl_cert_file": f"{here}/certificate.pem", "ssl_key_file": f"{here}/key.pem"}
    with open("data/pg_hba.conf", "w") as rules:
        # For a test's own preparations.
        rules.write("hostnossl all postgres 127.0.0.1/32 scram-sha-256\n")
        rules.write("hostssl all trusted,trusted_in_turns 127.0.0.1/32 trust\n")
        rules.write("hostssl all all 127.0.0.1/32 scram-sha-256\n")
server = os.path.join(programs, "postgres")
os.execv(server, [server, "-D", "data", *(f"--{name}={value}" for name, value in settings.items())])
