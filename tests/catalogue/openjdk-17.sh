# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=openjdk-17-jre-headless,openjdk-17-jdk-headless memory=512 port=8000
patience=120
start() { machine -- /usr/lib/jvm/java-17-openjdk-amd64/bin/jwebserver -b 0.0.0.0 -d /etc; }
missing='jwebserver is of Java 18; see tests/packages/languages.t for Java'
