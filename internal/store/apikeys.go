package store

import (
	"context"
	"database/sql"
	"maps"
	"slices"
	"time"

	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

var _ workspace.Store = (*Store)(nil)

// InsertAPIKey implements workspace.Store.
func (s *Store) InsertAPIKey(ctx context.Context, k workspace.Key, hash string, onlyFirst bool) (added bool, err error) {
	err = s.writeShort(ctx, func(tx sqldb.Querier) error {
		added = false
		lock := s.db.LockShared
		if onlyFirst {
			lock = s.db.LockExclusive
		}
		if err := lock(ctx, tx, firstAPIKeyLock); err != nil {
			return err
		}
		if onlyFirst {
			if ids, err := sqldb.All(ctx, tx, sqldb.ScanString, `SELECT id FROM api_keys LIMIT 1`); err != nil || len(ids) > 0 {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `
			INSERT INTO workspaces (id, name, created_at) VALUES ($1, $2, $3)
			ON CONFLICT (name) DO NOTHING`,
			k.Workspace.ID, k.Workspace.Name, k.CreatedAt.UnixMilli())
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `
			INSERT INTO api_keys (id, workspace_id, name, hash, created_at)
			SELECT $1, id, $2, $3, $4 FROM workspaces WHERE name = $5`,
			k.ID, k.Name, hash, k.CreatedAt.UnixMilli(), k.Workspace.Name)
		added = err == nil
		return err
	})
	return added && err == nil, err
}

// APIKeyByHash implements workspace.Store.
func (s *Store) APIKeyByHash(ctx context.Context, hash string) (workspace.Key, error) {
	found, err := read(ctx, s, scanKey, `
		SELECT k.id, k.name, k.workspace_id, w.name, k.created_at, k.last_used_at, k.revoked_at
		FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
		WHERE k.hash = $1 AND k.revoked_at IS NULL`,
		hash)
	return sqldb.Only(found, err, workspace.ErrInvalidKey)
}

// APIKeys implements workspace.Store.
func (s *Store) APIKeys(ctx context.Context) ([]workspace.Key, error) {
	return read(ctx, s, scanKey, `
		SELECT k.id, k.name, k.workspace_id, w.name, k.created_at, k.last_used_at, k.revoked_at
		FROM api_keys k JOIN workspaces w ON w.id = k.workspace_id
		ORDER BY k.id`)
}

// RevokeAPIKey implements workspace.Store.
func (s *Store) RevokeAPIKey(ctx context.Context, id string, at time.Time) error {
	revoked, err := writeOne(ctx, s, sqldb.ScanString, `
		UPDATE api_keys SET revoked_at = COALESCE(revoked_at, $2) WHERE id = $1
		RETURNING id`,
		id, at.UnixMilli())
	_, err = sqldb.Only(revoked, err, workspace.ErrKeyNotFound)
	return err
}

// TouchAPIKeys implements workspace.Store.
func (s *Store) TouchAPIKeys(ctx context.Context, used map[string]time.Time) error {
	return s.writeShort(ctx, func(tx sqldb.Querier) error {
		for _, id := range slices.Sorted(maps.Keys(used)) { // all servers use the same order, so that they cannot deadlock
			_, err := tx.ExecContext(ctx, `
				UPDATE api_keys SET last_used_at = $2
				WHERE id = $1 AND (last_used_at IS NULL OR last_used_at < $2)`,
				id, used[id].UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func scanKey(row sqldb.Row) (workspace.Key, error) {
	var (
		k                 workspace.Key
		created           int64
		lastUsed, revoked sql.NullInt64
	)
	err := row.Scan(&k.ID, &k.Name, &k.Workspace.ID, &k.Workspace.Name, &created, &lastUsed, &revoked)
	k.CreatedAt = time.UnixMilli(created).UTC()
	if lastUsed.Valid {
		k.LastUsed = time.UnixMilli(lastUsed.Int64).UTC()
	}
	if revoked.Valid {
		k.RevokedAt = time.UnixMilli(revoked.Int64).UTC()
	}
	return k, err
}
