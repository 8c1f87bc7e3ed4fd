package client_test

import (
	"errors"
	"strings"
	"testing"
)

// checkErrorIs checks that err is each of the targets. A target of nil means no error.
func checkErrorIs(t *testing.T, what string, err error, targets ...error) {
	t.Helper()
	for _, target := range targets {
		if !errors.Is(err, target) {
			t.Errorf("%s: error is %v; want %v", what, err, target)
		}
	}
}

// checkErrorIsNot checks that err is not the target.
func checkErrorIsNot(t *testing.T, what string, err, target error) {
	t.Helper()
	if errors.Is(err, target) {
		t.Errorf("%s: error is %v; want one that is not %q", what, err, target)
	}
}

// checkErrorSays checks that there is an error with this text, or none if the text is empty.
func checkErrorSays(t *testing.T, what string, err error, text string) {
	t.Helper()
	switch {
	case text == "":
		checkErrorIs(t, what, err, nil)
	case err == nil || !strings.Contains(err.Error(), text):
		t.Errorf("%s: error is %v; want one that says %q", what, err, text)
	}
}
