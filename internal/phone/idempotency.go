package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// IdempotencyKeyTTL is how long the answer to a request with an idempotency key is kept.
const IdempotencyKeyTTL = 24 * time.Hour

// claimLease is how long a request may be at work under its key before another one takes over, as when the process of the
// first was killed. Whoever is late then finds its claim gone, and makes nothing.
const claimLease = 30 * time.Second

// claimTimeout is how long it may take to claim a key or to give it up, whatever becomes of the request meanwhile.
const claimTimeout = 5 * time.Second

// Claim is the right to answer the request under an idempotency key. The zero Claim is for a request without one.
type Claim struct {
	WorkspaceID string
	Key         string // opaque, and never empty in a claim that is made
	Token       string // who has claimed
}

// Claims keep what was answered under idempotency keys.
type Claims interface {
	// ClaimIdempotencyKey claims the key until now+lease for a request, of which it keeps a fingerprint only. The error is
	// ErrInProgress if another one has the claim, and ErrKeyReused if the key was used for a different request. Where the
	// request was answered before, it returns that answer, and no claim. Answers older than now-ttl do not count.
	ClaimIdempotencyKey(ctx context.Context, c Claim, request []byte, now time.Time, lease, ttl time.Duration) (answered *Number, err error)
	// ReleaseIdempotencyKey ends a claim whose request failed. InsertNumber ends one whose request succeeded.
	ReleaseIdempotencyKey(ctx context.Context, c Claim) error
}

// once runs create under the key, or returns what it made before. replayed says which. An empty key runs it in any case.
func (s *Service) once(ctx context.Context, workspaceID, key, operation string, request any, create func(Claim) (Number, error)) (n Number, replayed bool, err error) {
	if key == "" {
		n, err = create(Claim{})
		return n, false, err
	}
	body, err := json.Marshal(struct {
		Operation string
		Request   any
	}{operation, request})
	if err != nil {
		return Number{}, false, fmt.Errorf("encode request: %w", err)
	}
	claim := Claim{WorkspaceID: workspaceID, Key: key, Token: s.NewID()}
	answered, err := s.claim(ctx, claim, body)
	if err != nil {
		return Number{}, false, err
	}
	if answered != nil {
		return *answered, true, nil
	}
	settled := false
	defer func() {
		if settled {
			return
		}
		// The caller may have hung up, or create has panicked; the key must be free for the next try all the same.
		own, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimTimeout)
		defer cancel()
		if failed := s.Claims.ReleaseIdempotencyKey(own, claim); failed != nil {
			err = fmt.Errorf("%w; its idempotency key stays in use for %v: %w", err, claimLease, failed)
		}
	}()
	n, err = create(claim)
	settled = err == nil || errors.Is(err, ErrInProgress)
	return n, false, err
}

// claim is ClaimIdempotencyKey, not cut short where the caller hangs up: a claim of which nobody knows whether it was made would
// keep the key from all others.
func (s *Service) claim(ctx context.Context, c Claim, request []byte) (answered *Number, err error) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimTimeout)
	defer cancel()
	return s.Claims.ClaimIdempotencyKey(own, c, request, s.Now(), claimLease, IdempotencyKeyTTL)
}
