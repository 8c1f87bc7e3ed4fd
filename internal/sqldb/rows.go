package sqldb

import (
	"context"
	"database/sql"
)

// Querier is a connection or a transaction.
type Querier interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// Row is a row of a result.
type Row interface{ Scan(into ...any) error }

// rowReader reads the rows of a result, one after another.
type rowReader interface {
	Row
	Next() bool
	Err() error
}

// All reads all rows of a query. It always reads to the end: an unfinished statement would keep its read transaction open, and
// the WAL could never be checkpointed.
func All[T any](ctx context.Context, q Querier, scan func(Row) (T, error), query string, args ...any) (list []T, failed error) {
	rows, err := q.QueryContext(ctx, query, args...) //nolint:rowserrcheck // readAll checks it
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := rows.Close(); failed == nil {
			failed = err
		}
	}()
	return readAll(rows, scan)
}

func readAll[T any](rows rowReader, scan func(Row) (T, error)) (list []T, _ error) {
	for rows.Next() {
		item, err := scan(rows)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	return list, rows.Err()
}

// Read returns the rows of a query that changes nothing and is short: it finds its rows with an index, and there are few. With
// SQLite, ctx ends only the wait for a connection. To end a query too, database/sql and the driver would each start a goroutine,
// which takes longer than the query. A reader also never waits for a writer, because the database has a WAL.
func Read[T any](ctx context.Context, db *DB, scan func(Row) (T, error), query string, args ...any) ([]T, error) {
	if db.engine.name != SQLite {
		return All(ctx, db.reader, scan, query, args...)
	}
	conn, err := db.reader.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck // this only returns the connection to the pool
	return All(context.WithoutCancel(ctx), conn, scan, query, args...)
}

// Only returns the only element of a list. It returns err if that is not nil, and missing if the list is empty.
func Only[T any](list []T, err, missing error) (item T, _ error) {
	switch {
	case err != nil:
		return item, err
	case len(list) == 0:
		return item, missing
	}
	return list[0], nil
}

// ScanString is a scan function for All, for rows with one text column.
func ScanString(row Row) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}
