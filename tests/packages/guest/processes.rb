# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# processes.rb - Ruby's processes, threads, fibers and compacting garbage collector.
require 'open3'
require 'pty'
require 'socket'
require 'timeout'

$checks = 0
def check(description, expected, got)
  $checks += 1
  if expected == got
    puts "ok #{$checks} - ruby: #{description}"
  else
    puts "not ok #{$checks} - ruby: #{description}", "expected: #{expected.inspect}", "got: #{got.inspect}"
  end
end

$stdout.sync = true
pid = fork { exit!(3) }
Process.wait(pid)
check('fork', 3, $?.exitstatus)
check('backticks', "X\n", `echo x | tr a-z A-Z`)
check('system', false, system('exit 1'))
r, w = IO.pipe
fork { r.close; w.puts 'from the child'; exit!(0) }
w.close
check('a pipe', "from the child\n", r.read)
Process.wait
check('open3', ["in", "err\n", 4], Open3.capture3('cat; echo err >&2; exit 4', stdin_data: 'in').then { |o, e, s| [o, e, s.exitstatus] })
check('spawn', 15, (pid = spawn('sleep', '60'); Process.kill(:TERM, pid); Process.wait(pid); $?.termsig))
queue = Queue.new
threads = 4.times.map { |i| Thread.new { queue << `echo #{i}`.to_i } }
threads.each(&:join)
check('children of threads', [0, 1, 2, 3], 4.times.map { queue.pop }.sort)
check('a fiber', [0, 1, 1, 2, 3, 5, 8], Enumerator.new { |y| a, b = 0, 1; loop { y << a; a, b = b, a + b } }.take(7))
check('a deep recursion ends as an exception', SystemStackError, (def deep(n) = deep(n + 1) + 1; begin; deep(0); rescue SystemStackError => e; e.class; end))
check('Timeout', Timeout::Error, begin; Timeout.timeout(0.2) { sleep 20 }; rescue Timeout::Error => e; e.class; end)
got = nil
trap(:USR1) { got = :usr1 }
Process.kill(:USR1, $$)
sleep 0.1
check('trap', :usr1, got)
output, input, pid = PTY.spawn('sh', '-c', 'tty')
check('a pseudo terminal', true, output.gets.start_with?('/dev/pts/'))
Process.wait(pid)
a, b = UNIXSocket.pair
fork { a.close; b.send_io(File.open('/etc/hostname')); exit!(0) }
b.close
check('a descriptor sent to another process', File.read('/etc/hostname'), a.recv_io.read)
Process.wait
list = Array.new(200_000) { |i| "string #{i}" }
GC.start
GC.compact if GC.respond_to?(:compact)
check('garbage collection', "string 199999", list.last)
puts "1..#{$checks}"
