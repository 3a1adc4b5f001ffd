# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# processes.py - multiprocessing and its relatives.
import ctypes
import mmap
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory

checks = 0


def check(description, expected, got):
    global checks
    checks += 1
    if expected == got:
        print(f"ok {checks} - python: {description}", flush=True)
    else:
        print(f"not ok {checks} - python: {description}\nexpected: {expected}\ngot: {got}", flush=True)


def square(x):
    return x * x


def share(name, queue, lock, value):
    memory = shared_memory.SharedMemory(name=name)
    with lock:
        memory.buf[1] = memory.buf[0] + 1
        value.value += 1
    memory.close()
    queue.put(os.getpid())


def main():
    for method in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(method)
        with context.Pool(2) as pool:
            check(f"{method}: a pool", [x * x for x in range(100)], pool.map(square, range(100)))
        memory = shared_memory.SharedMemory(create=True, size=100000)
        memory.buf[0] = 41
        queue, lock, value = context.Queue(), context.Lock(), context.Value("i", 1)
        process = context.Process(target=share, args=(memory.name, queue, lock, value))
        process.start()
        child = queue.get(timeout=60)
        process.join(60)
        check(f"{method}: a process with a queue", (process.pid, 0), (child, process.exitcode))
        check(f"{method}: shared memory", (42, 2), (memory.buf[1], value.value))
        memory.close()
        memory.unlink()
    with multiprocessing.Manager() as manager:
        data = manager.dict()
        process = multiprocessing.Process(target=data.update, args=({"key": 1},))
        process.start()
        process.join(60)
        check("a manager", {"key": 1}, dict(data))
    with ProcessPoolExecutor(2) as executor:
        check("a pool of futures", 4, executor.submit(square, 2).result(60))
    done = subprocess.run(["tr", "a-z", "A-Z"], input="text", capture_output=True, text=True, timeout=60)
    check("subprocess", "TEXT", done.stdout)
    check("subprocess with a shell", 3, subprocess.run("true; exit 3", shell=True).returncode)
    done = subprocess.run(["pwd"], cwd="/usr", preexec_fn=os.setsid, capture_output=True, text=True)
    check("subprocess with preexec_fn and cwd", "/usr\n", done.stdout)
    try:
        subprocess.run(["sleep", "60"], timeout=0.3)
        check("subprocess with a time limit", "TimeoutExpired", "none")
    except subprocess.TimeoutExpired:
        check("subprocess with a time limit", 1, 1)
    anonymous = mmap.mmap(-1, 8192)
    if not (pid := os.fork()):
        anonymous[4096:4099] = b"abc"
        os._exit(6)
    check("os.fork()", 6, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    check("a shared anonymous mapping", b"abc", anonymous[4096:4099])
    with open("/tmp/mapped", "w+b") as file:
        file.truncate(65536)
        one, two = mmap.mmap(file.fileno(), 65536), mmap.mmap(file.fileno(), 65536)
        one[40000:40003] = b"xyz"
        check("two mappings of one file", b"xyz", two[40000:40003])
        if not (pid := os.fork()):
            two[50000:50003] = b"def"
            os._exit(0)
        os.waitpid(pid, 0)
        check("and a child's", b"def", one[50000:50003])
        file.seek(50000)
        check("and by read()", b"def", file.read(3))
    pid, terminal = os.forkpty()
    if not pid:
        os.execvp("sh", ["sh", "-c", "tty; stty size; read x; echo got $x"])
    os.write(terminal, b"line\n")
    output = b""
    try:
        while data := os.read(terminal, 1000):
            output += data
    except OSError:
        pass
    os.waitpid(pid, 0)
    check("a pseudo terminal", True, b"/dev/pts/" in output and b"got line" in output)
    result = []
    thread = threading.Thread(target=lambda: result.append(subprocess.check_output(["echo", "x"])))
    thread.start()
    thread.join(60)
    check("a child of a thread", [b"x\n"], result)
    done = subprocess.run([sys.executable, "-c", "import ctypes; ctypes.string_at(0)"], capture_output=True)
    check("a null pointer in ctypes", -signal.SIGSEGV, done.returncode)
    callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int)(lambda x: x + 1)
    check("a callback that ctypes made", 3, callback(2))
    descriptor = os.memfd_create("m")
    os.write(descriptor, b"#!/bin/sh\necho memfd\n")
    done = subprocess.run([f"/proc/self/fd/{descriptor}"], pass_fds=[descriptor], capture_output=True)
    check("a program in a memfd", b"memfd\n", done.stdout)
    print(f"1..{checks}")


if __name__ == "__main__":
    main()
