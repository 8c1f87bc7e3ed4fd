package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// rowsPerInsert is how many rows a statement adds. More rows per statement mean fewer statements, but slower ones.
const rowsPerInsert = 100

// Inserter adds rows to a table, many with each statement.
type Inserter struct {
	tx       Querier
	engine   string
	into     string // INSERT INTO, up to VALUES
	columns  int
	conflict string    // the clause after the rows
	full     *sql.Stmt // the transaction closes it
	batch    []any
	added    int64
}

// NewInserter returns an Inserter for rows with these columns. engine is SQLite or PostgreSQL. conflict is an ON CONFLICT clause,
// or empty.
func NewInserter(tx Querier, engine, table string, columns []string, conflict string) *Inserter {
	return &Inserter{
		tx: tx, engine: engine, into: "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES ", columns: len(columns), conflict: conflict,
		batch: make([]any, 0, rowsPerInsert*len(columns)),
	}
}

// Add adds a row, now or in a later statement.
func (i *Inserter) Add(ctx context.Context, row ...any) (err error) {
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

// End adds the remaining rows, and returns how many rows were added in total.
func (i *Inserter) End(ctx context.Context) (added int64, err error) {
	if len(i.batch) > 0 {
		err = i.count(i.tx.ExecContext(ctx, i.statement(), i.batch...))
	}
	return i.added, err
}

func (i *Inserter) count(result sql.Result, err error) error {
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	i.added += n
	i.batch = i.batch[:0]
	return err
}

// statement returns the statement that inserts the rows of the batch.
func (i *Inserter) statement() string {
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
		if i.engine == SQLite {
			query.WriteString("?") // SQLite would look for each name in a list of all names, whenever the statement runs
		} else {
			fmt.Fprintf(&query, "$%d", n+1)
		}
	}
	query.WriteString(") " + i.conflict)
	return query.String()
}
