package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"
	"testing"

	"github.com/vogent-community/phonenumbers/api/client/internal/shape"
)

const longKey = "pnk_0123456789abcdefghijKEY"

func hiding(passwords ...string) *call {
	return &call{Client: &Client{apiKey: func() string { return longKey }}, settings: settings{passwords: passwords}}
}

func TestACleanTextIsALineWithoutSecrets(t *testing.T) {
	x := hiding("hunter2-hunter2")
	for _, clean := range []func(string) string{x.clean, x.cleanName, func(s string) string { return x.cleanError(errors.New(s)) }} {
		if got, want := clean("a\u202e"+longKey+" hunter2-hunter2\n"), "a [redacted] [redacted]"; got != want {
			t.Errorf("the text becomes %q; want %q", got, want)
		}
	}
}

// What Go says about a connection or a context stays. What it quotes from a server does not.
func TestTheWordsOfAnErrorBelowStay(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for _, err := range []error{
		refused, fmt.Errorf("proxy: %w", refused), io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded,
		fmt.Errorf("%w: %w", context.Canceled, errors.New("deadline of the caller")),
	} {
		if got := hiding("refused", "EOF", "dial", "context", "deadline", "unexpected").cleanError(err); got != err.Error() {
			t.Errorf("%q becomes %q; want no change", err, got)
		}
	}
	quoted := fmt.Errorf("malformed HTTP response %q", "\tNumber "+longKey)
	if got, want := hiding().cleanError(quoted), `malformed HTTP response "\tNumber [redacted]"`; got != want {
		t.Errorf("%q becomes %q; want %q", quoted, got, want)
	}
	if got, want := hiding("Number").cleanError(quoted), "[redacted: it may hold a secret]"; got != want {
		t.Errorf("%q becomes %q; want %q", quoted, got, want)
	}
	lacking := shape.Shape{Members: []shape.Member{{Name: "id", Required: true, Shape: &shape.Shape{}}}}
	own := hiding("member", "missing", "id").failure(unusable, lacking.Check([]byte("{}")))
	const want = "a required member is missing: id"
	if own.Detail != want {
		t.Errorf("the detail is %q; want %q", own.Detail, want)
	}
	if own.Err.Error() != want {
		t.Errorf("the error below is %q; want %q", own.Err, want)
	}
}
