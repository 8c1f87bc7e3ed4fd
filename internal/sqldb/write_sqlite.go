package sqldb

import (
	"context"
	"database/sql"
	"runtime"
)

// carryOutSQLite carries out a change when it has the turn, together with others that wait. An interrupted statement would roll
// back the transaction that they share, so a caller whose change is being carried out waits for the outcome. It comes soon.
func (db *DB) carryOutSQLite(ctx context.Context, c *change) error {
	o := db.turns.wait(ctx, c, db.patience)
	if o == running {
		o = <-c.outcome
	}
	switch o {
	case done:
		return c.result()
	case again:
		return db.carryOutSQLite(ctx, &change{alone: c.alone})
	case left:
		if err := ctx.Err(); err != nil {
			return err
		}
		return db.noTurn()
	default: // it is the turn
		defer db.turns.end()
		// Let other goroutines run first. On one CPU, one commit would follow another, while readers wait for hundreds of
		// milliseconds, and those who could share a commit do not arrive.
		runtime.Gosched()
		return db.onConnection(ctx, func(turn *sql.Conn) error {
			if c.shared != nil && db.most > 1 && db.turns.company() {
				return db.share(ctx, turn, c)
			}
			return c.alone(turn)
		})
	}
}

// share carries out the first change and others that wait in one transaction. They learn the outcome after the commit. If the
// transaction fails, each change is carried out again, alone, so that it fails only for its own reasons.
func (db *DB) share(ctx context.Context, turn *sql.Conn, first *change) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
	defer cancel()
	stop := context.AfterFunc(ctx, cancel) // the first caller can stop waiting for the lock of another process
	tx, err := turn.BeginTx(limited, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and otherwise each change runs again
	if !stop() {
		return ctx.Err()
	}
	others, o := []*change(nil), again
	defer func() {
		for _, c := range others {
			c.outcome <- o
		}
	}()
	shared := sharedTx{tx}
	more, err := shared.carryOut(limited, first)
	for more && err == nil && len(others)+1 < db.most {
		c := db.turns.next()
		if c == nil {
			break
		}
		others = append(others, c)
		more, err = shared.carryOut(limited, c)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		_ = tx.Rollback() // if SQLite has not done so already
		return first.alone(turn)
	}
	o = done
	return first.result()
}

// sharedTx is a transaction whose statements do not end with the context of one caller.
type sharedTx struct{ *sql.Tx }

func (tx sharedTx) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return tx.Tx.ExecContext(context.WithoutCancel(ctx), query, args...)
}

func (tx sharedTx) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.Tx.QueryContext(context.WithoutCancel(ctx), query, args...)
}

func (tx sharedTx) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return tx.Tx.PrepareContext(context.WithoutCancel(ctx), query)
}

// carryOut carries out a change and keeps its result. more is false if the transaction must be committed before the next change.
// failed is not nil if the transaction cannot be committed, for example because SQLite has rolled it back.
func (tx sharedTx) carryOut(ctx context.Context, c *change) (more bool, failed error) {
	if c.single == nil {
		if _, err := tx.ExecContext(ctx, `SAVEPOINT change`); err != nil {
			return false, err
		}
	}
	c.try(func() error { return c.shared(tx) })
	ok := c.err == nil && c.panicked == nil
	switch {
	case IsUnavailable(c.err): // perhaps only because of the others
		return false, c.err
	case c.single != nil:
		return ok, nil // a statement that fails is rolled back; if SQLite has rolled back everything, the commit fails
	case !ok:
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO change`); err != nil {
			return false, err
		}
	}
	_, err := tx.ExecContext(ctx, `RELEASE change`)
	return true, err
}
