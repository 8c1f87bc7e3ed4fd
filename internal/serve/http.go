package serve

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"

	"github.com/vogent-community/phonenumbers/internal/rest"
)

const (
	maxHeader      = 16 << 10
	netHTTPAllowed = 4 << 10 // net/http reads this much more than MaxHeaderBytes, or twice this much on a reused connection
)

// Server is a running server.
type Server struct {
	BaseURL  string // such as http://127.0.0.1:8080/api, for a caller on this machine
	FirstKey string // the API key that Start created on a new database, or empty

	options  Options
	listener net.Listener
	stop     context.CancelFunc
	done     chan struct{}
	err      error // read it after done
}

// Listen returns a Server that listens on Options.Addr, but does not serve yet. Of the options, it uses only those about HTTP. If
// it cannot listen, its error is a *net.OpError with the Op "listen".
func Listen(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", o.Addr)
	if err != nil {
		return nil, err
	}
	return &Server{BaseURL: baseURL(listener.Addr()), options: o, listener: listener, done: make(chan struct{})}, nil
}

// Close closes a server that does not serve yet.
func (s *Server) Close() error { return s.listener.Close() }

// Serve starts to serve the handler, and returns. It calls end after the last request. The end of ctx does not stop it.
func (s *Server) Serve(ctx context.Context, handler http.Handler, end func() error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop = stop
	go func() {
		defer close(s.done)
		s.err = s.serveHTTP(ctx, handler)
		if err := end(); s.err == nil && err != nil {
			s.err = fmt.Errorf("close database: %w", err)
		}
	}()
}

// Done is closed when the server has stopped: after Stop, or because it failed.
func (s *Server) Done() <-chan struct{} { return s.done }

// Stop stops the server and closes the database. It waits up to DrainTimeout for the requests in progress. The error says why
// the server failed earlier, or why it could not stop cleanly.
func (s *Server) Stop() error {
	s.stop()
	<-s.done
	return s.err
}

// serveHTTP serves until ctx ends. It then accepts no more connections, and lets the requests in progress finish.
func (s *Server) serveHTTP(ctx context.Context, handler http.Handler) error {
	o := s.options
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: o.ReadHeaderTimeout,
		ReadTimeout:       o.ReadTimeout,
		WriteTimeout:      o.WriteTimeout,
		IdleTimeout:       o.IdleTimeout,
		MaxHeaderBytes:    maxHeader - netHTTPAllowed,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(s.listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	o.Log.Info("stopping", "timeout", o.DrainTimeout)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.DrainTimeout)
	defer cancel()
	if err := srv.Shutdown(drain); err != nil {
		o.Log.Warn("requests interrupted", "error", err)
		return srv.Close()
	}
	return nil
}

// baseURL returns the base URL for callers on this machine.
func baseURL(addr net.Addr) string {
	host, port := addr.String(), ""
	if tcp, ok := addr.(*net.TCPAddr); ok {
		host, port = tcp.IP.String(), strconv.Itoa(tcp.Port)
		if tcp.IP.IsUnspecified() {
			host = "127.0.0.1"
		}
	}
	return "http://" + net.JoinHostPort(host, port) + rest.BaseURL
}
