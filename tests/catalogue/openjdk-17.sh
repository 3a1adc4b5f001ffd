# shellcheck shell=sh disable=SC2034,SC2154,SC2016 # see run
# SPDX-License-Identifier: BSD-2-Clause
packages=openjdk-17-jdk-headless memory=512 port=8000
patience=900
note='compiles a server from its source, and runs it'
start() {
	mkdir -p "$TMP/java"
	cat >"$TMP/java/Web.java" <<-'END'
	import com.sun.net.httpserver.HttpServer;
	import java.net.InetSocketAddress;

	public class Web {
		public static void main(String[] arguments) throws Exception {
			HttpServer server = HttpServer.create(new InetSocketAddress(8000), 0);
			server.createContext("/", e -> {
				byte[] text = ("by java " + 6 * 7).getBytes();
				e.sendResponseHeaders(200, text.length);
				e.getResponseBody().write(text);
				e.close();
			});
			server.start();
		}
	}
	END
	machine -v "$TMP/java:/mnt:ro" -- java /mnt/Web.java
}
check() { get / && grep -q 'by java 42' "$TMP/page"; }
