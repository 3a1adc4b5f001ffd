// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
//
// children.js - node's child_process, worker_threads, its JIT and its garbage collector.
'use strict';
const { exec, execSync, execFileSync, spawn, spawnSync, fork } = require('child_process');
const { Worker } = require('worker_threads');
const cluster = require('cluster');
const fs = require('fs');
const http = require('http');

let checks = 0;
function check(description, expected, got) {
	checks++;
	expected = JSON.stringify(expected);
	got = JSON.stringify(got);
	if (expected === got)
		console.log(`ok ${checks} - node: ${description}`);
	else
		console.log(`not ok ${checks} - node: ${description}\nexpected: ${expected}\ngot: ${got}`);
}
const once = (emitter, name) => new Promise((resolve) => emitter.once(name, (...all) => resolve(all)));

async function main() {
	check('execSync()', 'a\n', execSync('echo a | cat').toString());
	check('execFileSync() with input', 'TEXT', execFileSync('tr', ['a-z', 'A-Z'], { input: 'text' }).toString());
	check('a status', 3, spawnSync('sh', ['-c', 'exit 3']).status);
	check('what is not there', 'ENOENT', spawnSync('/no/such/program').error.code);
	check('a time limit', 'SIGTERM', spawnSync('sleep', ['60'], { timeout: 300 }).signal);
	let child = spawn('cat');
	let data = '';
	child.stdout.on('data', (d) => { data += d; });
	child.stdin.end('x'.repeat(300000));
	await once(child, 'close');
	check('spawn() and pipes', 300000, data.length);
	check('exec()', 'out', (await new Promise((r) => exec('printf out', (e, out) => r(out)))));
	child = fork(__filename, ['child']);
	child.send({ value: 20 });
	check('fork() and messages', { value: 21 }, (await once(child, 'message'))[0]);
	check('its status', 5, (await once(child, 'exit'))[0]);
	const worker = new Worker('require("worker_threads").parentPort.postMessage(6 * 7)', { eval: true });
	check('a thread of its own', 42, (await once(worker, 'message'))[0]);
	await worker.terminate();
	// Long enough for the optimising compiler; enough garbage for its collector.
	let sum = 0;
	for (let i = 0; i < 3000000; i++)
		sum = (sum + i * i) % 1000003;
	check('what the JIT compiles', 999718, sum);
	let list = [];
	for (let i = 0; i < 300000; i++) {
		list.push({ i, s: `s${i}` });
		if (list.length > 50000)
			list = [];
	}
	check('garbage', true, list.length > 0);
	if (typeof WebAssembly !== 'undefined') {
		const code = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1,
			3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
		check('WebAssembly', 7, (await WebAssembly.instantiate(code)).instance.exports.add(3, 4));
	}
	cluster.setupPrimary({ exec: __filename, args: ['server'] });
	const workers = [cluster.fork(), cluster.fork()];
	await Promise.all(workers.map((w) => once(w, 'listening')));
	const bodies = new Set();
	for (let i = 0; i < 6; i++)
		bodies.add(await (await fetch('http://127.0.0.1:8000/', { headers: { connection: 'close' } })).text());
	check('a cluster of two serves', 2, bodies.size);
	cluster.disconnect();
	await Promise.all(workers.map((w) => once(w, 'exit')));
	check('a directory is watched', true, await new Promise((resolve) => {
		fs.mkdirSync('/tmp/watched', { recursive: true });
		const watcher = fs.watch('/tmp/watched', () => { watcher.close(); resolve(true); });
		fs.writeFileSync('/tmp/watched/file', '');
	}));
	console.log(`1..${checks}`);
}

if (process.argv[2] === 'child')
	process.on('message', (m) => process.send({ value: m.value + 1 }, () => process.exit(5)));
else if (process.argv[2] === 'server')
	http.createServer((request, response) => response.end(`${process.pid}`)).listen(8000, '127.0.0.1');
else
	main();
