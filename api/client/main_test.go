package client_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/cli"
)

// The examples call the real server, in memory, which VOGENT_BASE_URL and VOGENT_API_KEY name as they would in a shell.
func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (int, error) {
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- cli.Run(ctx, []string{"serve", "--db", ":memory:", "--addr", "127.0.0.1:0", "--log-level", "error"}, nil, in, os.Stderr)
		_ = in.Close()
	}()
	defer func() {
		stop()
		<-ended
	}()
	export := regexp.MustCompile(`^export VOGENT_BASE_URL=(\S+) VOGENT_API_KEY=(\S+)$`)
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if found := export.FindStringSubmatch(lines.Text()); found != nil {
			for name, value := range map[string]string{"VOGENT_BASE_URL": found[1], "VOGENT_API_KEY": found[2]} {
				if err := os.Setenv(name, value); err != nil {
					return 0, err
				}
			}
			go func() { _, _ = io.Copy(io.Discard, out) }()
			if err := answers(ctx, found[1]); err != nil { // so that all its goroutines are there before a test looks at them
				return 0, err
			}
			return run(), nil
		}
	}
	return 0, fmt.Errorf("the server has not said how to call it: %w", lines.Err())
}

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	http.DefaultClient.CloseIdleConnections()
	return response.Body.Close()
}
