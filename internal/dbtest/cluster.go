package dbtest

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"io"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
	"time"
)

// Cluster is a separate PostgreSQL server on a port of this machine. It ends with the process that started it, even if that
// process is killed.
type Cluster struct {
	bin      string
	root     string // the folder of all its files
	uid, gid int
	port     int
	password string
	settings []string
	life     io.Closer // the stdin of the shell that runs the server
	ended    chan struct{}
}

// How tests wait for a server. The timeout is long enough for a busy machine.
const (
	startTimeout = time.Minute
	probePause   = 20 * time.Millisecond
)

// NewCluster starts a cluster with settings such as "fsync=off".
func NewCluster(tb testing.TB, settings ...string) *Cluster {
	tb.Helper()
	return startCluster(tb, func(*Cluster) error { return nil }, settings...)
}

// NewTLSCluster starts a cluster that also accepts TLS. It returns the path of the certificate to trust for 127.0.0.1.
func NewTLSCluster(tb testing.TB) (c *Cluster, rootCertificate string) {
	tb.Helper()
	rootCertificate = filepath.Join(tb.TempDir(), "root.crt")
	return startCluster(tb, func(c *Cluster) error { return c.certify(rootCertificate) }, "ssl=on"), rootCertificate
}

func startCluster(tb testing.TB, prepared func(*Cluster) error, settings ...string) *Cluster {
	tb.Helper()
	bin, err := findBinaries()
	if err != nil {
		missing(tb, fmt.Errorf("this test starts servers of its own: %w", err))
	}
	c, err := newCluster(bin, settings...)
	if err == nil {
		err = prepared(c)
	}
	if err == nil {
		err = c.start()
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.stop)
	return c
}

// URL returns the URL of the database "postgres".
func (c *Cluster) URL() *url.URL {
	return &url.URL{
		Scheme: "postgres", User: url.UserPassword("postgres", c.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "postgres", RawQuery: "sslmode=disable",
	}
}

func newCluster(bin string, settings ...string) (*Cluster, error) {
	c, err := prepare(bin, settings)
	if err != nil {
		return nil, err
	}
	c.password = rand.Text()
	passwordFile := filepath.Join(c.root, "password")
	if err := os.WriteFile(passwordFile, []byte(c.password), 0o644); err != nil { //nolint:gosec // only the server's user can open the folder
		return nil, err
	}
	// Under the race detector, SCRAM would add 10 ms to each connection. The cluster with TLS uses it.
	return c, c.run("initdb", "--pgdata", c.data(), "--username", "postgres", "--pwfile", passwordFile,
		"--auth", "password", "--no-sync", "--encoding", "UTF8", "--locale", "C.UTF-8")
}

// prepare creates the folder of a cluster and chooses its port.
func prepare(bin string, settings []string) (*Cluster, error) {
	uid, gid, err := unprivileged()
	if err != nil {
		return nil, err
	}
	root, err := makeRoot(uid, gid)
	if err != nil {
		return nil, err
	}
	port, err := FreePort()
	return &Cluster{bin: bin, root: root, uid: uid, gid: gid, port: port, settings: settings}, err
}

func makeRoot(uid, gid int) (string, error) {
	root, err := os.MkdirTemp("", "phonenumbers-postgres-")
	if err != nil {
		return "", err
	}
	return root, os.Chown(root, uid, gid)
}

// FreePort returns a port of 127.0.0.1 on which nothing listens. It is below the ports that the system gives to connections and
// to listeners on port 0, so that none of them takes it before, or while, a server of a test stops and starts again.
func FreePort() (int, error) {
	for range 100 {
		port := 20_000 + mathrand.IntN(10_000)
		listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, errors.New("found no free port")
}

func (c *Cluster) data() string { return filepath.Join(c.root, "data") }

// run runs a PostgreSQL program as the server's user.
func (c *Cluster) run(program string, args ...string) error {
	command := exec.CommandContext(context.Background(), filepath.Join(c.bin, program), args...)
	command.Dir = c.root
	runAs(command, c.uid, c.gid)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, output)
	}
	return nil
}

// watch runs the server until the shell's stdin ends, which is at the latest when this process ends. It then removes all files
// of the cluster.
const watch = `
root=$1; shift
"$@" >"$root/log" 2>&1 & server=$!
read -r _
kill -QUIT $server 2>/dev/null
wait $server
rm -rf "$root"`

func (c *Cluster) start() error {
	args := []string{"-c", watch, "sh", c.root, filepath.Join(c.bin, "postgres"), "-D", c.data()}
	own := []string{"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(c.port), "unix_socket_directories="}
	for _, setting := range slices.Concat(own, c.settings) {
		args = append(args, "-c", setting)
	}
	command := exec.CommandContext(context.Background(), "sh", args...)
	runAs(command, c.uid, c.gid)
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	c.life, c.ended = stdin, make(chan struct{})
	go func() {
		_ = command.Wait() // how it ended does not matter
		close(c.ended)
	}()
	if err := c.waitUntilReady(); err != nil {
		log, _ := os.ReadFile(filepath.Join(c.root, "log"))
		c.stop()
		return fmt.Errorf("%w: %s", err, bytes.TrimSpace(log))
	}
	return nil
}

func (c *Cluster) waitUntilReady() error {
	db, err := sql.Open("pgx", c.URL().String())
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // it was only used for a ping
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	for {
		if err = db.PingContext(ctx); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errors.New("the server did not start"), err)
		case <-time.After(probePause):
		}
	}
}

// stop stops the cluster and removes its files, if that has not been done yet.
func (c *Cluster) stop() {
	_ = c.life.Close()
	<-c.ended
}
