package transfer

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// CopiedTable is a table that was copied and compared with the source.
type CopiedTable struct {
	Table  string `json:"table"`
	Rows   int    `json:"rows"`
	Digest string `json:"digest"` // the sum of the SHA-256 hashes of the rows
}

// Progress shows the progress of total steps. It returns functions to call after each step and at the end.
type Progress func(total int, what string) (step, stop func())

// ErrNotEmpty is the error of Copy for a target that is already in use.
var ErrNotEmpty = errors.New("the target already has workspaces; copy to an empty database")

// Copy copies everything from a SQLite file to a PostgreSQL database without workspaces. It does so in one transaction, so that
// an interrupted copy leaves nothing behind. It replaces the inventory and the settings of the target. The SQLite file is not
// changed.
func Copy(ctx context.Context, path, target string, progress Progress) ([]CopiedTable, error) {
	if !sqldb.IsPostgres(target) || sqldb.IsPostgres(path) || path == sqldb.InMemory {
		return nil, errors.New("a database can be copied only from a SQLite file to a postgres:// URL")
	}
	from, err := openSnapshot(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer from.close()
	to, err := store.Open(ctx, target)
	if err != nil {
		return nil, err
	}
	defer to.Close() //nolint:errcheck // only the commit matters
	var copied []CopiedTable
	err = to.Write(ctx, func(tx sqldb.Querier) error {
		if copied, err = copyInto(ctx, to, tx, from, progress); err != nil {
			return fmt.Errorf("nothing was copied: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", path, err)
	}
	return copied, nil
}

func copyInto(ctx context.Context, to *store.Store, tx sqldb.Querier, from *snapshot, progress Progress) ([]CopiedTable, error) {
	if err := to.LockEverything(ctx, tx); err != nil {
		return nil, err
	}
	switch used, err := sqldb.All(ctx, tx, sqldb.ScanString, `SELECT id FROM workspaces LIMIT 1`); {
	case err != nil:
		return nil, err
	case len(used) > 0:
		return nil, ErrNotEmpty
	}
	for _, replaced := range []string{"inventory", "settings"} {
		if _, err := tx.ExecContext(ctx, `DELETE FROM `+replaced); err != nil {
			return nil, err
		}
	}
	copied, err := copyTables(ctx, from, tx, progress)
	if err != nil {
		return nil, err
	}
	if err := from.unchanged(ctx); err != nil {
		return nil, err
	}
	_, err = tx.ExecContext(ctx, `ANALYZE`) // without it, PostgreSQL would plan the first queries badly
	return copied, err
}

func copyTables(ctx context.Context, from *snapshot, tx sqldb.Querier, progress Progress) (copied []CopiedTable, err error) {
	total, columns := 0, map[string][]string{}
	for _, table := range store.Application.Tables {
		var count int
		if err := from.tx.QueryRowContext(ctx, `SELECT count(*) FROM `+table).Scan(&count); err != nil {
			return nil, err
		}
		total += count
		if columns[table], err = from.columns(ctx, table); err != nil {
			return nil, err
		}
	}
	step, stop := progress(total, "copying")
	for _, table := range store.Application.Tables {
		insert := sqldb.NewInserter(tx, sqldb.PostgreSQL, table, columns[table], "")
		read, err := eachRow(ctx, from.tx, table, columns[table], func(row []any) error {
			step()
			return insert.Add(ctx, row...)
		})
		if err == nil {
			_, err = insert.End(ctx)
		}
		if err != nil {
			stop()
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		copied = append(copied, read)
	}
	stop()
	step, stop = progress(total, "verifying")
	defer stop()
	for i, table := range store.Application.Tables {
		written, err := eachRow(ctx, tx, table, columns[table], func([]any) error { step(); return nil })
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		if written != copied[i] {
			return nil, fmt.Errorf("table %s: the source has %d rows with digest %s, but the target has %d rows with digest %s",
				table, copied[i].Rows, copied[i].Digest, written.Rows, written.Digest)
		}
	}
	return copied, nil
}

// eachRow calls fn with each row of a table, and returns the number of rows and their digest.
func eachRow(ctx context.Context, q sqldb.Querier, table string, columns []string, fn func(row []any) error) (read CopiedTable, failed error) {
	rows, err := q.QueryContext(ctx, `SELECT `+strings.Join(columns, ", ")+` FROM `+table)
	if err != nil {
		return read, err
	}
	defer func() { failed = errors.Join(failed, rows.Close()) }()
	row, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range row {
		into[i] = &row[i]
	}
	read.Table = table
	var content digest
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return read, err
		}
		if err := content.add(row); err != nil {
			return read, err
		}
		if err := fn(row); err != nil {
			return read, err
		}
		read.Rows++
	}
	read.Digest = content.String()
	return read, rows.Err()
}
