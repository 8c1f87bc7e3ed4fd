package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
)

// maxStatements bounds the memory of a connection. A program has fewer statements, except for inserts of many rows.
const maxStatements = 64

// openStatements opens a SQLite database whose connections keep their statements prepared, because preparing one takes longer
// than running it. With PostgreSQL, pgx does this, unless the URL has default_query_exec_mode, as some poolers need.
func openStatements(dsn string) (*sql.DB, error) {
	connector, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeper{connector}), nil
}

// keeper makes connections of the type keepingConn.
type keeper struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keeper) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	c, ok := conn.(sqliteConn)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver has connections of the type %T", conn)
	}
	return &keepingConn{sqliteConn: c, kept: map[string]sqliteStmt{}}, nil
}

// What database/sql uses of a connection and a statement.
type (
	sqliteConn interface {
		driver.Conn
		driver.ConnBeginTx
		driver.ConnPrepareContext
		driver.SessionResetter
		driver.Validator
	}
	sqliteStmt interface {
		driver.Stmt
		driver.StmtExecContext
		driver.StmtQueryContext
	}
)

// keepingConn keeps statements after their use. Like every connection, it has one user at a time.
type keepingConn struct {
	sqliteConn
	kept map[string]sqliteStmt // by their text, without those in use
}

// QueryContext implements driver.QueryerContext.
func (c *keepingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := s.QueryContext(ctx, args)
	if err != nil {
		_ = s.Close() // the first error says more
		return nil, err
	}
	return &keepingRows{rows, c, query, s}, nil
}

// ExecContext implements driver.ExecerContext.
func (c *keepingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.take(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := s.ExecContext(ctx, args)
	if err != nil {
		_ = s.Close() // the first error says more
		return nil, err
	}
	return result, c.keep(query, s)
}

// take returns a statement that nobody else uses: it has the position of its rows.
func (c *keepingConn) take(ctx context.Context, query string) (sqliteStmt, error) {
	if s, found := c.kept[query]; found {
		delete(c.kept, query)
		return s, nil
	}
	prepared, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s, ok := prepared.(sqliteStmt)
	if !ok {
		return nil, fmt.Errorf("the SQLite driver has statements of the type %T", prepared)
	}
	return s, nil
}

// keep takes back a statement after its use. If there are too many, it closes all others; those in use are soon back.
func (c *keepingConn) keep(query string, s sqliteStmt) (err error) {
	if _, twice := c.kept[query]; twice {
		return s.Close()
	}
	if len(c.kept) == maxStatements {
		err = c.closeKept()
	}
	c.kept[query] = s
	return err
}

func (c *keepingConn) closeKept() (err error) {
	for query, s := range c.kept {
		delete(c.kept, query)
		if e := s.Close(); err == nil {
			err = e
		}
	}
	return err
}

// Close closes the statements and the connection.
func (c *keepingConn) Close() error {
	return errors.Join(c.closeKept(), c.sqliteConn.Close())
}

// keepingRows returns its statement to the connection when it is closed.
type keepingRows struct {
	driver.Rows
	conn  *keepingConn
	query string
	stmt  sqliteStmt
}

// Close implements driver.Rows.
func (r *keepingRows) Close() error {
	if err := r.Rows.Close(); err != nil {
		_ = r.stmt.Close() // the first error says more
		return err
	}
	return r.conn.keep(r.query, r.stmt)
}
