"""An object store behind a local cache, against moto's S3."""

from __future__ import annotations

from pathlib import Path

import pytest
from moto.server import ThreadedMotoServer

from guestlist.errors import StoreError
from guestlist.store import open_store


@pytest.fixture(scope="module")
def endpoint():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def data_url(endpoint, monkeypatch, request):
    boto3 = pytest.importorskip("boto3")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    name = f"bucket-{abs(hash(request.node.name))}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    client.close()
    return f"s3://{name}/some/prefix"


@pytest.fixture
def store(home, clock, data_url):
    with open_store(None, home, data_url, clock=clock) as opened:
        yield opened


def publish(store, content=b"parquet", **options):
    file_id = store.files.reserve("ledgers", "test")
    with store.files.workspace("test") as folder:
        (folder / "new").write_bytes(content)
        store.files.publish(file_id, folder / "new", 7, **options)
    return file_id


def cached(home: Path) -> list[Path]:
    return [path for path in (home / "cache").rglob("*") if path.is_file()]


def test_a_published_object_is_read_from_the_cache(store, home):
    file_id = publish(store)
    path = store.files.open(file_id)
    assert path.read_bytes() == b"parquet"
    assert cached(home) == [path]
    assert path.stat().st_mode & 0o777 == 0o600


def test_another_machine_fetches_it_once(store, home):
    content = b"0123456789" * 1_000_000
    file_id = publish(store, content)
    store.files.open(file_id).unlink()
    path = store.files.open(file_id)
    assert path.read_bytes() == content
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_bytes(content[:-1])  # a copy that was cut off is fetched again
    assert store.files.open(file_id).read_bytes() == content
    assert cached(home) == [path]


def test_a_missing_object_is_an_error(store):
    file_id = publish(store)
    path = store.files.open(file_id)
    store.files._place.delete(store.files.get(file_id).path)
    assert not path.exists()
    with pytest.raises(StoreError, match="missing"):
        store.files.open(file_id)
    store.files._place.delete(store.files.get(file_id).path)  # gone already


def test_dead_objects_are_collected_with_their_copies(store, home, clock):
    file_id = publish(store)
    store.files.retire(file_id)
    clock.time += 7200
    assert store.collect() == 1
    assert cached(home) == []


def test_sealed_objects_open(store):
    file_id = publish(store, b"jane doe", seal=True)
    with store.files.opened(file_id) as path:
        assert path.read_bytes() == b"jane doe"


def test_a_bucket_that_is_not_there_is_one_sentence(home, clock, data_url):
    with open_store(None, home, "s3://no-such-bucket/x", clock=clock) as store, pytest.raises(StoreError) as raised:
        publish(store)
    assert "\n" not in str(raised.value)
