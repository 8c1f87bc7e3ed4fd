package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"testing"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// tester is a testing.TB outside a test, with what dbtest.NewCluster needs.
type tester struct {
	testing.TB
	ctx      context.Context //nolint:containedctx // it takes the place of the context of a test
	cleanups []func()
}

// failure is the panic of a test that ends early.
type failure string

func (*tester) Helper() {}

func (t *tester) Context() context.Context { return t.ctx }

func (t *tester) Cleanup(f func()) { t.cleanups = append(t.cleanups, f) }

func (*tester) Fatal(args ...any) { panic(failure(fmt.Sprint(args...))) }

func (*tester) Skip(args ...any) { panic(failure(fmt.Sprint(args...))) }

func (t *tester) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

// cluster starts a PostgreSQL server, or says why it cannot.
func (t *tester) cluster(settings ...string) (database *url.URL, err error) {
	defer func() {
		if value := recover(); value != nil {
			text, ok := value.(failure)
			if !ok {
				panic(value)
			}
			err = errors.New(string(text))
		}
	}()
	return dbtest.NewCluster(t, settings...).URL(), nil
}
