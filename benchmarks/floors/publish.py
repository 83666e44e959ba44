"""Floor of the ticks: the same messages published bare. Usage: publish.py URL QUEUE COUNT FILE_OF_BODIES"""

import itertools
import sys

import pika

URL, QUEUE, COUNT, FILE = sys.argv[1:]
BATCH = 100  # between two looks at the socket

with open(FILE, "rb") as file:
    bodies = file.read().splitlines()
messages = itertools.islice(itertools.cycle(bodies), int(COUNT))
properties = pika.BasicProperties(content_type="application/json")


def on_channel(channel):
    def publish():
        batch = list(itertools.islice(messages, BATCH))
        for body in batch:
            channel.basic_publish("", QUEUE, body, properties)
        if batch:
            channel.connection.ioloop.call_later(0, publish)
        else:
            channel.connection.close()  # sends what is buffered first

    publish()


connection = pika.SelectConnection(
    pika.URLParameters(URL),
    on_open_callback=lambda opened: opened.channel(on_open_callback=on_channel),
    on_close_callback=lambda closed, reason: closed.ioloop.stop(),
)
connection.ioloop.start()
