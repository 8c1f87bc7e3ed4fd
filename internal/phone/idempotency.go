package phone

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// IdempotencyKeyTTL is how long the response to a request with an idempotency key is kept.
const IdempotencyKeyTTL = 24 * time.Hour

// claimLease is how long a request can work under its key before another request takes over, for example because the
// process of the first was killed. If the first is only late, it finds its claim gone, and creates nothing.
const claimLease = 30 * time.Second

// claimTimeout limits the time to claim or release a key. The end of the request does not shorten it.
const claimTimeout = 5 * time.Second

// Claim is the right to answer the request under an idempotency key. The zero Claim is for a request without one.
type Claim struct {
	WorkspaceID string
	Key         string // opaque; never empty in a real claim
	Token       string // identifies the request that has the claim
}

// Claims stores the responses to requests with idempotency keys.
type Claims interface {
	// ClaimIdempotencyKey claims the key for a request until now+lease. It stores only a fingerprint of the request. It
	// returns ErrInProgress if another request has the claim, and ErrKeyReused if the key was used for a different request.
	// If the request was answered before, it returns that answer and makes no claim. It ignores answers older than now-ttl.
	ClaimIdempotencyKey(ctx context.Context, c Claim, request []byte, now time.Time, lease, ttl time.Duration) (answered *Number, err error)
	// ReleaseIdempotencyKey ends the claim of a request that failed. InsertNumber ends the claim of a request that
	// succeeded.
	ReleaseIdempotencyKey(ctx context.Context, c Claim) error
}

// once calls create under the key. If the request was already answered under the key, it returns that number instead, and
// replayed is true. With an empty key, it always calls create.
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
		// The key must be free for the next attempt even if the caller has hung up or create has panicked.
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

// claim calls ClaimIdempotencyKey, and finishes even if the caller hangs up. Otherwise, nobody would know whether the claim
// was made, and it could keep the key from all other requests.
func (s *Service) claim(ctx context.Context, c Claim, request []byte) (answered *Number, err error) {
	own, cancel := context.WithTimeout(context.WithoutCancel(ctx), claimTimeout)
	defer cancel()
	return s.Claims.ClaimIdempotencyKey(own, c, request, s.Now(), claimLease, IdempotencyKeyTTL)
}
