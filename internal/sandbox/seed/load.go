package seed

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vogent-community/phonenumbers/api/control"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/store"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

// Load puts a seed that Check accepts into an empty store. Everything gets its id from newID, the numbers first, unless the
// seed has the id; see NewIDs. Load returns the first API key: that of the seed, or defaultKey if the seed has none.
func Load(ctx context.Context, st *store.Store, s control.Seed, newID func() string, now time.Time, defaultKey string) (string, error) {
	content := store.Content{Numbers: make([]store.OwnedNumber, len(s.Numbers)), ForSale: s.ForSale}
	for i, n := range s.Numbers {
		id := n.ID
		if id == "" {
			id = newID()
		}
		content.Numbers[i] = owned(n, id)
	}
	ids := map[string]string{} // by the name of the workspace
	for _, name := range workspaces(s) {
		ids[name] = newID()
		content.Workspaces = append(content.Workspaces, workspace.Workspace{ID: ids[name], Name: name})
	}
	ids[""] = content.Workspaces[0].ID
	for i, n := range s.Numbers {
		content.Numbers[i].WorkspaceID = ids[n.Workspace]
	}
	keys := s.Keys
	if len(keys) == 0 {
		keys = []control.SeedKey{{Key: defaultKey}}
	}
	for i, k := range keys {
		name := "first"
		if i > 0 {
			name = fmt.Sprint("key-", i+1)
		}
		content.Keys = append(content.Keys, store.HashedKey{
			Key:  workspace.Key{ID: newID(), Name: cmp.Or(k.Name, name), Workspace: workspace.Workspace{ID: ids[k.Workspace]}},
			Hash: workspace.HashKey(k.Key),
		})
	}
	if err := st.Fill(ctx, content, now); err != nil {
		return "", fmt.Errorf("load the seed: %w", err)
	}
	return keys[0].Key, nil
}

// workspaces returns the names of the workspaces.
func workspaces(s control.Seed) []string {
	if len(s.Workspaces) == 0 {
		return []string{"default"}
	}
	return s.Workspaces
}

// owned returns the number that a request for it would create, linked to its agent.
func owned(n control.SeedNumber, id string) store.OwnedNumber {
	o := store.OwnedNumber{Number: phone.Number{ID: id, Number: n.Number, Type: phone.PSTN, AgentID: n.AgentID}}
	if !strings.HasPrefix(n.Number, "+") {
		o.Type = phone.SIPUsername
	}
	if n.SIP != nil {
		o.SIP = &phone.SIPCredentials{Username: n.SIP.Username, Password: n.SIP.Password, TerminationURI: n.SIP.TerminationURI}
	}
	return o
}

// NewIDs returns newID without the ids that the seed has. Use the result for Load and for everything that is created later.
func NewIDs(s control.Seed, newID func() string) func() string {
	taken := map[string]bool{}
	for _, n := range s.Numbers {
		if n.ID != "" {
			taken[n.ID] = true
		}
	}
	return func() string {
		for {
			if id := newID(); !taken[id] {
				return id
			}
		}
	}
}
