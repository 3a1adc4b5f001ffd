# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=rabbitmq-server memory=256 port=5672
# The header of AMQP 0-9-1, and the server's Start.
check() { talk 'AMQP\000\000\011\001' | grep -aq RabbitMQ; }
