package workspace

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

// An API key consists of "pnk_", 30 random base62 characters (178 bits), and 6 characters with the CRC-32 of everything before
// them. The checksum detects a mistyped key without a query.
const (
	keyPrefix  = "pnk_"
	keyRandom  = 30
	keySum     = 6
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	keyAllowed = 256 - 256%len(base62) // bytes from this value on would make some characters more likely, so they are skipped
)

// NewKey returns a random key. CreateFirstKey can create it in a workspace.
func NewKey() string {
	key := []byte(keyPrefix)
	for buf := make([]byte, 1); len(key) < len(keyPrefix)+keyRandom; {
		rand.Read(buf) // it never fails
		if int(buf[0]) < keyAllowed {
			key = append(key, base62[int(buf[0])%len(base62)])
		}
	}
	return string(key) + checksum(string(key))
}

// FixedKey returns the key that has the label where others have random characters. Anyone can guess it: it is for tests. The
// label has up to 30 letters and digits.
func FixedKey(label string) string {
	key := keyPrefix + label + strings.Repeat("0", keyRandom-len(label))
	return key + checksum(key)
}

func checksum(s string) string {
	sum := crc32.ChecksumIEEE([]byte(s))
	digits := make([]byte, keySum)
	for i := range digits {
		digits[keySum-1-i] = base62[sum%uint32(len(base62))]
		sum /= uint32(len(base62))
	}
	return string(digits)
}

// wellFormed reports whether key has the form of a key.
func wellFormed(key string) bool {
	body := len(keyPrefix) + keyRandom
	return len(key) == body+keySum && strings.HasPrefix(key, keyPrefix) && checksum(key[:body]) == key[body:]
}

// HashKey returns the hash that the store keeps of a key. A fast hash is as good as a slow one, because a key has 178 random
// bits.
func HashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
