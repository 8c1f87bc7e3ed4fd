package phone

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Store keeps the numbers of all workspaces. Each method works on one workspace only. It returns ErrNotFound if the
// workspace does not have the number, and ErrStorageUnavailable if the storage cannot be used now.
type Store interface {
	// InsertNumber returns ErrTaken if any workspace has the number; the letter case of a SIP prefix does not matter. If
	// there is a claim, InsertNumber ends it in the same transaction, or returns ErrInProgress if another request has taken
	// over.
	InsertNumber(ctx context.Context, workspaceID string, n Number, sip *SIPCredentials, claim Claim) error
	Number(ctx context.Context, workspaceID, id string) (Number, error)
	// Numbers returns at most limit numbers with ids greater than after, in ascending order of their ids.
	Numbers(ctx context.Context, workspaceID string, f Filter, after string, limit int) ([]Number, error)
	// UpdateNumber makes the change and returns the updated number.
	UpdateNumber(ctx context.Context, workspaceID, id string, c Change) (Number, error)
	// DeleteNumber deletes the number and everything that belongs to it, and returns the number as it was.
	DeleteNumber(ctx context.Context, workspaceID, id string) (Number, error)
}

// Inventory has the numbers for sale. It does not know who owns a number, but a search leaves out the numbers that have an
// owner.
type Inventory interface {
	// NumbersForSale returns at most limit numbers that start with prefix and have no owner, in ascending order.
	NumbersForSale(ctx context.Context, prefix string, limit int) ([]string, error)
	// Offers reports whether the number is for sale, owned or not.
	Offers(ctx context.Context, number string) (bool, error)
}

// Service implements the seven operations.
type Service struct {
	Store     Store
	Inventory Inventory
	Claims    Claims
	Now       func() time.Time
	NewID     func() string // a new UUIDv7, lower case

	KnownAgent func(id string) bool // whether an agent exists; if nil, every agent does
}

// The limits of a list and of a search, as counts of numbers.
const (
	defaultPage   = 100
	maxPage       = 1000
	defaultSearch = 5
	maxSearch     = 10
)

// ListQuery has the parameters of a list. Nil means absent.
type ListQuery struct {
	Limit   *int
	Cursor  *string
	Number  *string
	AgentID *string
	Type    *string
}

// List returns a page of the workspace's numbers, oldest first.
func (s *Service) List(ctx context.Context, workspaceID string, q ListQuery) (Page, error) {
	after := ""
	if q.Cursor != nil {
		id, ok := decodeCursor(*q.Cursor)
		if !ok {
			return Page{}, &Error{Code: InvalidRequest, Rules: []BrokenRule{{"cursor", "must be the cursor of an earlier page of this list"}}}
		}
		after = id
	}
	filter, limit, err := q.validate()
	if err != nil {
		return Page{}, err
	}
	numbers, err := s.Store.Numbers(ctx, workspaceID, filter, after, limit+1)
	if err != nil {
		return Page{}, err
	}
	page := Page{Numbers: numbers}
	if len(numbers) > limit {
		page.Numbers = numbers[:limit]
		page.Cursor = encodeCursor(numbers[limit-1].ID)
	}
	return page, nil
}

// Create is a request for a new number. Only the object that matches Type counts.
type Create struct {
	Type      string
	Purchase  *Purchase
	SIPImport *SIPImport
	VogentSIP *VogentSIP
}

// Purchase is a request to buy a number that is for sale.
type Purchase struct{ Number string }

// SIPImport is a request to import a number from a SIP carrier.
type SIPImport struct{ Password, PhoneNumber, TerminationURI, Username string }

// VogentSIP is a request to create a SIP address.
type VogentSIP struct{ Password, SIPPrefix, Username string }

// The types of Create.
const (
	createPurchase  = "purchase"
	createSIPImport = "sip_import"
	createVogentSIP = "vogent_sip"
)

// Create adds a number to the workspace. With an idempotency key, it adds the number only once: replayed reports whether an
// earlier request with the key has added it.
func (s *Service) Create(ctx context.Context, workspaceID string, c Create, idempotencyKey string) (n Number, replayed bool, err error) {
	if err := c.Validate(); err != nil {
		return Number{}, false, err
	}
	return s.once(ctx, workspaceID, idempotencyKey, "create", c, func(claim Claim) (Number, error) {
		switch c.Type {
		case createPurchase:
			return s.buy(ctx, workspaceID, c.Purchase.Number, claim)
		case createSIPImport:
			sip := &SIPCredentials{Username: c.SIPImport.Username, Password: c.SIPImport.Password, TerminationURI: c.SIPImport.TerminationURI}
			return s.insert(ctx, workspaceID, PSTN, c.SIPImport.PhoneNumber, sip, claim)
		default:
			sip := &SIPCredentials{Username: c.VogentSIP.Username, Password: c.VogentSIP.Password}
			return s.insert(ctx, workspaceID, SIPUsername, c.VogentSIP.SIPPrefix, sip, claim)
		}
	})
}

// Purchase buys a number that is for sale. With an idempotency key, it buys the number only once: replayed reports whether
// an earlier request with the key has bought it.
func (s *Service) Purchase(ctx context.Context, workspaceID, number, idempotencyKey string) (n Number, replayed bool, err error) {
	var rules ruleList
	rules.check(IsE164(number), "/number", wantE164)
	if err := rules.err(); err != nil {
		return Number{}, false, err
	}
	return s.once(ctx, workspaceID, idempotencyKey, "purchase", number, func(claim Claim) (Number, error) {
		return s.buy(ctx, workspaceID, number, claim)
	})
}

// buy sells the number to the request that inserts it first: the unique index decides, not an earlier check of the owner.
// If the number is taken off sale between the two steps, it is still sold, as if the request had come a moment earlier.
func (s *Service) buy(ctx context.Context, workspaceID, number string, claim Claim) (Number, error) {
	offered, err := s.Inventory.Offers(ctx, number)
	if err != nil {
		return Number{}, err
	}
	if !offered {
		return Number{}, ErrNumberUnavailable
	}
	return s.insert(ctx, workspaceID, PSTN, number, nil, claim)
}

func (s *Service) insert(ctx context.Context, workspaceID string, t Type, number string, sip *SIPCredentials, claim Claim) (Number, error) {
	n := Number{ID: s.NewID(), Number: number, Type: t}
	err := s.Store.InsertNumber(ctx, workspaceID, n, sip, claim)
	switch {
	case errors.Is(err, ErrTaken) && t == SIPUsername:
		return Number{}, ErrSIPPrefixTaken
	case errors.Is(err, ErrTaken):
		return Number{}, ErrNumberUnavailable
	case err != nil:
		return Number{}, fmt.Errorf("insert number: %w", err)
	}
	return n, nil
}

// Get returns a number of the workspace.
func (s *Service) Get(ctx context.Context, workspaceID, id string) (Number, error) {
	if !IsID(id) {
		return Number{}, ErrNotFound
	}
	return s.Store.Number(ctx, workspaceID, id)
}

// Update makes a change to the number, and returns the updated number. An empty change writes nothing.
func (s *Service) Update(ctx context.Context, workspaceID, id string, c Change) (Number, error) {
	if err := c.Validate(s.KnownAgent); err != nil {
		return Number{}, err
	}
	if !IsID(id) {
		return Number{}, ErrNotFound
	}
	if c == (Change{}) {
		return s.Store.Number(ctx, workspaceID, id)
	}
	return s.Store.UpdateNumber(ctx, workspaceID, id, c)
}

// Delete releases the number, and returns it as it last was.
func (s *Service) Delete(ctx context.Context, workspaceID, id string) (Number, error) {
	if !IsID(id) {
		return Number{}, ErrNotFound
	}
	return s.Store.DeleteNumber(ctx, workspaceID, id)
}

// SearchQuery has the parameters of a search. Nil means absent.
type SearchQuery struct {
	Prefix  string
	Country *string
	Limit   *int
}

// Search returns numbers for sale, in E.164 form and ascending order.
func (s *Service) Search(ctx context.Context, q SearchQuery) ([]string, error) {
	name, limit := "US", defaultSearch
	if q.Country != nil {
		name = upperASCII(*q.Country)
	}
	if q.Limit != nil {
		limit = *q.Limit
	}
	var rules ruleList
	rules.check(limit >= 1 && limit <= maxSearch, "/limit", "must be 1 to 10")
	c, served := countries[name]
	rules.check(served, "/country", "must be US or GB")
	if !served {
		c = anyCountry // check the prefix anyway
	}
	rules.check(c.prefix.MatchString(q.Prefix), "/prefix", c.want)
	if err := rules.err(); err != nil {
		return nil, err
	}
	return s.Inventory.NumbersForSale(ctx, c.callingCode+strings.TrimPrefix(q.Prefix, "0"), limit)
}
