// Package secret encrypts short texts such as SIP passwords with one of several keys, and keeps a key in a file.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// Keyring seals and opens secrets with AES-256-GCM. It seals with its first key. Each key opens what it has sealed.
type Keyring struct {
	keys []secretKey
}

type secretKey struct {
	id   string // the prefix of what the key has sealed
	aead cipher.AEAD
	mac  []byte // a key for fingerprints, derived from this key
}

// KeySize is the size of a key in bytes.
const KeySize = 32

// ErrWrongKey is the error for text that was sealed with a key that the Keyring does not have.
var ErrWrongKey = errors.New("encrypted with a key that is not available")

// Parse reads keys of 32 bytes in base64, separated by commas.
func Parse(list string) (*Keyring, error) {
	ring := &Keyring{}
	for i, encoded := range strings.Split(list, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) != KeySize { // err is not wrapped, because it would quote a part of the key
			return nil, fmt.Errorf("key %d is not %d bytes in base64", i+1, KeySize)
		}
		key, err := newSecretKey(raw)
		if err != nil {
			return nil, err
		}
		ring.keys = append(ring.keys, key)
	}
	return ring, nil
}

func newSecretKey(raw []byte) (secretKey, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return secretKey{}, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return secretKey{}, err
	}
	sum := sha256.Sum256(append([]byte("phonenumbers key id:"), raw...))
	mac := hmac.New(sha256.New, raw)
	mac.Write([]byte("phonenumbers fingerprints"))
	return secretKey{id: hex.EncodeToString(sum[:4]), aead: aead, mac: mac.Sum(nil)}, nil
}

// IDs returns the ids of the keys. Text that a key has sealed starts with the id of the key. An id reveals nothing about
// its key.
func (r *Keyring) IDs() []string {
	ids := make([]string, len(r.keys))
	for i, key := range r.keys {
		ids[i] = key.id
	}
	return ids
}

// Seal encrypts secret. Open needs the same context, which names the place where the secret is stored.
func (r *Keyring) Seal(secret, context string) string {
	key := r.keys[0]
	return key.id + ":" + base64.StdEncoding.EncodeToString(key.aead.Seal(nil, nil, []byte(secret), []byte(context)))
}

// Open decrypts what Seal has encrypted. It returns ErrWrongKey if the Keyring does not have the key.
func (r *Keyring) Open(sealed, context string) (string, error) {
	id, encoded, _ := strings.Cut(sealed, ":")
	box, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("decrypt secret: %w", err)
	}
	key, err := r.key(id)
	if err != nil {
		return "", err
	}
	secret, err := key.aead.Open(nil, nil, box, []byte(context))
	if err != nil {
		return "", fmt.Errorf("decrypt secret: %w", err)
	}
	return string(secret), nil
}

// key returns the key with this id, or ErrWrongKey.
func (r *Keyring) key(id string) (secretKey, error) {
	for _, key := range r.keys {
		if key.id == id {
			return key, nil
		}
	}
	return secretKey{}, ErrWrongKey
}

// Fingerprint returns an HMAC of text. A plain hash is not enough: a request can contain a password, which could be guessed.
func (r *Keyring) Fingerprint(text []byte) string { return r.keys[0].fingerprint(text) }

// Matches reports whether fingerprint is a fingerprint of text. It returns ErrWrongKey if the Keyring does not have the key
// that made it.
func (r *Keyring) Matches(fingerprint string, text []byte) (bool, error) {
	id, _, _ := strings.Cut(fingerprint, ":")
	key, err := r.key(id)
	if err != nil {
		return false, err
	}
	return hmac.Equal([]byte(fingerprint), []byte(key.fingerprint(text))), nil
}

func (k secretKey) fingerprint(text []byte) string {
	mac := hmac.New(sha256.New, k.mac)
	mac.Write(text)
	return k.id + ":" + hex.EncodeToString(mac.Sum(nil))
}

// NewKey returns a new key in the form that Parse reads.
func NewKey() string {
	raw := make([]byte, KeySize)
	rand.Read(raw) // it never fails
	return base64.StdEncoding.EncodeToString(raw)
}
