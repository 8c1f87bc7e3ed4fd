package dbtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// certify gives the server a certificate for 127.0.0.1, and also writes the certificate to a file for clients. The server checks
// passwords with SCRAM, the default of PostgreSQL.
func (c *Cluster) certify(forClients string) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate})
	return errors.Join(
		os.WriteFile(forClients, text, 0o600),
		c.writeData("pg_hba.conf", []byte("host all all 127.0.0.1/32 scram-sha-256\n")),
		c.writeData("server.crt", text),
		c.writeData("server.key", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	)
}

// writeData writes a file that belongs to the server's user.
func (c *Cluster) writeData(name string, content []byte) error {
	path := filepath.Join(c.data(), name)
	return errors.Join(os.WriteFile(path, content, 0o600), os.Chown(path, c.uid, c.gid))
}
