package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// rowsPerInsert is how many rows a statement adds: the statement is parsed once, and the more parameters it has, the slower.
const rowsPerInsert = 100

// inserter adds rows to a table, many with each statement.
type inserter struct {
	tx       querier
	into     string // INSERT INTO, up to VALUES
	columns  int
	conflict string    // what comes behind the rows
	full     *sql.Stmt // closed with the transaction
	batch    []any
	added    int64
}

func newInserter(tx querier, table string, columns []string, conflict string) *inserter {
	return &inserter{
		tx: tx, into: "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ", columns: len(columns), conflict: conflict,
		batch: make([]any, 0, rowsPerInsert*len(columns)),
	}
}

// add adds a row, at once or later.
func (i *inserter) add(ctx context.Context, row ...any) (err error) {
	if i.batch = append(i.batch, row...); len(i.batch) < cap(i.batch) {
		return nil
	}
	if i.full == nil {
		if i.full, err = i.tx.PrepareContext(ctx, i.statement()); err != nil {
			return err
		}
	}
	return i.count(i.full.ExecContext(ctx, i.batch...))
}

// end adds what add has held back.
func (i *inserter) end(ctx context.Context) error {
	if len(i.batch) == 0 {
		return nil
	}
	return i.count(i.tx.ExecContext(ctx, i.statement(), i.batch...))
}

func (i *inserter) count(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	i.added += n
	i.batch = i.batch[:0]
	return err
}

// statement inserts the rows of the batch.
func (i *inserter) statement() string {
	var query strings.Builder
	query.WriteString(i.into)
	for n := range i.batch {
		switch {
		case n == 0:
			query.WriteString("(")
		case n%i.columns == 0:
			query.WriteString("), (")
		default:
			query.WriteString(", ")
		}
		fmt.Fprintf(&query, "$%d", n+1)
	}
	query.WriteString(") " + i.conflict)
	return query.String()
}
