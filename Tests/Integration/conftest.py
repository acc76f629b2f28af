import pytest

from harness import Gateway, Lanes, Mock, policy, provider, target


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the processes' own words beside a failure."""
    report = yield
    if report.failed:
        for server in getattr(item, "servers", []):
            report.sections.append((f"output of {server.name}", server.output()[-20_000:]))
    return report


@pytest.fixture
def servers(request):
    """Takes every process that a test starts, shows its output if the test fails, and stops it at the end."""
    started = request.node.servers = []
    yield started
    for server in reversed(started):
        server.stop()


@pytest.fixture(scope="session")
def mocks(tmp_path_factory):
    directory = tmp_path_factory.mktemp("mocks")
    running = [Mock(directory, name) for name in ("primary", "secondary")]
    try:
        for mock in running:
            mock.wait_until_ready()
        yield running
    finally:
        for mock in running:
            mock.stop()


@pytest.fixture
def primary(mocks):
    mocks[0].reset()
    return mocks[0]


@pytest.fixture
def secondary(mocks):
    mocks[1].reset()
    return mocks[1]


@pytest.fixture(scope="module")
def all_lanes(request, mocks, tmp_path_factory):
    lanes = Lanes(tmp_path_factory.mktemp("lanes"), *mocks, request.module.LANES)
    try:
        lanes.gateway.wait_until_ready()
        yield lanes
    finally:
        lanes.gateway.stop()


@pytest.fixture
def lanes(request, all_lanes, primary, secondary):
    """The gateway that the tests of a file share which only need a model of their own."""
    request.node.servers = [all_lanes.gateway]
    return all_lanes


@pytest.fixture
def start(primary, secondary, servers, tmp_path):
    """Starts a gateway with two models: `chat` (primary, then secondary) and `single` (primary alone).

    Keyword arguments change the policy's sections; `server`, `models` and `providers` change those of the file. Limits
    of time that a test shortens are for the target that falls silent: the policy `patient`, which the second provider
    has, keeps the usual ones, so that whoever answers in its stead may be slow.
    """

    def start(*, server=None, models=None, providers=None, keys=None, name="gateway", ready=True, **changes):
        configuration = {
            "server": {"host": "127.0.0.1"} | (server or {}),
            "providers": {"primary": provider(primary), "secondary": provider(secondary, policy="patient")}
            | (providers or {}),
            "models": {
                "chat": {"targets": [target("primary"), target("secondary")]},
                "single": {"targets": [target("primary")]},
            }
            | (models or {}),
            "policies": {"default": policy(**changes), "patient": policy(**changes | {"timeouts": {}})},
            "keys": keys or [],
        }
        gateway = Gateway(tmp_path, configuration, name=name)
        servers.append(gateway)
        return gateway.wait_until_ready() if ready else gateway

    return start


@pytest.fixture
def provider_limits(primary):
    """The provider `primary` with limits, for the argument `providers` of `start`."""
    return lambda **limits: {"primary": provider(primary, limits=limits)}


@pytest.fixture
def gateway(start):
    return start()
