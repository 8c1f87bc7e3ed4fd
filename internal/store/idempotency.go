package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
)

var _ phone.Claims = (*Store)(nil)

// ClaimIdempotencyKey implements phone.Claims. The primary key decides which of several rivals wins, on any server.
func (s *Store) ClaimIdempotencyKey(ctx context.Context, c phone.Claim, request []byte, now time.Time, lease, ttl time.Duration) (answered *phone.Number, err error) {
	if s.secrets == nil {
		return nil, errLocked
	}
	expired := now.Add(-ttl).UnixMilli()
	// This read finds a stored response even while the database accepts no writes.
	kept, err := read(ctx, s, scanAnswer, selectAnswer, c.WorkspaceID, c.Key, expired)
	if err != nil {
		return nil, err
	}
	if len(kept) == 1 && kept[0].number != nil {
		return s.answerOf(kept[0], request)
	}
	err = s.writeShort(ctx, func(tx sqldb.Querier) error {
		answered = nil
		if err := s.db.LockShared(ctx, tx, secretsLock); err != nil {
			return err
		}
		claimed, err := insertClaim(ctx, tx, c, s.secrets.Fingerprint(request), now, now.Add(lease), expired)
		if err != nil {
			return err
		}
		if claimed {
			return addCheck(ctx, tx, s.secrets) // as InsertNumber does for a password
		}
		kept, err := sqldb.All(ctx, tx, scanAnswer, selectAnswer, c.WorkspaceID, c.Key, expired)
		first, err := sqldb.Only(kept, err, phone.ErrInProgress)
		if err != nil {
			return err
		}
		answered, err = s.answerOf(first, request)
		return err
	})
	return answered, err
}

// insertClaim reports whether the key is now claimed. It overwrites a key that has expired, and a claim that was not settled in
// time.
func insertClaim(ctx context.Context, tx sqldb.Querier, c phone.Claim, fingerprint string, now, until time.Time, expired int64) (bool, error) {
	result, err := tx.ExecContext(ctx, `
		INSERT INTO idempotency_keys (workspace_id, idempotency_key, fingerprint, claim, claimed_until, created_at)
		VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (workspace_id, idempotency_key) DO UPDATE
		SET fingerprint = excluded.fingerprint, claim = excluded.claim, claimed_until = excluded.claimed_until,
		    created_at = excluded.created_at, answer = NULL
		WHERE idempotency_keys.created_at <= $7
		   OR idempotency_keys.answer IS NULL AND idempotency_keys.claimed_until <= $6`,
		c.WorkspaceID, c.Key, fingerprint, c.Token, until.UnixMilli(), now.UnixMilli(), expired)
	if err != nil {
		return false, err
	}
	n, err := result.RowsAffected()
	return n > 0, err
}

const selectAnswer = `
	SELECT fingerprint, answer FROM idempotency_keys
	WHERE workspace_id = $1 AND idempotency_key = $2 AND created_at > $3`

// answerOf returns the stored response to this request, or ErrInProgress. If the key that made the fingerprint is not
// available, it does not return ErrKeyReused, which could make the caller buy again with another idempotency key.
func (s *Store) answerOf(kept keptAnswer, request []byte) (*phone.Number, error) {
	same, err := s.secrets.Matches(kept.fingerprint, request)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: check the request of an idempotency key: %w", phone.ErrStorageUnavailable, err)
	case !same:
		return nil, phone.ErrKeyReused
	case kept.number == nil:
		return nil, phone.ErrInProgress
	}
	return kept.number, nil
}

// ReleaseIdempotencyKey implements phone.Claims.
func (s *Store) ReleaseIdempotencyKey(ctx context.Context, c phone.Claim) error {
	_, err := writeOne(ctx, s, sqldb.ScanString, `
		DELETE FROM idempotency_keys
		WHERE workspace_id = $1 AND idempotency_key = $2 AND claim = $3 AND answer IS NULL
		RETURNING claim`,
		c.WorkspaceID, c.Key, c.Token)
	return err
}

// settle stores the response under the claim, in the transaction that creates the number. If the claim is gone, another request
// with the key has taken over, and this one must not create anything.
func settle(ctx context.Context, tx sqldb.Querier, c phone.Claim, n phone.Number) error {
	if c.Key == "" {
		return nil
	}
	answer, err := json.Marshal(n)
	if err != nil {
		return err
	}
	result, err := tx.ExecContext(ctx, `
		UPDATE idempotency_keys SET answer = $4
		WHERE workspace_id = $1 AND idempotency_key = $2 AND claim = $3 AND answer IS NULL`,
		c.WorkspaceID, c.Key, c.Token, string(answer))
	if err != nil {
		return err
	}
	if settled, err := result.RowsAffected(); err != nil || settled > 0 {
		return err
	}
	return phone.ErrInProgress
}

// prunedAtOnce is how many keys a statement removes, so that other writers do not wait long.
const prunedAtOnce = 1000

// PruneIdempotencyKeys removes the idempotency keys that were first used at or before that time.
func (s *Store) PruneIdempotencyKeys(ctx context.Context, before time.Time) error {
	for {
		pruned, err := writeOne(ctx, s, sqldb.ScanString, `
			DELETE FROM idempotency_keys WHERE (workspace_id, idempotency_key) IN (
				SELECT workspace_id, idempotency_key FROM idempotency_keys
				WHERE created_at <= $1 ORDER BY created_at LIMIT $2)
			  AND created_at <= $1
			RETURNING claim`, // the condition is repeated because the key may have been claimed again meanwhile
			before.UnixMilli(), prunedAtOnce)
		if err != nil || len(pruned) < prunedAtOnce {
			return err
		}
	}
}

// keptAnswer is a row of idempotency_keys; number is nil while the request is in progress.
type keptAnswer struct {
	fingerprint string
	number      *phone.Number
}

func scanAnswer(row sqldb.Row) (kept keptAnswer, err error) {
	var answer sql.NullString
	if err := row.Scan(&kept.fingerprint, &answer); err != nil || !answer.Valid {
		return kept, err
	}
	if err := json.Unmarshal([]byte(answer.String), &kept.number); err != nil {
		return kept, fmt.Errorf("read the response stored for an idempotency key: %w", err)
	}
	return kept, nil
}
