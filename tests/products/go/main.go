// What Supabase Auth, Ory Kratos and Hanko store, with hashes by the library that they hash with.
package main

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/bcrypt"
	"golang.org/x/crypto/scrypt"
)

type object = map[string]any

var passwords map[string]string

func main() {
	text := must(os.ReadFile("../passwords.json"))
	check(json.Unmarshal(text, &passwords))
	write("supabase.jsonl", supabase()...)
	write("kratos.jsonl", kratos()...)
	write("hanko.jsonl", object{
		"user_id":  "a9ae6bc8-d829-43de-b672-f50230833877",
		"username": "hk-bcrypt",
		"emails": []object{
			{"address": "hk@example.com", "is_primary": true, "is_verified": true},
			{"address": "hk2@example.com", "is_primary": false, "is_verified": false},
		},
		"password":   object{"password": byBcrypt("hk-bcrypt", 12)},
		"otp_secret": object{"secret": "JBSWY3DPEHPK3PXP"},
		"created_at": "2024-08-17T12:05:15.651387Z",
	})
}

func supabase() []object {
	user := func(id, email, hash string) object {
		return object{
			"id": "5b9f7a52-6c3c-4b7e-9d8e-00000000000" + id, "aud": "authenticated", "email": email,
			"encrypted_password": hash, "created_at": "2024-08-17T12:05:15.123456+00:00",
			"last_sign_in_at": nil, "banned_until": nil, "deleted_at": nil, "is_anonymous": false,
			"raw_user_meta_data": object{"full_name": "Grace Example"},
			"identities":         []object{{"provider": "email"}}, "factors": []object{}, "passkeys": []object{},
		}
	}
	users := []object{
		user("1", "sb-bcrypt@example.com", byBcrypt("sb-bcrypt@example.com", bcrypt.DefaultCost)),
		user("2", "sb-argon2id@example.com", byArgon2id("sb-argon2id@example.com", 64*1024, 3, 2)),
		user("3", "sb-fbscrypt@example.com", ""),
	}
	p := firebase("sb-fbscrypt@example.com")
	users[2]["encrypted_password"] = fmt.Sprintf(
		"$fbscrypt$v=1,n=14,r=8,p=1,ss=%s,sk=%s$%s$%s", p.separator, p.signerKey, p.salt, p.hash)
	return users
}

func kratos() []object {
	identity := func(id, name, hash string) object {
		return object{
			"id": "9f425a8d-7efc-4768-8f23-00000000000" + id, "schema_id": "default", "state": "active",
			"traits":     object{"email": name + "@example.com", "username": name, "name": object{"first": "Joan", "last": "Example"}},
			"created_at": "2024-08-17T12:05:15.651387Z", "updated_at": "2024-08-17T12:05:15.651387Z",
			"credentials": object{"password": object{
				"type": "password", "identifiers": []string{name}, "version": 0,
				"config": object{"hashed_password": hash},
			}},
		}
	}
	p := firebase("or-firescrypt")
	return []object{
		identity("1", "or-argon2id", byArgon2id("or-argon2id", 128*1024, 1, 4)),
		identity("2", "or-argon2i", byArgon2i("or-argon2i")),
		identity("3", "or-bcrypt", byBcrypt("or-bcrypt", 12)),
		identity("4", "or-pbkdf2", byPbkdf2("or-pbkdf2")),
		identity("5", "or-scrypt", byScrypt("or-scrypt")),
		identity("6", "or-firescrypt", fmt.Sprintf("$firescrypt$ln=14,r=8,p=1$%s$%s$%s$%s", p.salt, p.hash, p.separator, p.signerKey)),
	}
}

func byBcrypt(name string, cost int) string {
	return string(must(bcrypt.GenerateFromPassword([]byte(passwords[name]), cost)))
}

func byArgon2id(name string, memory, passes uint32, lanes uint8) string {
	salt := random(16)
	key := argon2.IDKey([]byte(passwords[name]), salt, passes, memory, lanes, 32)
	return phc("argon2id", memory, passes, lanes, salt, key)
}

func byArgon2i(name string) string {
	salt := random(16)
	key := argon2.Key([]byte(passwords[name]), salt, 3, 32*1024, 4, 32)
	return phc("argon2i", 32*1024, 3, 4, salt, key)
}

func phc(kind string, memory, passes uint32, lanes uint8, salt, key []byte) string {
	raw := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s", kind, argon2.Version, memory, passes, lanes, raw(salt), raw(key))
}

func byPbkdf2(name string) string {
	salt := random(16)
	key := must(pbkdf2.Key(sha256.New, passwords[name], salt, 600_000, 32))
	raw := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$pbkdf2-sha256$i=%d,l=%d$%s$%s", 600_000, 32, raw(salt), raw(key))
}

// Kratos writes N where others write its logarithm, and base64 with padding.
func byScrypt(name string) string {
	salt := random(16)
	key := must(scrypt.Key([]byte(passwords[name]), salt, 16384, 8, 1, 32))
	std := base64.StdEncoding.EncodeToString
	return fmt.Sprintf("$scrypt$ln=%d,r=%d,p=%d$%s$%s", 16384, 8, 1, std(salt), std(key))
}

type firebaseParts struct{ salt, separator, signerKey, hash string }

// Firebase's modified scrypt, as its reference implementation and Supabase Auth compute it.
func firebase(name string) firebaseParts {
	salt, separator, signerKey := random(10), []byte{7}, random(64)
	key := must(scrypt.Key([]byte(passwords[name]), append(append([]byte{}, salt...), separator...), 1<<14, 8, 1, 32))
	hash := make([]byte, len(signerKey))
	cipher.NewCTR(must(aes.NewCipher(key)), make([]byte, aes.BlockSize)).XORKeyStream(hash, signerKey)
	std := base64.StdEncoding.EncodeToString
	return firebaseParts{std(salt), std(separator), std(signerKey), std(hash)}
}

func random(count int) []byte {
	bytes := make([]byte, count)
	must(rand.Read(bytes))
	return bytes
}

func write(name string, rows ...object) {
	var text strings.Builder
	for _, row := range rows {
		text.Write(must(json.Marshal(row)))
		text.WriteByte('\n')
	}
	check(os.WriteFile("../"+name, []byte(text.String()), 0o644))
}

func must[T any](value T, err error) T {
	check(err)
	return value
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
