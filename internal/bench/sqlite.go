package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/vogent-community/phonenumbers/internal/bench/contestant"
	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/load"
	"github.com/vogent-community/phonenumbers/internal/bench/process"
	"github.com/vogent-community/phonenumbers/internal/bench/report"
	"github.com/vogent-community/phonenumbers/internal/sqldb"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// onSQLite compares servers on SQLite files.
func (b *runner) onSQLite(ctx context.Context) error {
	for _, rows := range []func(context.Context) error{b.againstBase, b.againstVariants, b.manyWorkspaces} {
		if err := rows(ctx); err != nil {
			return err
		}
		b.CloseAll()
	}
	return nil
}

// againstBase compares this version with another one. Without -base, the rows have no check.
func (b *runner) againstBase(ctx context.Context) error {
	programs := map[string][]string{ours: b.ours}
	contestants := []string{ours}
	if b.base != nil {
		programs[base] = b.base
		contestants = append(contestants, base)
	}
	servers := map[string]*process.Server{}
	for _, who := range contestants {
		database, err := b.fill(ctx, programs[who], b.options.set)
		if err != nil {
			return err
		}
		if servers[who], err = b.StartProgram(ctx, programs[who], database); err != nil {
			return err
		}
	}
	for _, row := range []struct {
		name, operation string
		connections     int
		goal            float64
	}{
		{"GET on SQLite", "get", callers, 1.8},
		{"LIST of 100 on SQLite", "list", callers, 1.4},
		{"search on SQLite", "search", callers, 1.4},
		{"durable PUT on SQLite, 64 callers", "put", callers, 4},
		{"durable PUT on SQLite, one caller", "put", 1, 0.95},
	} {
		var list []rival
		for _, who := range contestants {
			list = append(list, b.rate(who, servers[who], b.options.set, load.Share{Operation: row.operation, Connections: row.connections}))
		}
		if err := b.measure(ctx, row.name, perSecond, list, report.AtLeast(row.goal, ours, base)); err != nil {
			return err
		}
	}
	const alone, writers = "no writers", "16 writers"
	reads := load.Share{Operation: "get", Connections: callers}
	return b.measure(ctx, "p99 of GET on SQLite", milliseconds, []rival{
		b.p99(alone, servers[ours], b.options.set, reads),
		b.p99(writers, servers[ours], b.options.set, reads, load.Share{Operation: "put", Connections: 16}),
	}, report.AtMost(2, writers, alone))
}

// againstVariants compares durable writes with those of servers that have other settings.
func (b *runner) againstVariants(ctx context.Context) error {
	for _, row := range []struct {
		name, variant string
		connections   int
		goal          float64
	}{
		{"durable PUT on SQLite, 64 callers, and with grouping off", contestant.GroupingOff, callers, 4},
		{"durable PUT on SQLite, one caller, and with grouping off", contestant.GroupingOff, 1, 0.95},
		{"durable PUT on SQLite, 64 callers, and with synchronous=NORMAL", contestant.Normal, callers, 0.8},
	} {
		var list []rival
		for _, who := range []string{ours, row.variant} {
			database, err := b.fill(ctx, b.ours, b.options.set)
			if err != nil {
				return err
			}
			s, err := b.StartPart(ctx, b.Self, "open", database, who)
			if err != nil {
				return err
			}
			list = append(list, b.rate(who, s, b.options.set, load.Share{Operation: "put", Connections: row.connections}))
		}
		if err := b.measure(ctx, row.name, perSecond, list, report.AtLeast(row.goal, ours, row.variant)); err != nil {
			return err
		}
		b.CloseAll()
	}
	return nil
}

// manyWorkspaces compares a database with many workspaces and keys to one with one of each, and as many numbers.
func (b *runner) manyWorkspaces(ctx context.Context) error {
	const many, one = "1,000 workspaces, 10,000 keys", "one workspace, one key"
	var list []rival
	for _, who := range []string{many, one} {
		set := data.Set{Numbers: b.options.set.Numbers, Workspaces: 1, Keys: 1}
		if who == many {
			set.Workspaces, set.Keys = 1000, 10_000
		}
		database, err := b.fill(ctx, b.ours, set)
		if err != nil {
			return err
		}
		s, err := b.StartProgram(ctx, b.ours, database)
		if err != nil {
			return err
		}
		list = append(list, b.rate(who, s, set, load.Share{Operation: "get", Connections: callers}))
	}
	return b.measure(ctx, "GET on SQLite, many workspaces", perSecond, list, report.AtLeast(0.97, many, one))
}

// fill makes a SQLite file with a program, and puts the set into it. It uses SQL that fits all versions.
func (b *runner) fill(ctx context.Context, program []string, set data.Set) (database string, err error) {
	folder, err := os.MkdirTemp(b.dir, "")
	if err != nil {
		return "", err
	}
	database = filepath.Join(folder, "bench.db")
	s, err := b.StartProgram(ctx, program, database)
	if err == nil {
		err = s.Stop()
	}
	if err != nil {
		return "", err
	}
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: database}).EscapedPath())
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // the commit is what counts
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return "", err
	}
	if err := insert(ctx, tx, set); err != nil {
		return "", errors.Join(fmt.Errorf("fill %s: %w", database, err), tx.Rollback())
	}
	return database, tx.Commit()
}

func insert(ctx context.Context, tx *sql.Tx, set data.Set) error {
	rows := func(table string, columns []string, count int, row func(i int) []any) error {
		inserter := sqldb.NewInserter(tx, sqldb.SQLite, table, columns, "")
		for i := range count {
			if err := inserter.Add(ctx, row(i)...); err != nil {
				return err
			}
		}
		_, err := inserter.End(ctx)
		return err
	}
	err := rows("workspaces", []string{"id", "name", "created_at"}, set.Workspaces, func(i int) []any {
		w := set.Workspace(i)
		return []any{w.ID, w.Name, 0}
	})
	if err != nil {
		return err
	}
	err = rows("api_keys", []string{"id", "workspace_id", "name", "hash", "created_at"}, set.Keys, func(i int) []any {
		k := set.Key(i)
		return []any{k.ID, k.Workspace.ID, k.Name, workspace.HashKey(data.Secret(i)), 0}
	})
	if err != nil {
		return err
	}
	return rows("phone_numbers", []string{"workspace_id", "number_key", "id", "number", "type", "agent_id"}, set.Numbers, func(i int) []any {
		n := data.Number(i)
		return []any{set.Workspace(i).ID, n.Number, n.ID, n.Number, string(n.Type), n.AgentID}
	})
}
