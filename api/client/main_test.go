package client_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/sandbox"
)

// exampleServer is what the examples call. VOGENT_BASE_URL and VOGENT_API_KEY are set as 'phonenumbers sandbox' sets them.
var exampleServer *sandbox.Sandbox

func TestMain(m *testing.M) {
	code, err := withServer(m.Run)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func withServer(run func() int) (code int, err error) {
	if exampleServer, err = sandbox.Start(context.Background(), sandbox.Options{}); err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, exampleServer.Stop()) }()
	err = errors.Join(os.Setenv("VOGENT_BASE_URL", exampleServer.BaseURL), os.Setenv("VOGENT_API_KEY", exampleServer.Key()))
	if err != nil {
		return 0, err
	}
	return run(), nil
}
