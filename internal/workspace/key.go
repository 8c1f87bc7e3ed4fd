package workspace

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"hash/crc32"
	"strings"
)

// An API key is "pnk_", 30 random base62 characters (178 bits) and 6 characters of CRC-32 over all before them, so that a
// mistyped key is told from an unknown one without asking anybody.
const (
	keyPrefix  = "pnk_"
	keyRandom  = 30
	keySum     = 6
	base62     = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	keyAllowed = 256 - 256%len(base62) // a random byte from here on would make some characters likelier than others
)

func newKey() string {
	key := []byte(keyPrefix)
	for buf := make([]byte, 1); len(key) < len(keyPrefix)+keyRandom; {
		rand.Read(buf) // it never fails
		if int(buf[0]) < keyAllowed {
			key = append(key, base62[int(buf[0])%len(base62)])
		}
	}
	return string(key) + checksum(string(key))
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

// wellFormed reports whether key can be a key at all.
func wellFormed(key string) bool {
	body := len(keyPrefix) + keyRandom
	return len(key) == body+keySum && strings.HasPrefix(key, keyPrefix) && checksum(key[:body]) == key[body:]
}

// hashKey is what the store keeps of a key. The key has 178 random bits, so a fast hash is as good as a slow one.
func hashKey(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}
