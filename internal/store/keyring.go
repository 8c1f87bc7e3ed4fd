package store

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

// keyring seals and opens secrets with AES-256-GCM. The first key seals; each opens what it has sealed.
type keyring struct {
	keys []secretKey
}

type secretKey struct {
	id   string // stands in front of what the key has sealed
	aead cipher.AEAD
	mac  []byte // a key for fingerprints, made from this one
}

const secretKeySize = 32

var (
	errWrongKey = errors.New("sealed with a key that is not there")
	errLocked   = errors.New("the store's secrets are locked: Unlock was not called")
)

// parseKeyring reads keys in base64, 32 bytes each, with commas between them.
func parseKeyring(list string) (*keyring, error) {
	ring := &keyring{}
	for i, encoded := range strings.Split(list, ",") {
		raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(encoded))
		if err != nil || len(raw) != secretKeySize { // the error would quote a part of the key
			return nil, fmt.Errorf("key %d is not base64 of %d bytes", i+1, secretKeySize)
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

// seal encrypts secret so that it opens only with the same context, which names the place where it is kept.
func (r *keyring) seal(secret, context string) (string, error) {
	if r == nil {
		return "", errLocked
	}
	key := r.keys[0]
	return key.id + ":" + base64.StdEncoding.EncodeToString(key.aead.Seal(nil, nil, []byte(secret), []byte(context))), nil
}

// open decrypts what seal made. It returns errWrongKey where no key of the ring has made it.
func (r *keyring) open(sealed, context string) (string, error) {
	id, encoded, _ := strings.Cut(sealed, ":")
	box, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return "", fmt.Errorf("open secret: %w", err)
	}
	key, err := r.key(id)
	if err != nil {
		return "", err
	}
	secret, err := key.aead.Open(nil, nil, box, []byte(context))
	if err != nil {
		return "", fmt.Errorf("open secret: %w", err)
	}
	return string(secret), nil
}

// key finds a key by its id, or returns errWrongKey.
func (r *keyring) key(id string) (secretKey, error) {
	for _, key := range r.keys {
		if key.id == id {
			return key, nil
		}
	}
	return secretKey{}, errWrongKey
}

// fingerprint is an HMAC of text, not a plain hash: a request has a password in it that could be guessed.
func (r *keyring) fingerprint(text []byte) (string, error) {
	if r == nil {
		return "", errLocked
	}
	return r.keys[0].fingerprint(text), nil
}

// matches reports whether the fingerprint is one of text. It returns errWrongKey where no key of the ring has made it.
func (r *keyring) matches(fingerprint string, text []byte) (bool, error) {
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

// newKeyText makes a key, as parseKeyring reads it.
func newKeyText() string {
	raw := make([]byte, secretKeySize)
	rand.Read(raw) // it never fails
	return base64.StdEncoding.EncodeToString(raw)
}
