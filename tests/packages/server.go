// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
//
// server.go - a static HTTP server: it says hello, makes garbage, runs itself as a child, faults.
package main

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
)

var nothing *int

func main() {
	if len(os.Args) > 1 {
		fmt.Print("a child, process ", os.Getpid() > 1)
		os.Exit(3)
	}
	http.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello from", runtime.Version())
	})
	http.HandleFunc("/child", func(w http.ResponseWriter, r *http.Request) {
		out, err := exec.Command("/proc/self/exe", "child").Output()
		fmt.Fprintln(w, string(out), err)
	})
	http.HandleFunc("/garbage", func(w http.ResponseWriter, r *http.Request) {
		sum := 0
		for i := 0; i < 2000; i++ {
			some := make([]byte, 100000)
			some[i] = 1
			sum += int(some[i])
		}
		var stats runtime.MemStats
		runtime.ReadMemStats(&stats)
		fmt.Fprintln(w, "garbage", sum, "collections", stats.NumGC > 5)
	})
	http.HandleFunc("/goroutines", func(w http.ResponseWriter, r *http.Request) {
		var group sync.WaitGroup
		var lock sync.Mutex
		sum := 0
		for i := 0; i < 10000; i++ {
			group.Add(1)
			go func(i int) {
				defer group.Done()
				runtime.Gosched()
				lock.Lock()
				sum += i
				lock.Unlock()
			}(i)
		}
		group.Wait()
		fmt.Fprintln(w, "sum", sum)
	})
	http.HandleFunc("/fault", func(w http.ResponseWriter, r *http.Request) {
		defer func() { fmt.Fprintln(w, "recovered:", recover()) }()
		*nothing = 1
	})
	end := make(chan os.Signal, 1)
	signal.Notify(end, syscall.SIGTERM)
	http.HandleFunc("/end", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "bye")
		syscall.Kill(os.Getpid(), syscall.SIGTERM)
	})
	go func() {
		<-end
		fmt.Println("ended by a signal")
		os.Exit(7)
	}()
	fmt.Println(http.ListenAndServe(":8080", nil))
}
