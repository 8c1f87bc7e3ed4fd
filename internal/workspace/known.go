package workspace

import (
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
)

// trusted is how long a key counts as valid after the store was asked for it, because another server may revoke the key
// meanwhile. Users are told 5 seconds, so that a request still has a second after its key was checked.
const trusted = 4 * time.Second

// maxKnown bounds the memory for known keys, about 700 bytes each. Beyond it, the least recently used key is looked up again.
const maxKnown = 16 << 10

// knownKeys remembers keys that the store has called valid.
type knownKeys struct {
	mu        sync.Mutex
	keys      *simplelru.LRU[[sha256.Size]byte, *knownKey] // by the hash of the secret; nil if empty
	forgotten int                                          // how often forget was called
}

type knownKey struct {
	Key
	asked     time.Time    // by the Service's clock, before the store was asked
	askedReal time.Time    // the same by the real clock
	noted     atomic.Int64 // the latest minute of use that is stored or noted, in seconds since 1970
}

// find returns the key with that hash if it is known and the store was asked not long ago. Otherwise it returns nil, and a
// number for add.
//
// Two clocks must agree. The clock of the Service can be stopped or set, by a test or on the machine. The real clock, which
// time.Since reads, cannot, but it stops while the machine sleeps.
func (k *knownKeys) find(hash [sha256.Size]byte, now time.Time) (*knownKey, int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.keys == nil {
		return nil, k.forgotten
	}
	key, known := k.keys.Get(hash)
	if !known {
		return nil, k.forgotten
	}
	if age := now.Round(0).Sub(key.asked); age < 0 || age >= trusted || time.Since(key.askedReal) >= trusted {
		return nil, k.forgotten
	}
	return key, k.forgotten
}

// add adds a key, unless forget was called after the find that returned the number.
func (k *knownKeys) add(hash [sha256.Size]byte, key *knownKey, forgotten int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.forgotten != forgotten {
		return
	}
	if k.keys == nil {
		keys, err := simplelru.NewLRU[[sha256.Size]byte, *knownKey](maxKnown, nil)
		if err != nil { // only for a size below 1
			panic(err)
		}
		k.keys = keys
	}
	k.keys.Add(hash, key)
}

// forget forgets all keys, and those that the store is being asked for.
func (k *knownKeys) forget() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.keys = nil
	k.forgotten++
}
