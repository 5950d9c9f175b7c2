# Runs a server for exactly as long as the process that holds this one's stdin lives.
#
# The kernel closes a pipe however its holder ends, killed or not; a destructor would need a holder that ends well.
# Arguments: a scratch folder to remove at the end, the signal that ends the server, then the server's command line.
import os
import shutil
import signal
import subprocess
import sys
import threading

scratch, stop_signal, *command = sys.argv[1:]
# A session of its own makes the server the leader of a process group that holds whatever it starts.
server = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
owner_is_gone = threading.Event()
server_is_gone = threading.Event()


def send(number):
    try:
        os.killpg(server.pid, number)
    except ProcessLookupError:
        pass


def end_with_owner():
    sys.stdin.buffer.read()
    owner_is_gone.set()
    send(signal.Signals[stop_signal])
    if not server_is_gone.wait(10):
        send(signal.SIGKILL)


threading.Thread(target=end_with_owner, daemon=True).start()
code = server.wait()
server_is_gone.set()
send(signal.SIGKILL)
# A server that ended by itself leaves its folder: the owner will want to read the log.
if owner_is_gone.is_set():
    shutil.rmtree(scratch, ignore_errors=True)
os._exit(code if code > 0 else 1)
