package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

var _ phone.Store = (*Store)(nil)

// A member of phone.Number is a column here, a place in insertNumber and scanNumber, and one in UpdateNumber if a change can
// set it. Tests fail for one that is forgotten. Its migration gives the numbers that are there a DEFAULT.
const numberColumns = `id, number, type, agent_id`

func insertNumber(ctx context.Context, tx sqldb.Querier, workspaceID string, n phone.Number) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO phone_numbers (workspace_id, number_key, `+numberColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		workspaceID, numberKey(n.Number), n.ID, n.Number, string(n.Type), n.AgentID)
	return err
}

func scanNumber(rows *sql.Rows) (n phone.Number, err error) {
	err = rows.Scan(&n.ID, &n.Number, &n.Type, &n.AgentID)
	return n, err
}

// UpdateNumber implements phone.Store. What the change does not have is NULL here, and keeps its value.
func (s *Store) UpdateNumber(ctx context.Context, workspaceID, id string, c phone.Change) (phone.Number, error) {
	updated, err := writeOne(ctx, s, scanNumber, `
		UPDATE phone_numbers SET agent_id = COALESCE($3, agent_id)
		WHERE workspace_id = $1 AND id = $2
		RETURNING `+numberColumns,
		workspaceID, id, c.AgentID)
	return sqldb.Only(updated, err, phone.ErrNotFound)
}

// InsertNumber implements phone.Store.
func (s *Store) InsertNumber(ctx context.Context, workspaceID string, n phone.Number, sip *phone.SIPCredentials, claim phone.Claim) error {
	if sip != nil && s.secrets == nil {
		return errLocked
	}
	return s.Write(ctx, func(tx sqldb.Querier) error {
		if sip != nil {
			if err := s.db.LockShared(ctx, tx, secretsLock); err != nil {
				return err
			}
		}
		// The claim first: one who has lost it must not be told that the number is taken, by its own key perhaps.
		if err := settle(ctx, tx, claim, n); err != nil {
			return err
		}
		err := insertNumber(ctx, tx, workspaceID, n)
		if sqldb.IsDuplicate(err) {
			return phone.ErrTaken
		}
		if err != nil || sip == nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO sip_credentials (workspace_id, number_id, username, password, termination_uri)
			VALUES ($1, $2, $3, $4, $5)`,
			workspaceID, n.ID, sip.Username, s.secrets.Seal(sip.Password, passwordContext(workspaceID, n.ID)), sip.TerminationURI)
		if err != nil {
			return err
		}
		return addCheck(ctx, tx, s.secrets) // a rotation that did not know of this server may have removed it
	})
}

// numberKey is what the unique index compares. Only a SIP prefix has letters.
func numberKey(number string) string { return strings.ToLower(number) }

// passwordContext binds a sealed password to its row.
func passwordContext(workspaceID, numberID string) string {
	return "sip_credentials/" + workspaceID + "/" + numberID
}

// Number implements phone.Store.
func (s *Store) Number(ctx context.Context, workspaceID, id string) (phone.Number, error) {
	found, err := read(ctx, s, scanNumber, `
		SELECT `+numberColumns+` FROM phone_numbers
		WHERE workspace_id = $1 AND id = $2`,
		workspaceID, id)
	return sqldb.Only(found, err, phone.ErrNotFound)
}

// Numbers implements phone.Store.
func (s *Store) Numbers(ctx context.Context, workspaceID string, f phone.Filter, after string, limit int) ([]phone.Number, error) {
	query, args := numbersQuery(workspaceID, f, after, limit)
	return read(ctx, s, scanNumber, query, args...)
}

func numbersQuery(workspaceID string, f phone.Filter, after string, limit int) (query string, args []any) {
	query = `
		SELECT ` + numberColumns + ` FROM phone_numbers
		WHERE workspace_id = $1 AND id > $2`
	args = []any{workspaceID, after}
	and := func(column string, value any) {
		args = append(args, value)
		query += fmt.Sprintf(" AND %s = $%d", column, len(args))
	}
	if f.Number != "" {
		and("number_key", numberKey(f.Number))
	}
	if f.AgentID != nil {
		and("agent_id", *f.AgentID)
	}
	if f.Type != "" {
		and("type", string(f.Type))
	}
	if f.Number == "" { // a number is unique: there is nothing to order, and PostgreSQL would sort it
		query += " ORDER BY id"
	}
	args = append(args, limit)
	return query + fmt.Sprintf(" LIMIT $%d", len(args)), args
}

// DeleteNumber implements phone.Store. The number's SIP credentials go with it.
func (s *Store) DeleteNumber(ctx context.Context, workspaceID, id string) (phone.Number, error) {
	deleted, err := writeOne(ctx, s, scanNumber, `
		DELETE FROM phone_numbers
		WHERE workspace_id = $1 AND id = $2
		RETURNING `+numberColumns,
		workspaceID, id)
	return sqldb.Only(deleted, err, phone.ErrNotFound)
}
