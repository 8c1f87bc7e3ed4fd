package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store/storetest"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// If a transaction that several callers share fails, each change is made again, alone. A caller must then not be told what
// happened in the first transaction.
func TestOneCallerAddsTheFirstKeyThroughATransactionThatFails(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := storetest.Open(t, dbtest.SQLite(t))
		let := make(chan struct{})
		var running sync.WaitGroup
		start := func(change func(ctx context.Context) error) {
			running.Go(func() {
				if err := change(t.Context()); err != nil {
					t.Errorf("got %v; want no error", err)
				}
			})
			time.Sleep(time.Millisecond) // so that they usually wait for the turn in this order; the result is the same in any order
		}
		start(func(ctx context.Context) error { return s.Write(ctx, func(sqldb.Querier) error { <-let; return nil }) })
		start(func(ctx context.Context) error { return s.TouchAPIKeys(ctx, nil) })
		added := make([]bool, 8)
		for i := range added {
			start(func(ctx context.Context) (err error) {
				k := workspace.Key{ID: fmt.Sprint(i), Workspace: workspace.Workspace{ID: "w", Name: "w"}}
				added[i], err = s.InsertAPIKey(ctx, k, fmt.Sprint(i), true)
				return err
			})
		}
		start(func(ctx context.Context) error {
			err := s.DB().WriteShort(ctx, func(tx sqldb.Querier) error {
				_, err := tx.ExecContext(ctx, `ROLLBACK`)
				return err
			})
			if err == nil {
				return errors.New("the transaction did not fail")
			}
			return nil
		})
		close(let)
		running.Wait()
		count := 0
		for _, yes := range added {
			if yes {
				count++
			}
		}
		if count != 1 {
			t.Errorf("%d callers were told that they added the first key; want 1", count)
		}
	}
}
