package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// snapshot is a SQLite file as it was at a moment.
type snapshot struct {
	db      *sql.DB
	conn    *sql.Conn
	version int64   // of the content, for this connection
	tx      *sql.Tx // on the connection
}

// openReadOnly opens a SQLite file that is there, and changes nothing of it, its tables included.
func openReadOnly(path string) (*sql.DB, error) {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("there is no such file")
	}
	db, err := sql.Open("sqlite", sqliteFile(path)+"?mode=ro&_pragma=busy_timeout(5000)")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return db, err
}

func openSnapshot(ctx context.Context, path string) (*snapshot, error) {
	db, err := openReadOnly(path)
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
	provider, err := newProvider(s.db, sqliteEngine, false)
	if err != nil {
		return err
	}
	switch current, known, err := provider.GetVersions(ctx); {
	case err != nil:
		return fmt.Errorf("it is no database of this program: %w", err)
	case current < known:
		return fmt.Errorf("its tables are at version %d, this program needs %d; run `phonenumbers keys list --db` on it, which brings them up to date", current, known)
	}
	if err := refuseNewer(ctx, provider); err != nil {
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

// columns are the columns of a table, whichever migration has added them. They are in the order of their names, on which the
// digest of a row depends.
func (s *snapshot) columns(ctx context.Context, table string) ([]string, error) {
	rows, err := s.tx.QueryContext(ctx, `SELECT name FROM pragma_table_info($1) ORDER BY name`, table)
	return all(rows, err, scanString)
}

// dataVersion changes when another connection changes the file.
func (s *snapshot) dataVersion(ctx context.Context) (version int64, err error) {
	err = s.conn.QueryRowContext(ctx, `PRAGMA data_version`).Scan(&version)
	return version, err
}

// unchanged ends the snapshot, and is an error where the file has changed since it began.
func (s *snapshot) unchanged(ctx context.Context) error {
	if err := s.tx.Rollback(); err != nil {
		return err
	}
	if now, err := s.dataVersion(ctx); err != nil || now != s.version {
		return errors.Join(err, errors.New("a server has changed it meanwhile; stop the servers and run the copy again"))
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
