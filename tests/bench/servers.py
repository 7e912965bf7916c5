"""The servers that are measured against: both on loopback, on a port that the system picks, and on the last processor."""
import ctypes
import os
import resource
import shutil
import signal
import socket
import subprocess
import time

HOSTS = 50
READY_SECONDS = 10
PORT_TRIES = 5
PR_SET_PDEATHSIG = 1

NGINX = """daemon off;
master_process off;
pid {home}/pid;
error_log stderr error;
events {{ worker_connections 8192; multi_accept on; }}
http {{
  client_body_temp_path {home}/temp;
  proxy_temp_path {home}/temp;
  fastcgi_temp_path {home}/temp;
  uwsgi_temp_path {home}/temp;
  scgi_temp_path {home}/temp;
  types {{
    text/html html; text/css css; application/javascript js; text/plain txt py; text/xml xml;
    image/svg+xml svg; image/png png; image/gif gif; application/octet-stream bin;
  }}
  log_format requests '$status $request_method $request_uri $http_referer';
  access_log {log};
  log_not_found off;
  sendfile on;
  tcp_nopush on;
  keepalive_timeout 1h;
  keepalive_requests 1000000000;
  open_file_cache max=16000 inactive=1h;
  open_file_cache_valid 1h;
  server {{
    {listen}
    root {www};
    location /gone/ {{ return 404; }}
  }}
}}
"""


def as_server():
    """In the server's process before it begins: its processor, its files, and an end with the harness however that ends."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_ready(server, pid_file):
    """nginx writes its process id once it listens. False: it ended, as it does when the port was taken meanwhile."""
    deadline = time.monotonic() + READY_SECONDS
    while not (os.path.exists(pid_file) and os.path.getsize(pid_file)):
        if server.poll() is not None:
            return False
        if time.monotonic() > deadline:
            raise RuntimeError("nginx does not start")
        time.sleep(0.01)
    return True


def nginx_program():
    program = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not program:
        raise RuntimeError("nginx is not installed")
    return program


def start_nginx(home, www, log=None):
    """Serve the folder WWW from 127.0.0.1 to 127.0.0.50; LOG gets a line for each request: status, method, target and
    referrer. Returns the process and the port."""
    program = nginx_program()
    os.makedirs(home)
    for _ in range(PORT_TRIES):
        port = free_port()
        listen = "\n    ".join(f"listen 127.0.0.{host}:{port} backlog=4096;" for host in range(1, HOSTS + 1))
        with open(f"{home}/conf", "w") as file:
            file.write(NGINX.format(home=home, www=www, listen=listen, log=f"{log} requests" if log else "off"))
        server = subprocess.Popen([program, "-p", home, "-c", f"{home}/conf", "-e", "stderr"], preexec_fn=as_server)
        if wait_ready(server, f"{home}/pid"):
            return server, port
    raise RuntimeError("nginx does not start")


def start_latency(program, delay_ms, page):
    """Serve the file PAGE for any URL, DELAY_MS after it was asked for. Returns the process and the port."""
    server = subprocess.Popen([program, str(delay_ms), page], stdout=subprocess.PIPE, text=True, preexec_fn=as_server)
    line = server.stdout.readline()
    if not line:
        raise RuntimeError("the latency server does not start")
    return server, int(line)


def start_web(program, pages, hosts):
    """Serve a generated web. Returns the process and the port; ask_served tells what it has served."""
    server = subprocess.Popen(
        [program, str(pages), str(hosts), "1"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=as_server
    )
    line = server.stdout.readline()
    if not line:
        raise RuntimeError("the server of a generated web does not start")
    return server, int(line)


def ask_served(server):
    server.stdin.write("\n")
    server.stdin.flush()
    return int(server.stdout.readline())


def stop(server):
    server.terminate()
    server.wait()
