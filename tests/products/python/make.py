"""Rows of Claviger's own format, with hashes by the libraries of Python's web frameworks."""

import json
import pathlib

import argon2
import bcrypt
import django
from django.conf import settings
from django.contrib.auth.hashers import make_password
from passlib import hash as passlib

here = pathlib.Path(__file__).resolve().parent.parent
passwords = json.loads((here / "passwords.json").read_text())
settings.configure()
django.setup()


def by_argon2(kind: argon2.Type):
    return argon2.PasswordHasher(type=kind).hash


makers = {
    "py-argon2-i": by_argon2(argon2.Type.I),
    "py-argon2-d": by_argon2(argon2.Type.D),
    "py-argon2-id": by_argon2(argon2.Type.ID),
    "py-bcrypt": lambda it: bcrypt.hashpw(it.encode(), bcrypt.gensalt(12)).decode(),
    "py-scrypt": passlib.scrypt.hash,
    "py-pbkdf2-sha1": passlib.pbkdf2_sha1.hash,
    "py-pbkdf2-sha256": passlib.pbkdf2_sha256.hash,
    "py-pbkdf2-sha512": passlib.pbkdf2_sha512.hash,
    "py-django": make_password,
}
rows = [
    {"version": 1, "username": name, "password_hash": make(passwords[name])}
    for name, make in makers.items()
]
(here / "python.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
