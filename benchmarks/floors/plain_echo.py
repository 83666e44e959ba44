"""The plainest echo that RabbitMQ allows: no confirms, no acknowledgements. Usage: plain_echo.py URL QUEUE"""

import sys

import pika

URL, QUEUE = sys.argv[1:]


def on_channel(channel):
    def on_request(_, method, properties, body):
        reply = pika.BasicProperties(correlation_id=properties.correlation_id)
        channel.basic_publish("", properties.reply_to, body, reply)

    channel.queue_declare(QUEUE, auto_delete=True)
    channel.basic_consume(
        QUEUE, on_request, auto_ack=True, callback=lambda _: print("ready", flush=True)
    )


connection = pika.SelectConnection(
    pika.URLParameters(URL),
    on_open_callback=lambda opened: opened.channel(on_open_callback=on_channel),
    on_close_callback=lambda closed, reason: closed.ioloop.stop(),
)
connection.ioloop.start()
