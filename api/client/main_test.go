package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/serve"
)

// The examples call the real server, in memory. VOGENT_BASE_URL and VOGENT_API_KEY are set as they would be in a shell.
func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (code int, failed error) {
	server, err := serve.Start(context.Background(), serve.Options{
		Database: ":memory:",
		Log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		return 0, err
	}
	defer func() { failed = errors.Join(failed, server.Stop()) }()
	err = errors.Join(os.Setenv("VOGENT_BASE_URL", server.BaseURL), os.Setenv("VOGENT_API_KEY", server.FirstKey))
	if err != nil {
		return 0, err
	}
	if err := answers(context.Background(), server.BaseURL); err != nil {
		return 0, err
	}
	return run(), nil
}

// answers waits for a response, so that all goroutines of the server exist before a test looks at them.
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
