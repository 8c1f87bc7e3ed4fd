// Peers serves three of the operations of openapi.yaml with other frameworks, with the same store and the same access log as the
// server. `make bench` measures them too. They are in a module of their own, so that nobody else gets their dependencies.
package main

//go:generate go tool ogen --target oas --package oas --clean --config ogen.yaml ../../../openapi.yaml

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
	"github.com/vogent-community/phonenumbers/internal/phone"
)

func main() {
	if err := run(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "peers:", err)
		os.Exit(1)
	}
}

// run serves a framework until stdin ends. Its arguments are the framework and the number of numbers. It prints the address.
func run(args []string, stdin io.Reader, stdout io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: peers FRAMEWORK NUMBERS")
	}
	numbers, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	frameworks := map[string]func(service) (http.Handler, error){"ogen": newOgen, "huma": newHuma}
	if frameworks[args[0]] == nil {
		return fmt.Errorf("no such framework: %q", args[0])
	}
	st := memory.New(data.Set{Numbers: numbers, Workspaces: 1, Keys: 1})
	s := service{
		phone: &phone.Service{Store: st, Inventory: st, Claims: st, Now: time.Now, NewID: uuid.NewString},
		keys:  st,
		log:   slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
	handler, err := frameworks[args[0]](s)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	// The time-outs of package serve.
	server := &http.Server{
		Handler: s.around(handler), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
	}
	go func() { _ = server.Serve(listener) }() // it ends with the process
	fmt.Fprintln(stdout, listener.Addr())
	_, err = io.Copy(io.Discard, stdin)
	return err
}
