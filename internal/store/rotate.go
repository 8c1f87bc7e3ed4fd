package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

// rotatedAtOnce is how many passwords a step of a rotation seals, so that other writers do not wait long.
const rotatedAtOnce = 200

// Rotation is what RotateSecrets has done.
type Rotation struct {
	Passwords int      // how many were sealed again
	KeyID     string   // the id of the first key, which now seals all of them
	Needed    []string // the ids of other keys that are still needed, for a day by idempotency keys
}

// RotateSecrets seals all SIP passwords with the first key, except those that already are. Each step is a transaction of its
// own, so that servers keep running and an interrupted rotation can be run again.
func (s *Store) RotateSecrets(ctx context.Context) (Rotation, error) {
	r := Rotation{KeyID: s.secrets.IDs()[0]}
	for last := (sealedPassword{}); ; {
		done, err := s.rotateSome(ctx, r.KeyID, last)
		if err != nil {
			return r, err
		}
		if len(done) == 0 {
			break
		}
		r.Passwords += len(done)
		last = done[len(done)-1]
	}
	// The check values come last. Only now are the other keys no longer needed, unless a server has sealed with one meanwhile.
	err := s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockExclusive(ctx, tx, secretsLock); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `
			DELETE FROM settings
			WHERE name LIKE $1 || '%' AND name <> $1 || $2
			  AND NOT EXISTS (SELECT 1 FROM sip_credentials WHERE $1 || substr(password, 1, 8) = settings.name)
			  AND NOT EXISTS (SELECT 1 FROM idempotency_keys WHERE $1 || substr(fingerprint, 1, 8) = settings.name)`,
			secretCheck, r.KeyID)
		if err != nil {
			return err
		}
		r.Needed, err = sqldb.All(ctx, tx, sqldb.ScanString, `
			SELECT name FROM settings
			WHERE name LIKE $1 || '%' AND name <> $1 || $2 ORDER BY name`,
			secretCheck, r.KeyID)
		for i, name := range r.Needed {
			r.Needed[i] = strings.TrimPrefix(name, secretCheck)
		}
		return err
	})
	return r, err
}

type sealedPassword struct {
	workspaceID, numberID, sealed string
}

func scanSealed(row sqldb.Row) (p sealedPassword, err error) {
	err = row.Scan(&p.workspaceID, &p.numberID, &p.sealed)
	return p, err
}

// rotateSome seals the next passwords after a given one, in the order of their rows, and returns them.
func (s *Store) rotateSome(ctx context.Context, keyID string, after sealedPassword) (found []sealedPassword, err error) {
	err = s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.db.LockShared(ctx, tx, secretsLock); err != nil {
			return err
		}
		found, err = sqldb.All(ctx, tx, scanSealed, `
			SELECT workspace_id, number_id, password FROM sip_credentials
			WHERE (workspace_id, number_id) > ($1, $2) AND password NOT LIKE $3
			ORDER BY workspace_id, number_id LIMIT $4`,
			after.workspaceID, after.numberID, keyID+":%", rotatedAtOnce)
		if err != nil {
			return err
		}
		for _, p := range found {
			row := passwordContext(p.workspaceID, p.numberID)
			password, err := s.secrets.Open(p.sealed, row)
			if err != nil {
				return fmt.Errorf("password of number %s: %w", p.numberID, err)
			}
			_, err = tx.ExecContext(ctx, `
				UPDATE sip_credentials SET password = $3
				WHERE workspace_id = $1 AND number_id = $2`,
				p.workspaceID, p.numberID, s.secrets.Seal(password, row))
			if err != nil {
				return err
			}
		}
		return addCheck(ctx, tx, s.secrets) // a rotation to another key may have removed the check value meanwhile
	})
	return found, err
}
