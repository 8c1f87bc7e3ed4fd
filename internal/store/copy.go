package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// CopiedTable is a table of which a copy has as many rows as the source, with the same content.
type CopiedTable struct {
	Table  string `json:"table"`
	Rows   int    `json:"rows"`
	Digest string `json:"digest"` // SHA-256 of each row, added up
}

// Progress tells a person that total steps are to do; it returns what to call at each and at the end.
type Progress func(total int, what string) (step, stop func())

// ErrNotEmpty is what Copy says of a target that somebody uses.
var ErrNotEmpty = errors.New("the target has workspaces already; copy into a database that nobody has used")

// Copy moves everything from a SQLite file, which stays as it is, to a PostgreSQL database without workspaces: in one
// transaction, so that a copy that was cut short has moved nothing. What the target had for sale and its settings are replaced.
func Copy(ctx context.Context, path, target string, progress Progress) ([]CopiedTable, error) {
	if !IsPostgres(target) || IsPostgres(path) || path == inMemory {
		return nil, errors.New("a copy goes from a SQLite file to a postgres:// URL")
	}
	from, err := openSnapshot(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer from.close()
	to, err := Open(ctx, target)
	if err != nil {
		return nil, err
	}
	defer to.Close() //nolint:errcheck // what counts is the commit
	var copied []CopiedTable
	err = to.write(ctx, func(tx querier) error {
		if copied, err = to.copyFrom(ctx, tx, from, progress); err != nil {
			return fmt.Errorf("nothing is copied: %w", err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("copy %s: %w", path, err)
	}
	return copied, nil
}

func (s *Store) copyFrom(ctx context.Context, tx querier, from *snapshot, progress Progress) ([]CopiedTable, error) {
	for _, lock := range []int64{firstKeyLock, inventoryLock, secretsLock} { // a server that starts now comes before or after
		if err := s.alone(ctx, tx, lock); err != nil {
			return nil, err
		}
	}
	for _, table := range tables { // nobody else writes in them until the end
		if _, err := tx.ExecContext(ctx, `LOCK TABLE `+table+` IN EXCLUSIVE MODE`); err != nil {
			return nil, err
		}
	}
	rows, err := tx.QueryContext(ctx, `SELECT id FROM workspaces LIMIT 1`)
	switch used, err := all(rows, err, scanString); {
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
	_, err = tx.ExecContext(ctx, `ANALYZE`) // the first lists would have no good plan otherwise
	return copied, err
}

func copyTables(ctx context.Context, from *snapshot, tx querier, progress Progress) (copied []CopiedTable, err error) {
	total, columns := 0, map[string][]string{}
	for _, table := range tables {
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
	for _, table := range tables {
		insert := newInserter(tx, table, columns[table], "")
		read, err := eachRow(ctx, from.tx, table, columns[table], func(row []any) error {
			step()
			return insert.add(ctx, row...)
		})
		if err == nil {
			err = insert.end(ctx)
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
	for i, table := range tables {
		written, err := eachRow(ctx, tx, table, columns[table], func([]any) error { step(); return nil })
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", table, err)
		}
		if written != copied[i] {
			return nil, fmt.Errorf("table %s: %d rows with the digest %s were read, and %d with %s have arrived",
				table, copied[i].Rows, copied[i].Digest, written.Rows, written.Digest)
		}
	}
	return copied, nil
}

// eachRow hands each row of a table to fn, and says how many they were and what was in them.
func eachRow(ctx context.Context, q querier, table string, columns []string, fn func(row []any) error) (read CopiedTable, failed error) {
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
