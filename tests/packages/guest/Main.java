// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
//
// Main.java - what a Java machine asks of memory, signals, threads and processes.
import java.io.*;
import java.net.*;
import java.nio.*;
import java.nio.channels.FileChannel;
import java.nio.file.*;
import java.util.*;
import java.util.concurrent.*;

public class Main {
	static int checks;
	static int depth;
	static String nothing;

	static void check(String description, Object expected, Object got)
	{
		checks++;
		if (expected.equals(got))
			System.out.println("ok " + checks + " - java: " + description);
		else
			System.out.println("not ok " + checks + " - java: " + description + "\nexpected: " +
					   expected + "\ngot: " + got);
	}

	// Called often enough that the last compiler has it.
	static int work(int n)
	{
		int sum = 0;

		for (int i = 0; i < n; i++)
			sum = sum * 31 + (i ^ (sum >>> 7));
		return sum;
	}

	static void deep()
	{
		depth++;
		deep();
	}

	static int length(String s)
	{
		return s.length();
	}

	public static void main(String[] arguments) throws Exception
	{
		System.out.println("hello from " + System.getProperty("java.vm.name"));
		int sum = 0;
		for (int i = 0; i < 20000; i++)
			sum += work(500);
		check("what the JIT compiles", work(500) * 20000, sum);

		// A page fault is an exception, once the JIT leaves the check out.
		int caught = 0;
		for (int i = 0; i < 20000; i++) {
			try {
				length(i % 5000 == 4999 ? nothing : "four");
			} catch (NullPointerException e) {
				caught++;
			}
		}
		check("null pointers", 4, caught);
		boolean overflow = false;
		try {
			deep();
		} catch (StackOverflowError e) {
			overflow = depth > 1000;
		}
		check("the stack's end is an exception", true, overflow);
		Thread small = new Thread(null, () -> { depth = 0; try { deep(); } catch (StackOverflowError e) { depth = -1; } },
					  "small", 256 << 10);
		small.start();
		small.join();
		check("a thread's, too", -1, depth);
		check("division by zero", "/ by zero", divide());

		List<byte[]> kept = new ArrayList<>();
		for (int i = 0; i < 3000; i++) {
			byte[] some = new byte[50000];
			if (i % 300 == 0)
				kept.add(some);
		}
		System.gc();
		check("150 MB of garbage", 10, kept.size());
		boolean full = false;
		try {
			List<long[]> more = new ArrayList<>();
			while (true)
				more.add(new long[1 << 20]);
		} catch (OutOfMemoryError e) {
			full = true;
		}
		check("the heap's end is an exception", true, full);

		ExecutorService pool = Executors.newFixedThreadPool(4);
		List<Future<Integer>> futures = new ArrayList<>();
		for (int i = 0; i < 40; i++)
			futures.add(pool.submit(() -> work(1000)));
		int same = 0;
		for (Future<Integer> f : futures)
			same += f.get() == work(1000) ? 1 : 0;
		pool.shutdown();
		check("a pool of threads", 40, same);
		check("a stream in parallel", 499500, java.util.stream.IntStream.range(0, 1000).parallel().sum());

		Process process = new ProcessBuilder("sh", "-c", "tr a-z A-Z; exit 3").redirectErrorStream(true).start();
		process.getOutputStream().write("child\n".getBytes());
		process.getOutputStream().close();
		String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
		check("a child process", "CHILD", line);
		check("its status", 3, process.waitFor());

		Path path = Paths.get("/tmp/java.map");
		try (FileChannel channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ,
							    StandardOpenOption.WRITE)) {
			MappedByteBuffer buffer = channel.map(FileChannel.MapMode.READ_WRITE, 0, 1 << 20);
			buffer.putInt(500000, 42);
			buffer.force();
			ByteBuffer read = ByteBuffer.allocate(4);
			channel.read(read, 500000);
			check("a mapped file", 42, read.getInt(0));
		}
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			Thread client = new Thread(() -> {
				try (Socket s = new Socket(server.getInetAddress(), server.getLocalPort())) {
					s.getOutputStream().write("over a socket\n".getBytes());
				} catch (IOException e) {
				}
			});
			client.start();
			try (Socket s = server.accept()) {
				check("a socket", "over a socket",
				      new BufferedReader(new InputStreamReader(s.getInputStream())).readLine());
			}
			client.join();
		}
		System.out.println("1.." + checks);
	}

	static String divide()
	{
		String message = "";

		for (int i = 1000; i >= 0; i--) {
			try {
				message = "" + 1000 / i;
			} catch (ArithmeticException e) {
				message = e.getMessage();
			}
		}
		return message;
	}
}
