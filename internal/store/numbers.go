package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

var _ phone.Store = (*Store)(nil)

// Each member of phone.Number has a column here, a place in insertNumber, numberRow and scanNumber, and a place in UpdateNumber
// if a change can set it. Tests fail if one is missing. The migration for a new column gives existing numbers a DEFAULT.
const numberColumns = `id, number, type, agent_id`

func insertNumber(ctx context.Context, tx sqldb.Querier, workspaceID string, n phone.Number) error {
	_, err := tx.ExecContext(ctx, `
		INSERT INTO phone_numbers (workspace_id, number_key, `+numberColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6)`,
		numberRow(workspaceID, n)...)
	return err
}

// numberRow returns the values of workspace_id, number_key and numberColumns.
func numberRow(workspaceID string, n phone.Number) []any {
	return []any{workspaceID, numberKey(n.Number), n.ID, n.Number, string(n.Type), n.AgentID}
}

func scanNumber(row sqldb.Row) (n phone.Number, err error) {
	err = row.Scan(&n.ID, &n.Number, &n.Type, &n.AgentID)
	return n, err
}

// UpdateNumber implements phone.Store. A nil field of the change is NULL here, and the column keeps its value.
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
	return s.writeShort(ctx, func(tx sqldb.Querier) error {
		if sip != nil {
			if err := s.db.LockShared(ctx, tx, secretsLock); err != nil {
				return err
			}
		}
		// Settle the claim first. A request that has lost its claim must not get ErrTaken, because its own key may have the number.
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
			INSERT INTO sip_credentials (`+sipColumns+`)
			VALUES ($1, $2, $3, $4, $5)`,
			s.sipRow(workspaceID, n.ID, sip)...)
		if err != nil {
			return err
		}
		return addCheck(ctx, tx, s.secrets) // a rotation may have removed the check value of this key meanwhile
	})
}

const sipColumns = `workspace_id, number_id, username, password, termination_uri`

// sipRow returns the values of sipColumns.
func (s *Store) sipRow(workspaceID, numberID string, sip *phone.SIPCredentials) []any {
	sealed := s.secrets.Seal(sip.Password, passwordContext(workspaceID, numberID))
	return []any{workspaceID, numberID, sip.Username, sealed, sip.TerminationURI}
}

// numberKey returns the form of a number that the unique index compares. Only SIP prefixes have letters.
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

// FindNumber returns the number of any workspace: at most one has it. A SIP prefix is found in any letter case. If nobody has
// the number, the error is phone.ErrNotFound.
func (s *Store) FindNumber(ctx context.Context, number string) (phone.Number, error) {
	found, err := read(ctx, s, scanNumber, `
		SELECT `+numberColumns+` FROM phone_numbers
		WHERE number_key = $1`,
		numberKey(number))
	return sqldb.Only(found, err, phone.ErrNotFound)
}

// Numbers implements phone.Store.
func (s *Store) Numbers(ctx context.Context, workspaceID string, f phone.Filter, after string, limit int) ([]phone.Number, error) {
	query, args := numbersQuery(s.Engine(), workspaceID, f, after, limit)
	return read(ctx, s, scanNumber, query, args...)
}

func numbersQuery(engine, workspaceID string, f phone.Filter, after string, limit int) (query string, args []any) {
	const inOrder = " ORDER BY id LIMIT $3"
	query = `
		SELECT ` + numberColumns + ` FROM phone_numbers
		WHERE workspace_id = $1 AND id > $2`
	args = []any{workspaceID, after, limit}
	and := func(column string, value any) string {
		args = append(args, value)
		return fmt.Sprintf(" AND %s = $%d", column, len(args))
	}
	if f.AgentID != nil {
		query += and("agent_id", *f.AgentID)
	}
	if f.Type != "" {
		query += and("type", string(f.Type))
	}
	switch {
	case f.Number != "": // there is at most one row, and PostgreSQL would still sort
		return query + and("number_key", numberKey(f.Number)) + " LIMIT $3", args
	case f.AgentID != nil && f.Type == "": // the index has the numbers of an agent by type, so merge a list for each type
		var lists []string
		for _, t := range phone.Types {
			list := query + and("type", string(t))
			if engine == sqldb.PostgreSQL { // it merges only lists with a LIMIT of their own, and otherwise sorts all rows
				list = "SELECT * FROM (" + list + inOrder + ") AS list"
			}
			lists = append(lists, list)
		}
		query = strings.Join(lists, " UNION ALL ")
	}
	return query + inOrder, args
}

// DeleteNumber implements phone.Store. It also deletes the SIP credentials of the number.
func (s *Store) DeleteNumber(ctx context.Context, workspaceID, id string) (phone.Number, error) {
	deleted, err := writeOne(ctx, s, scanNumber, `
		DELETE FROM phone_numbers
		WHERE workspace_id = $1 AND id = $2
		RETURNING `+numberColumns,
		workspaceID, id)
	return sqldb.Only(deleted, err, phone.ErrNotFound)
}
