"""A Kafka client that knows nothing of tokens: client.py BROKER PLUGIN TOPIC [PROPERTY=VALUE ...]

Lists the topics without a poll before, produces until its standard input ends, and consumes all that it has produced.
"""

import select
import sys

from confluent_kafka import Consumer, Producer

broker, plugin, topic = sys.argv[1:4]
config = {
    "bootstrap.servers": broker,
    "plugin.library.paths": plugin,
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanisms": "OAUTHBEARER",
    "error_cb": lambda error: print("error:", error),
} | dict(setting.split("=", 1) for setting in sys.argv[4:])

producer = Producer(config)
producer.list_topics(timeout=10)
print("connected", flush=True)
delivered = []
produced = 0
while not select.select([sys.stdin], [], [], 0)[0]:
    producer.produce(topic, b"message", on_delivery=lambda error, message: delivered.append(error))
    produced += 1
    producer.poll(0.1)
producer.flush(10)
print("not delivered:", produced - delivered.count(None))

consumer = Consumer(config | {"group.id": topic, "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
consumed = 0
while consumed < produced:
    message = consumer.poll(10)
    if message is None or message.error():
        sys.exit(f"consumed {consumed} of {produced}: {message and message.error()}")
    consumed += 1
consumer.close()
print("consumed all")
