package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// startTimeout is how long a server may take to start.
const startTimeout = time.Minute

// split returns the CPUs of the servers and those of the load generator. With a single CPU, nothing is pinned.
func split(cpus []string) (servers, generator []string) {
	if len(cpus) < 2 {
		return nil, nil
	}
	return cpus[:len(cpus)/2], cpus[len(cpus)/2:]
}

// pin returns a command line that runs only on these CPUs.
func (b *runner) pin(cpus []string, line ...string) []string {
	if len(cpus) == 0 {
		return line
	}
	return append([]string{b.self, "pin", strings.Join(cpus, ",")}, line...)
}

// server is a running server.
type server struct {
	address string // HOST:PORT
	pid     int
	stop    func() error
}

// startPart starts a server that prints its address, and that stops when its standard input ends.
func (b *runner) startPart(ctx context.Context, line ...string) (*server, error) {
	line = b.pin(b.serverCPUs, line...)
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stderr = b.progress
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	address, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%v did not start: %w", line, err), command.Wait())
	}
	return b.track(&server{address: strings.TrimSpace(address), pid: command.Process.Pid, stop: func() error {
		_ = stdin.Close() // the process may have ended
		return command.Wait()
	}}), nil
}

// startProgram starts `phonenumbers serve` on a SQLite file, and waits until it is ready.
func (b *runner) startProgram(ctx context.Context, program []string, database string) (*server, error) {
	s, err := b.launch(ctx, b.pin(b.serverCPUs, program...), database)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(startTimeout)
	for !ready(ctx, s.address) {
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("%v did not start", program), s.stop())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return b.track(s), nil
}

func (b *runner) launch(ctx context.Context, line []string, database string) (*server, error) {
	port, err := dbtest.FreePort()
	if err != nil {
		return nil, err
	}
	address := "127.0.0.1:" + strconv.Itoa(port)
	line = append(line[:len(line):len(line)], "serve", "--db", database, "--addr", address)
	command := exec.CommandContext(ctx, line[0], line[1:]...) // its log goes to the null device
	if err := command.Start(); err != nil {
		return nil, err
	}
	return &server{address: address, pid: command.Process.Pid, stop: func() error {
		_ = command.Process.Signal(syscall.SIGTERM) // the process may have ended
		return command.Wait()
	}}, nil
}

// track makes closeAll stop the server, unless it was stopped before.
func (b *runner) track(s *server) *server {
	stop, stopped := s.stop, false
	s.stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		return stop()
	}
	b.servers = append(b.servers, s)
	return s
}

func (b *runner) closeAll() {
	for _, s := range b.servers {
		_ = s.stop() // the run is over
	}
	b.servers = nil
}

func ready(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return false
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, response.Body)
	_ = response.Body.Close()
	return response.StatusCode == http.StatusOK
}
