"""Floor of the lookups: an echo with the server's promises and nothing else.

One `SelectConnection`, 1,000 requests prefetched, replies mandatory and confirmed, a request acknowledged
after the confirm of its reply. Usage: echo.py URL QUEUE
"""

import sys

import pika

URL, QUEUE = sys.argv[1:]


def on_channel(channel):
    def on_request(_, method, properties, body):
        reply = pika.BasicProperties(correlation_id=properties.correlation_id)
        channel.basic_publish("", properties.reply_to, body, reply, mandatory=True)

    def on_confirm(frame):  # the n-th reply belongs to the n-th request, so the tags are the same
        channel.basic_ack(frame.method.delivery_tag, frame.method.multiple)

    channel.confirm_delivery(on_confirm)
    channel.basic_qos(prefetch_count=1000)
    channel.queue_declare(QUEUE, auto_delete=True)
    channel.basic_consume(QUEUE, on_request, callback=lambda _: print("ready", flush=True))


connection = pika.SelectConnection(
    pika.URLParameters(URL),
    on_open_callback=lambda opened: opened.channel(on_open_callback=on_channel),
    on_close_callback=lambda closed, reason: closed.ioloop.stop(),
)
connection.ioloop.start()
