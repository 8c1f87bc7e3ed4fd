// Package process starts the servers of a measurement, each in a process of its own and on CPUs of its own.
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// StartTimeout is how long a server may take to start.
const StartTimeout = time.Minute

// Split returns the CPUs of the servers and those of the load generator. With a single CPU, nothing is pinned.
func Split(cpus []string) (servers, generator []string) {
	if len(cpus) < 2 {
		return nil, nil
	}
	return cpus[:len(cpus)/2], cpus[len(cpus)/2:]
}

// Pin returns a command line that runs only on these CPUs.
func (p *Starter) Pin(cpus []string, line ...string) []string {
	if len(cpus) == 0 {
		return line
	}
	return append([]string{p.Self, "pin", strings.Join(cpus, ",")}, line...)
}

// Server is a running server.
type Server struct {
	Address string // HOST:PORT
	PID     int
	Stop    func() error
}

// Starter starts processes. Self is the path of this program, whose part "pin" is Pinned.
type Starter struct {
	Self                 string
	ServerCPUs, LoadCPUs []string // nothing is pinned if they are empty
	Stderr               io.Writer

	servers []*Server
}

// StartPart starts a server that prints its address, and that stops when its standard input ends.
func (p *Starter) StartPart(ctx context.Context, line ...string) (*Server, error) {
	line = p.Pin(p.ServerCPUs, line...)
	command := exec.CommandContext(ctx, line[0], line[1:]...)
	command.Stderr = p.Stderr
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
	return p.track(&Server{Address: strings.TrimSpace(address), PID: command.Process.Pid, Stop: func() error {
		_ = stdin.Close() // the process may have ended
		return command.Wait()
	}}), nil
}

// StartProgram starts `phonenumbers serve` on a SQLite file, and waits until it is ready.
func (p *Starter) StartProgram(ctx context.Context, program []string, database string) (*Server, error) {
	s, err := p.Launch(ctx, p.Pin(p.ServerCPUs, program...), database)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(StartTimeout)
	for !ready(ctx, s.Address) {
		if time.Now().After(deadline) {
			return nil, errors.Join(fmt.Errorf("%v did not start", program), s.Stop())
		}
		time.Sleep(5 * time.Millisecond)
	}
	return s, nil
}

// Launch starts `phonenumbers serve` on a SQLite file, on any CPU, and does not wait.
func (p *Starter) Launch(ctx context.Context, line []string, database string) (*Server, error) {
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
	return p.track(&Server{Address: address, PID: command.Process.Pid, Stop: func() error {
		_ = command.Process.Signal(syscall.SIGTERM) // the process may have ended
		return command.Wait()
	}}), nil
}

// track makes CloseAll stop the server.
func (p *Starter) track(s *Server) *Server {
	stop, stopped := s.Stop, false
	s.Stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		return stop()
	}
	p.servers = append(p.servers, s)
	return s
}

// CloseAll stops the servers that still run.
func (p *Starter) CloseAll() {
	for _, s := range p.servers {
		_ = s.Stop() // the run is over
	}
	p.servers = nil
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

// ResidentMB returns the resident memory of a process, in megabytes, or 0 if the system does not tell.
func ResidentMB(pid int) float64 {
	file, err := os.Open("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0
	}
	defer file.Close() //nolint:errcheck // it was only read
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if text, ok := strings.CutPrefix(lines.Text(), "VmRSS:"); ok {
			kilobytes, _ := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(text, "kB")), 64) // the kernel writes a number
			return kilobytes * 1024 / 1e6
		}
	}
	return 0
}
