package sqldb

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/dbtest"
)

// keeping calls fn with the writer's connection.
func keeping(t *testing.T, db *DB, fn func(*keepingConn)) {
	t.Helper()
	conn, err := db.writer.Conn(t.Context())
	dbtest.Must(t, err)
	dbtest.Must(t, conn.Raw(func(c any) error {
		k, ok := c.(*keepingConn)
		if !ok {
			return fmt.Errorf("the connection has the type %T; want *keepingConn", c)
		}
		fn(k)
		return nil
	}))
	dbtest.Must(t, conn.Close())
}

// countingConn counts how often it prepares a statement.
type countingConn struct {
	sqliteConn
	prepared int
}

func (c *countingConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	c.prepared++
	return c.sqliteConn.PrepareContext(ctx, query)
}

func TestAStatementIsPreparedOnceForAConnection(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	counting := &countingConn{}
	keeping(t, db, func(c *keepingConn) { counting.sqliteConn, c.sqliteConn = c.sqliteConn, counting })
	for i := range 5 {
		dbtest.Must(t, update(t.Context(), db, "a", fmt.Sprint(i)))
		dbtest.Must(t, db.Write(t.Context(), func(tx Querier) error {
			_, err := tx.ExecContext(t.Context(), `UPDATE things SET label = label || '!'`)
			return err
		}))
	}
	if counting.prepared != 2 {
		t.Errorf("the connection has prepared %d statements; want 2", counting.prepared)
	}
	wantLabel(t, db, "4!")
}

func TestAConnectionKeepsFewStatements(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	for i := range 3 * maxStatements {
		got, err := WriteOne(t.Context(), db, ScanString, fmt.Sprintf(`UPDATE things SET label = '%d' RETURNING label`, i))
		if want := fmt.Sprint(i); err != nil || len(got) != 1 || got[0] != want {
			t.Errorf("got %q, %v; want %s", got, err, want)
		}
		keeping(t, db, func(c *keepingConn) {
			if got := len(c.kept); got > maxStatements {
				t.Errorf("the connection keeps %d statements; want %d or fewer", got, maxStatements)
			}
		})
	}
}

// A statement has the position of its rows, so it cannot be used twice at a time.
func TestAStatementRunsWhileItsRowsAreRead(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	dbtest.Must(t, insert(t.Context(), db, "b", "after"))
	const query = `SELECT label FROM things ORDER BY id`
	dbtest.Must(t, db.Write(t.Context(), func(tx Querier) error {
		for range 2 {
			var pairs []string
			_, err := All(t.Context(), tx, func(rows Row) (string, error) {
				outer, err := ScanString(rows)
				if err != nil {
					return "", err
				}
				inner, err := All(t.Context(), tx, ScanString, query)
				for _, label := range inner {
					pairs = append(pairs, outer+" "+label)
				}
				return outer, err
			}, query)
			if got, want := fmt.Sprint(pairs), "[before before before after after before after after]"; err != nil || got != want {
				t.Errorf("got %s, %v; want %s", got, err, want)
			}
		}
		return nil
	}))
}

func TestAStatementWorksAfterItHasFailed(t *testing.T) {
	t.Parallel()
	db := one(t, dbtest.SQLite(t), ConnectionLimits{})
	for _, id := range []string{"b", "c", "d"} {
		dbtest.Must(t, insert(t.Context(), db, id, "after"))
		if err := insert(t.Context(), db, "a", "again"); err == nil {
			t.Error("inserted a thing twice; want an error")
		}
		err := db.Write(t.Context(), func(tx Querier) error {
			_, err := tx.ExecContext(t.Context(), `INSERT INTO things (id, label) VALUES ($1, '')`, id)
			return err
		})
		if err == nil {
			t.Error("inserted a thing twice; want an error")
		}
	}
	if got, err := labels(t.Context(), db); err != nil || len(got) != 4 {
		t.Errorf("the labels are %q, %v; want 4", got, err)
	}
}

// A program of a newer version changes the tables while this one runs.
func TestAStatementWorksAfterTheTablesHaveChanged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, newDB dbtest.Database) {
		database := newDB(t)
		db := one(t, database, ConnectionLimits{})
		wantLabel(t, db, "before")
		other := dbtest.Connect(t, database)
		for i, change := range []string{
			`ALTER TABLE things ADD COLUMN color TEXT NOT NULL DEFAULT 'red'`, `CREATE INDEX things_by_size ON things (size)`,
			`DROP INDEX things_by_label`, `ALTER TABLE things DROP COLUMN price`,
		} {
			_, err := other.ExecContext(t.Context(), change)
			dbtest.Must(t, err)
			wantLabel(t, db, "before")
			dbtest.Must(t, insert(t.Context(), db, fmt.Sprint("b", i), "after"))
		}
	})
}

// A statement that stays open would keep its connection open, and the WAL in place.
func TestNoStatementOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	path := dbtest.SQLite(t)
	db := one(t, path, ConnectionLimits{})
	wantLabel(t, db, "before")
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Errorf("before the database is closed: %v; want a WAL", err)
	}
	dbtest.Must(t, db.Close())
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("after the database is closed: the WAL is there, %v; want none", err)
	}
}

// In memory, a read waits for the only connection. Its caller does not wait longer than it wants to.
func TestAReadThatFindsNoConnectionEndsWithItsContext(t *testing.T) {
	t.Parallel()
	db := one(t, InMemory, ConnectionLimits{})
	read := func(ctx context.Context) error {
		_, err := Read(ctx, db, ScanString, `SELECT label FROM things`)
		return err
	}
	dbtest.Must(t, db.Write(t.Context(), func(Querier) error {
		soon, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := read(soon); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v; want %v", err, context.DeadlineExceeded)
		}
		return nil
	}))
	dbtest.Must(t, read(t.Context()))
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if err := read(canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v; want %v", err, context.Canceled)
	}
}
