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
		if got := clean("a\u202e" + longKey + " hunter2-hunter2\n"); got != "a [redacted] [redacted]" {
			t.Errorf("%q", got)
		}
	}
}

// What Go says of a connection or a context stays; what it quotes of a server does not.
func TestTheWordsOfAnErrorBelowStay(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	for _, err := range []error{
		refused, fmt.Errorf("proxy: %w", refused), io.EOF, io.ErrUnexpectedEOF, context.Canceled, context.DeadlineExceeded,
		fmt.Errorf("%w: %w", context.Canceled, errors.New("deadline of the caller")),
	} {
		if got := hiding("refused", "EOF", "dial", "context", "deadline", "unexpected").cleanError(err); got != err.Error() {
			t.Errorf("%q becomes %q", err, got)
		}
	}
	quoted := fmt.Errorf("malformed HTTP response %q", "\tNumber "+longKey)
	if got := hiding().cleanError(quoted); got != `malformed HTTP response "\tNumber [redacted]"` {
		t.Error(got)
	}
	if got := hiding("Number").cleanError(quoted); got != "[redacted: it may hold a secret]" {
		t.Error(got)
	}
	lacking := shape.Shape{Members: []shape.Member{{Name: "id", Required: true, Shape: &shape.Shape{}}}}
	own := hiding("member", "missing", "id").failure(unusable, lacking.Check([]byte("{}")))
	if own.Detail != "a required member is missing: id" || own.Err.Error() != own.Detail {
		t.Errorf("%q, %q", own.Detail, own.Err)
	}
}
