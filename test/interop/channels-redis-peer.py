"""A service of Django Channels for the tests: the real RedisPubSubChannelLayer, told what to do on stdin.

Each line of stdin is a JSON object {"id", "do", ...}; each is answered on stdout by {"id", "ok"} or {"id", "error"}.
What a channel receives is told as {"layer", "channel", "message"}, or {"layer", "channel", "failed"}.

Bytes are written as {"$hex": "00ff"}, and a map with any keys as {"$map": [[key, value], ...]}.
"""

import asyncio
import json
import sys

import channels_redis
import msgpack
from channels.consumer import AsyncConsumer
from channels.layers import channel_layers
from channels_redis.core import RedisChannelLayer
from channels_redis.pubsub import RedisPubSubChannelLayer
from channels_redis.utils import _consistent_hash
from cryptography.fernet import MultiFernet
from django.conf import settings

try:
    from channels_redis.serializers import BaseMessageSerializer as KeyMaker
except ImportError:
    KeyMaker = RedisChannelLayer


def from_line(value):
    if isinstance(value, list):
        return [from_line(item) for item in value]
    if not isinstance(value, dict):
        return value
    if list(value) == ["$hex"]:
        return bytes.fromhex(value["$hex"])
    if list(value) == ["$map"]:
        return {key: from_line(item) for key, item in value["$map"]}
    return {key: from_line(item) for key, item in value.items()}


def to_line(value):
    if isinstance(value, bytes):
        return {"$hex": value.hex()}
    if isinstance(value, (list, tuple)):
        return [to_line(item) for item in value]
    if isinstance(value, dict):
        return {key: to_line(item) for key, item in value.items()}
    return value


def crypter(keys):
    return MultiFernet([KeyMaker.make_fernet(None, key) for key in keys])


class LayerWithOptions(RedisPubSubChannelLayer):
    """What channels_redis from 4.2.1 on makes of both options, for a version that takes them and does nothing."""

    def __init__(self, serializer_format, symmetric_encryption_keys, **options):
        super().__init__(**options)
        self.is_json = serializer_format == "json"
        self.crypter = crypter(symmetric_encryption_keys) if symmetric_encryption_keys else None

    def serialize(self, message):
        data = json.dumps(message).encode("utf-8") if self.is_json else super().serialize(message)
        return self.crypter.encrypt(data) if self.crypter else data

    def deserialize(self, message):
        data = self.crypter.decrypt(message) if self.crypter else message
        return json.loads(data) if self.is_json else super().deserialize(data)


class Member(AsyncConsumer):
    """A consumer as an application of Django has them, which joins one group and tells what it hears."""

    async def member_start(self, message):
        await self.channel_layer.group_add(self.scope["group"], self.channel_name)
        self.scope["started"].set_result(self.channel_name)

    async def chat_message(self, message):
        told = {"layer": self.channel_layer_alias, "channel": self.channel_name}
        tell({**told, "message": to_line(message)})


class Service:
    def __init__(self):
        self.layers = {}
        self.readers = []

    def about(self):
        return {"version": channels_redis.__version__, "has_options": KeyMaker is not RedisChannelLayer}

    def open(self, layer, hosts, prefix="asgi", serializer="msgpack", keys=None):
        has_options = KeyMaker is not RedisChannelLayer
        make = RedisPubSubChannelLayer if has_options else LayerWithOptions
        if keys is None and serializer == "msgpack":
            self.layers[layer] = RedisPubSubChannelLayer(hosts=hosts, prefix=prefix)
        else:
            options = {"serializer_format": serializer, "symmetric_encryption_keys": keys}
            self.layers[layer] = make(hosts=hosts, prefix=prefix, **options)

    async def new_channel(self, layer):
        channel = await self.layers[layer].new_channel()
        self.listen(layer, channel)
        return channel

    def listen(self, layer, channel):
        self.readers.append(asyncio.ensure_future(self.read(layer, channel)))

    async def read(self, layer, channel):
        while True:
            told = {"layer": layer, "channel": channel}
            try:
                told["message"] = to_line(await self.layers[layer].receive(channel))
            except Exception as error:
                told["failed"] = type(error).__name__
            tell(told)

    async def consume(self, layer, group):
        """Starts a real consumer in a group; what ends it is told as "failed"."""
        channel_layers.set(layer, self.layers[layer])
        started = asyncio.get_running_loop().create_future()
        self.readers.append(asyncio.ensure_future(self.run(layer, group, started)))
        return await started

    async def run(self, layer, group, started):
        consumer = type("MemberOfLayer", (Member,), {"channel_layer_alias": layer})()
        first = [{"type": "member.start"}]

        async def receive():
            return first.pop() if first else await asyncio.get_running_loop().create_future()

        try:
            await consumer({"type": "test", "group": group, "started": started}, receive, None)
        except Exception as error:
            tell({"layer": layer, "channel": started.result(), "failed": type(error).__name__})

    async def group_add(self, layer, group, channel):
        await self.layers[layer].group_add(group, channel)

    async def group_discard(self, layer, group, channel):
        await self.layers[layer].group_discard(group, channel)

    async def group_send(self, layer, group, message):
        await self.layers[layer].group_send(group, from_line(message))

    async def send(self, layer, channel, message):
        await self.layers[layer].send(channel, from_line(message))

    def host_indexes(self, names, hosts):
        return [_consistent_hash(name, hosts) for name in names]

    def encrypt(self, keys, payload):
        return to_line(crypter(keys).encrypt(from_line(payload)))

    def decrypt(self, keys, payload):
        return to_line(crypter(keys).decrypt(from_line(payload)))

    def write_again(self, payloads):
        """Reads MessagePack, and writes what it holds as MessagePack and as JSON."""
        values = [msgpack.unpackb(from_line(payload)) for payload in payloads]
        return [[to_line(msgpack.packb(value)), json.dumps(value)] for value in values]

    async def close(self):
        for reader in self.readers:
            reader.cancel()
        await asyncio.gather(*self.readers, return_exceptions=True)
        for layer in self.layers.values():
            await layer.flush()


def tell(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


async def answer(service, line):
    number, action = line.pop("id"), line.pop("do")
    try:
        result = getattr(service, action)(**line)
        tell({"id": number, "ok": await result if asyncio.iscoroutine(result) else result})
    except Exception as error:
        tell({"id": number, "error": f"{type(error).__name__}: {error}"})


async def main():
    settings.configure()
    service = Service()
    lines = asyncio.StreamReader(limit=2**24)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    # One after the other: what was asked for first has happened first.
    while line := await lines.readline():
        await answer(service, json.loads(line))
    await service.close()


asyncio.run(main())
