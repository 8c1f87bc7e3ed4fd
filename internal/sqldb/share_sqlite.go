package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"
)

// sharedTimeout is how long a transaction with the changes of several callers may take before each is carried out alone.
const sharedTimeout = 5 * time.Second

// carryOutSQLite carries out a change in a transaction, if possible together with other changes that wait.
func (db *DB) carryOutSQLite(ctx context.Context, c *change) error {
	o := db.turns.wait(ctx, c, db.turn)
	if o == running {
		o = <-c.outcome // soon, and certain: the caller's context does not end the transaction
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
	}
	defer db.turns.end()
	return db.onConnection(ctx, func(turn *sql.Conn) error {
		if c.shared != nil && db.most > 1 && db.turns.company() {
			return db.share(ctx, turn, c)
		}
		return c.alone(turn)
	})
}

// share carries out the first change and others that wait in one transaction. If the transaction fails, nothing was
// acknowledged, and each change is carried out alone.
func (db *DB) share(ctx context.Context, turn *sql.Conn, first *change) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), sharedTimeout)
	defer cancel()
	ends := context.AfterFunc(ctx, cancel) // the wait for another process ends with the context of the first
	tx, err := turn.BeginTx(limited, nil)
	if !ends() && err == nil {
		err = errors.Join(ctx.Err(), tx.Rollback())
	}
	if err != nil {
		return err
	}
	defer tx.Rollback() //nolint:errcheck // after a commit there is nothing to roll back, and before it each change is carried out again
	others, o := []*change(nil), again
	defer func() {
		for _, c := range others {
			c.outcome <- o
		}
	}()
	shared := sharedTx{tx, limited}
	last, err := carryOutIn(shared, first)
	for !last && err == nil && len(others) < db.most-1 {
		c := db.turns.next()
		if c == nil {
			break
		}
		others = append(others, c)
		last, err = carryOutIn(shared, c)
	}
	if err == nil {
		err = tx.Commit()
	}
	if err != nil {
		_ = tx.Rollback()
		return first.alone(turn)
	}
	o = done
	return first.result()
}

// sharedTx is a transaction whose statements do not end with the context of one caller.
type sharedTx struct {
	*sql.Tx
	ctx context.Context //nolint:containedctx // it replaces those of the callers
}

func (tx sharedTx) ExecContext(_ context.Context, query string, args ...any) (sql.Result, error) {
	return tx.Tx.ExecContext(tx.ctx, query, args...)
}

func (tx sharedTx) QueryContext(_ context.Context, query string, args ...any) (*sql.Rows, error) {
	return tx.Tx.QueryContext(tx.ctx, query, args...)
}

func (tx sharedTx) PrepareContext(_ context.Context, query string) (*sql.Stmt, error) {
	return tx.Tx.PrepareContext(tx.ctx, query)
}

// carryOutIn carries out a change in a shared transaction. If only the change fails, c.err is its error. If failed is not nil,
// SQLite may have rolled back the transaction.
func carryOutIn(tx sharedTx, c *change) (last bool, failed error) {
	if c.single == nil {
		if _, err := tx.ExecContext(tx.ctx, `SAVEPOINT change`); err != nil {
			return true, err
		}
	}
	c.try(func() error { return c.shared(tx) })
	ok := c.err == nil && c.panicked == nil
	switch {
	case IsUnavailable(c.err):
		return true, c.err
	case c.single != nil:
		return !ok, nil // SQLite has rolled back the statement; the commit will show whether it was only that
	case !ok:
		if _, err := tx.ExecContext(tx.ctx, `ROLLBACK TO change`); err != nil {
			return true, err
		}
	}
	_, err := tx.ExecContext(tx.ctx, `RELEASE change`)
	return false, err
}
