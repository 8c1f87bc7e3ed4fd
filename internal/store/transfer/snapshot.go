package transfer

import (
	"context"
	"database/sql"
	"errors"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/store"
)

// snapshot is the content of a SQLite file at one moment.
type snapshot struct {
	db      *sql.DB
	conn    *sql.Conn
	version int64   // changes when another connection changes the content
	tx      *sql.Tx // on the connection
}

// openSnapshot opens a file whose tables are those of this version of the program. For older tables, it returns a
// *sqldb.OlderError.
func openSnapshot(ctx context.Context, path string) (*snapshot, error) {
	db, err := sqldb.OpenReadOnly(path)
	if err != nil {
		return nil, err
	}
	s := &snapshot{db: db}
	if err := s.begin(ctx); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *snapshot) begin(ctx context.Context) (err error) {
	if err := sqldb.CheckVersion(ctx, s.db, store.Application); err != nil {
		return err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if s.version, err = s.dataVersion(ctx); err != nil {
		return err
	}
	s.tx, err = s.conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	return err
}

// columns returns the columns of a table, sorted by name. The digest of a row depends on their order, and migrations can have
// added them in any order.
func (s *snapshot) columns(ctx context.Context, table string) ([]string, error) {
	return sqldb.All(ctx, s.tx, sqldb.ScanString, `SELECT name FROM pragma_table_info($1) ORDER BY name`, table)
}

// dataVersion changes when another connection changes the file.
func (s *snapshot) dataVersion(ctx context.Context) (version int64, err error) {
	err = s.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version)
	return version, err
}

// unchanged ends the snapshot, and returns an error if the file has changed since it began.
func (s *snapshot) unchanged(ctx context.Context) error {
	if err := s.tx.Rollback(); err != nil {
		return err
	}
	if now, err := s.dataVersion(ctx); err != nil || now != s.version {
		return errors.Join(err, errors.New("a server changed the file during the copy; stop the servers and run the copy again"))
	}
	return nil
}

func (s *snapshot) close() {
	if s.tx != nil {
		_ = s.tx.Rollback() // it was only read
	}
	if s.conn != nil {
		_ = s.conn.Close()
	}
	_ = s.db.Close()
}
