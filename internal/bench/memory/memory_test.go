package memory_test

import (
	"errors"
	"testing"
	"time"

	"github.com/vogent-community/phonenumbers/internal/bench/data"
	"github.com/vogent-community/phonenumbers/internal/bench/memory"
	"github.com/vogent-community/phonenumbers/internal/phone"
	"github.com/vogent-community/phonenumbers/internal/workspace"
)

var set = data.Set{Numbers: 10, Workspaces: 2, Keys: 4}

func TestAWorkspaceSeesItsNumbersInOrder(t *testing.T) {
	t.Parallel()
	st := memory.New(set)
	list, err := st.Numbers(t.Context(), set.Workspace(1).ID, phone.Filter{}, data.ID(1), 3)
	if err != nil || len(list) != 3 || list[0] != data.Number(3) || list[2] != data.Number(7) {
		t.Errorf("the numbers are %v, %v; want 3, 5 and 7", list, err)
	}
	if n, err := st.Number(t.Context(), set.Workspace(0).ID, data.ID(1)); !errors.Is(err, phone.ErrNotFound) {
		t.Errorf("the number of another workspace is %v, %v; want ErrNotFound", n, err)
	}
}

func TestEachKeyOpensItsWorkspace(t *testing.T) {
	t.Parallel()
	st := memory.New(set)
	for i := range set.Numbers {
		for n := range 3 {
			k, err := st.APIKeyByHash(t.Context(), workspace.HashKey(set.SecretFor(i, n)))
			if err != nil || k.Workspace != set.Workspace(i) {
				t.Errorf("key %d of number %d opens %v, %v; want %v", n, i, k.Workspace, err, set.Workspace(i))
			}
		}
	}
	if err := st.RevokeAPIKey(t.Context(), set.Key(0).ID, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.APIKeyByHash(t.Context(), workspace.HashKey(data.Secret(0))); !errors.Is(err, workspace.ErrInvalidKey) {
		t.Errorf("a revoked key: %v; want ErrInvalidKey", err)
	}
}

func TestAClaimEndsWithItsNumber(t *testing.T) {
	t.Parallel()
	st, w, now := memory.New(set), set.Workspace(0).ID, time.Now()
	claim := phone.Claim{WorkspaceID: w, Key: "k", Token: "1"}
	n := phone.Number{ID: data.ID(100), Number: "+12015550100", Type: phone.PSTN}
	if answered, err := st.ClaimIdempotencyKey(t.Context(), claim, []byte("a"), now, time.Minute, time.Hour); answered != nil || err != nil {
		t.Fatalf("the first claim: %v, %v; want neither", answered, err)
	}
	if _, err := st.ClaimIdempotencyKey(t.Context(), claim, []byte("a"), now, time.Minute, time.Hour); !errors.Is(err, phone.ErrInProgress) {
		t.Errorf("the second claim: %v; want ErrInProgress", err)
	}
	if err := st.InsertNumber(t.Context(), w, n, nil, claim); err != nil {
		t.Fatal(err)
	}
	if err := st.InsertNumber(t.Context(), w, n, nil, phone.Claim{}); !errors.Is(err, phone.ErrTaken) {
		t.Errorf("the second insert: %v; want ErrTaken", err)
	}
	if answered, err := st.ClaimIdempotencyKey(t.Context(), claim, []byte("a"), now, time.Minute, time.Hour); err != nil || answered == nil || *answered != n {
		t.Errorf("the claim after the insert: %v, %v; want the number", answered, err)
	}
	if _, err := st.ClaimIdempotencyKey(t.Context(), claim, []byte("b"), now, time.Minute, time.Hour); !errors.Is(err, phone.ErrKeyReused) {
		t.Errorf("the claim for another request: %v; want ErrKeyReused", err)
	}
}
