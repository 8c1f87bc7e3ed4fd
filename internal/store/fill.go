package store

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Content is what Fill puts into a database.
type Content struct {
	Workspaces []workspace.Workspace
	Keys       []HashedKey
	Numbers    []OwnedNumber
	ForSale    []string // nil means the fictional numbers
}

// HashedKey is an API key with the hash of its secret. Its times are ignored.
type HashedKey struct {
	workspace.Key
	Hash string
}

// OwnedNumber is a number with its owner, and with SIP credentials unless it was bought.
type OwnedNumber struct {
	phone.Number
	WorkspaceID string
	SIP         *phone.SIPCredentials
}

// Fill puts everything into an empty database, or nothing. All of it is created at the time now.
func (s *Store) Fill(ctx context.Context, c Content, now time.Time) error {
	if s.secrets == nil {
		return errLocked
	}
	return s.Write(ctx, func(tx sqldb.Querier) error {
		if err := s.LockEverything(ctx, tx); err != nil {
			return err
		}
		if ids, err := sqldb.All(ctx, tx, sqldb.ScanString, `SELECT id FROM workspaces LIMIT 1`); err != nil {
			return err
		} else if len(ids) > 0 {
			return errors.New("the database is not empty")
		}
		if err := s.fill(ctx, tx, c, now.UnixMilli()); err != nil {
			return err
		}
		if c.ForSale == nil {
			return nil
		}
		_, err := s.addToInventory(ctx, tx, slices.Values(c.ForSale), true)
		return err
	})
}

// fill adds the rows of each table before those that refer to them.
func (s *Store) fill(ctx context.Context, tx sqldb.Querier, c Content, now int64) error {
	err := insertAll(ctx, s, tx, "workspaces", "id, name, created_at", c.Workspaces, func(w workspace.Workspace) []any {
		return []any{w.ID, w.Name, now}
	})
	if err != nil {
		return err
	}
	err = insertAll(ctx, s, tx, "api_keys", "id, workspace_id, name, hash, created_at", c.Keys, func(k HashedKey) []any {
		return []any{k.ID, k.Workspace.ID, k.Name, k.Hash, now}
	})
	if err != nil {
		return err
	}
	err = insertAll(ctx, s, tx, "phone_numbers", "workspace_id, number_key, "+numberColumns, c.Numbers, func(n OwnedNumber) []any {
		return numberRow(n.WorkspaceID, n.Number)
	})
	if err != nil {
		return err
	}
	err = insertAll(ctx, s, tx, "sip_credentials", sipColumns, c.Numbers, func(n OwnedNumber) []any {
		if n.SIP == nil {
			return nil
		}
		return s.sipRow(n.WorkspaceID, n.ID, n.SIP)
	})
	if err != nil {
		return err
	}
	return addCheck(ctx, tx, s.secrets) // a rotation may have removed the check value of this key meanwhile
}

// insertAll adds the rows that row makes of the items. An item for which row returns nil has none.
func insertAll[T any](ctx context.Context, s *Store, tx sqldb.Querier, table, columns string, items []T, row func(T) []any) error {
	insert := sqldb.NewInserter(tx, s.Engine(), table, strings.Split(columns, ", "), "")
	for _, item := range items {
		if values := row(item); values != nil {
			if err := insert.Add(ctx, values...); err != nil {
				return err
			}
		}
	}
	_, err := insert.End(ctx)
	return err
}
